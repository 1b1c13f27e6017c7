"""Scrapy's engine with one task a page, from its turn at the host to the last thing read on it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from scrapy.core.engine import ExecutionEngine
from scrapy.core.scraper import Scraper
from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from twisted.python.failure import Failure

if TYPE_CHECKING:
    from crawler.middlewares.downloader import StraightDownloader

__all__ = ["StraightCrawler"]


class StraightCrawler(Crawler):
    """A crawler whose engine goes the short way.

    Callbacks return what they found at once; there are no spider middlewares, and
    nobody hears that a response was received. All that starts, waits, stops and counts
    is Scrapy's.
    """

    def _create_engine(self) -> ExecutionEngine:
        return _Engine(self, lambda _: self.stop_async())


class _Engine(ExecutionEngine):
    def __init__(self, crawler: Crawler, closed: Any) -> None:  # noqa: ANN401 - Scrapy's
        super().__init__(crawler, closed)
        self.scraper: _Scraper = _Scraper(crawler)
        self._tasks: set[asyncio.Task[None]] = set()  # a loop holds its tasks weakly

    def _start_scheduled_request(self) -> bool:
        slot: Any = self._slot
        request = slot.scheduler.next_request()
        if request is None:
            return False
        slot.add_request(request)
        self.downloader.active.add(request)  # at once: it is what tells how many more may go
        task = asyncio.ensure_future(self._go_through(request, slot))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _go_through(self, request: Request, slot: Any) -> None:  # noqa: ANN401 - Scrapy's slot
        """Download *request*, and have read what came of it."""
        downloader: StraightDownloader = self.downloader  # type: ignore[assignment]  # as the settings say
        result: Response | Request | Failure
        try:
            try:
                result = await downloader.get(request)
            except Exception:  # noqa: BLE001 - the errback hears of it, whatever it is
                result = Failure()  # type: ignore[no-untyped-call]
            slot.nextcall.schedule()  # there is room for another one
            if isinstance(result, Request):
                self.crawl(result)  # where it was led to
            else:
                await self.scraper.scrape(result, request)
        finally:
            slot.remove_request(request)
            slot.nextcall.schedule()


class _Scraper(Scraper):
    async def scrape(self, result: Response | Failure, request: Request) -> None:
        """Let the spider read *result*, and do what it says."""
        slot: Any = self.slot
        slot.active.add(request)
        size = len(result.body) if isinstance(result, Response) else 0
        slot.active_size += max(size, slot.MIN_RESPONSE_SIZE)
        try:
            if isinstance(result, Response) and request.callback is not None:
                await self._read(result, request)
            else:
                await self._scrape(result, request)
        finally:
            slot.finish_response(result, request)
            self._check_if_closing()

    async def _read(self, response: Response, request: Request) -> None:
        response.request = response.request or request
        read: Any = request.callback
        try:
            found: Iterable[Any] = read(response, **request.cb_kwargs) or ()
            for one in found:
                await self._process_spidermw_output_async(one, response)
        except Exception:  # noqa: BLE001 - the boundary of a callback: Scrapy logs and counts it
            self.handle_spider_error(Failure(), request, response)  # type: ignore[no-untyped-call]
