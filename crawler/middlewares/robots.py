"""Obey robots.txt: read once a day a host, kept in the store, and taken as "later" while it cannot be had."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from protego import Protego
from scrapy import Request
from scrapy.exceptions import NotConfigured
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from crawler.address import host_of
from crawler.outcome import of_error
from crawler.refusal import AddressRefused, Deferred, HostClosed, Refused, RobotsLater, RobotsRefused

if TYPE_CHECKING:
    import asyncio
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Response

__all__ = ["Robots", "Rules"]

_KEPT: Final = timedelta(hours=24)  # RFC 9309 §2.4
_SIZE: Final = 500 * 1024  # RFC 9309 §2.5: what a crawler must parse
_TIMEOUT_S: Final = 12  # longer than a name may take: what is told is then that
_LONGEST_DELAY_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Rules:
    """The robots.txt of one origin; *text* is "" where there is none."""

    text: str
    read: datetime

    def to_json(self) -> str:
        """Return the rules as the store keeps them."""
        return json.dumps({"text": self.text, "read": self.read.isoformat()})

    @classmethod
    def from_json(cls, kept: str) -> Rules:
        """Return what `to_json` wrote."""
        values = json.loads(kept)
        return cls(values["text"], datetime.fromisoformat(values["read"]))


class Robots:
    """Lets a request pass if the robots.txt of its origin allows it for our User-Agent.

    No robots.txt (4xx) allows all; 5xx, 429, no answer within 10 s and a redirect that
    is not followed mean "later": RobotsLater, and nothing is read. `Crawl-delay` up to
    30 s becomes the delay of the host. The spider keeps rules: `robots(origin)` and
    `keep_robots(origin, text)`.
    """

    def __init__(self, crawler: Crawler) -> None:
        """Read who we are from the settings; NotConfigured where robots.txt does not apply (replay)."""
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        self._agent = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._parsers: dict[str, Protego | Refused] = {}
        self._delays: dict[str, float] = {}
        self._asking: dict[str, asyncio.Future[None]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build for *crawler*."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raise RobotsRefused or RobotsLater for what may not be read (now)."""
        if request.meta.get("robots"):
            return
        parts = urlparse_cached(request)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._parsers:
            await self._learn(origin, request)
        self._slow_down(parts.hostname or "")
        rules = self._parsers[origin]
        if isinstance(rules, Refused):
            raise rules
        if not rules.can_fetch(request.url, self._agent):
            raise RobotsRefused(f"robots.txt of {parts.netloc} does not allow {request.url[:200]}")

    async def _learn(self, origin: str, request: Request) -> None:
        import asyncio  # noqa: PLC0415 - only the first request of an origin needs it

        if origin in self._asking:
            await self._asking[origin]
            return
        self._asking[origin] = asyncio.get_running_loop().create_future()
        try:
            self._parsers[origin] = await self._rules(origin, request)
        finally:
            self._asking.pop(origin).set_result(None)

    async def _rules(self, origin: str, request: Request) -> Protego | Refused:
        spider = self._crawler.spider
        now: datetime = spider.clock()  # type: ignore[union-attr]  # our own spiders
        kept: Rules | None = spider.robots(origin)  # type: ignore[union-attr]
        if kept is None or now - kept.read >= _KEPT:
            answer = await self._ask(origin, request)
            if isinstance(answer, Refused):
                return answer
            spider.keep_robots(origin, Rules(answer, now))  # type: ignore[union-attr]
            text = answer
        else:
            text = kept.text
        parser = Protego.parse(text)
        delay = parser.crawl_delay(self._agent)
        if delay:
            self._delays[host_of(origin)] = min(float(delay), _LONGEST_DELAY_S)
        return parser

    async def _ask(self, origin: str, request: Request) -> str | Refused:
        """Return the text of robots.txt, "" where there is none, or why nothing may be read."""
        meta = {"robots": True, "addresses": request.meta.get("addresses", ()), "download_timeout": _TIMEOUT_S}
        asked = Request(f"{origin}/robots.txt", callback=NO_CALLBACK, meta=meta, dont_filter=True)
        try:
            response: Response = await self._crawler.engine.download_async(asked)
        except (AddressRefused, Deferred, HostClosed) as refused:
            return refused
        except Exception as error:  # noqa: BLE001 - whatever kept it away, the answer is the same: later
            return RobotsLater(f"{origin}/robots.txt: {of_error(error).reason}: nothing is read until it can be")
        if response.status >= 500 or response.status == 429:
            return RobotsLater(f"{origin}/robots.txt: HTTP {response.status}: nothing is read until it can be")
        if response.status != 200:
            return ""
        return response.body[:_SIZE].decode("utf-8", "replace")

    def _slow_down(self, host: str) -> None:
        """Give *host* the delay it asks for, from its second request on: only then it has a slot."""
        slot = self._crawler.engine.downloader.slots.get(host) if host in self._delays else None
        if slot is not None:
            slot.delay = max(slot.delay, self._delays[host])
