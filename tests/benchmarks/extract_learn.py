"""Learn crawler/extract/weigh.json again: python extract_learn.py DATA [--check]; needs scikit-learn, baywire does not.

DATA holds `articles` and `chinese` as tests/benchmarks/extract.py reads them. --check prints
what five-fold cross-validation by page gives instead of writing.
"""

# ruff: noqa: ANN001, ANN201 - numpy and scikit-learn are not installed with baywire: their types cannot be named here

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from pathlib import Path

from crawler.extract import weigh
from crawler.extract.block import blocks_of, squash
from crawler.extract.match import match_blocks
from crawler.extract.meta import title_of_page
from crawler.extract.vote import _readability, _trafilatura
from crawler.normalise.tree import read_html

OUT = Path(weigh.__file__).with_name("weigh.json")


def pages(folder):
    """Yield key, markup and known body of each page."""
    truth = json.loads((folder / "articles/ground-truth.json").read_text("utf-8"))
    for key in sorted(truth):
        body = gzip.decompress((folder / "articles/html" / f"{key}.html.gz").read_bytes())
        yield key, body.decode("utf-8", "replace"), truth[key]["articleBody"]
    for line in (folder / "chinese/truth.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        yield row["file"], (folder / "chinese" / row["file"]).read_text("utf-8", "replace"), row["text"]


def sample(text, gold):
    """Return features, labels, weights and texts of the blocks of one page."""
    import numpy as np

    root = read_html(text)
    blocks = blocks_of(root)
    lines = [block.squashed for block in blocks]
    votes = [match_blocks(lines, squash(answer)) for answer in (_trafilatura(root), _readability(text))]
    labels = np.array(match_blocks(lines, squash(gold)), float)
    sizes = np.array([weigh.words_of(block.text) for block in blocks])
    rows = np.array(weigh.features(blocks, votes, title_of_page(root)[0]))
    return rows, labels, (np.minimum(sizes, 60) + 2) / (sizes[labels > 0].sum() + 50), [block.text for block in blocks]


def fit(samples):
    """Return the model of *samples*."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier

    weights = np.concatenate([part[2] for part in samples])
    model = HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=40, l2_regularization=10.0,
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

    found = {key: (sample(text, gold), gold) for key, text, gold in pages(Path(sys.argv[1]))}
    if "--check" not in sys.argv:
        write(fit([part for part, _ in found.values()]))
        return
    sys.path.insert(0, str(Path(sys.argv[1]).parent / "tools"))
    from score import overlap, shingles, words

    order = sorted(found, key=lambda key: hashlib.sha256(key.encode()).digest())
    scores = {"articles": [], "chinese": []}
    exact = []
    for number in range(5):
        held = set(order[number::5])
        model = fit([found[key][0] for key in order if key not in held])
        for key in held:
            (rows, _, _, texts), gold = found[key]
            chance = model.predict_proba(rows)[:, 1]
            text = "\n".join(line for line, value in zip(texts, chance, strict=True) if value >= 0.45)
            if key.endswith(".html"):
                grams = [shingles("".join(part.split())) for part in (gold, text)]
                scores["chinese"].append(overlap(*grams))
            else:
                scores["articles"].append(overlap(shingles(words(gold)), shingles(words(text))))
                exact.append(words(gold) == words(text))
    precision, recall = (float(np.mean([row[at] for row in scores["articles"]])) for at in (0, 1))
    f1 = 2 * precision * recall / (precision + recall)
    sys.stdout.write(f"articles F1 {f1:.4f} exact {float(np.mean(exact)):.4f}\n")
    sys.stdout.write(f"chinese F1 {float(np.mean([row[2] for row in scores['chinese']])):.4f}\n")


if __name__ == "__main__":
    main()
