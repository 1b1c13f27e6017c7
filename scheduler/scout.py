"""From the address of a newsroom, or one that is only near, to its list: what reads it best, and what else there is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from crawler.address import host_of
from crawler.batch import Fetched
from crawler.discover import (
    channel_of,
    interfaces,
    is_sitemap,
    json_fields,
    maps_in,
    name_of,
    near_lists,
    section_of,
    sitemaps,
)
from crawler.extract import Listing, read_declared_listing, read_listing
from crawler.extract.address import zone_of
from crawler.normalise import decode
from crawler.source import ListingRules, ReleaseRules, Source
from crawler.wall import what_wall
from feeds.error import SourceError

__all__ = ["Get", "Place", "Scout"]

_UNSEEN = re.compile(r"<(script|style|head)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_EMPTY = 200  # characters on a page that has nothing to read
_TEASER = 400  # characters of HTML
_SURE = 0.5
_DATED = 0.5
_NEAR = 4  # pages that may be the list
_FEEDS = 2
_HOME = frozenset(
    ["", "en", "zh", "tc", "sc", "zh-hant", "zh-hans", "zh_tw", "zh_cn", "pt", "index", "home", "default"]
)

Get = Callable[[Sequence[str]], Sequence[Fetched]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address that lists releases: the *source* that reads it, what it lists, and the page as *text*."""

    source: Source
    listing: Listing
    text: str

    @property
    def is_strong(self) -> bool:
        """Whether nobody would ask if this is the list: a feed or an interface, days, or much that repeats."""
        if self.source.kind != "html":
            return len(self.listing.items) > 0
        dated = sum(item.date is not None for item in self.listing.items)
        if dated >= _DATED * len(self.listing.items) > 0:
            return True
        path = urlsplit(self.source.listing.url).path.strip("/").lower()
        return self.listing.confidence >= _SURE and re.sub(r"\.\w+$", "", path) not in _HOME


