"""Fetch or open a page, read it, tag it, keep nothing: what a crawl would make of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from crawler.address import host_of
from crawler.batch import Fetched
from crawler.extract import (
    Item,
    Listing,
    NotARelease,
    read_declared_listing,
    read_declared_release,
    read_listing,
    read_release,
)
from crawler.extract.address import zone_of
from crawler.normalise import decode, language
from crawler.run import fetch
from crawler.source import ListingRules, Source
from crawler.trace import trace_listing, trace_release
from feeds.error import ConfigError, SourceError
from feeds.topic import Topics
from scheduler.line import Line, draft_line, listing_line, origin_line, tag_line
from scheduler.look import Look

__all__ = ["Kind", "Page", "Preview", "is_listing", "owners", "require_address", "undescribed"]

_LEAST_TEXT = 200  # characters: a page with less of its own is no release by itself

Kind = Literal["listing", "release"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as text: *url* is where it is, or says it is."""

    url: str
    text: str

    @classmethod
    def of(cls, url: str, body: bytes, content_type: str = "") -> Page:
        """Return the page at *url* whose bytes are *body*."""
        return cls(url=url, text=decode(body, content_type, url).text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """How to preview: *sources* that may own a page, *topics*, how to fetch; *explain* says what gave each field."""

    sources: Mapping[str, Source]
    topics: Topics
    now: datetime
    replay: str | None = None
    contact: str = ""
    limit: int = 3
    explain: bool = False

    def of_source(self, source: Source) -> Iterator[Line]:
        """Yield the listing of *source* and its first releases; SourceError where it cannot be had or read."""
        seen, listing = self._look(source).listing()
        if seen.page.reason:
            raise SourceError(f"{seen.page.asked}: {seen.page.reason}")
        yield from self._of_listing(Page(url=seen.page.url, text=seen.text), source, listing)

    def of_url(self, url: str) -> Iterator[Line]:
        """Yield what is at *url*: the release it is, or the listing of a source and its first releases."""
        source = self._listed_by(url)
        if source is not None:
            yield from self.of_listing(self._fetch_one(url, source), source)
            return
        owned = owners(self.sources, url)
        yield from self.of_page(self._fetch_one(url, owned[0] if owned else None))

    def of_page(self, page: Page, kind: Kind | None = None) -> Iterator[Line]:
        """Yield what *page* is: a release, or with *kind* "listing" what it lists."""
        owned = [source for source in owners(self.sources, page.url) if _is_release(source, page.url)]
        told = language(page.text) if len(owned) > 1 else ""
        source = next((one for one in owned if one.language == told), owned[0] if owned else undescribed(page.url))
        lists = self._listed_by(page.url)
        if kind == "listing" or (kind is None and (lists or (not owned and is_listing(page)))):
            yield from self.of_listing(page, lists or source, follow=False)
            return
        yield from self._release(source, page, None)

    def of_listing(self, page: Page, source: Source, *, follow: bool = True) -> Iterator[Line]:
        """Yield what *page* lists and, where to *follow*, its first releases."""
        yield from self._of_listing(page, source, _read_listing(source, page), follow=follow)

    def _of_listing(self, page: Page, source: Source, listing: Listing, *, follow: bool = True) -> Iterator[Line]:
        yield listing_line(listing, url=page.url)
        if self.explain:
            yield from (origin_line(one) for one in trace_listing(source, page.text))
        if not listing.items:
            raise SourceError(f"{source.key}: {listing.reason or 'nothing found on the listing'}: {page.url}")
        if follow:
            for item, page_of in self._texts(source, listing):
                yield from self._release(source, page_of, item)

    def _listed_by(self, url: str) -> Source | None:
        """Return the source whose listing is at *url*."""
        asked = ((source, source.requests(self.now)) for source in self.sources.values())
        return next((source for source, requests in asked if url in {request.url for request in requests}), None)

    def _texts(self, source: Source, listing: Listing) -> Iterator[tuple[Item, Page]]:
        items = listing.items[: self.limit]
        if not source.release.fetch:
            yield from ((item, Page(url=item.url, text="")) for item in items)
            return
        for item, seen in zip(items, self._look(source).releases(items), strict=True):
            if seen.page.reason:
                raise SourceError(f"{item.url}: {seen.page.reason}")
            yield item, Page(url=seen.page.url, text=seen.text)

    def _release(self, source: Source, page: Page, item: Item | None) -> Iterator[Line]:
        found = read_declared_release(source, page.text, page.url, item=item, seen=self.now)
        if isinstance(found, NotARelease):
            raise SourceError(f"{page.url}: is not a release: {found.reason}")
        tags = self.topics.explain(title=found.title, text=found.text, language=found.language, source=found.source)
        yield draft_line(found, tags)
        if self.explain:
            origins = trace_release(source, page.text, page.url, item=item, seen=self.now)
            yield from (origin_line(one) for one in origins)
            yield from (tag_line(tag) for tag in tags if tag.passed or tag.evidence)

    def _look(self, source: Source) -> Look:
        return Look(source=source, now=self.now, replay=self.replay, contact=self.contact)

    def _fetch(self, urls: Sequence[str], source: Source | None) -> Sequence[Fetched]:
        allowed = source is not None and source.allow_private
        return fetch(urls, replay=self.replay, contact=self.contact, allow_private=allowed)

    def _fetch_one(self, url: str, source: Source | None) -> Page:
        (page,) = self._fetch([url], source)
        if page.reason:
            raise SourceError(f"{url}: {page.reason}")
        return Page.of(page.url, page.body, page.content_type)


def owners(sources: Mapping[str, Source], url: str) -> tuple[Source, ...]:
    """Return the sources that list on, or publish under, the host of *url*, those whose releases look like it first."""
    host = host_of(url)
    near = [source for source in sources.values() if host in {*source.hosts, host_of(source.listing.url)}]
    return tuple(sorted(near, key=lambda source: not _is_release(source, url)))


def _is_release(source: Source, url: str) -> bool:
    return bool(source.native_id(source.canonical(url)))


def _read_listing(source: Source, page: Page) -> Listing:
    if source.kind == "html" and not source.listing.links and not source.listing.item:
        return read_listing(page.text, page.url)
    return read_declared_listing(source, page.text, page.url)


def undescribed(url: str, key: str = "") -> Source:
    """Return a source that knows nothing of its site but the address of a page: what it lists and says is detected."""
    host = host_of(url)
    found = key or "-".join(re.findall(r"[a-z0-9]+", host.removeprefix("www."))) or "page"
    return Source(key=found, title=host, site=url, zone=zone_of(url) or "UTC", listing=ListingRules(url=url))


def is_listing(page: Page) -> bool:
    """Return whether *page*, of which nothing is known, rather lists releases than is one."""
    listing = read_listing(page.text, page.url)
    if not listing.items:
        return False
    if listing.via == "feed":
        return True
    body = "".join(read_release(page.text, page.url).text.split())
    # What stands beside a release is not in its text; what looks like the text of a listing is its titles.
    inside = sum("".join(item.title.split()) in body for item in listing.items)
    return len(body) < _LEAST_TEXT or 2 * inside > len(listing.items)


def require_address(url: str) -> str:
    """Return *url*; ConfigError where it is no http address."""
    if not url.startswith(("http://", "https://")) or not host_of(url):
        raise ConfigError(f"{url}: expected an address that starts with http:// or https://")
    return url
