"""How likely a text is: its code length in nats, from a table of hanzi and rules for the rest."""

from __future__ import annotations

import math
import re
import unicodedata
import zlib
from functools import cache
from importlib.resources import files

__all__ = ["Model", "commonest", "load"]

_UNKNOWN_HANZI = 13.5
_PAIRED = re.compile("[\u2e80-\U0010ffff]")  # where pairs are reckoned
_RAREST = 14.0  # beyond that the table knows too little to tell one hanzi from another
_UNSEEN_PAIR = 1.05  # what the table's trust in pairs costs where a pair is not in it


class _Costs(dict[str, float]):
    """Cost of each character in nats; what is not in the table is reckoned from its class, once."""

    def __missing__(self, char: str) -> float:
        cost = self[char] = _by_class(char)
        return cost


class _Gains(dict[str, dict[str, float]]):
    """What a hanzi saves when it follows another: rows are unpacked when they are first asked for."""

    def __init__(self, rows: dict[str, str]) -> None:
        super().__init__()
        self._rows = rows

    def __missing__(self, first: str) -> dict[str, float]:
        row: dict[str, float] = {}
        waiting: list[str] = []
        for char in self._rows.get(first, ""):
            if char.isascii():
                row.update(dict.fromkeys(waiting, float(char) + _UNSEEN_PAIR))
                waiting = []
            else:
                waiting.append(char)
        self[first] = row
        return row


class Model:
    """The table, loaded."""

    def __init__(self, packed: bytes) -> None:
        """Unpack the table, as `build_model.write` packs it."""
        ranked, costs, *rows = zlib.decompress(packed).decode("utf-8").split("\n")
        self.ranked = ranked
        self.costs = _Costs(zip(ranked, (min(byte / 10 + 1.5, _RAREST) for byte in bytes.fromhex(costs)), strict=True))
        self.gains = _Gains({row[0]: row[1:] for row in rows})

    def length(self, text: str, limit: float = math.inf) -> float:
        """Return the code length of *text* in nats: the smaller, the likelier that somebody wrote it.

        Where it is sure to exceed *limit*, some length beyond that is returned, early.
        """
        costs, gains = self.costs, self.gains
        if not _PAIRED.search(text):
            return sum(map(costs.__getitem__, text))
        total = 0.0
        last = ""
        for char in text:
            total += costs[char]
            if total > limit:
                return total
            if char > "\u2e7f":
                if last:
                    total -= gains[last].get(char, 0.0)
                last = char
            else:
                last = ""
        return total


@cache
def load() -> Model:
    """Return the shipped table; it is read once, when it is first needed."""
    return Model((files("crawler.normalise") / "model.bin").read_bytes())


@cache
def commonest(count: int) -> frozenset[str]:
    """Return the *count* commonest hanzi of both scripts; only the head of the table is unpacked.

    >>> "的" in commonest(10), "龢" in commonest(700)
    (True, False)
    """
    packed = (files("crawler.normalise") / "model.bin").read_bytes()
    return frozenset(zlib.decompressobj().decompress(packed, count * 4).decode("utf-8", "ignore")[:count])


_COMMON_PUNCTUATION = frozenset("，。、；：「」『』（）！？《》〈〉—…·“”‘’－～％【】")
_ACCENTED = frozenset("áàâãéêíóôõúçÁÀÂÃÉÊÍÓÔÕÚÇ")


def _by_class(char: str) -> float:  # noqa: C901, PLR0911, PLR0912 - one table of classes
    code = ord(char)
    if code < 0x80:
        if char in " etaoinsrhldcu":
            return 2.8
        if char.islower():
            return 4.0
        if char.isupper() or char.isdigit():
            return 4.8
        return 5.0 if char in ".,\n-'\"()/:;" else 7.5
    if char in _COMMON_PUNCTUATION:
        return 6.0
    if char in _ACCENTED:
        return 5.5 if char.islower() else 8.0
    if code < 0xA0:
        return 17.0
    if 0xE000 <= code < 0xF900 or code >= 0xF0000:
        return 18.0
    if code == 0xFFFD:
        return 15.0
    if 0x3400 <= code < 0xA000 or 0x20000 <= code < 0x40000:
        return _UNKNOWN_HANZI
    category = unicodedata.category(char)
    if category == "Cn":
        return 20.0
    if category[0] == "M":
        return 14.0
    if code < 0x250:
        return 7.0 if char in "£€½«»ºª°" else 9.5 if code > 0xFF or not char.isalpha() else 8.5
    if 0xFF01 <= code < 0xFF5F:
        return 7.5
    return 10.0 if category[0] == "L" else 8.5 if category[0] in "SN" else 10.5
