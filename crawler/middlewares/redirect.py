"""Follow redirects five hops at most, to http(s) only, and never from https down to http."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest

from crawler.refusal import RedirectRefused

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

__all__ = ["Redirect"]

_STATUSES = frozenset([301, 302, 303, 307, 308])


class Redirect(RedirectMiddleware):
    """Scrapy's middleware, with a reason for each redirect that is not followed.

    Our requests are never filtered as duplicates, so a redirect to itself runs into the
    limit and says so; in a plain Scrapy it ends in silence.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build without the signal by which Scrapy looks for a referer middleware: we send no Referer."""
        made = cls(crawler.settings)
        made.crawler = crawler
        return made

    def handle_referer(self, request: Request, response: Response) -> None:  # noqa: ARG002 - Scrapy's signature
        """Send none."""
        request.headers.pop("Referer", None)

    def process_response(self, request: Request, response: Response, spider: object = None) -> Request | Response:
        """Return the request that follows, or *response* when it is no redirect; RedirectRefused says why not."""
        del spider
        if response.status not in _STATUSES or "Location" not in response.headers:
            return response
        location = (response.headers["Location"] or b"").decode("latin-1")
        try:
            target = urlsplit(urljoin(request.url, location))
            _ = target.port  # raises where it is no number
        except ValueError:
            raise RedirectRefused(f"redirects to {location[:80]!r}, which is no address") from None
        if target.scheme not in {"http", "https"}:
            raise RedirectRefused(f"redirects to {location[:80]!r}: expected http or https")
        if request.url.startswith("https:") and target.scheme == "http":
            raise RedirectRefused(f"redirects from https down to {location[:200]!r}")
        try:
            return super().process_response(request, response)
        except IgnoreRequest:
            raise RedirectRefused(
                f"redirects more than {self.max_redirect_times} times, lastly to {location[:200]!r}"
            ) from None
