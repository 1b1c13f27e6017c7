"""A spider that fetches single addresses and hands back what they answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import scrapy

from crawler.batch import Fetched
from crawler.middlewares.robots import Rules
from crawler.outcome import of_error, of_status
from crawler.spiders.wire import posted

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

__all__ = ["FetchSpider"]


class FetchSpider(scrapy.Spider):
    """Fetches *urls* under all the rules of a crawl and calls *found* with each answer."""

    name = "baywire-fetch"

    def __init__(
        self,
        *,
        urls: tuple[str, ...],
        form: tuple[tuple[str, str], ...] = (),
        render: bool = False,
        found: Callable[[Fetched], None],
        clock: Callable[[], datetime],
        **kwargs: Any,  # noqa: ANN401 - Scrapy's
    ) -> None:
        """Fetch *urls*, posting *form* where there is one; *render* lets their scripts run."""
        super().__init__(**kwargs)
        self.clock = clock
        self._urls = urls
        self._form = form
        self._render = render
        self._rules: dict[str, str] = {}
        self._found = found

    def robots(self, origin: str) -> Rules | None:
        """Return nothing: a single look reads robots.txt anew."""
        del origin
        return None

    def keep_robots(self, origin: str, rules: Rules) -> None:
        """Keep *rules* to be told with the answers."""
        self._rules[origin] = rules.text

    async def start(self) -> AsyncIterator[Any]:
        """Yield one request for each address."""
        for url in self._urls:
            try:
                yield scrapy.Request(
                    url,
                    **posted(self._form),
                    callback=partial(self._answered, url),
                    errback=partial(self._missed, url),
                    dont_filter=True,
                    meta={"addresses": (url,), "render": self._render},
                )
            except ValueError as error:
                self._found(Fetched(asked=url, url=url, reason=str(error)))

    def _answered(self, asked: str, response: Response) -> None:
        trouble = of_status(response.status)
        self._found(
            Fetched(
                asked=asked,
                url=response.url,
                status=response.status,
                content_type=(response.headers.get("Content-Type") or b"").decode("latin-1"),
                body=response.body,
                reason="" if trouble is None else trouble.reason,
                robots=self._rules.get("/".join(asked.split("/", 3)[:3]), ""),
            )
        )

    def _missed(self, asked: str, failure: Failure) -> None:
        self._found(Fetched(asked=asked, url=asked, reason=of_error(failure.value).reason))
