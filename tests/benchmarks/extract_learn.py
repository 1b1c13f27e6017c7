"""Learn crawler/extract/weigh.json again; needs scikit-learn, baywire does not.

    pip install scikit-learn==1.9.1
    BAYWIRE_SECOND_SET=FOLDER BAYWIRE_NEWS_SET=FOLDER python tests/benchmarks/extract_learn.py ../shared/extraction

The data folder holds `articles` and `chinese` as tests/benchmarks/extract.py reads them. Two public sets are learnt
from too: BAYWIRE_SECOND_SET is Murrough-Foley/web-content-extraction-benchmark, checked out (articles of its `dev`
part; `test` is never learnt from), BAYWIRE_NEWS_SET is flairNLP/fundus. Without them it says so, and learns less.
It takes some seven minutes of CPU.
With --check behind the folder it prints what three-fold cross-validation by page gives instead of writing.
"""

# ruff: noqa: ANN001, ANN003, ANN201 - numpy and scikit-learn are not installed with baywire: their types cannot be named here

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
from array import array
from collections import Counter, defaultdict
from html import unescape
from pathlib import Path
from typing import NamedTuple

from crawler.extract import weigh
from crawler.extract.block import blocks_of, squash
from crawler.extract.bound import bounded
from crawler.extract.context import context, kin_of
from crawler.extract.match import match_blocks
from crawler.extract.title import title_of_page
from crawler.extract.vote import _ENOUGH, _MOST_BLOCKS, _answers
from crawler.normalise.tree import read_html

OUT = Path(weigh.__file__).with_name("weigh.json")
# Their bodies are marked with most care, and the others are many: a page of them counts for so many.
WORTH = {"articles": 2.5, "chinese": 4.0}
PARTS = 3
NEAR, SHARE = 8, 0.3  # blocks: what lies farther from all that anybody calls text is learnt from in part
FIRST = {"max_iter": 200, "learning_rate": 0.07, "max_leaf_nodes": 16}
SECOND = {"max_iter": 90, "learning_rate": 0.1, "max_leaf_nodes": 12}


class Sample(NamedTuple):
    """What is known of the blocks of a page: one row, label, weight, size and text for each."""

    rows: object
    labels: object
    weights: object
    heard: object
    sizes: object
    kin: list[array]
    texts: list[str]


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
    """Return what is known of the blocks of a page that counts for *worth*; None where it has no blocks."""
    import numpy as np

    text = bounded(text)[0]
    root = read_html(text)
    blocks = blocks_of(root)[:_MOST_BLOCKS]
    if not blocks:
        return None
    lines = [block.squashed for block in blocks]
    votes = [match_blocks(lines, squash(answer)) for answer in _answers(root, text)]
    labels = np.array(match_blocks(lines, squash(unescape(gold))), np.float32)
    sizes = np.array([weigh.words_of(block.text) for block in blocks], np.float32)
    rows = np.array(weigh.features(blocks, votes, title_of_page(root)[0]), np.float32)
    weights = worth * (np.minimum(sizes, 60) + 2) / (sizes[labels > 0].sum() + 50)
    heard = np.convolve(np.pad((labels > 0) | (rows[:, :2].sum(1) > 0), NEAR), np.ones(2 * NEAR + 1), "valid") > 0
    kin = [array("i", numbers) for numbers in kin_of(blocks)]
    return Sample(rows, labels, weights, heard, sizes, kin, [block.text for block in blocks])


def fit(rows, samples, **options):
    """Return the model of *rows*, one table for each of *samples*; far from texts a share of the blocks is enough."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier

    chance = np.random.default_rng(0)
    kept = [part.heard | (chance.random(len(part.labels)) < SHARE) for part in samples]
    weights = [
        np.where(part.heard, part.weights, part.weights / SHARE)[keep] for part, keep in zip(samples, kept, strict=True)
    ]
    model = HistGradientBoostingClassifier(
        min_samples_leaf=40, l2_regularization=10.0, early_stopping=False, random_state=0, **options
    )
    table = np.vstack([part[keep] for part, keep in zip(rows, kept, strict=True)])
    labels = np.concatenate([part.labels[keep] for part, keep in zip(samples, kept, strict=True)])
    weight = np.concatenate(weights)
    return model.fit(table, labels, sample_weight=weight / weight.mean())


def unseen(rows, samples, options):
    """Return for each page the chances that a model gives which has not learnt from it."""
    found = [None] * len(samples)
    for number in range(PARTS):
        learnt = [at for at in range(len(samples)) if at % PARTS != number]
        model = fit([rows[at] for at in learnt], [samples[at] for at in learnt], **options)
        for at in range(number, len(samples), PARTS):
            found[at] = model.predict_proba(rows[at])[:, 1]
    return found


def beside(samples, chances):
    """Return the rows of the second look: those of the first, and what its *chances* say of the blocks around each."""
    import numpy as np

    return [
        np.hstack([part.rows, np.array(context(part.kin, part.sizes.tolist(), chance.tolist()), np.float32)])
        for part, chance in zip(samples, chances, strict=True)
    ]


def listed(model):
    """Return *model* as JSON: its trees are lists of four numbers a node."""
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
    return f'{{"start":{start},"trees":[\n{lines}\n]}}'


def main():
    """Learn and write, or cross-validate."""
    told = sorted(pages(Path(sys.argv[1])), key=lambda page: hashlib.sha256(page[1].encode()).digest())
    found = [(name, gold, sample(text, gold, WORTH.get(name, 1.0))) for name, _, text, gold in told if gold.strip()]
    found = [page for page in found if page[2] is not None]
    samples = [part for _, _, part in found]
    rows = [part.rows for part in samples]
    second = beside(samples, unseen(rows, samples, FIRST))
    if "--check" in sys.argv:
        report(found, unseen(second, samples, SECOND), Path(sys.argv[1]).parent / "tools")
        return
    models = (fit(rows, samples, **FIRST), fit(second, samples, **SECOND))
    OUT.write_text("[" + ",\n".join(listed(model) for model in models) + "]\n", "utf-8")


def report(found, chances, tools):
    """Print how well the text that the *chances* choose is that of each page, set by set."""
    import numpy as np

    sys.path.insert(0, str(tools))
    from score import overlap, shingles, words

    scores = defaultdict(list)
    exact = []
    for (name, gold, part), chance in zip(found, chances, strict=True):
        text = "\n".join(line for line, value in zip(part.texts, chance, strict=True) if value >= _ENOUGH)
        if name == "chinese":
            grams = [shingles("".join(line.split())) for line in (gold, text)]
        elif name == "articles":
            grams = [shingles(words(line)) for line in (gold, text)]
            exact.append(words(gold) == words(text))
        else:
            grams = [Counter(words(line.lower())) for line in (gold, text)]
        scores[name].append(overlap(*grams))
    precision, recall = (float(np.mean([row[at] for row in scores["articles"]])) for at in (0, 1))
    f1 = 2 * precision * recall / (precision + recall)
    sys.stdout.write(f"articles F1 {f1:.4f} exact {float(np.mean(exact)):.4f}\n")
    for name in sorted(set(scores) - {"articles"}):
        sys.stdout.write(f"{name} F1 {float(np.mean([row[2] for row in scores[name]])):.4f}\n")


if __name__ == "__main__":
    main()
