"""Whether a page is a text with a list beside it, or a list: by how much prose stands outside the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crawler.extract.group import Row, width_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["is_prose"]

_LONG = 100  # letters in one run: a line of prose, not of a menu
_MUCH = 1200.0
_SKIPPED = frozenset(["script", "style", "noscript", "template", "option", "a"])


def is_prose(body: HtmlElement, rows: Sequence[Row], *, dated: float, declared: bool = False) -> bool:
    """Say whether most of what *body* says stands before or behind *rows*: they are then but "related".

    Rows that are *dated* may stand below a longer introduction, unless the page *declared* itself an article.
    """
    starts = {row.element for row in rows}
    left = len(starts)
    outside = 0.0
    for element in body.iter():
        if element in starts:
            left -= 1
        # What stands between the first row and the last belongs to the list: teasers need not be inside their row.
        if 0 < left < len(starts) or not isinstance(element.tag, str) or element.tag in _SKIPPED:
            continue
        # A paragraph is often cut by links and marks: all of it counts, once one run of it is long.
        text = element.text or ""
        behind = [tail for child in element if (tail := child.tail)]
        size = max((len(part) for part in (text, *behind)), default=0)
        if size >= (_LONG if text.isascii() else _LONG * 0.4) and not _within(element, starts):
            outside += width_of(text) + sum(map(width_of, behind))
    if outside < _MUCH:
        return False
    inside = sum(width_of(part) for row in rows for _, part in row.parts)
    return outside > (max(5 * inside, 2.5 * _MUCH) if dated > 0.6 and not declared else inside)


def _within(element: HtmlElement, starts: set[HtmlElement]) -> bool:
    here: HtmlElement | None = element
    while here is not None:
        if here in starts:
            return True
        here = here.getparent()
    return False