@dataclass(slots=True)
class Scout:
    """Looks for the list: fetches by *get*, remembers in *notes* what an operator should know."""

    get: Get
    name: str = "new"
    allow_private: bool = False
    notes: list[str] = field(default_factory=list)

    def find(self, url: str) -> Place:
        """Return the list of the newsroom at *url*: there, in a feed or an interface of its site, or on a page near it.

        SourceError where nothing is listed, or the address itself cannot be had.
        """
        page = self.get([url])[0]
        if page.reason:
            raise SourceError(f"{page.asked}: {page.reason}")
        text = _text(page)
        here = self.read(page, text)
        if here is not None and here.is_strong:
            return self._or_feed(here, url)
        found = [here] if here is not None else []
        for place in self._elsewhere(page, text):
            if place.is_strong:
                self.notes.append(f"{url} is not the list itself: {place.source.listing.url} is, near it")
                return self._or_feed(place, url)
            found.append(place)
        if not found:
            reason = read_listing(text, page.url).reason or "expected a page with links to them, or a feed"
            raise SourceError(f"{url}: lists no releases, and nothing near it does: {_instead(text) or reason}")
        return max(found, key=lambda place: place.listing.confidence)

    def read(self, page: Fetched, text: str, kind: str = "") -> Place | None:
        """Return what *page* lists, read as a feed, as JSON, as a sitemap or as a page; None where it lists nothing."""
        if kind in {"wordpress", "gkmlpt"}:
            return self._placed(page, text, self._source(page.url, preset=kind))
        if is_sitemap(text):
            return self._of_sitemap(page, text)
        if text.lstrip()[:1] in {"{", "["}:
            zone = zone_of(page.url) or "UTC"
            fields = json_fields(text, zone=zone)
            rules = ListingRules(url=page.url, fields=fields)
            release = ReleaseRules(fetch="html" not in fields)
            return self._placed(page, text, self._source(page.url, kind="json", listing=rules, release=release))
        listing = read_listing(text, page.url)
        if not listing.items:
            return None
        if listing.via == "feed":
            release = ReleaseRules(fetch=not _carries_whole(listing))
            return Place(source=self._source(page.url, kind="feed", release=release), listing=listing, text=text)
        return Place(source=self._declared(page, text, listing), listing=listing, text=text)

    def _elsewhere(self, page: Fetched, text: str) -> Iterator[Place]:
        """Yield what else near *page* lists something, the likeliest first; each is fetched when it is asked for."""
        listing = read_listing(text, page.url)
        yield from self._tried([("", feed) for feed in listing.feeds[:_FEEDS]])
        yield from self._tried(interfaces(text, page.url))
        near = near_lists(text, page.url)[:_NEAR]
        for address in near:
            (other,) = self.get([address])
            if other.reason:
                continue
            inner = _text(other)
            place = self.read(other, inner)
            if place is not None:
                yield place
            else:
                yield from self._tried([("", feed) for feed in read_listing(inner, other.url).feeds[:1]])
                yield from self._tried(interfaces(inner, other.url))
        yield from self._tried([("", one) for one in sitemaps(page.robots, page.url)])

    def _tried(self, addresses: Sequence[tuple[str, str]]) -> Iterator[Place]:
        for kind, address in addresses:
            (page,) = self.get([address])
            place = None if page.reason else self.read(page, _text(page), kind)
            if place is not None:
                yield place

    def _or_feed(self, place: Place, asked: str) -> Place:
        """Return the feed that holds what *place* lists, if the page announces one; say of every feed there is."""
        if place.source.kind != "html":
            if place.source.kind == "feed" and place.source.listing.url != asked:
                self.notes.append(f"the site has a feed already: {place.source.listing.url}")
            return place
        mine = {item.url for item in place.listing.items}
        for feed in place.listing.feeds[:_FEEDS]:
            (page,) = self.get([feed])
            other = None if page.reason else self.read(page, _text(page))
            if other is None or other.source.kind != "feed":
                continue
            same = mine & {item.url for item in other.listing.items}
            told = f"the site has a feed already: {feed}: {len(other.listing.items)} releases, {len(same)} of them here"
            if 2 * len(same) > min(len(mine), len(other.listing.items)):
                self.notes.append(f"{told}; it is read in place of the page")
                return other
            self.notes.append(f"{told}; the page is read, since it lists others")
        return place

    def _of_sitemap(self, page: Fetched, text: str) -> Place | None:
        for address in maps_in(text, page.url):
            (inner,) = self.get([address])
            if not inner.reason and (place := self.read(inner, _text(inner))) is not None:
                return place
        source = self._source(page.url, kind="sitemap")
        listing = read_declared_listing(source, text, page.url)
        section = section_of([item.url for item in listing.items])
        if not section:
            return None
        match = "^" + "".join(f"\\{char}" if char in ".?+*()[]{}|^$\\" else char for char in section)
        rules = ListingRules(url=page.url, match=match)
        return self._placed(page, text, replace(source, listing=rules))

    def _placed(self, page: Fetched, text: str, source: Source) -> Place | None:
        listing = read_declared_listing(source, text, page.url)
        if not listing.items:
            return None
        hosts = dict.fromkeys([*source.hosts, *(host_of(item.url) for item in listing.items)])
        return Place(source=replace(source, hosts=tuple(hosts)), listing=listing, text=text)

    def _declared(self, page: Fetched, text: str, listing: Listing) -> Source:
        """Return the source that reads *listing* on *page* again, with selectors only if they find the same."""
        hosts = dict.fromkeys([host_of(page.url), *(host_of(item.url) for item in listing.items)])
        plain = replace(self._source(page.url), hosts=tuple(host for host in hosts if host))
        rules = listing.rules
        if "links" not in rules:
            return plain
        said = {name: rules.get(name, "") for name in ("links", "title", "date", "next")}
        chosen = ListingRules(
            url=page.url, links=said["links"], title=said["title"], date=said["date"], next=said["next"]
        )
        declared = replace(plain, listing=chosen)
        again = read_declared_listing(declared, text, page.url)
        return declared if {item.url for item in again.items} == {item.url for item in listing.items} else plain

    def _source(
        self,
        url: str,
        *,
        kind: str = "html",
        preset: str = "",
        listing: ListingRules | None = None,
        release: ReleaseRules | None = None,
    ) -> Source:
        host = host_of(url)
        bare = Source(
            key=self.name,
            title=host.removeprefix("www."),
            site=url,
            zone=zone_of(url) or "UTC",
            kind=kind,
            preset=preset,
            listing=listing or ListingRules(url=url),
            release=release or ReleaseRules(),
            hosts=(host,),
            allow_private=self.allow_private,
        )
        return _of_family(bare) if preset else bare

    @staticmethod
    def home(place: Place, asked: str) -> str:
        """Return the page a person would visit: the list itself, what its feed names, the address *asked*, or /."""
        if place.source.kind == "html":
            return place.source.site
        if place.source.kind == "feed" and (link := channel_of(place.text, place.source.listing.url)[1]):
            return link
        parts = urlsplit(asked)
        return f"{parts.scheme}://{parts.netloc}/" if asked == place.source.listing.url else asked

    def called(self, place: Place) -> str:
        """Return what the site of *place* calls itself, by its feed or its home page; "" where it does not say."""
        parts = urlsplit(place.source.listing.url)
        if place.source.kind == "html":
            return name_of(place.text)
        if place.source.kind == "feed" and (title := channel_of(place.text, parts.geturl())[0]):
            return title
        (home,) = self.get([f"{parts.scheme}://{parts.netloc}/"])
        return "" if home.reason else name_of(_text(home))


