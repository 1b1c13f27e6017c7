"""A listing that nobody described: which of its links are releases, with title and day."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from crawler.extract.above import titles_above
from crawler.extract.address import base_of, host_of, join, zone_of
from crawler.extract.beside import days_of
from crawler.extract.closed import why_closed
from crawler.extract.column import Dated, titles_of
from crawler.extract.day import without_days
from crawler.extract.derive import Rules, rules_for
from crawler.extract.feed import is_feed, read_feed
from crawler.extract.found import Item, Listing
from crawler.extract.group import Group, Link, add_links, groups_of, links_of, with_twins
from crawler.extract.island import open_islands
from crawler.extract.kin import leads_of, without_strays
from crawler.extract.pager import next_page
from crawler.extract.rank import cards_of, entries, rank
from crawler.extract.single import is_single
from crawler.extract.state import read_state
from crawler.normalise.tree import read_html

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["is_american", "read_page_listing"]

_LEAST_SURE = 0.25
_HEADED = 0.5  # how sure we are of rows that each have a heading above and a day, whatever their links say
_DATED = 0.8
_ONE_TEXT = "one text, with links to others beside it"
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")


def read_page_listing(text: str, url: str) -> Listing:
    """Return what the page *text* at *url* lists; without items, and with the reason, when it is no listing."""
    if is_feed(text):
        return read_feed(text, url)
    root = read_html(text)
    if "<record>" in text:
        open_islands(root)
    base = base_of(root, url)
    body = root.find("body")
    links = links_of(body, base, url) if body is not None else []
    found = _detected(root, base, url, links)
    if found.items or body is None or found.reason == _ONE_TEXT:
        return found
    more = links_of(body, base, url, carried=True)
    if len(more) > len(links) + 1 and (again := _detected(root, base, url, more)).items:
        return again
    return replace(found, reason=why) if (why := why_closed(body, base, url)) else found


def _detected(root: HtmlElement, base: str, url: str, links: Sequence[Link]) -> Listing:
    """Return what *links* of the page *root* list, or else what it carries for machines."""
    feeds = tuple(_feeds(root, base))
    body = root.find("body")
    groups = groups_of(links)
    if len(groups) > 20 and sum(len(group.rows) for group in groups) < 4 * len(groups):
        # Tags that are not nested right give each row a path of its own: near names only, then.
        groups += groups_of(links, levels=4)
    ranked = rank(groups)
    if not ranked or body is None:
        return _carried(root, base, url, feeds) or Listing(url=url, feeds=feeds, reason="no links that repeat")
    american = is_american(root, url)
    best = with_twins(ranked[0], ranked)
    rows = without_strays(best)
    add_links(rows, links)
    dated = days_of(root, rows, american=american)
    beside = without_days(titles_of(rows)[0])
    titles = titles_above(body, rows, beside)
    leads = leads_of(rows, links, dated=dated.share)
    read = list(zip(rows, titles, dated.days, strict=True))
    if leads:
        above = days_of(root, leads, american=american)
        read[:0] = zip(leads, titles_of(leads)[0], above.days, strict=True)
    confidence = _confidence(best, dated)
    if titles != beside and dated.share >= _DATED:
        confidence = max(confidence, _HEADED)
    if is_single(root, body, url, rows, dated=dated.share, cards=cards_of(ranked[1:])):
        return Listing(url=url, feeds=feeds, reason=_ONE_TEXT)
    if confidence < _LEAST_SURE:
        reason = "no group of links looks like a list of releases"
        return _carried(root, base, url, feeds) or Listing(
            url=url, feeds=feeds, via="group", confidence=confidence, reason=reason
        )
    carried = () if all(day for _, _, day in read) else read_state(root, base, zone=zone_of(url)).items
    told = {item.url: item.date for item in carried}
    items = tuple(
        Item(url=row.url, title=title.replace("\xad", ""), date=day or told.get(row.url)) for row, title, day in read
    )
    return Listing(
        url=url,
        items=items,
        next=next_page(root, links, url),
        via="group",
        confidence=confidence,
        feeds=feeds,
        rules=Rules(lambda: rules_for(root, base, rows, dated.path, leads=leads)),
    )


def _carried(root: HtmlElement, base: str, url: str, feeds: tuple[str, ...]) -> Listing | None:
    """Return the list that the page carries for machines, or why that cannot be read; None where it carries none."""
    found = replace(read_state(root, base, zone=zone_of(url)), url=url, feeds=feeds)
    return found if found.items or found.reason else None


def is_american(root: HtmlElement, url: str) -> bool:
    """Say whether the page *root* at *url* writes the month before the day, as far as itself and its host say."""
    return (root.get("lang") or "").lower() == "en-us" or host_of(url).endswith((".gov", ".mil", ".us"))


def _confidence(group: Group, dated: Dated) -> float:
    """Return how sure we are, 0 to 1: from score and dated share; rows with neither day nor number are like a menu."""
    sure = 1 / (1 + math.exp(-(group.score - 14) / 6)) * (0.8 + 0.2 * dated.share)
    return round(sure * (0.5 if dated.share < 0.2 and entries(group.rows) < 0.3 else 1), 3)


def _feeds(root: HtmlElement, base: str) -> list[str]:
    found = []
    for link in root.iter("link"):
        kind = (link.get("type") or "").lower().split(";")[0].strip()
        if "alternate" in (link.get("rel") or "").lower() and kind in _FEED_TYPES:
            address = join(base, link.get("href") or "")
            if address and "/comments/" not in address:
                found.append(address)
    return list(dict.fromkeys(found))
