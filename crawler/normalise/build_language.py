"""Writes language.bin: what speaks for one language against its neighbour; what `language` loads.

Hanzi speak for the traditional or the simplified script, words and groups of three letters for Portuguese or English.
Run by hand where wordfreq and opencc are installed: `python -m crawler.normalise.build_language`.

NOTICE: the table is derived from the word lists of wordfreq 3.1 (https://github.com/rspeer/wordfreq), data under
CC BY-SA 4.0, and is shared under that licence as well; the scripts are told apart with the conversion tables of OpenCC
(https://github.com/BYVoid/OpenCC), Apache License 2.0.
"""

from __future__ import annotations

import math
import re
import sys
import zlib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

__all__ = ["build"]

_HANZI = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN = re.compile(r"[a-zà-öø-ÿ']+")
_WORDS = 7000  # of each language
_GROUPS = 7000
_CANTONESE = "晒嘅啲咗喺唔冇嚟哋咁嘢佢係俾畀咩嗰噉嘥攞搵揾揸瞓啱嘞喎啩㗎嗌掟"
_LEAST = 0.6  # nats of a hanzi: less is chance, and would add up
_STEP = 4  # weights are kept in quarters of a nat


def build() -> list[tuple[str, str, float]]:
    """Return (kind, text, weight): kind h for hanzi, w for words, g for groups of letters.

    A positive weight speaks for the simplified script, or for Portuguese.
    """
    import opencc  # noqa: PLC0415 - what only a builder needs
    import wordfreq  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: PLC0415 - not a dependency

    words = wordfreq.get_frequency_dict("zh", wordlist="large")
    hans = _hanzi(words)
    hant: dict[str, float] = defaultdict(float)
    for config in ("s2hk", "s2tw"):
        written = opencc.OpenCC(config).convert("\n".join(words)).split("\n")
        for char, share in _hanzi(dict(zip(written, words.values(), strict=True))).items():
            hant[char] += share / 2
    rows = [("h", char, _ratio(hans.get(char, 0.0), hant.get(char, 0.0), 3e-8)) for char in {*hans, *hant}]
    rows = [row for row in rows if abs(row[2]) >= _LEAST and row[1] not in _CANTONESE]
    # Written Cantonese is traditional nearly always, and the word list knows none.
    rows += [("h", char, -1.5) for char in _CANTONESE[1:]]  # 晒 is written in both
    # Of what the word list lacks the converter knows the script.
    simple, full = opencc.OpenCC("t2s"), opencc.OpenCC("s2t")
    for char in map(chr, (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))):
        if char not in hans and char not in hant:
            rows.append(("h", char, 3.0 * ((full.convert(char) != char) - (simple.convert(char) != char))))
    latin = {name: wordfreq.get_frequency_dict(name, wordlist="large") for name in ("pt", "en")}
    return [*rows, *_latin(latin["pt"], latin["en"])]


def _hanzi(words: Mapping[str, float]) -> dict[str, float]:
    shares: dict[str, float] = defaultdict(float)
    for word, share in words.items():
        for char in _HANZI.findall(word):
            shares[char] += share
    return shares


def _ratio(one: float, other: float, least: float) -> float:
    return max(-8.0, min(8.0, math.log((one + least) / (other + least))))


def _latin(one: Mapping[str, float], other: Mapping[str, float]) -> list[tuple[str, str, float]]:
    tops = [
        [word for word in sorted(words, key=lambda word: -words[word]) if _LATIN.fullmatch(word)]
        for words in (one, other)
    ]
    common = {*tops[0][:_WORDS], *tops[1][:_WORDS]}
    rows = [("w", word, _ratio(one.get(word, 0.0), other.get(word, 0.0), 1e-7)) for word in sorted(common)]
    groups: list[dict[str, float]] = []
    for words, top in zip((one, other), tops, strict=True):
        counts: dict[str, float] = defaultdict(float)
        for word in top[:60_000]:
            for group in letter_groups(word):
                counts[group] += math.sqrt(words[word])
        total = sum(counts.values())
        groups.append({group: count / total for group, count in counts.items()})
    seen = sorted({*groups[0], *groups[1]}, key=lambda group: -max(side.get(group, 0.0) for side in groups))
    return rows + [
        ("g", group, _ratio(groups[0].get(group, 0.0), groups[1].get(group, 0.0), 2e-6)) for group in seen[:_GROUPS]
    ]


def letter_groups(word: str) -> list[str]:
    """Return the groups of three letters in *word*, its ends marked.

    >>> letter_groups("dia")
    ['^di', 'dia', 'ia$']
    """
    marked = f"^{word}$"
    return [marked[start : start + 3] for start in range(len(marked) - 2)]


def main() -> None:
    """Write the table beside this module: for each kind and weight, in steps, the texts that have it."""
    buckets: dict[tuple[str, int], list[str]] = defaultdict(list)
    for kind, text, weight in build():
        if step := round(weight * _STEP):
            buckets[kind, step].append(text)
    lines = [
        f"{kind} {step} {('' if kind == 'h' else ' ').join(sorted(texts))}"
        for (kind, step), texts in sorted(buckets.items())
    ]
    table = zlib.compress("\n".join(lines).encode("utf-8"), 9)
    Path(__file__).with_name("language.bin").write_bytes(table)
    sys.stdout.write(f"{len(table)} bytes\n")


if __name__ == "__main__":
    main()
