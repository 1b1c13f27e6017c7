"""Fold text to the one form in which terms are looked up, and lead positions back to the original."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache

from feeds.script import variants

__all__ = ["FOLD_VERSION", "WORD", "Folded", "fold", "is_word"]

FOLD_VERSION = 2  # part of the hash of every topic: what is folded otherwise is tagged again

_DROP = "\0"
_LAST = 0x323AF  # the last ideograph of Unicode 16
_HAN = "㐀-䶿一-鿿\uf900-\ufaff\U00020000-\U000323af"
# A run that may be shortened: what is dropped, more than one space, a space between two ideographs (a line
# broken inside a Chinese word, a full-width space in a headline). Begins with a set, so that the search is fast.
_RUN = re.compile(f"[{_DROP} ](?:[{_DROP} ]+|(?=[{_HAN}])|(?<={_DROP}))")
_UNUSUAL = re.compile("[^ -~]+")
_IS_HAN = re.compile(f"[{_HAN}]")
_PARTING = "-/／·・‧•∙⋅‐‑‒–—―⁃−﹘﹣－"
_QUOTES = {'"': "“”„‟«»〝〞〟＂「」『』﹁﹂﹃﹄", "'": "‘’‚‛‹›＇ʼ′´`"}


@dataclass(frozen=True, slots=True)
class Folded:
    """A text ready for look-up: *plain* keeps case, *low* does not, character for character.

    *cuts* are places in the folded text from which on its positions differ from the
    original's by the *shifts* beside them. *size* is its length in UTF-8 bytes, a
    measure in which a Chinese text and its English translation are about as long.
    """

    original: str
    plain: str
    low: str
    size: int
    cuts: tuple[int, ...] = ()
    shifts: tuple[int, ...] = ()

    def origin(self, position: int) -> int:
        """Return where in the original the character at *position* of the folded text stands."""
        after = bisect_right(self.cuts, position)
        return position + self.shifts[after - 1] if after else position

    def place(self, position: int) -> int:
        """Return where in the folded text the character at *position* of the original stands, or would."""
        before = bisect_right(range(len(self.cuts)), position, key=lambda cut: self.cuts[cut] + self.shifts[cut])
        return position - self.shifts[before - 1] if before else position

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the start and end, in the original, of what is folded into *start* to *end*, accents included.

        >>> folded = fold("the «Grande Ba\u200bi\u0301a», today")
        >>> found = folded.low.index("grande baia")
        >>> start, end = folded.span(found, found + 11)
        >>> folded.original[start:end]
        'Grande Ba\u200bi\u0301a'
        """
        if not self.cuts:
            return start, end
        first, last = self.origin(start), self.origin(end - 1) + 1
        while last < len(self.original) and unicodedata.combining(self.original[last]):
            last += 1
        return first, last


def fold(text: str) -> Folded:
    """Return *text* folded: one Chinese script, no accents, hyphens and slashes as spaces, one kind of quote.

    Zero-width characters, soft hyphens and controls are gone, full-width letters are
    plain ones, runs of white space are one space, and none stands between ideographs.

    >>> fold("Guangdong‑Hong Kong–Macao  ＧＢＡ").low
    'guangdong hong kong macao gba'
    >>> fold("粵港澳\u200b大灣區　數據").plain == fold("粤港澳大湾区数据").plain
    True
    """
    plain = text.replace("-", " ").replace("/", " ").replace("\n", " ").replace("`", "'")
    plain = _UNUSUAL.sub(_fold_run, plain)
    cuts: list[int] = []
    shifts: list[int] = []
    pieces: list[str] = []
    done = length = 0
    for run in _RUN.finditer(plain):
        start, end = run.span()
        space = " " if " " in run[0] and not _between_ideographs(plain, start, end) else ""
        if space and end - start == 1:
            continue
        pieces += (plain[done:start], space)
        length += start - done
        if space:
            cuts.append(length)
            shifts.append(start - length)
            length += 1
        done = end
        cuts.append(length)
        shifts.append(done - length)
    if done:
        plain = "".join((*pieces, plain[done:]))
    low = plain.lower()
    size = len(low.encode("utf-8", "surrogatepass"))
    return Folded(text, plain, low, size, tuple(cuts), tuple(shifts))


# What words written in letters consist of; beyond U+2E80 stand the scripts that set no spaces.
WORD = frozenset(char for char in map(chr, range(0x2E80)) if char.isalnum())


def is_word(char: str) -> bool:
    """Return whether *char* is part of a word written in letters, which a term must not cut in two.

    >>> [is_word(char) for char in "a9'港 "]
    [True, True, False, False, False]
    """
    return char in WORD


def _fold_run(run: re.Match[str]) -> str:
    return run[0].translate(_table())


def _between_ideographs(plain: str, start: int, end: int) -> bool:
    return bool(start > 0 and end < len(plain) and _IS_HAN.match(plain[start - 1]) and _IS_HAN.match(plain[end]))


@cache
def _table() -> str:
    """Return the folded form of each code point, at its place; U+0000 stands for a character to drop."""
    chars = [_fold_one(chr(code)) for code in range(0x10000)]
    chars.extend(map(chr, range(0x10000, _LAST + 1)))
    for quote, kinds in _QUOTES.items():
        for kind in kinds:
            chars[ord(kind)] = quote
    for mark in _PARTING:
        chars[ord(mark)] = " "
    for char, first in variants():
        chars[ord(char)] = first
    while (further := [chars[ord(char)] for char in chars]) != chars:  # a form may have a plainer one: ⁻ is −, a space
        chars = further
    return "".join(chars)


def _fold_one(char: str) -> str:
    """Return *char* without accents and in its plain form, a space or U+0000."""
    code = ord(char)
    if 0xAC00 <= code <= 0xD7A3:  # a Hangul syllable: its first letter, which is what of its NFD stays
        return chr(0x1100 + (code - 0xAC00) // 588)
    category = unicodedata.category(char)
    if char.isspace() or category == "Cs":  # half a character: the automaton takes none
        return " "
    if category in {"Mn", "Mc", "Me", "Cf", "Cc"} or 0x1160 <= code <= 0x11FF:
        return _DROP
    if not unicodedata.decomposition(char):
        return char
    parts = unicodedata.normalize("NFKD", char)
    base = parts[0]
    if all(unicodedata.category(mark).startswith("M") for mark in parts[1:]):
        return " " if base.isspace() else base
    return char
