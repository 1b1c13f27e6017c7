"""Scrapy's engine with one task a page, from its turn at the host to the last thing read on it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from scrapy.core.engine import ExecutionEngine
from scrapy.core.scraper import Scraper
from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from scrapy.signals import item_scraped
from scrapy.utils.log import logformatter_adapter
from twisted.python.failure import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.middlewares.downloader import StraightDownloader

__all__ = ["StraightCrawler"]

log = logging.getLogger(__name__)


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
            if not slot.inprogress or self.scraper.was_full:
                slot.nextcall.schedule()  # that was all, or there is room again


class _Scraper(Scraper):
    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.was_full = False
        pipelines: Any = self.itemproc
        self._take: list[Callable[[Any], Any]] = list(pipelines.methods["process_item"])

    async def scrape(self, result: Response | Failure, request: Request) -> None:
        """Let the spider read *result*, and do what it says."""
        slot: Any = self.slot
        slot.active.add(request)
        size = len(result.body) if isinstance(result, Response) else 0
        slot.active_size += max(size, slot.MIN_RESPONSE_SIZE)
        self.was_full = self.was_full or slot.needs_backout()
        try:
            if isinstance(result, Response) and request.callback is not None:
                await self._read(result, request)
            else:
                await self._scrape(result, request)
        finally:
            slot.finish_response(result, request)
            self._check_if_closing()

    async def start_itemproc_async(self, item: Any, *, response: Response | Failure | None) -> None:  # noqa: ANN401 - Scrapy's
        """Hand *item* to the pipelines, one after the other."""
        slot: Any = self.slot
        spider: Any = self.crawler.spider
        slot.itemproc_size += 1
        try:
            for method in self._take:
                item = method(item)
        except Exception as error:
            told = self.logformatter.item_error(item, error, response, spider)
            log.log(*logformatter_adapter(told), exc_info=True)
        else:
            self.signals.send_catch_log(item_scraped, item=item, response=response, spider=spider)
        finally:
            slot.itemproc_size -= 1

    async def _read(self, response: Response, request: Request) -> None:
        response.request = response.request or request
        read: Any = request.callback
        try:
            found: Iterable[Any] = read(response, **request.cb_kwargs) or ()
            for one in found:
                await self._process_spidermw_output_async(one, response)
        except Exception:  # noqa: BLE001 - the boundary of a callback: Scrapy logs and counts it
            self.handle_spider_error(Failure(), request, response)  # type: ignore[no-untyped-call]
