"""How much a page says outside a list of links, and whether the links stand in running text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.extract.column import is_heading
from crawler.extract.group import Row, width_of
from crawler.extract.select import text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["Prose", "prose_beside"]

_SOME = 12  # characters that begin a run
_LONG = 80.0  # wide enough for a line of prose, not of a menu
_STOPS = re.compile(r"[.!?;,。！？；，]")
_SKIPPED = frozenset(["script", "style", "noscript", "template", "option", "select", "a", "button"])
_INSIDE = frozenset(["a", "span", "b", "strong", "em", "i", "u", "font", "cite"])
_EDGES = frozenset(["br", "div", "p", "ul", "ol", "table", "li", "dt", "dd", "h1", "h2", "h3", "h4", "hr"])
# What opens over a page is said on every page of a site. "modal-enabled" is no such name.
_OVER = re.compile(r"(?:pop-?up|modal|lightbox|dialog)(?:\s|\Z)|(?:\A|\s)(?:cookie|consent|gdpr)", re.IGNORECASE)
_BEFORE = 40  # letters before a link in its own line: it goes on with a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """Widths of the paragraphs *outside* a list, *between* its rows and in the *rows*; *paragraphs* outside.

    *inline* is the share of rows whose link goes on with a sentence, 0 to 1. *together* is the most
    that stands outside in one place, as the paragraphs of a text do and teasers do not.
    """

    outside: float
    between: float
    rows: float
    paragraphs: int
    inline: float
    together: float = 0.0


def prose_beside(body: HtmlElement, rows: Sequence[Row], cards: Sequence[Row] = ()) -> Prose:
    """Return what *body* says beside *rows*, and *cards* of other lists: in long runs of text with stops."""
    starts = {row.element for row in rows}
    listed = starts.union(row.element for row in cards)
    outside, between, paragraphs = 0.0, 0.0, 0
    places: Counter[HtmlElement] = Counter()
    for element, own, before in _runs(body, starts):
        width = width_of(" ".join(own.split()))
        if width < _LONG or not _STOPS.search(own) or _is_beside(element, listed):
            continue
        if 0 < before < len(starts):
            between += width
        else:
            outside += width
            paragraphs += 1
            places[_place(element)] += round(width)
    inline = sum(_goes_on(row.links[0].element) and not _is_headed(row) for row in rows) / max(1, len(rows))
    said = sum(width_of(part) for row in rows for _, part in row.parts)
    return Prose(
        outside=outside,
        between=between,
        rows=said,
        paragraphs=paragraphs,
        inline=inline,
        together=max(places.values(), default=0),
    )


def _place(element: HtmlElement) -> HtmlElement:
    """Return what holds a paragraph and others; an element around it alone does not count."""
    here = element
    while (parent := here.getparent()) is not None:
        here = parent
        if len(here) > 1:
            break
    return here


def _runs(body: HtmlElement, starts: set[HtmlElement]) -> list[tuple[HtmlElement, str, int]]:
    """Return elements with much text of their own, that text, and how many of *starts* come after its beginning."""
    left = len(starts)
    begun: dict[HtmlElement, int] = {}
    found: dict[HtmlElement, list[str]] = {}
    for element in body.iter():
        if element in starts:
            left -= 1
        begun[element] = left
        text = element.text
        if text and len(text) >= _SOME and not text.isspace():
            found[element] = [text]
        # A paragraph is often cut by links and marks: its pieces are one text.
        tail = element.tail
        if tail and len(tail) >= 2 and not tail.isspace() and (above := element.getparent()) in begun:
            found.setdefault(above, [above.text or ""]).append(tail)
    runs = ((element, " ".join(pieces), begun[element]) for element, pieces in found.items())
    return [run for run in runs if len(run[1]) >= _LONG / 2.5 and _is_shown(run[0]) and not _is_over(run[0])]


def _is_shown(element: HtmlElement) -> bool:
    return isinstance(element.tag, str) and element.tag not in _SKIPPED


def _is_over(element: HtmlElement) -> bool:
    """Say whether *element* stands in what opens over the page."""
    for here in (element, *element.iterancestors()):
        if here.tag in {"body", "html", "main", "article"}:
            return False
        if here.tag == "dialog" or here.get("role") == "dialog":
            return True
        if any(_OVER.search(here.get(name) or "") for name in ("class", "id")):
            return True
    return False


def _is_beside(element: HtmlElement, listed: set[HtmlElement]) -> bool:
    """Say whether *element* stands in one of *listed*."""
    here: HtmlElement | None = element
    while here is not None:
        if here in listed:
            return True
        here = here.getparent()
    return False


def _is_headed(row: Row) -> bool:
    return any(is_heading(link.element) for link in row.links)


def _goes_on(link: HtmlElement) -> bool:
    """Say whether much text stands before *link* in its own line."""
    size = 0
    here = link
    while here.tag in _INSIDE:
        parent = here.getparent()
        if parent is None:
            break
        before = here.getprevious()
        while before is not None:
            size += len((before.tail or "").strip())
            if before.tag in _EDGES:
                return size >= _BEFORE
            size += len(text_of(before).strip())
            before = before.getprevious()
        size += len((parent.text or "").strip())
        if size >= _BEFORE:
            return True
        here = parent
    return False
