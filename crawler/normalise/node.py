"""The text of one node of a page: repaired, unescaped, clean, its white space folded."""

from __future__ import annotations

import re
import unicodedata

from crawler.normalise.character import clean_characters, unescape
from crawler.normalise.gate import is_usual
from crawler.normalise.hkscs import modern
from crawler.normalise.repair import repair

__all__ = ["clean_node", "look_at"]

_PASSES = 6
_HTML_SPACE = "\t\n\f\r"
_ZERO_WIDTH = re.compile("[\u200b\u2060\ufeff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_DOLLAR = re.compile(r"\\\$(?= ?\d)")


def clean_node(raw: str, repairs: set[str]) -> str:
    r"""Return *raw* repaired and clean; the names of what was repaired are added to *repairs*.

    Most text has nothing to repair, which is seen in one look.

    >>> repairs: set[str] = set()
    >>> clean_node("Cyberportâ€™s \n zero\u200bwidth &amp;amp; \\$3", repairs), sorted(repairs)
    ('Cyberport’s zerowidth & $3', ['dollar', 'entities', 'mojibake', 'zero-width'])
    """
    return look_at(raw, repairs)[0]


def look_at(raw: str, repairs: set[str]) -> tuple[str, bool]:
    """Return what `clean_node` returns, and whether one look was enough: then all of it is usual."""
    raw = _fold(raw)
    if "&" not in raw and "\\" not in raw:
        if raw.isascii():
            if raw.isprintable():
                return raw, True
        elif is_usual(raw) and unicodedata.is_normalized("NFC", raw):
            return raw, True
    for _ in range(_PASSES):  # what goes may bare what looks broken beside it: until all stays
        folded = _fold(raw)
        raw = _once(folded, repairs)
        if raw == folded:
            break
    return raw, False


def _once(raw: str, repairs: set[str]) -> str:
    if raw.isascii() and "&" not in raw and "\\" not in raw:
        return clean_characters(raw)
    if _ZERO_WIDTH.search(raw):  # never a part of what is broken, but in the way of seeing that nothing is
        repairs.add("zero-width")
        raw = _ZERO_WIDTH.sub("", raw)
    mended = repair(raw)
    whole = unescape(mended.text)
    plain = _DOLLAR.sub("$", whole)
    repairs.update(
        name
        for name, done in (
            ("mojibake", bool(mended.steps)),
            ("lost-characters", "\ufffd" in mended.text),
            ("entities", whole != mended.text),
            ("dollar", plain != whole),
            ("zero-width", _ZERO_WIDTH.search(plain) is not None),
            ("controls", _CONTROL.search(plain) is not None),
            ("old-hkscs", modern(plain) != plain),
        )
        if done
    )
    return clean_characters(plain)


def _fold(text: str) -> str:
    """Return *text* with each run of what HTML calls space as one space; by far faster than a regular expression."""
    for char in _HTML_SPACE:
        if char in text:
            text = text.replace(char, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text
