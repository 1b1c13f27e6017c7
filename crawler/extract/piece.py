"""The pieces of text of a row, each with the way from the row to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crawler.extract.day import days_in
from crawler.extract.dress import MARKS
from crawler.extract.name import name_of
from crawler.extract.select import text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["pieces_of"]

_SKIPPED = frozenset(["script", "style", "noscript", "template", "svg"])
_CELLS = frozenset(["td", "th", "dd"])
_DEEPEST = 40
_TOLD, _SHORT = frozenset(["abbr", "span", "time", "em"]), 40  # "3 hours ago", and in the title when that was


def pieces_of(element: HtmlElement, starts: set[HtmlElement] | None) -> Iterator[tuple[str, str]]:
    """Yield path and text of the pieces of the row *element*; in running text (*starts*) those of its line too."""
    yield from _texts(element)
    if element.tag == "dt":
        yield from _told_of(element)
    if starts is None:
        return
    if before := _line_before(element, starts):
        yield "before", before
    tail = " ".join((element.tail or "").split())
    if tail:
        yield "tail", tail
    size = len(tail)
    for number, following in enumerate(element.itersiblings()):
        if following in starts or any(below in starts for below in following.iter("a")) or number > 8 or size > 600:
            break
        text = " ".join(text_of(following).split())
        tail = " ".join((following.tail or "").split())
        size += len(text) + len(tail)
        if text:
            yield f"next {name_of(following, classes=False)}", text
        if tail:
            yield "tail", tail


def _told_of(term: HtmlElement) -> Iterator[tuple[str, str]]:
    """Yield the pieces of what a list of definitions says of *term*, up to the next one."""
    for following in term.itersiblings():
        if following.tag != "dd":
            return
        yield from _texts(following)


def _line_before(element: HtmlElement, starts: set[HtmlElement]) -> str:
    """Return the text between the beginning of the line and *element*, or "" where another link begins the line."""
    pieces: list[str] = []
    here = element.getprevious()
    while here is not None and len(pieces) < 8:
        if here in starts:
            return ""
        pieces.append(here.tail or "")
        if here.tag not in MARKS:
            break
        pieces.append(text_of(here))
        here = here.getprevious()
    if here is None and (parent := element.getparent()) is not None:
        pieces.append(parent.text or "")
    return " ".join(" ".join(reversed(pieces)).split())[:200]


def _texts(element: HtmlElement) -> Iterator[tuple[str, str]]:  # noqa: C901 - one walk, one loop
    """Yield the texts below *element*, each with the names of the elements between; a cell counts by its column."""
    # A node to enter, or None and a text that stands behind one; the path above it; how deep it is.
    todo: list[tuple[HtmlElement | None, str, str, int]] = [(element, "", "", 0)]
    while todo:
        node, above, behind, depth = todo.pop()
        if node is None:
            yield above, behind
            continue
        tag = node.tag
        if not isinstance(tag, str) or tag in _SKIPPED or depth > _DEEPEST:
            continue
        here = name_of(node)
        if tag in _CELLS:
            here += f":{sum(1 for _ in node.itersiblings(preceding=True))}"
        if above:
            here = f"{above}/{here}"
        if tag == "time" and (moment := (node.get("datetime") or "").strip()):
            yield f"{here}/@datetime", moment
        elif tag in _TOLD and (said := node.get("title")) and len(said) < _SHORT and days_in(said):
            yield f"{here}/@title", said
        if (text := node.text) and (text := " ".join(text.split())):
            yield here, text
        for child in reversed(node):
            if (tail := child.tail) and (tail := " ".join(tail.split())):
                todo.append((None, here, tail, 0))
            if len(child) or child.text or child.tag == "time":
                todo.append((child, here, "", depth + 1))
