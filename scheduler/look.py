"""Look at a source as its site is now: its list and a few releases, fetched as any crawl would, kept nowhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crawler.address import host_of
from crawler.batch import Fetched
from crawler.extract import Item, Listing, read_declared_listing
from crawler.normalise import decode
from crawler.run import fetch
from crawler.source import Request, Source
from feeds.error import SourceError

__all__ = ["Fetch", "Look", "Seen"]


class Fetch(Protocol):
    """What fetches: `crawler.run.fetch`, but where a test has pages of its own."""

    def __call__(  # noqa: PLR0913 - what a fetch is told, by name
        self,
        urls: Sequence[str],
        *,
        form: tuple[tuple[str, str], ...],
        render: bool,
        replay: str | None,
        contact: str,
        allow_private: bool,
        delay_s: float,
    ) -> Sequence[Fetched]:
        """Return *urls* as they answer, in the order asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One address as it answered: *page* and its *text*, "" where there is no page."""

    page: Fetched
    text: str = ""

    @classmethod
    def of(cls, page: Fetched) -> Seen:
        """Return *page* with its text."""
        return cls(page=page, text="" if page.reason else decode(page.body, page.content_type, page.url).text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How to look at *source*: the same rules as a crawl's, robots.txt and delays among them.

    Each fetch is a child of its own, so that the delay between two is kept here.
    """

    source: Source
    now: datetime
    replay: str | None = None
    contact: str = ""
    sleep: Callable[[float], None] = time.sleep
    fetch: Fetch = fetch

    def openings(self) -> tuple[Request, ...]:
        """Return the requests that open a crawl now; SourceError where there are none."""
        source = self.source
        if source.view is not None:
            raise SourceError(f"{source.key}: is read through {source.view.of}: look at that")
        found = source.requests(self.now)
        if not found:
            raise SourceError(f"{source.key}: has no address of a list: see its file {source.file}")
        return found

    def listing(self) -> tuple[Seen, Listing]:
        """Return the first opening that lists something, else the first one, and what it lists."""
        first: tuple[Seen, Listing] | None = None
        for number, request in enumerate(self.openings()):
            if number:
                self.wait()
            seen = Seen.of(self._fetch([request.url], form=request.form)[0])
            reason = seen.page.reason
            listing = (
                Listing(url=request.url, reason=reason)
                if reason
                else read_declared_listing(self.source, seen.text, seen.page.url)
            )
            first = first or (seen, listing)
            if listing.items:
                return seen, listing
        return first or (Seen(page=Fetched(asked="", url="")), Listing())

    def releases(self, items: Sequence[Item]) -> tuple[Seen, ...]:
        """Return the pages of *items*, in their order; of a list that carries them whole none is fetched."""
        if not items or not self.source.release.fetch:
            return ()
        self.wait()
        return tuple(Seen.of(page) for page in self._fetch([item.url for item in items]))

    def wait(self) -> None:
        """Let as much time go by as the site asks for between two requests."""
        if self.replay is None:
            self.sleep(self.source.delay_s)

    def _fetch(self, urls: Sequence[str], *, form: tuple[tuple[str, str], ...] = ()) -> Sequence[Fetched]:
        source = self.source
        # A source on a private address opens its own hosts, and no other that a page of it names.
        hosts = {host_of(request.url) for request in source.requests(self.now)} | {*source.hosts}
        near = [url for url in urls if host_of(url) in hosts]
        far = [url for url in urls if host_of(url) not in hosts]
        found: dict[str, Fetched] = {}
        for some, private in ((near, source.allow_private), (far, False)):
            if some:
                pages = self.fetch(
                    some,
                    form=form,
                    render=source.render,
                    replay=self.replay,
                    contact=self.contact,
                    allow_private=private,
                    delay_s=source.delay_s,
                )
                found |= {page.asked: page for page in pages}
        return [found[url] for url in urls]
