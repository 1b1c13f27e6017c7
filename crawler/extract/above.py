"""Titles that stand above their rows: a heading without a link, then a text, then "Full story" and "3 comments"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crawler.extract.column import are_labels, says_nothing
from crawler.extract.day import days_in
from crawler.extract.select import fold, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from crawler.extract.group import Row

__all__ = ["titles_above"]

_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "dt"])
_MOST = 0.8  # of the rows: fewer, and the headings are of groups of rows


def titles_above(body: HtmlElement, rows: Sequence[Row], titles: Sequence[str]) -> list[str]:
    """Return *titles*, or where those only say "read more" the heading that stands above each of *rows*."""
    if not are_labels(titles):
        return list(titles)
    starts = {row.links[0].element: number for number, row in enumerate(rows)}
    found: dict[int, str] = {}
    last = ""
    inside = {heading for row in rows if row.element.tag != "a" for heading in row.element.iter(*_HEADINGS)}
    for element in body.iter("*"):
        if element.tag in _HEADINGS and element not in inside:
            text = fold(text_of(element))
            last = text if text and not says_nothing(text) and not days_in(text) else last
        number = starts.get(element)
        if number is not None:
            if last:
                found[number] = last
            last = ""
    if len(set(found.values())) < _MOST * len(rows):
        return list(titles)
    return [found.get(number, title) for number, title in enumerate(titles)]
