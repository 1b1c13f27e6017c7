"""Writes model.bin: how common each hanzi is, alone and after another; what `model` loads.

Run by hand where wordfreq, opencc and pycantonese are installed: `python -m crawler.normalise.build_model`.

NOTICE: the table is derived from
- the Chinese word list of wordfreq 3.1 (https://github.com/rspeer/wordfreq), data under CC BY-SA 4.0; it credits, among
  others, Wikipedia, OpenSubtitles, SUBTLEX, the Leeds Internet Corpus and Google Books Ngrams. The table model.bin is
  therefore shared under CC BY-SA 4.0 as well;
- the Cantonese side of the Cantonese-Traditional Chinese Parallel Corpus as pycantonese 5.0 ships it, CC0 1.0;
- the conversion tables of OpenCC (https://github.com/BYVoid/OpenCC), Apache License 2.0.
"""

from __future__ import annotations

import json
import math
import re
import sys
import zlib
from collections import defaultdict
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

__all__ = ["build", "write"]

_HANZI = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
# How much each reading of the word list counts: as it is (simplified), in the forms of Hong Kong and of Taiwan.
_SCRIPTS = (("", 1.0), ("s2hk", 0.5), ("s2tw", 0.4))
_CANTONESE = 0.15  # of all text
# A pair is kept when it is this many nats likelier than chance, and was met often enough to believe it.
_LEAST_GAIN = 1.0
_LEAST_COUNT = 4e-9
_TRUST = 0.65  # weight of the pair against the single hanzi
_LARGEST = 9


def build() -> tuple[dict[str, float], dict[str, float]]:
    """Return the weights of hanzi and of pairs of hanzi."""
    import opencc  # noqa: PLC0415 - what only a builder needs
    import wordfreq  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: PLC0415 - not a dependency

    singles: dict[str, float] = defaultdict(float)
    pairs: dict[str, float] = defaultdict(float)
    words = {
        word: share
        for word, share in wordfreq.get_frequency_dict("zh", wordlist="large").items()
        if _HANZI.search(word)
    }
    for config, weight in _SCRIPTS:
        written = opencc.OpenCC(config).convert("\n".join(words)).split("\n") if config else list(words)
        for word, share in zip(written, words.values(), strict=True):
            _count(word, share * weight, singles, pairs)
    total = sum(singles.values())
    package = find_spec("pycantonese")  # found, not imported: only its data is wanted
    if package is None or not package.submodule_search_locations:
        raise SystemExit("pycantonese: not installed: run pip install --no-deps pycantonese==5.0.0")
    data = Path(package.submodule_search_locations[0]) / "data" / "ctcpc" / "sents.json"
    sentences = json.loads(data.read_text("utf-8"))
    size = sum(len(run) for sentence in sentences for run in _HANZI.findall(sentence))
    for sentence in sentences:
        _count(sentence, total * _CANTONESE / size, singles, pairs)
    return singles, pairs


def _count(text: str, weight: float, singles: dict[str, float], pairs: dict[str, float]) -> None:
    for run in _HANZI.findall(text):
        for char in run:
            singles[char] += weight
        for first, second in pairwise(run):
            pairs[first + second] += weight


def write(singles: dict[str, float], pairs: dict[str, float]) -> bytes:
    """Return the table as bytes: see `model` for its form."""
    total = sum(singles.values())
    costs = {char: round(-10 * math.log(count / total)) for char, count in singles.items()}
    ranked = sorted(costs, key=lambda char: (costs[char], char))
    gains: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for pair, count in pairs.items():
        first, second = pair[0], pair[1]
        chance = singles[second] / total
        gain = math.log((_TRUST * count / singles[first] + (1 - _TRUST) * chance) / chance)
        if gain >= _LEAST_GAIN and count >= _LEAST_COUNT:
            gains[first][min(_LARGEST, round(gain))].append(second)
    lines = ["".join(ranked), bytes(min(255, costs[char]) for char in ranked).hex()]
    for first in ranked:
        if first in gains:
            levels = sorted(gains[first].items(), reverse=True)
            lines.append(first + "".join(f"{''.join(sorted(chars))}{level}" for level, chars in levels))
    return zlib.compress("\n".join(lines).encode("utf-8"), 9)


def main() -> None:
    """Write the table beside this module."""
    table = write(*build())
    Path(__file__).with_name("model.bin").write_bytes(table)
    sys.stdout.write(f"{len(table)} bytes\n")


if __name__ == "__main__":
    main()
