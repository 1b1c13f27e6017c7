"""Rules that lead from one page of a list to the next: worked out from two pages, kept only where they hold on both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from crawler.batch import Fetched
from crawler.extract import Listing, read_declared_listing
from crawler.extract.address import base_of, join
from crawler.extract.group import links_of
from crawler.extract.name import stays
from crawler.extract.pager import next_page
from crawler.extract.select import fold, selector, text_of
from crawler.normalise import decode
from crawler.normalise.tree import read_html
from crawler.source import Numbered, Source

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["with_next"]

_NAME = re.compile(r"[A-Za-z_][\w-]*")
_CURRENT = re.compile(r"(?:^|[\s_-])(?:current|active|selected|cur|on|now|here|this)(?:$|[\s_-])", re.IGNORECASE)
_PAGER = re.compile(r"pag(?:e|ing|in)|nav|分页|分頁", re.IGNORECASE)
_QUOTED = re.compile(r"['\"\\]")
_WORD = re.compile(r"[^\W\d_][\w ]{1,20}")
_ENDS: Final = frozenset(["body", "html"])
# Parameters that say which page, and those that say how many releases lie before it.
_PAGES: Final = (
    "page",
    "pageno",
    "pagenum",
    "pageindex",
    "pagenumber",
    "currentpage",
    "curpage",
    "paged",
    "pg",
    "p",
    "pn",
)
_OFFSETS: Final = frozenset(["offset", "start", "skip", "from"])
_LONGEST = 24
_MOST = 40

_Rule = str | Numbered
_Get = Callable[[Sequence[str]], Sequence[Fetched]]


def with_next(source: Source, text: str, listing: Listing, get: _Get) -> tuple[Source, str]:
    """Return *source* with a rule for the page after *text*, its first page, and what an operator should know, or "".

    The following page is fetched by *get*: the rule is kept only if that page lists
    releases by the rules of the source, others than the first, and the rule goes on from it.
    """
    rules = source.listing
    if rules.next or rules.numbered is not None or (source.kind == "html" and not rules.links):
        return source, ""
    if source.kind != "html":
        return _counted(source, text, listing, get), ""
    if not listing.next:
        return source, ""
    return _linked(source, text, listing, get)


def _linked(source: Source, text: str, listing: Listing, get: _Get) -> tuple[Source, str]:
    """Return *source* with a rule for the link, or the number, that leads from its first page to `listing.next`."""
    first, page = source.listing.url, get([listing.next])[0]
    second = "" if page.reason else _text(page)
    if not second:
        return source, f"its next page cannot be had: {listing.next}: {page.reason or 'empty'}"
    if not _lists_others(source, second, page.url, listing):
        return source, f"its next page lists nothing else by these selectors: {listing.next}"
    third = _next_of(second, page.url)
    third = "" if third in {first, listing.next, page.url} else third
    for rule in _rules(source, text, listing.next, third, len(listing.items)):
        if _leads(source, rule, text, first) == listing.next and _goes_on(source, rule, second, page.url, third):
            return _ruled(source, rule), ""
    return source, f"no rule finds its next page again: {listing.next}: baywire backfill reads the first page only"


def _ruled(source: Source, rule: _Rule) -> Source:
    if isinstance(rule, Numbered):
        return replace(source, listing=replace(source.listing, numbered=rule))
    return replace(source, listing=replace(source.listing, next=rule))


def _lists_others(source: Source, text: str, url: str, first: Listing) -> bool:
    found = {item.url for item in read_declared_listing(source, text, url).items}
    return bool(found - {source.canonical(item.url) for item in first.items})


def _goes_on(source: Source, rule: _Rule, text: str, url: str, third: str) -> bool:
    """Say whether *rule* leads from the second page to the *third*; a number may count on where no third is named."""
    found = _leads(source, rule, text, url)
    return found == third or (isinstance(rule, Numbered) and not third)


def _leads(source: Source, rule: _Rule, text: str, url: str) -> str:
    if isinstance(rule, Numbered):
        return rule.after(url, first=source.listing.url)
    root = read_html(text)
    found = selector(rule).first(root)
    return "" if found is None else join(base_of(root, url), found.get("href") or "")


def _next_of(text: str, url: str) -> str:
    root = read_html(text)
    body = root.find("body")
    return next_page(root, links_of(body, base_of(root, url), url), url) if body is not None else ""


def _rules(source: Source, text: str, second: str, third: str, size: int) -> Iterator[_Rule]:
    """Yield rules that may lead from page to page, the most durable first."""
    root = read_html(text)
    base = base_of(root, source.listing.url)
    links = [one for one in root.iter("a", "link") if join(base, one.get("href") or "") == second]
    tried: dict[str, None] = {}
    for read in (_by_relation, _by_name, _by_words, _by_neighbour):
        for link in links:
            tried.update(dict.fromkeys(css for css in read(link) if css))
    yield from list(tried)[:_MOST]
    yield from _numbers(source.listing.url, second, third, size)


def _by_relation(link: HtmlElement) -> Iterator[str]:
    if "next" in (link.get("rel") or "").lower().split():
        yield f"{link.tag!s}[rel~='{next(word for word in (link.get('rel') or '').split() if word.lower() == 'next')}']"


def _by_name(link: HtmlElement) -> Iterator[str]:
    """Yield selectors by names that say "next", of the link or what is close around it."""
    above = link.getparent()
    for element, tail in ((link, ""), (above, " > a") if above is not None else (link, "")):
        for name in (element.get("class") or "").split():
            if _NAME.fullmatch(name) and stays(name) and "next" in name.lower():
                yield f"{element.tag!s}.{name}{tail}"
        identity = element.get("id") or ""
        if _NAME.fullmatch(identity) and "next" in identity.lower():
            yield f"{element.tag!s}#{identity}{tail}"


def _by_words(link: HtmlElement) -> Iterator[str]:
    """Yield selectors by what the link says: in an attribute, on its picture, in its text."""
    for name in ("aria-label", "title"):
        if _WORD.fullmatch(value := link.get(name) or ""):
            yield f"{link.tag!s}[{name}='{value}']"
    for image in link.iter("img"):
        if _WORD.fullmatch(value := image.get("alt") or ""):
            yield f"a:has(img[alt='{value}'])"
    text = fold(text_of(link))
    word = _WORD.search(text)
    said = word[0].strip() if word is not None else text
    if said and len(said) <= _LONGEST and not said.isdecimal() and not _QUOTED.search(said):
        yield from (f"{place} a:contains('{said}')" for place in _places(link))
        if word is not None:
            yield f"a:contains('{said}')"


def _by_neighbour(link: HtmlElement) -> Iterator[str]:
    """Yield selectors for the link behind the page where one is: the number after the one without a link."""
    above = link.getparent()
    for element, tail in ((link, ""), (above, " > a") if above is not None and above.tag == "li" else (link, "")):
        before = element.getprevious()
        if before is None or not isinstance(before.tag, str):
            continue
        named = [f"{before.tag!s}[aria-current]"] if before.get("aria-current") else []
        named += [
            f"{before.tag!s}.{name}"
            for name in (before.get("class") or "").split()
            if _NAME.fullmatch(name) and _CURRENT.search(name)
        ]
        if not named and before.tag in {"span", "strong", "b", "em"} and fold(text_of(before)).isdecimal():
            named = [str(before.tag)]
        for css in named:
            yield from (f"{place} {css} + {element.tag!s}{tail}" for place in _places(link))
            if "." in css or "[" in css:
                yield f"{css} + {element.tag!s}{tail}"


def _places(link: HtmlElement) -> Iterator[str]:
    """Yield what the row of page numbers around *link* is called."""
    for level, above in enumerate(link.iterancestors()):
        if level > 3 or above.tag in _ENDS:
            return
        names = [name for name in (above.get("class") or "").split() if _NAME.fullmatch(name) and stays(name)]
        yield from (f".{name}" for name in sorted(names, key=lambda name: not _PAGER.search(name)))
        identity = above.get("id") or ""
        if _NAME.fullmatch(identity) and stays(identity):
            yield f"#{identity}"


def _numbers(first: str, second: str, third: str, size: int) -> Iterator[Numbered]:
    """Yield what number in the address of the *second* page may be its own, as far as the *third* agrees."""
    numbers = list(re.finditer(r"\d{1,6}", second))
    for match in reversed(numbers):
        number = int(match[0])
        head, tail = second[: match.start()], second[match.end() :]
        if third:
            inner = third.removeprefix(head).removesuffix(tail) if third.startswith(head) else ""
            if not inner.isdecimal() or f"{head}{inner}{tail}" != third or int(inner) <= number:
                continue
            step = int(inner) - number
        elif number in {1, 2}:
            step = 1
        elif number == size:
            step = size
        else:
            continue
        yield _numbered(first, second, match, number, step)


def _numbered(first: str, second: str, match: re.Match[str], number: int, step: int) -> Numbered:
    """Return the rule as a parameter where the rest of the address is that of the first page, else as an address."""
    query = parse_qsl(urlsplit(second).query, keep_blank_values=True)
    for name, value in query:
        if value == match[0] and match.start() > second.find("?") > 0:
            rule = Numbered(query=name, second=number, step=step)
            if rule.after(first, first=first) == second:
                return rule
    place = f"{second[: match.start()]}{{page}}{second[match.end() :]}"
    return Numbered(url=place, second=number, step=step)


def _counted(source: Source, text: str, listing: Listing, get: _Get) -> Source:
    """Return *source*, an interface or a feed, with the parameter that counts its pages, where that gives others."""
    for rule in _parameters(source, text, len(listing.items)):
        page = get([rule.after(source.listing.url, first=source.listing.url)])[0]
        if not page.reason and _lists_others(source, _text(page), page.url, listing):
            return _ruled(source, rule)
    return source


def _parameters(source: Source, text: str, size: int) -> Iterator[Numbered]:
    said = {name: value for name, value in parse_qsl(urlsplit(source.listing.url).query) if value.isdecimal()}
    for name, value in said.items():
        if name.lower() in _PAGES:
            yield Numbered(query=name, second=int(value) + 1)
        elif name.lower() in _OFFSETS:
            yield Numbered(query=name, second=int(value) + size, step=size)
    if source.kind == "feed" and "wordpress.org/?v=" in text[:4000]:
        yield Numbered(query="paged")


def _text(page: Fetched) -> str:
    return decode(page.body, page.content_type, page.url).text
