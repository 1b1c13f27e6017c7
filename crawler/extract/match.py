"""Which blocks of a page a text was made of: order decides where one line stands twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["match_blocks"]

_ANCHOR = 12  # letters: a line that long, standing once in the page, is found in a text beyond doubt
_MOST_ANCHORS = 800
_LONG, _MOST_COPIES = 40, 3  # letters and times: a paragraph that a page holds again, for small screens or as its lead


def match_blocks(squashed: Sequence[str], text: str) -> list[bool]:
    """Say for each of the *squashed* blocks of a page whether the squashed *text* holds it, at its place.

    >>> match_blocks(["share", "thefirstparagraph", "share", "thesecondpart"], "thefirstparagraphsharethesecondpart")
    [False, True, True, True]
    >>> twice = "a paragraph that stands in the page two times over, once in each of its forms".replace(" ", "")
    >>> match_blocks([twice, "menu", twice, "anditsveryend"], twice + "anditsveryend")
    [False, False, True, True]
    """
    flags = [False] * len(squashed)
    anchors = _rising(_anchors(squashed, text))
    for number, _, _ in anchors:
        flags[number] = True
    edges = [(-1, 0, 0), *anchors, (len(squashed), len(text), 0)]
    for (before, start, size), (after, end, _) in pairwise(edges):
        low, high = start + size, end
        if after - before <= 1 or high - low < 2:
            continue
        if before == -1 and anchors:
            _backwards(squashed, text, range(after - 1, -1, -1), (low, high), flags)
        else:
            _forwards(squashed, text, range(before + 1, after), (low, high), flags)
    return flags


def _anchors(squashed: Sequence[str], text: str) -> list[tuple[int, int, int]]:
    count = Counter(squashed)
    found = []
    for number, line in enumerate(squashed):
        if len(line) >= _ANCHOR and (count[line] == 1 or (len(line) >= _LONG and count[line] <= _MOST_COPIES)):
            place = text.find(line)
            if place >= 0 and (len(line) >= _LONG or text.find(line, place + 1) < 0):
                found.append((number, place, len(line)))
    return found


def _rising(anchors: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Return the anchors whose places rise, of all such choices the one with most text."""
    if all(a[1] + a[2] <= b[1] for a, b in pairwise(anchors)):
        return anchors
    if len(anchors) > _MOST_ANCHORS:
        anchors = sorted(sorted(anchors, key=lambda anchor: -anchor[2])[:_MOST_ANCHORS])
    best: list[int] = []
    previous: list[int] = []
    for number, (_, place, size) in enumerate(anchors):
        most, link = size, -1
        for earlier in range(number):
            # Of the copies of a line the last before this one: the nearest.
            if anchors[earlier][1] + anchors[earlier][2] <= place + 2 and best[earlier] + size >= most:
                most, link = best[earlier] + size, earlier
        best.append(most)
        previous.append(link)
    chain = []
    here = max(range(len(best)), key=best.__getitem__)
    while here >= 0:
        chain.append(anchors[here])
        here = previous[here]
    return chain[::-1]


def _forwards(squashed: Sequence[str], text: str, numbers: range, window: tuple[int, int], flags: list[bool]) -> None:
    low, high = window
    # Behind the last anchor nothing says where the text ends: only what is long, or near, is believed.
    least, slack = (_ANCHOR, 40) if numbers.stop == len(squashed) else (6, 30)
    for number in numbers:
        line = squashed[number]
        if not line:
            continue
        place = text.find(line, low, high)
        if place >= 0 and (len(line) >= least or place - low < slack):
            flags[number] = True
            low = place + len(line)


def _backwards(squashed: Sequence[str], text: str, numbers: range, window: tuple[int, int], flags: list[bool]) -> None:
    low, high = window
    for number in numbers:
        line = squashed[number]
        if not line:
            continue
        place = text.rfind(line, low, high)
        if place >= 0 and (len(line) >= _ANCHOR or high - (place + len(line)) < 40):
            flags[number] = True
            high = place
