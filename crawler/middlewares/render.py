"""Let the scripts of a page run, in a browser that has no network: all it asks for is fetched here, by our rules.

Chromium is started with a proxy at which nobody answers. Every request of a page is
intercepted and goes through the same downloader as any crawl: addresses checked where
they are connected to, hosts of the source only, robots.txt, delays, limits of size.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from scrapy import Request, signals
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK

from crawler.refusal import BadContent

if TYPE_CHECKING:
    from typing import Self

    from playwright.async_api import Browser, BrowserContext, Page, Playwright, Route
    from scrapy.crawler import Crawler
    from scrapy.http import Response

__all__ = ["Render"]

log = logging.getLogger(__name__)

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_ASKED: Final = frozenset(["document", "script", "xhr", "fetch"])  # what text can come of
_METHODS: Final = frozenset(["GET", "POST"])
_MOST: Final = 60  # requests a page may cause
_WHOLE_S: Final = 60.0  # for a page to come to rest; each of its requests waits its turn
_DEAD: Final = "render = true"
_ARGUMENTS: Final = (
    "--proxy-bypass-list=<-loopback>",  # Chromium would reach loopback past any proxy
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-dev-shm-usage",
)


class Render:
    """Replaces a page that `meta["render"]` asks for by what its scripts made of it."""

    def __init__(self, crawler: Crawler) -> None:
        """Start nothing yet: the first page that is to be rendered does."""
        self._crawler = crawler
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._dead: socket.socket | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build for *crawler*, and end the browser with it."""
        made = cls(crawler)
        crawler.signals.connect(made.close, signal=signals.spider_closed)
        return made

    async def process_response(self, request: Request, response: Response) -> Response:
        """Return *response* as its scripts left it; BadContent where there is no browser, or the page does not end."""
        kind = (response.headers.get("Content-Type") or b"text/html").lower()
        if not request.meta.get("render") or response.status != 200 or b"html" not in kind:
            return response
        from playwright.async_api import Error  # noqa: PLC0415 - only where a source says render = true

        context: BrowserContext | None = None
        try:
            browser = await self._started()
            context = await browser.new_context(
                service_workers="block", accept_downloads=False, user_agent=self._crawler.settings["USER_AGENT"]
            )
            html = await self._render(context, request, response)
        except Error as error:
            said = " ".join(str(error).split())[:200]
            raise BadContent(f"{_DEAD}: the browser says: {said}") from error
        finally:
            if context is not None:
                with suppress(Exception):  # a browser that died has none to close
                    await context.close()
        if len(html) > self._crawler.settings.getint("DOWNLOAD_MAXSIZE"):
            raise BadContent(f"{_DEAD}: the scripts made a page larger than we take")
        made = response.replace(body=html)
        made.headers["Content-Type"] = b"text/html; charset=utf-8"
        return made

    async def _render(self, context: BrowserContext, request: Request, response: Response) -> bytes:
        from playwright.async_api import TimeoutError as TimedOutError  # noqa: PLC0415 - as above

        pending = [response]  # the page itself was fetched already

        async def answer(route: Route) -> None:
            await self._answer(route, request, pending, count)

        count = [0]
        await context.route("**/*", answer)
        await context.route_web_socket("**/*", lambda one: one.close())
        page = await context.new_page()
        context.on("page", _close)  # windows that a script opens
        with suppress(TimedOutError):  # some never rest: what is there by then is the page
            await page.goto(response.url, wait_until="networkidle", timeout=_WHOLE_S * 1000)
        return (await page.content()).encode("utf-8", "replace")

    async def _answer(self, route: Route, request: Request, pending: list[Response], count: list[int]) -> None:
        """Answer what the page asks for: itself as it was fetched, all else by our downloader, or not at all."""
        asked = route.request
        if pending and asked.is_navigation_request() and asked.url.partition("#")[0] == pending[0].url:
            page = pending.pop()
            kind = (page.headers.get("Content-Type") or b"text/html").decode("latin-1")
            await route.fulfill(status=page.status, body=page.body, headers={"Content-Type": kind})
            return
        count[0] += 1
        if asked.resource_type not in _ASKED or asked.method not in _METHODS or count[0] > _MOST:
            await route.abort()
            return
        try:
            made = await self._fetched(asked.url, asked.method, asked.post_data_buffer, asked.headers, request)
        except Exception as error:  # noqa: BLE001 - whatever keeps it away, the page goes on without
            log.info("not fetched for a page: %s", error, extra={"url": asked.url[:200]})
            await route.abort()
            return
        headers = {
            "Content-Type": (made.headers.get("Content-Type") or b"text/plain").decode("latin-1"),
            "Access-Control-Allow-Origin": asked.headers.get("origin", "*"),
        }
        await route.fulfill(status=made.status, body=made.body, headers=headers)

    async def _fetched(
        self, url: str, method: str, body: bytes | None, headers: dict[str, str], request: Request
    ) -> Response:
        engine = self._crawler.engine
        if engine is None:
            raise IgnoreRequest("the crawl has ended")
        sent: dict[str, Any] = {name: headers[name] for name in ("accept", "content-type") if name in headers}
        meta: dict[str, Any] = {name: request.meta[name] for name in ("hosts", "addresses") if name in request.meta}
        asked = Request(url, method=method, body=body, headers=sent, callback=NO_CALLBACK, dont_filter=True, meta=meta)
        return await engine.download_async(asked)

    async def _started(self) -> Browser:
        if self._browser is not None and self._browser.is_connected():
            return self._browser
        try:
            from playwright.async_api import async_playwright  # noqa: PLC0415 - an extra
        except ImportError:
            raise BadContent(
                f'{_DEAD}: no browser: expected the extra "browser": pip install "baywire[browser]"'
            ) from None
        program = next((found for name in _NAMES if (found := shutil.which(name))), None)
        # A port that is taken, at which nobody listens: what slipped past us would be refused there.
        self._dead = self._dead or socket.socket()
        if self._dead.getsockname()[1] == 0:
            self._dead.bind(("127.0.0.1", 0))
        self._playwright = self._playwright or await async_playwright().start()
        self._browser = await self._playwright.chromium.launch(
            executable_path=program,
            chromium_sandbox=os.geteuid() != 0,  # it refuses to have one as root
            proxy={"server": f"http://127.0.0.1:{self._dead.getsockname()[1]}"},
            args=list(_ARGUMENTS),
        )
        return self._browser

    async def close(self) -> None:
        """End the browser."""
        with suppress(Exception):  # it may have died
            if self._browser is not None:
                await self._browser.close()
        with suppress(Exception):
            if self._playwright is not None:
                await self._playwright.stop()
        if self._dead is not None:
            self._dead.close()


async def _close(page: Page | Any) -> None:  # noqa: ANN401 - as Playwright calls it
    await page.close()
