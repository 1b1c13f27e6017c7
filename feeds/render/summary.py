"""Summaries: the beginning of a text, cut where a sentence ends."""

from __future__ import annotations

import re

from feeds.render.plain import line

__all__ = ["headline", "shorten", "summarise"]

LIMIT = 300
_TITLE = 1000  # no body writes a longer one; what is longer was no title, or a fault

# A full stop ends a sentence where white space and no small letter follows, and no initial or
# abbreviation stands before it ("J. Lee", "Dr. Wong", "No. 3"); the Chinese ones always do.
_END = re.compile(r"[。！？]+[”’」』）)]*|[.!?…]+[\"”’)]*(?=\s+[^\sa-z]|\s*$)")
_AFTER_STOP = re.compile(r"(?<=[。！？；：，、」』）》]) ")  # no space parts sentences in Chinese
_SHORT = re.compile(r"\b(?:[A-Z]|Dr|Mr|Mrs|Ms|No|St|Sr|Sra|vs|Rev|Ltd|Prof|Hon|Art)\.$")


def headline(title: str) -> str:
    r"""Return *title* as entries and pages have it: one line, at most 1,000 characters.

    >>> headline("Tree\n falls"), len(headline("T" * 2_000_000))
    ('Tree falls', 1000)
    """
    return shorten(line(title[: 2 * _TITLE]), _TITLE)


def summarise(summary: str, text: str) -> str:
    r"""Return *summary*, or the first sentences of *text* where it is empty; at most 300 characters.

    >>> summarise("", "It rained.\n\nIt stopped.")
    'It rained. It stopped.'
    >>> summarise("", "天氣晴朗。\n\n　　市民應多喝水。")
    '天氣晴朗。市民應多喝水。'
    """
    told = line(" ".join((summary or text)[: 4 * LIMIT].split()))
    return shorten(told if told.isascii() else _AFTER_STOP.sub("", told))


def shorten(text: str, limit: int = LIMIT) -> str:
    """Return *text* on one line, at most *limit* characters, cut where a sentence ends, else a word, with an ellipsis.

    >>> shorten("Dr. Wong spoke. He left at noon.", 20)
    'Dr. Wong spoke.'
    >>> shorten("天氣晴朗。市民應多喝水。", 8)
    '天氣晴朗。'
    >>> shorten("one two three", 9)
    'one two…'
    """
    if len(text) <= limit:
        return text
    ends = [match.end() for match in _END.finditer(text, 0, limit + 1) if match.end() <= limit]
    ends = [end for end in ends if not _SHORT.search(text, max(0, end - 6), end)]
    if ends and ends[-1] >= limit // 3:
        return text[: ends[-1]]
    cut = text[: limit - 1]
    word = cut.rfind(" ")
    return (cut[:word] if word > limit // 2 else cut).rstrip(" ,;:，、；：-–—(（") + "…"
