"""The Scrapy side of the spider: requests, answers, and what breaks between them, one source apart from the other."""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import scrapy

from crawler.address import host_of
from crawler.batch import one_line
from crawler.middlewares.robots import Rules
from crawler.outcome import Trouble, of_error, of_status
from crawler.spiders.hosts import Hosts
from crawler.spiders.progress import Progress
from feeds.store import KeptPage, Outcome, PageKind, Validators

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawler.batch import Batch
    from crawler.extract import Item
    from crawler.turns import Turns
    from feeds.store import Store

__all__ = ["UNASKED", "Wire", "content_type_of", "posted", "seal_of"]

_READABLE: Final = ("text/", "html", "xml", "json", "javascript", "octet-stream")

_CONDITIONS: Final = frozenset([b"If-None-Match", b"If-Modified-Since"])
UNASKED: Final = Trouble(outcome=Outcome.FAILED, reason="HTTP 304 to a request without conditions: expected the page")
"""Who believed such an answer would wait for ever for what it hides."""

Reader = Callable[..., Iterator[Any]]


class Wire(scrapy.Spider, ABC):
    """Asks for pages and hands the answers to methods of its subclass; *finish* is called when a source has ended.

    Whatever breaks in the reading of one source is counted there and leaves the others alone.
    """

    name = "baywire"

    def __init__(  # noqa: PLR0913 - what it works with, by name
        self,
        *,
        batch: Batch,
        crawls: Iterable[Progress],
        store: Store,
        emit: Callable[[Mapping[str, object]], None],
        finish: Callable[[Progress], None],
        clock: Callable[[], datetime],
        turns: Turns | None = None,
        **kwargs: Any,  # noqa: ANN401 - Scrapy's
    ) -> None:
        """Crawl *crawls*; *turns* are those at hosts, where others crawl too."""
        super().__init__(**kwargs)
        self.batch = batch
        self.store = store
        self.emit = emit
        self.clock = clock
        self.crawls = tuple(crawls)
        self.circuits = Hosts(store, explicit=batch.explicit, clock=clock)
        self.gate = self.circuits.gate
        self.turns = turns
        self._finish = finish

    # what a subclass does ----------------------------------------------------------------

    @abstractmethod
    def _open(self, crawl: Progress) -> Iterator[Any]:
        """Yield the first requests of *crawl*."""

    @abstractmethod
    def _advance(self, crawl: Progress) -> Iterator[Any]:
        """Yield what comes next, every request so far being answered; nothing more ends the crawl."""

    @abstractmethod
    def _lost(self, crawl: Progress, url: str, trouble: Trouble) -> None:
        """Take note that *url* could not be had."""

    def _say(self, crawl: Progress, url: str, trouble: Trouble) -> None:
        message = one_line(f"{url}: {trouble.reason}")
        self.emit({"event": "log", "level": "info", "source": crawl.source.key, "message": message})

    # what the middlewares ask ------------------------------------------------------------

    def validators(self, url: str) -> Validators | None:
        """Return what the store knows to make a request for *url* conditional."""
        return self.store.validators(url)

    def robots(self, origin: str) -> Rules | None:
        """Return the robots.txt of *origin* as read before."""
        kept = self.store.meta(f"robots:{origin}")
        return None if kept is None else Rules.from_json(kept)

    def keep_robots(self, origin: str, rules: Rules) -> None:
        """Keep *rules* for the next crawls."""
        self.store.set_meta(f"robots:{origin}", rules.to_json())

    # requests and answers ----------------------------------------------------------------

    async def start(self) -> AsyncIterator[Any]:
        """Yield the first requests of every source."""
        for crawl in self.crawls:
            for request in self._guarded(crawl, partial(self._open, crawl)):
                yield request

    def _request(  # noqa: PLR0913 - what a request is told, by name
        self,
        crawl: Progress,
        url: str,
        read: Reader,
        *,
        item: Item | None = None,
        form: tuple[tuple[str, str], ...] = (),
        conditional: bool = False,
        seals: Mapping[str, str] | None = None,
        priority: int = 0,
    ) -> scrapy.Request:
        crawl.pending += 1
        crawl.asking += 1
        more = {} if item is None else {"item": item}

        def answered(response: Response) -> Iterable[Any]:
            crawl.fetched_bytes += len(response.body)
            return self._guarded(crawl, lambda: read(crawl, response, **more), answers=1)

        def missed(failure: Failure) -> Iterable[Any]:
            return self._guarded(crawl, lambda: self._missed(crawl, url, failure), answers=1)

        return scrapy.Request(
            url,
            **posted(form),
            callback=answered,
            errback=missed,
            dont_filter=True,
            priority=priority,
            meta={
                # What a script makes of a page changes though the page does not.
                "conditional": conditional and not crawl.source.render,
                "render": crawl.source.render,
                "seals": seals,
                "hosts": crawl.source.hosts,
                "addresses": crawl.addresses,
            },
        )

    def _missed(self, crawl: Progress, url: str, failure: Failure) -> Iterator[Any]:
        yield from self._resume(crawl.host)
        self._lost(crawl, url, of_error(failure.value))

    def _guarded(self, crawl: Progress, work: Callable[[], Iterator[Any]], *, answers: int = 0) -> list[Any]:
        """Return what *work* yields; what breaks in it breaks this source only, and is counted."""
        found: list[Any] = []
        try:
            try:
                found += work()
            finally:
                crawl.pending -= answers
                crawl.asking -= answers
                if not crawl.asking and crawl.held is not None:  # no other page was the same
                    found.append(crawl.held)
                    crawl.held = None
            if not crawl.pending and crawl.phase != "finished":
                found += self._advance(crawl)
        except Exception as error:  # noqa: BLE001 - the boundary of a source: the others go on
            last = traceback.extract_tb(error.__traceback__)[-1]
            said = f"{type(error).__name__}: {error} ({last.filename.rpartition('/')[2]}:{last.lineno})"
            crawl.errors.append(said)
            self.emit(
                {"event": "error", "source": crawl.source.key, "message": one_line(f"{crawl.source.key}: {said}")}
            )
            self._end_if_idle(crawl)
        return found

    def settle(self, crawl: Progress) -> None:
        """Count one stored page of *crawl*; the last one ends it."""
        crawl.pending -= 1
        self._end_if_idle(crawl)

    def _end_if_idle(self, crawl: Progress) -> None:
        if not crawl.pending and crawl.phase != "finished":
            crawl.phase = "finished"
            self._finish(crawl)

    def _resume(self, host: str) -> Iterator[Any]:
        """Yield the first requests of the sources that waited for *host* to answer one."""
        for crawl in self.circuits.waiting(host):
            yield from self._guarded(crawl, partial(self._open, crawl), answers=1)

    def closed(self, reason: str) -> None:
        """End what has not ended; a crawl that was told to stop leaves it to whoever stopped it."""
        for crawl in self.crawls:
            if crawl.phase != "finished" and reason != "shutdown":
                crawl.phase = "finished"
                crawl.errors.append(f"the crawl ended before its time: {reason}")
                self._finish(crawl)

    # answers as values -------------------------------------------------------------------

    def _trouble(self, crawl: Progress, response: Response) -> Trouble | None:
        """Return what is wrong with *response*, None for something to read and for 304."""
        trouble = of_status(response.status)
        if trouble is not None:
            crawl.wait_until = self.circuits.closed_until(host_of(response.url)) or crawl.wait_until
            return trouble
        if response.status == 304 and response.request is not None and _CONDITIONS.isdisjoint(response.request.headers):
            return UNASKED
        kind = content_type_of(response).partition(";")[0].strip().lower()
        if response.status != 304 and kind and not any(word in kind for word in _READABLE):
            return Trouble(outcome=Outcome.FAILED, reason=f"answers {kind}: expected a page or a feed")
        return None

    def _kept(self, crawl: Progress, response: Response, kind: PageKind) -> KeptPage:
        return KeptPage(
            source=crawl.source.key,
            url=response.url,
            fetched_at=crawl.started,
            status=response.status,
            body=response.body,
            kind=kind,
            etag=_header(response, "ETag"),
            last_modified=_header(response, "Last-Modified"),
            content_type=content_type_of(response),
        )


def posted(form: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return what a request is given to post *form*, nothing where that is empty.

    >>> posted([("pageNo", "1")])["body"], posted([])
    (b'pageNo=1', {})
    """
    pairs = [(name, value) for name, value in form]  # JSON made lists of them
    if not pairs:
        return {}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return {"method": "POST", "body": urlencode(pairs).encode(), "headers": headers}


def content_type_of(response: Response) -> str:
    """Return the Content-Type of *response*, "" where it has none."""
    return _header(response, "Content-Type")


def seal_of(response: Response) -> str:
    """Return the validator of *response* that decides: its ETag, else its date."""
    return _header(response, "ETag") or _header(response, "Last-Modified")


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1")
