"""What a source file says, as values: how releases are listed, how one is read, what its addresses mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from crawler.numbered import Numbered
from crawler.source_file import bounded
from feeds.release import Newsroom, Sibling
from feeds.view import View

__all__ = [
    "AddressRules",
    "Expectation",
    "Found",
    "ListingRules",
    "Numbered",
    "ReleaseRules",
    "Request",
    "Rewrite",
    "Source",
    "View",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request that opens a crawl: its *url*, and the *form* to post where the list is asked for by POST."""

    url: str
    form: tuple[tuple[str, str], ...] = ()

    @property
    def method(self) -> str:
        """GET, or POST where there is a form."""
        return "POST" if self.form else "GET"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How to find things of one kind on a page: elements by *css*, then which attribute is address and which is text.

    An attribute named "text" means the text of the element.
    """

    css: str
    url: str = "href"
    title: str = "text"
    zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingRules:
    """How the releases of a source are listed.

    *days* is an address with the directives of `strftime`: one page a day. *fields*
    are the paths of a JSON list, *form* what is posted. *next* leads to the following
    page, or *numbered* says its address; *pages* bounds how many of them are read.
    """

    url: str = ""
    also: tuple[str, ...] = ()
    links: str = ""
    item: str = ""
    title: str = ""
    date: str = ""
    next: str = ""
    numbered: Numbered | None = None
    pages: int = 1
    native_id: str = ""
    days: str = ""
    day_count: int = 2
    form: tuple[tuple[str, str], ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    match: str = ""
    authors: tuple[str, ...] = ()

    def form_after(self, pages: int) -> tuple[tuple[str, str], ...]:
        """Return what is posted for the page after the first *pages*; empty where it is not counted there.

        >>> rules = ListingRules(form=(("pageNo", "1"), ("categoryId", "10")), numbered=Numbered(query="pageNo"))
        >>> rules.form_after(1)
        (('pageNo', '2'), ('categoryId', '10'))
        """
        counted = self.numbered
        if counted is None or counted.query not in dict(self.form):
            return ()
        number = counted.second + (pages - 1) * counted.step
        return tuple((name, str(number) if name == counted.query else value) for name, value in self.form)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRules:
    """How one release is read. *fetch* false: the listing carries the whole of it. No *body*: the page is voted on."""

    fetch: bool = True
    title: str = ""
    body: str = ""
    drop: tuple[str, ...] = ()
    published: Found | None = None
    author: str = ""
    summary: str = ""
    photos: Found | None = None
    attachments: Found | None = None
    videos: str = ""
    metas: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """A bounded *match* and what it is replaced by."""

    match: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRules:
    """How addresses of a source become canonical, and which others lead to the same release.

    *https* names hosts, with what is below them, that answer on https. *drop_query*
    names parameters to leave out; "*" means all.
    """

    https: tuple[str, ...] = ()
    drop_query: tuple[str, ...] = ()
    rewrite: tuple[Rewrite, ...] = ()
    aliases: tuple[Rewrite, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What the declaration of a source promises of a listing: at least *least* items."""

    least: int = 1
    quiet_days: int = 0  # a newsroom that may say nothing for so many days; 0: not said


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A newsroom and how to read it.

    *translations* maps a language to the selector of the link that leads to it,
    *siblings* to the rewrite that makes its address of this one, or to the source that
    has it under the same number.

    *every* is the time between two crawls, at most where *auto* lets it be learnt from
    the hours in which the newsroom publishes; *cron* says the hours outright.
    """

    key: str
    title: str
    site: str = ""
    status: str = "unproven"
    checked: str = ""
    evidence: str = ""
    language: str = ""
    zone: str = "UTC"
    kind: str = "html"
    preset: str = ""
    every: timedelta = timedelta(minutes=15)
    auto: bool = False
    cron: str = ""
    enabled: bool = True
    why_disabled: str = ""
    listing: ListingRules = field(default_factory=ListingRules)
    release: ReleaseRules = field(default_factory=ReleaseRules)
    address: AddressRules = field(default_factory=AddressRules)
    translations: Mapping[str, str] = field(default_factory=dict)
    siblings: Mapping[str, Rewrite | str] = field(default_factory=dict)
    expect: Expectation = field(default_factory=Expectation)
    view: View | None = None
    publisher: str = ""
    rights: str = ""
    attribution: str = ""
    content: str = "full"
    delay_s: float = 1.0
    allow_private: bool = False
    hosts: tuple[str, ...] = ()
    render: bool = False
    file: str = ""

    def newsroom(self) -> Newsroom:
        """Return what a reader is told of this source."""
        return Newsroom(
            key=self.key,
            title=self.title,
            site=self.site,
            publisher=self.publisher,
            language=self.language,
            rights=self.rights,
            attribution=self.attribution,
            content=self.content,
            every_s=int(self.every.total_seconds()),
            view=self.view,
        )

    def requests(self, now: datetime) -> tuple[Request, ...]:
        """Return the requests that open a crawl at *now*: the listing, further ones, the pages of the last days."""
        found = [Request(url=self.listing.url, form=self.listing.form)] if self.listing.url else []
        found += [Request(url=url, form=self.listing.form) for url in self.listing.also]
        if self.listing.days:
            today = now.astimezone(ZoneInfo(self.zone)).date()
            days = (today - timedelta(days=back) for back in range(self.listing.day_count))
            found += [Request(url=day.strftime(self.listing.days)) for day in days]
        return tuple(dict.fromkeys(found))

    def canonical(self, url: str) -> str:
        """Return the one form of *url* under which we know what it leads to; rules hold for own hosts only."""
        return _canonical(self.address, self.hosts, url.strip())

    def aliases(self, url: str) -> tuple[str, ...]:
        """Return further addresses of the release at canonical *url*."""
        found = (bounded(rule.match).sub(rule.to, url) for rule in self.address.aliases)
        return tuple(alias for alias in dict.fromkeys(found) if alias != url)

    def siblings_of(self, url: str) -> tuple[Sibling, ...]:
        """Return where the release at canonical *url* may stand in other languages."""
        found = []
        for language, rule in self.siblings.items():
            if isinstance(rule, str):
                found.append(Sibling(language=language, source=rule))
                continue
            other = bounded(rule.match).sub(rule.to, url)
            if other != url:
                found.append(Sibling(language=language, url=other))
        return tuple(found)

    def native_id(self, url: str) -> str:
        """Return the publisher's own number of the release at *url*, or ""."""
        if not self.listing.native_id:
            return ""
        match = bounded(self.listing.native_id).search(url)
        return "" if match is None else (match[1] if match.lastindex else match[0]) or ""


@lru_cache(maxsize=8192)
def _canonical(rules: AddressRules, hosts: tuple[str, ...], url: str) -> str:
    try:
        parts = urlsplit(re.sub(r"[\t\r\n]", "", url))
        host = (parts.hostname or "").lower()
    except ValueError:
        return url
    scheme, netloc, query = parts.scheme.lower(), parts.netloc.lower(), parts.query
    if scheme == "http" and any(host == name or host.endswith(f".{name}") for name in rules.https):
        scheme, netloc = "https", netloc.removesuffix(":80")
    if hosts and host not in hosts:
        return urlunsplit((scheme, netloc, parts.path, query, ""))
    if "*" in rules.drop_query:
        query = ""
    elif rules.drop_query and query:
        kept = [
            (name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in rules.drop_query
        ]
        query = urlencode(kept)
    found = urlunsplit((scheme, netloc, parts.path or ("/" if netloc else ""), query, ""))
    for rule in rules.rewrite:
        found = bounded(rule.match).sub(rule.to, found)
    return found
