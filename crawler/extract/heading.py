"""Headings of a page: what they say, which of them name the site, and where the elements in them part their text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.extract.block import squash
from crawler.extract.select import fold, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["MOST_HEADINGS", "heading_of", "names_of_site", "parted"]

MOST_HEADINGS = 50
_LONGEST = 2000
_PERMALINK = re.compile(r"\s*(?:¶|\s[#§])\s*\Z")
_HOST = re.compile(r"\A(?:[a-z0-9-]+\.)+[a-z]{2,}\Z", re.IGNORECASE)  # the name of a site, in a heading
_FRONT = re.compile(r"(?:\.{0,2}/)*(?:(?:index|home|default)(?:\.\w{2,5})?)?", re.IGNORECASE)
_ARCHIVED = re.compile(r"\A(?:https?://web\.archive\.org)?/web/\d+\w*/")
_LEAST = 12  # letters, so that what two places say is no accident
_OPENING, _OPENING_ONLY, _BETWEEN = "\"'„“”‚‘«»‹›([¿¡#$€£…", "„‚([¿¡", " :：|–—-/,·•"


def heading_of(element: HtmlElement) -> str:
    """Return the text of a heading that can be seen; an image alone speaks by its alt.

    >>> from crawler.normalise.tree import read_html
    >>> heading_of(read_html("<h1>A pier <a href='#a'>¶</a></h1>").find(".//h1"))
    'A pier'
    """
    text = _PERMALINK.sub("", fold(text_of(element)[:_LONGEST]))
    if not text:
        text = next((" ".join(image.get("alt", "").split()) for image in element.iter("img")), "")
    return text


def names_of_site(root: HtmlElement) -> list[str]:
    """Return what the h1 say that name the site: hosts, and those that are a link to the front page.

    >>> from crawler.normalise.tree import read_html
    >>> names_of_site(read_html("<h1><a href='https://x.test/'>Harbour</a></h1><h1>A pier</h1><h1>x.test</h1>"))
    ['Harbour', 'x.test']
    """
    found = ((heading_of(element), element) for element in islice(root.iter("h1"), MOST_HEADINGS))
    return [text for text, element in found if text and (_HOST.match(text) or _leads_home(element, text))]


def _leads_home(element: HtmlElement, text: str) -> bool:
    link = next((above for above in element.iterancestors("a")), None)
    if link is None:
        link = next((below for below in element.iter("a") if heading_of(below) == text), None)
    if link is None or not (address := _ARCHIVED.sub("", (link.get("href") or "").strip())):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return not parts.query and not parts.fragment and _FRONT.fullmatch(parts.path) is not None


def parted(root: HtmlElement, text: str, said: Iterable[str]) -> str:
    """Return the part of the heading *text* that the first of *said* to know it calls the title, or "".

    What stands before the part, a matter or a day, or behind it, a second line, is in elements of its own.

    >>> from crawler.normalise.tree import read_html
    >>> page = read_html("<h1><span>Harbours</span> A new pier opens</h1>")
    >>> parted(page, "Harbours A new pier opens", ["A new pier opens"])
    'A new pier opens'
    """
    whole = squash(text)
    cuts: frozenset[int] | None = None
    for line in said:
        if (wanted := squash(line)) == whole:
            return ""
        if len(wanted) < _LEAST or not (whole.endswith(wanted) or whole.startswith(wanted)):
            continue
        if cuts is None:
            cuts = _cuts(root, text)
        if whole.endswith(wanted) and len(whole) - len(wanted) in cuts:
            return _last(text, len(wanted))
        if whole.startswith(wanted) and len(wanted) in cuts:
            return _first(text, len(wanted))
    return ""


def _cuts(root: HtmlElement, text: str) -> frozenset[int]:
    """Return behind how many letters of the heading *text* it is parted.

    An element ends there that began with it, or one begins that ends with it, or a line is broken.
    """
    for element in islice(root.iter("h1", "h2", "h3"), MOST_HEADINGS):
        if heading_of(element) == text:
            break
    else:
        return frozenset()
    spans, at = [], 0
    todo: list[tuple[HtmlElement, int]] = [(element, -1)]
    while todo:
        node, start = todo.pop()
        if start >= 0:
            spans.append((start, at))
            at += len(squash(node.tail or ""))
            continue
        if node.tag == "br":
            spans.append((0, at))
        if node is not element:
            todo.append((node, at))
        if isinstance(node.tag, str):
            at += len(squash(node.text or ""))
            todo.extend((child, -1) for child in reversed(node))
    return frozenset([end for start, end in spans if start == 0] + [start for start, end in spans if end == at])


def _last(text: str, letters: int) -> str:
    at = len(text)
    while letters and at:
        at -= 1
        letters -= bool(squash(text[at]))
    while at and text[at - 1] in _OPENING:
        at -= 1
    return text[at:]


def _first(text: str, letters: int) -> str:
    at = 0
    while letters and at < len(text):
        letters -= bool(squash(text[at]))
        at += 1
    while at < len(text) and not text[at].isspace() and not squash(text[at]) and text[at] not in _OPENING_ONLY:
        at += 1
    return text[:at].rstrip(_BETWEEN)
