"""Where an element leads: by its `href`, or by an address that it carries for a script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.extract.address import join

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["has_target", "target_of"]

_CARRIED = ("data-href", "data-url", "data-link")
# An address that is written whole in what a click does: no "+" makes it of parts.
_OPENS = re.compile(
    r"(?:location(?:\.href)?\s*=|location\.(?:assign|replace)\(|\bopen\()\s*(['\"])([^'\"<>{}\\]+)\1(?!\s*\+)"
)
_ADDRESS = re.compile(
    r"https?://[^\s{}<>]+|\.{0,2}/(?!/)[^\s{}<>]*|[\w%~.-]+(?:/[\w%~.-]*)*\.(?:s?html?|aspx?|jsp|php|pdf)\b[^\s{}<>]*"
)


def target_of(element: HtmlElement, base: str) -> str:
    r"""Return the absolute address that *element* leads to, "" where it leads nowhere or only a script knows.

    >>> from crawler.normalise.tree import read_html
    >>> page = read_html("<a href='a.htm'>1</a><a href='#' data-url='/b'>2</a><li onclick=\"location.href='/c'\">3")
    >>> [target_of(element, "https://x.test/") for element in page.find("body").iter("a", "li")]
    ['https://x.test/a.htm', 'https://x.test/b', 'https://x.test/c']
    """
    href = element.get("href")
    if href and (address := join(base, href)):
        return address
    for name in _CARRIED:
        if (carried := element.get(name)) and _ADDRESS.fullmatch(carried.strip()):
            return join(base, carried)
    for script in (element.get("onclick"), href):
        if script and (opens := _OPENS.search(script)):
            return join(base, opens[2])
    return ""


def has_target(element: HtmlElement) -> bool:
    """Say whether *element* carries an address for a script."""
    return any(element.get(name) for name in _CARRIED) or "onclick" in element.attrib
