"""Lines for a terminal: how wide a text is there, and where it breaks; pure."""

from __future__ import annotations

import unicodedata

__all__ = ["fold", "width"]

_NARROWEST = 24  # columns that a continued line must have left, or nobody can read it


def width(text: str) -> int:
    """Return how many columns of a terminal *text* takes: Chinese characters take two.

    >>> width("Bay"), width("灣區")
    (3, 4)
    """
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def fold(text: str, columns: int, *, hang: int) -> str:
    """Return *text* in lines of at most *columns*, all but the first indented by *hang*, or by 4 where that is too far.

    It breaks at a space where a line has one, and within a word, as Chinese is one, where it has none.

    >>> print(fold("2026-06-12  Three cities share one data pier", 36, hang=12))
    2026-06-12  Three cities share one
                data pier
    >>> print(fold("2026-06-12  粵港澳大灣區三地共建數據碼頭", 36, hang=12))
    2026-06-12  粵港澳大灣區三地共建數據
                碼頭
    """
    hang = hang if columns - hang >= _NARROWEST else 4
    indent = " " * hang
    lines: list[str] = []
    left = text
    while width(left) > columns > len(indent) + 1:
        cut = _fitting(left, columns)
        space = left.rfind(" ", hang, cut + 1)
        cut = space if space > 0 else cut
        lines.append(left[:cut].rstrip())
        left = indent + left[cut:].lstrip()
    return "\n".join([*lines, left])


def _fitting(text: str, columns: int) -> int:
    """Return how many characters of *text* fit in *columns*."""
    used = 0
    for number, char in enumerate(text):
        used += width(char)
        if used > columns:
            return number
    return len(text)
