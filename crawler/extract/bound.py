"""How much of a page that nobody described is read: enough for any release, and no page costs more than seconds."""

from __future__ import annotations

import re

__all__ = ["MOST_TAGS", "bounded"]

# The longest of 215 recorded pages has 1.5 million characters, most of them script, and 7,000 tags.
_LONGEST = 1_500_000
MOST_TAGS = 40_000
_UNSEEN = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)


def bounded(text: str) -> tuple[str, int]:
    """Return what is read of the page *text*, and how many characters behind it are not.

    Of a page of more than 1.5 million characters, or 40,000 tags, scripts, styles and
    comments are left out, then what is behind those limits. Takes time in proportion.

    >>> bounded("<p>short")
    ('<p>short', 0)
    >>> [len(part) if isinstance(part, str) else part for part in bounded("x" * 2_000_000)]
    [1500000, 500000]
    """
    if len(text) <= _LONGEST and text.count("<") <= MOST_TAGS:
        return text, 0
    seen = _UNSEEN.sub(_without, text)
    end = _end_of(seen)
    return seen[:end], len(seen) - end


def _without(match: re.Match[str]) -> str:
    """Leave out what nobody sees, but for a script that holds words for machines."""
    return match[0] if "ld+json" in match[0][:200] and len(match[0]) < 100_000 else " "


def _end_of(text: str) -> int:
    """Return where to stop: before the tag that is one too many, or the character."""
    end = min(len(text), _LONGEST)
    if text.count("<", 0, end) > MOST_TAGS:
        here = -1
        for _ in range(MOST_TAGS + 1):
            here = text.find("<", here + 1)
        return here
    if end < len(text) and (tag := text.rfind("<", 0, end)) > text.rfind(">", 0, end):
        return tag if end - tag < 100_000 else end
    return end
