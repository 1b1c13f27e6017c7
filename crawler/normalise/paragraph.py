"""Paragraphs that were cut in the middle of a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["continues", "glue", "join_broken", "line_measure"]

_HANZI = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_OPEN_LATIN = re.compile("[^\\W\\d_" + _HANZI + "][,’']?$|[,’][\"”]?$|\\d$|[-–&]$")
_STARTS_LOWER = re.compile(r"[a-zà-öø-ÿ]")
# What begins small and is no continuation: an item's letter, a brand, an address.
_OWN_START = re.compile(r"[a-z]{1,4}[.)] |[a-z]+[A-Z0-9]|https?:|www\.|\S+@\S|[a-z]-")
_OPEN_HANZI = re.compile(f"[{_HANZI}，、]$")
_STARTS_HANZI = re.compile(f"[{_HANZI}]")
_SHORTEST = 30


def continues(first: str, second: str, *, measure: int = 0) -> bool:
    """Say whether *second* goes on with the sentence that *first* left open.

    Latin: *first* ends in no stop and *second* begins with a small letter.
    Hanzi carry no such sign, so there *first* must also fill the *measure*, the
    length that lines of this text commonly have (0: not known, never joined).

    >>> continues('under the "one country, two systems" principle of', "having strong support of the motherland")
    True
    >>> continues("Notes to editors on the conference", "eHealth is a system")
    False
    """
    if len(first) >= _SHORTEST and _STARTS_LOWER.match(second):
        return bool(_OPEN_LATIN.search(first)) and not _OWN_START.match(second)
    if measure and _OPEN_HANZI.search(first) and _STARTS_HANZI.match(second):
        return abs(len(first) - measure) <= measure * 0.1
    return False


def join_broken(paragraphs: Sequence[str]) -> list[str]:
    """Return *paragraphs* with those that were cut in two whole again.

    >>> join_broken(["It was held under the principle of", "having strong support.", "Ends"])
    ['It was held under the principle of having strong support.', 'Ends']
    """
    measure = line_measure(paragraphs)
    joined: list[str] = []
    last = ""  # the last piece as it stood: only that has the length of a line
    for paragraph in paragraphs:
        if joined and (continues(joined[-1], paragraph) or continues(last, paragraph, measure=measure)):
            joined[-1] += glue(joined[-1], paragraph) + paragraph
        else:
            joined.append(paragraph)
        last = paragraph
    return joined


def line_measure(lines: Sequence[str]) -> int:
    """Return the length at which hanzi *lines* were wrapped, 0 where they were not.

    Wrapped text shows as at least three lines of one length, that are at least half
    of all lines, where no line is longer by more than a tenth.

    >>> line_measure(["香" * 30, "港" * 30, "澳" * 29, "門。"]), line_measure(["香" * 30, "港" * 80, "澳"])
    (30, 0)
    """
    sizes = sorted((len(line) for line in lines if not line.isascii() and _STARTS_HANZI.search(line)), reverse=True)
    if len(sizes) < 4:
        return 0
    longest = sizes[0]
    full = [size for size in sizes if size >= longest * 0.9]
    return longest if len(full) >= 3 and len(full) * 2 >= len(sizes) and longest >= 12 else 0


def glue(first: str, second: str) -> str:
    """Return what stands between two joined pieces: nothing between hanzi or after a hyphen, else a space.

    >>> glue("大灣", "區"), glue("the", "area")
    ('', ' ')
    """
    wide = bool(re.search(f"[{_HANZI}，、]$", first)) and bool(re.match(f"[{_HANZI}]", second))
    return "" if wide else " "
