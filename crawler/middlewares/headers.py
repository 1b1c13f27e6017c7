"""Say who we are and what we read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler

__all__ = ["Headers"]


class Headers:
    """Sets our headers and the time limit; three of Scrapy's middlewares in one pass."""

    def __init__(self, crawler: Crawler) -> None:
        """Read them from the settings."""
        settings = crawler.settings
        self._headers = {**settings.getdict("DEFAULT_REQUEST_HEADERS"), "User-Agent": settings["USER_AGENT"]}
        self._timeout_s = settings.getfloat("DOWNLOAD_TIMEOUT")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build for *crawler*."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Set what the request does not set itself."""
        for name, value in self._headers.items():
            request.headers.setdefault(name, value)
        request.meta.setdefault("download_timeout", self._timeout_s)
