"""A listing read by the rules that its source declares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from crawler.extract.address import base_of, join
from crawler.extract.feed import is_feed, read_feed, read_instant
from crawler.extract.found import Item, Listing
from crawler.extract.select import selector, text_of
from crawler.extract.tree import read_html
from crawler.source_file import bounded

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from crawler.source import Source

__all__ = ["read_declared_listing"]


def read_declared_listing(source: Source, text: str, url: str) -> Listing:
    """Return what the listing *text* at *url* lists, by the rules of *source*; addresses are canonical, each once.

    A feed is read as a feed whatever was declared; html without `links` and `item` is
    read by detection. Without items `reason` says why. Never raises.
    """
    if is_feed(text):
        found = read_feed(text, url, zone=source.zone)
    elif source.kind == "feed":
        found = Listing(url=url, reason="no feed: neither RSS nor Atom")
    else:
        found = _by_selectors(source, text, url)
    return replace(found, items=tuple(_canonical(source, found)))


def _by_selectors(source: Source, text: str, url: str) -> Listing:
    rules = source.listing
    root = read_html(text).root
    base = base_of(root, url)
    items: dict[str, Item] = {}
    for row, link in _rows(source, root):
        address = join(base, link.get("href", ""))
        if not address:
            continue
        title = _title(row, link, rules.title)
        when = read_instant(selector(rules.date).string(row), zone=source.zone) if rules.date else None
        before = items.get(address)
        if before is None or (not before.title and title):
            items[address] = Item(url=address, title=title, date=None if when is None else when.isoformat())
    following = selector(rules.next).first(root) if rules.next else None
    return Listing(
        url=url,
        items=tuple(items.values()),
        next="" if following is None else join(base, following.get("href", "")),
        via="declared",
        confidence=1.0,
        reason="" if items else f"nothing matches {rules.item or rules.links}",
    )


def _rows(source: Source, root: HtmlElement) -> Iterator[tuple[HtmlElement, HtmlElement]]:
    """Yield each item and the link in it; without an `item` rule the link is its own item."""
    rules = source.listing
    if not rules.item:
        yield from ((link, link) for link in selector(rules.links).elements(root))
        return
    links = selector(rules.links or "a[href]")
    for row in selector(rules.item).elements(root):
        if (link := links.first(row)) is not None:
            yield row, link


def _title(row: HtmlElement, link: HtmlElement, css: str) -> str:
    """Return the title of an item: where the rule says, else the link's text, or its attribute where that is cut."""
    title = (selector(css).string(row) if css else "") or " ".join(text_of(link).split())
    attribute = " ".join(link.get("title", "").split())
    return attribute if attribute and (not title or title.endswith(("…", "..."))) else title


def _canonical(source: Source, listing: Listing) -> Iterator[Item]:
    pattern = bounded(source.listing.match) if source.listing.match else None
    seen: set[str] = set()
    for item in listing.items:
        address = source.canonical(item.url)
        if address in seen or (pattern is not None and pattern.search(item.url) is None):
            continue
        author = item.draft_fields.author if item.draft_fields is not None else ""
        if source.listing.authors and author not in source.listing.authors:
            continue
        seen.add(address)
        yield replace(item, url=address)
