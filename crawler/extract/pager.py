"""The page that follows a listing, where it says so."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urljoin, urlsplit

from crawler.extract.address import host_of
from crawler.extract.group import Link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.html import HtmlElement

__all__ = ["next_page"]

_NEXT = re.compile(
    r"(?:go to )?(?:the )?next(?: page| \d+| results?)?|older(?: (?:posts?|entries|releases|news))?|下一?[页頁](?:尾)?|"
    r"后一?[页頁]|次のページ|次へ|다음(?: 페이지)?|"
    r"(?:página )?(?:seguinte|siguiente)|próxim[ao](?: página)?|(?:page )?suivante?|(?:nächste )?(?:seite )?weiter|"
    r"nächste(?: seite)?|volgende(?: pagina)?|(?:pagina )?(?:successiva|seguente)|następna(?: strona)?|"
    r"след(?:ующая|\.)?(?: страница)?|nästa(?: sida)?|næste(?: side)?|sonraki(?: sayfa)?",
    re.IGNORECASE,
)
_OF_CALENDAR = re.compile(r"month|calendar|date-|week|mois|monat", re.IGNORECASE)
_SIGNS = frozenset("›»>→❯")
_DRESS = re.compile(r"^[\s«‹<>›»→←\[\](){}|.…:]+|[\s«‹<>›»→←\[\](){}|.…:]+$")
_SAYS_NEXT = re.compile(r"(?:^|[\s_-])next(?:$|[\s_-])|pagination__next|nextpage", re.IGNORECASE)
_SAYS_PAGER = re.compile(
    r"pag(?:er|inat|enav|es?(?![\w-]))|(?<![\w-])page[-_]?(?:numbers?|nav\w*|links?|list|bar|item|turn\w*|btn)\b|pages[-_]|pageing|分页|分頁",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_COUNTED = re.compile(r"comment|repl(?:y|ies)|views|likes", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_MONTH = re.compile(r"/(?:19|20)\d\d/\d\d/?(?:index\.\w+)?\Z")
_PAGE = re.compile(
    r"(?:^|[/_?&=-])(?:page|p|paged|pg|pageno|pageindex|index|list|start|offset)?[/_=-]?(\d{1,4})(?:\D|$)",
    re.IGNORECASE,
)


_SHORT, _LONG = 24, 60  # of what leads on, without and with what dresses it
# How TRS, the content system of mainland governments, writes its pager: pages in all, this one (from 0), name, ending.
_SCRIPTED = re.compile(
    r"createPageHTML\(\s*(\d{1,5})\s*,\s*(\d{1,5})\s*,\s*[\"']([\w-]{1,60})[\"']\s*,\s*[\"'](\w{1,6})[\"']",
    re.IGNORECASE,
)


def next_page(root: HtmlElement, links: Sequence[Link], url: str) -> str:
    """Return the address of the page after *url*, "" where the page names none.

    `rel=next` first, then a link that says so, then the number after the current one
    in a row of page numbers; at last a script that writes such a row.
    """
    for link in links:
        if "next" in (link.element.get("rel") or "").lower().split():
            return link.url
    host = host_of(url)
    said = [link for link in links if _says_next(link) and host_of(link.url) == host]
    for link in sorted(said, key=lambda link: not _in_pager(link.element)):
        if not _is_disabled(link.element):
            return link.url
    found = _by_number([link for link in links if link.text.isdecimal() and host_of(link.url) == host], url)
    if found:
        return found
    for element in root.iter("link"):
        if (element.get("rel") or "").lower() == "next" and element.get("href"):
            from crawler.extract.address import base_of, join  # noqa: PLC0415

            return join(base_of(root, url), element.get("href") or "")
    return _scripted(root, url)


def _scripted(root: HtmlElement, url: str) -> str:
    for element in root.iter("script"):
        match = _SCRIPTED.search(element.text or "")
        if match is None:
            continue
        pages, here = int(match[1]), int(match[2])
        return urljoin(url, f"{match[3]}_{here + 1}.{match[4]}") if here + 1 < pages else ""
    return ""


def _says_next(link: Link) -> bool:
    element = link.element
    text = _DRESS.sub("", link.text) if len(link.text) < _LONG else ""
    if text and len(text) < 30 and _NEXT.fullmatch(text):
        return True
    said = [element.get("title"), element.get("aria-label")]
    if len(element):
        said += [image.get("alt") for image in element.iter("img")]
    if any(value and len(value) < 40 and _NEXT.fullmatch(_DRESS.sub("", value)) for value in said):
        return not _turns_calendar(element)
    return len(link.text) < _SHORT and _looks_next(link) and not _turns_calendar(element)


def _looks_next(link: Link) -> bool:
    """Say whether the classes or the sign of *link* are those of what leads on."""
    element, parent = link.element, link.element.getparent()
    classes = f"{element.get('class') or ''} {(parent.get('class') or '') if parent is not None else ''}"
    if _SAYS_NEXT.search(classes) and _in_pager(element) and (_DIGIT.search(_tail(link.url)) or not _has_letters(link)):
        return True
    return link.text.strip() in _SIGNS and _in_pager(element)


def _has_letters(link: Link) -> bool:
    return any(map(str.isalpha, link.text))


def _turns_calendar(element: HtmlElement) -> bool:
    """Say whether *element* leads to another month of a calendar, not to another page of a list."""
    parent = element.getparent()
    said = [element.get("title"), element.get("aria-label"), element.get("class")]
    return any(
        value and _OF_CALENDAR.search(value) for value in [*said, None if parent is None else parent.get("class")]
    )


def _in_pager(element: HtmlElement) -> bool:
    for level, above in enumerate(element.iterancestors()):
        if level > 4:
            return False
        if _SAYS_PAGER.search(f"{above.get('class') or ''} {above.get('id') or ''} {above.get('aria-label') or ''}"):
            return True
    return False


def _is_disabled(element: HtmlElement) -> bool:
    parent = element.getparent()
    return any("disabled" in (part.get("class") or "").lower() for part in (element, parent) if part is not None)


def _by_number(links: Sequence[Link], url: str) -> str:
    """Return the address of page number n + 1 in the row of page numbers, n being the one without a link."""
    numbered = [
        (int(link.text), link)
        for link in links
        if link.text.isdecimal()
        and len(link.text) <= 3
        and not _in_calendar(link.element)
        and not _counts(link.element)
    ]
    # A number that leads to a text, made as no other address and not below this page, counts its comments.
    alike = Counter(_DIGITS.sub("0", address) for address in {link.url for _, link in numbered})
    folder = urlsplit(url).path.rpartition("/")[0]
    pager = [
        (number, link)
        for number, link in numbered
        if _in_pager(link.element)
        or (
            _PAGE.search(_tail(link.url))
            and not _MONTH.search(link.url)
            and (
                alike[_DIGITS.sub("0", link.url)] > 1
                or urlsplit(link.url).path.startswith(folder or urlsplit(url).path)
            )
        )
    ]
    if not pager:
        return ""
    numbers = [number for number, _ in pager]
    current = _shown(pager[0][1].element, set(numbers)) or _current(url, numbers)
    return next((link.url for number, link in pager if number == current + 1), "")


def _counts(element: HtmlElement) -> bool:
    """Say whether a number counts comments or readers: by the classes of the link, and of what is around it."""
    parent = element.getparent()
    return any(part is not None and _COUNTED.search(part.get("class") or "") for part in (element, parent))


def _in_calendar(element: HtmlElement) -> bool:
    """Say whether a number stands in a table with four rows of numbers or more: a pager has one or two."""
    table = next(element.iterancestors("table"), None)
    if table is None or not 4 <= sum(1 for _ in islice(table.iter("tr"), 9)) <= 8:
        return False
    return sum((link.text or "").strip().isdecimal() for link in islice(table.iter("a"), 40)) >= 10


def _shown(element: HtmlElement, numbers: set[int]) -> int | None:
    """Return the one number beside *element* that has no link and is none of *numbers*: the page that is shown."""
    above = element
    for _ in range(3):
        parent = above.getparent()
        if parent is None or parent.tag in {"body", "main", "table"}:
            return None
        above = parent
        found = {
            int(text)
            for part in islice(above.iter("b", "strong", "span", "em", "li", "div", "a", "td"), 80)
            if not part.get("href") and (text := (part.text or "").strip()).isdecimal() and len(text) <= 3
        }
        found -= numbers
        if len(found) == 1:
            return found.pop()
        if found:
            return None
    return None


def _current(url: str, numbers: Sequence[int]) -> int:
    """Return the number of the page at *url*: as its address says, else the one missing from *numbers*."""
    query = parse_qs(urlsplit(url).query)
    for name in ("page", "p", "paged", "pg", "pageNo", "pageIndex"):
        value = query.get(name, [""])[0]
        if value.isdecimal():
            return int(value) + (1 if name == "page" and 1 in numbers and int(value) + 1 not in numbers else 0)
    present = set(numbers)
    between = [number for number in range(min(present) + 1, max(present)) if number not in present]
    # The one number without a link, between two that have one.
    held = [number for number in between if number - 1 in present and number + 1 in present]
    if len(held) == 1:
        return held[0]
    return next((number for number in range(1, max(numbers) + 1) if number not in present), 1)


def _tail(url: str) -> str:
    parts = urlsplit(url)
    return f"/{parts.path.rsplit('/', 2)[-1]}?{parts.query}" if parts.query else parts.path[-40:]
