"""Learn crawler/extract/weigh.json again: python extract_learn.py DATA [--check]; needs scikit-learn, baywire does not.

DATA holds `articles` and `chinese` as tests/benchmarks/extract.py reads them. Two public sets are learnt from too,
each in a folder that the environment names: BAYWIRE_SECOND_SET, checked out from
Murrough-Foley/web-content-extraction-benchmark (articles of its `dev` part; `test` is never learnt from), and
BAYWIRE_NEWS_SET, from flairNLP/fundus. --check prints what five-fold cross-validation by page gives instead of writing.
"""

# ruff: noqa: ANN001, ANN201 - numpy and scikit-learn are not installed with baywire: their types cannot be named here

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
from collections import Counter
from pathlib import Path

from crawler.extract import weigh
from crawler.extract.block import blocks_of, squash
from crawler.extract.match import match_blocks
from crawler.extract.meta import title_of_page
from crawler.extract.vote import _readability, _trafilatura
from crawler.normalise.tree import read_html

OUT = Path(weigh.__file__).with_name("weigh.json")
# Their bodies are marked with most care, and the others are many: a page of them counts for so many.
WORTH = {"articles": 2.5, "chinese": 4.0}


def pages(folder):
    """Yield set, key, markup and known body of each page."""
    truth = json.loads((folder / "articles/ground-truth.json").read_text("utf-8"))
    for key in sorted(truth):
        body = gzip.decompress((folder / "articles/html" / f"{key}.html.gz").read_bytes())
        yield "articles", key, body.decode("utf-8", "replace"), truth[key]["articleBody"]
    for line in (folder / "chinese/truth.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        yield "chinese", row["file"], (folder / "chinese" / row["file"]).read_text("utf-8", "replace"), row["text"]
    for name, read in (("SECOND", second), ("NEWS", news)):
        if place := os.environ.get(f"BAYWIRE_{name}_SET"):
            yield from read(Path(place))
        else:
            sys.stderr.write(f"BAYWIRE_{name}_SET names no folder: left out\n")


def second(folder):
    """Yield the articles of the development part of the second set."""
    for path in sorted((folder / "dev/ground-truth").glob("*.json")):
        told = json.loads(path.read_text("utf-8"))
        body = told["ground_truth"].get("main_content")
        if body and told["_internal"]["page_type"]["primary"] == "article":
            page = gzip.decompress((folder / "dev/html" / f"{path.stem}.html.gz").read_bytes())
            yield "second", path.stem, page.decode("utf-8", "replace"), body


def news(folder):
    """Yield the news of many countries: each text with the page of its newsroom that holds most of its paragraphs."""
    for path in sorted((folder / "tests/resources/parser/test_data").glob("*/*.json")):
        saved = sorted(path.parent.glob(f"{path.stem}_2*.html.gz"))
        texts = {page: gzip.decompress(page.read_bytes()).decode("utf-8", "replace") for page in saved}
        for version in json.loads(path.read_text("utf-8")).values():
            body = version["body"]
            parts = [*body["summary"]]
            for section in body["sections"]:
                parts += [*section["headline"], *section["paragraphs"]]
            if not texts or not parts:
                continue
            page = max(texts, key=lambda page: sum(part[:60] in texts[page] for part in parts))
            yield "news", page.name, texts.pop(page), "\n".join(parts)


def sample(text, gold, worth=1.0):
    """Return features, labels, weights and texts of the blocks of one page that counts for *worth* pages."""
    import numpy as np

    root = read_html(text)
    blocks = blocks_of(root)
    lines = [block.squashed for block in blocks]
    votes = [match_blocks(lines, squash(answer)) for answer in (_trafilatura(root), _readability(text))]
    labels = np.array(match_blocks(lines, squash(gold)), float)
    sizes = np.array([weigh.words_of(block.text) for block in blocks])
    rows = np.array(weigh.features(blocks, votes, title_of_page(root)[0]))
    weights = worth * (np.minimum(sizes, 60) + 2) / (sizes[labels > 0].sum() + 50)
    return rows, labels, weights, [block.text for block in blocks]


def fit(samples):
    """Return the model of *samples*."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier

    weights = np.concatenate([part[2] for part in samples])
    model = HistGradientBoostingClassifier(
        max_iter=200, learning_rate=0.07, max_leaf_nodes=16, min_samples_leaf=40, l2_regularization=10.0,
        early_stopping=False, random_state=0,
    )  # fmt: skip
    rows, labels = np.vstack([part[0] for part in samples]), np.concatenate([part[1] for part in samples])
    return model.fit(rows, labels, sample_weight=weights / weights.mean())


def write(model):
    """Write the trees of *model* as lists of four numbers a node."""
    trees = []
    for (tree,) in model._predictors:
        flat = []
        for node in tree.nodes:
            if node["is_leaf"]:
                flat += [-1, round(float(node["value"]), 5), 0, 0]
            else:
                flat += [
                    int(node["feature_idx"]),
                    round(float(node["num_threshold"]), 5),
                    int(node["left"]),
                    int(node["right"]),
                ]
        trees.append(flat)
    start = round(float(model._baseline_prediction.ravel()[0]), 5)
    lines = ",\n".join(json.dumps(tree, separators=(",", ":")) for tree in trees)
    OUT.write_text(f'{{"start":{start},"trees":[\n{lines}\n]}}\n', "utf-8")


def main():
    """Learn and write, or cross-validate."""
    import numpy as np

    found = {
        (name, key): (sample(text, gold, WORTH.get(name, 1.0)), gold)
        for name, key, text, gold in pages(Path(sys.argv[1]))
    }
    if "--check" not in sys.argv:
        write(fit([part for part, _ in found.values()]))
        return
    sys.path.insert(0, str(Path(sys.argv[1]).parent / "tools"))
    from score import overlap, shingles, words

    order = sorted(found, key=lambda page: hashlib.sha256(page[1].encode()).digest())
    scores = {name: [] for name, _ in order}
    exact = []
    for number in range(5):
        held = set(order[number::5])
        model = fit([found[page][0] for page in order if page not in held])
        for page in held:
            (rows, _, _, texts), gold = found[page]
            chance = model.predict_proba(rows)[:, 1]
            text = "\n".join(line for line, value in zip(texts, chance, strict=True) if value >= 0.45)
            if page[0] == "chinese":
                grams = [shingles("".join(part.split())) for part in (gold, text)]
            elif page[0] == "articles":
                grams = [shingles(words(part)) for part in (gold, text)]
                exact.append(words(gold) == words(text))
            else:
                grams = [Counter(words(part.lower())) for part in (gold, text)]
            scores[page[0]].append(overlap(*grams))
    precision, recall = (float(np.mean([row[at] for row in scores["articles"]])) for at in (0, 1))
    f1 = 2 * precision * recall / (precision + recall)
    sys.stdout.write(f"articles F1 {f1:.4f} exact {float(np.mean(exact)):.4f}\n")
    for name in sorted(set(scores) - {"articles"}):
        sys.stdout.write(f"{name} F1 {float(np.mean([row[2] for row in scores[name]])):.4f}\n")


if __name__ == "__main__":
    main()
