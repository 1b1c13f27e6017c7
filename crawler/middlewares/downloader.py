"""Scrapy's downloader with one task a request: through our middlewares, at the turn of its host, to the handler."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any

from scrapy.core.downloader import Downloader, Slot
from scrapy.http import Request, Response
from scrapy.utils.asyncio import call_later
from twisted.internet.defer import Deferred

from crawler.address import host_of

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable

    from scrapy.crawler import Crawler

__all__ = ["StraightDownloader"]

_Turn = tuple[Request, asyncio.Future[None]]


class StraightDownloader(Downloader):
    """Does what Scrapy's does, in its order, with a third of the tasks and futures between.

    Slots, concurrency and delays are Scrapy's own; signals of a download go unsent, as
    nobody here listens. A middleware may not answer in place of the network, nor take an
    exception back: none of ours does.
    """

    def __init__(self, crawler: Crawler) -> None:
        """Take the middlewares as Scrapy has built them."""
        super().__init__(crawler)
        methods: Any = self.middleware.methods
        self._outward: list[Callable[..., Any]] = list(methods["process_request"])
        self._inward: list[Callable[..., Any]] = list(methods["process_response"])
        if methods["process_exception"]:
            raise TypeError("a downloader middleware with process_exception: expected none")

    def fetch(self, request: Request) -> Deferred[Response | Request]:  # type: ignore[override]
        """Return what comes of *request*, as Scrapy asks for it."""
        self.active.add(request)  # at once: it is what tells how many more may go
        return Deferred.fromFuture(asyncio.ensure_future(self.get(request)))

    async def get(self, request: Request) -> Response | Request:
        """Return what comes of *request*: the answer, or another request in its place."""
        self.active.add(request)
        try:
            for method in self._outward:
                if (waits := method(request=request)) is not None:
                    await waits
            found: Any = await self._at_its_turn(request)
            for method in self._inward:
                found = method(request=request, response=found)
                if hasattr(found, "__await__"):
                    found = await found
                if isinstance(found, Request):
                    break
            return found  # type: ignore[no-any-return]
        finally:
            self.active.remove(request)

    def get_slot_key(self, request: Request) -> str:
        """Return the host of *request*, as it is known to whoever says how long it is left in peace."""
        return request.meta.get(self.DOWNLOAD_SLOT) or host_of(request.url)

    async def _at_its_turn(self, request: Request) -> Response:
        key, slot = self._get_slot(request)
        request.meta[self.DOWNLOAD_SLOT] = key
        slot.active.add(request)
        turn = asyncio.get_running_loop().create_future()
        _queue(slot).append((request, turn))
        try:
            self._process_queue(slot)
            await turn
            return await self.handlers.download_request_async(request)
        finally:
            slot.active.remove(request)
            slot.transferring.discard(request)
            self._process_queue(slot)

    def _process_queue(self, slot: Slot) -> None:
        """Let go what waits at *slot*, as its concurrency and its delay allow."""
        queue = _queue(slot)
        while queue and not slot.latercall and slot.free_transfer_slots() > 0:
            now, delay = monotonic(), slot.download_delay()
            if delay and (penalty := delay - now + slot.lastseen) > 0:
                slot.latercall = call_later(penalty, self._latercall, slot)
                return
            request, turn = queue.popleft()
            if not turn.cancelled():
                slot.lastseen = now
                slot.transferring.add(request)
                turn.set_result(None)


def _queue(slot: Slot) -> deque[_Turn]:
    """Return those who wait at *slot*, with what tells them that it is their turn, in place of Scrapy's Deferred."""
    queue: Any = slot.queue
    return queue  # type: ignore[no-any-return]
