"""A listing read by the rules that its source declares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from crawler.extract.above import titles_above
from crawler.extract.address import base_of
from crawler.extract.beside import days_of
from crawler.extract.column import are_labels, says_nothing, titles_of, without_bullet
from crawler.extract.day import days_in, settle, without_days
from crawler.extract.feed import is_feed, read_feed, read_instant
from crawler.extract.found import Item, Listing
from crawler.extract.group import Link, Row, add_links, links_of, rows_of, width_of
from crawler.extract.island import open_islands
from crawler.extract.listing import is_american, read_page_listing
from crawler.extract.other import read_other_listing
from crawler.extract.select import fold, selector, text_of
from crawler.extract.target import target_of
from crawler.normalise.tree import read_html
from crawler.source_file import bounded
from crawler.wall import BLOCKING, what_wall

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from crawler.source import Source

__all__ = ["read_declared_listing"]

_FEW = 12  # links of a page that stands before a site
_LONGEST = 400
_OFTEN = 0.2  # of the rows: what their links say so often is a label
_TEASER = 110.0  # wider than titles are


def read_declared_listing(source: Source, text: str, url: str) -> Listing:
    """Return what the listing *text* at *url* lists, by the rules of *source*; addresses are canonical, each once.

    A feed is read as a feed whatever was declared; html without `links` and `item` is
    read by detection; JSON, WordPress and sitemaps by their own rules. Without items `reason` says why. Never raises.
    """
    if is_feed(text):
        found = read_feed(text, url, zone=source.zone)
    elif source.kind in {"json", "wordpress", "sitemap"}:
        found = read_other_listing(source, text, url)
    elif source.kind == "feed":
        found = Listing(url=url, reason="no feed: neither RSS nor Atom")
    elif not source.listing.links and not source.listing.item:
        found = read_page_listing(text, url)
    else:
        found = _by_selectors(source, text, url)
    return replace(found, items=tuple(_canonical(source, found)), next=_following(source, found, url))


def _following(source: Source, found: Listing, url: str) -> str:
    """Return the address of the next page: by number where that is declared and this one lists something."""
    rules = source.listing
    if rules.form:
        return ""  # the next page has this address too: what is posted differs
    if rules.numbered is None or not found.items:
        return found.next
    return rules.numbered.after(url, first=rules.url or url)


def _by_selectors(source: Source, text: str, url: str) -> Listing:
    rules = source.listing
    root = read_html(text)
    if "<record>" in text:
        open_islands(root)
    base = base_of(root, url)
    rows = _rows(source, root, base)
    days = _days(source, rows, american=is_american(root, url)) if rules.date else list(days_of(root, rows).days)
    items: dict[str, Item] = {}
    for row, title, day in zip(rows, _titles(root, base, url, rows, rules.title), days, strict=True):
        before = items.get(row.url)
        if before is None or (not before.title and title):
            items[row.url] = Item(url=row.url, title=title, date=day)
    if items and len(items) <= _FEW and (wall := _wall(root)):
        return Listing(url=url, reason=f"a page that stands before the site: {wall}")
    following = selector(rules.next).first(root) if rules.next else None
    return Listing(
        url=url,
        items=tuple(items.values()),
        next="" if following is None else target_of(following, base),
        via="declared",
        confidence=1.0,
        reason="" if items else f"nothing matches {rules.item or rules.links}",
    )


def _wall(root: HtmlElement) -> str:
    """Return what the title of the page says stands before the site, or "": wide selectors match there too."""
    wall = what_wall(" ".join((root.findtext(".//title") or "").split())[:200])
    return wall if wall in BLOCKING else ""


def _rows(source: Source, root: HtmlElement, base: str) -> list[Row]:
    """Return each item with the link in it; without an `item` rule all around a link that is around no other."""
    rules = source.listing
    links = selector(rules.links or "a[href]")
    if not rules.item:
        return rows_of([link for element in links.elements(root) if (link := _link(element, base)) is not None])
    found = []
    for element in selector(rules.item).elements(root):
        link = next((link for part in links.elements(element) if (link := _link(part, base)) is not None), None)
        if link is not None:
            found.append(Row(link.url, element, [link]))
    return found


def _link(element: HtmlElement, base: str) -> Link | None:
    url = target_of(element, base)
    return Link(element, url, fold(text_of(element))) if url else None


def _titles(root: HtmlElement, base: str, url: str, rows: Sequence[Row], css: str) -> list[str]:
    """Return the titles of *rows*: as declared, or less than the link says where it holds a whole card or a teaser."""
    said = [_title(row, css) for row in rows]
    body = root.find("body")
    if not css and body is not None and (above := titles_above(body, rows, said)) != said:
        return above
    often = {title for title, number in Counter(said).items() if number >= max(3, _OFTEN * len(said))}
    plain = all(said) and all(len(link.element) == 0 for row in rows for link in row.links)
    wide = sum(width_of(title) > _TEASER for title in said) > len(said) / 2
    if css or (plain and not wide and not often and not are_labels(said)):
        return said
    links = links_of(body, base, url) if body is not None else []
    by_element = {link.element: link for link in links}
    whole = [
        Row(row.url, row.element, [by_element.get(link.element, link) for link in row.links], row.starts)
        for row in rows
    ]
    add_links(whole, links)
    less = titles_of(whole)[0]
    return [
        short if says_nothing(title) or title in often or 4 <= len(short) < len(title) else title
        for short, title in zip(without_days(less), said, strict=True)
    ]


def _title(row: Row, css: str) -> str:
    """Return the title of an item: where the rule says, else the link's text, or its attribute where that is cut."""
    texts = [without_bullet(link.text) for link in row.links if link.text]
    title = (selector(css).string(row.element) if css else "") or max(texts, key=len, default="")
    attribute = max((" ".join(link.element.get("title", "").split()) for link in row.links), key=len, default="")
    return attribute if attribute and (not title or title.endswith(("…", "..."))) else title


def _days(source: Source, rows: Sequence[Row], *, american: bool) -> list[str | None]:
    """Return the instants of *rows*; of forms that one text does not tell ("20-09-22"), the days that all do."""
    css = selector(source.listing.date)
    texts = [css.string(row.element) for row in rows]
    found = [None if when is None else when.isoformat() for when in (read_instant(t, zone=source.zone) for t in texts)]
    named = [days_in(" ".join(text.split())[:_LONGEST]) for text in texts]
    if None not in found and not any(days and days[0].open for days in named):
        return found
    order = settle((day for days in named for day in days), american=american)
    for number, days in enumerate(named):
        day = days[0].read(order=order) if days else None
        iso = found[number]
        if day is not None and (iso is None or (days[0].open and iso[:10] != day.isoformat())):
            found[number] = day.isoformat()
    return found


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