def _of_family(source: Source) -> Source:
    """Return *source* with the rules of the family that it names, as its file will be read."""
    import tempfile  # noqa: PLC0415 - for the few sites of such a family
    from pathlib import Path  # noqa: PLC0415

    from crawler.source_read import read_source  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "family.toml"
        file.write_text(f'preset = "{source.preset}"\n[listing]\nurl = "{source.listing.url}"\n', "utf-8")
        family = read_source(file, [])
    zone = family.zone if family.zone != "UTC" else source.zone
    return replace(source, kind=family.kind, zone=zone, listing=family.listing, release=family.release)


def _carries_whole(listing: Listing) -> bool:
    """Return whether the feed carries whole texts: half of its items have one that is no mere teaser."""
    texts = [item.draft_fields.html if item.draft_fields else "" for item in listing.items]
    return 2 * sum(len(text) >= _TEASER for text in texts) >= len(texts)


def _instead(text: str) -> str:
    """Return what the page *text* is in place of a list: one that stands before the site, or waits for a script.

    >>> _instead("<title>Just a moment...</title>")
    'this page stands before the site: captcha'
    >>> _instead("<ul><li>About us</ul>")
    ''
    >>> _instead('{"rows": [{"id": 1, "caption": "About us"}]}')
    'no list in this JSON has titles and addresses: write a file with its fields (as cn-csia.toml has them)'
    """
    if text.lstrip()[:1] in {"{", "["}:
        return "no list in this JSON has titles and addresses: write a file with its fields (as cn-csia.toml has them)"
    wall = what_wall(text)
    if wall and wall != "script":
        return f"this page stands before the site: {wall}"
    seen = " ".join(_UNSEEN.sub(" ", text[:200_000]).split())
    if wall or (len(seen) < _EMPTY and "<script" in text[:200_000].lower()):
        return (
            "a script makes this page: add what it asks for its list, or write a file with render = true (see README)"
        )
    return ""


def _text(page: Fetched) -> str:
    return decode(page.body, page.content_type, page.url).text
