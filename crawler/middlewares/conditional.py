"""Ask only for what changed: If-None-Match, else If-Modified-Since, and now and then neither."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler

    from feeds.store import Validators

__all__ = ["WHOLE_EVERY", "Conditional", "headers_for"]

WHOLE_EVERY: Final = 20
"""One fetch in so many is unconditional: some servers say 304 for ever."""

_WHOLE_AFTER: Final = timedelta(hours=24)


def headers_for(validators: Validators | None, *, now: datetime) -> Mapping[str, str]:
    """Return the headers that make a request conditional on *validators*; none when the whole page is due.

    The ETag decides where there are both (RFC 9110 §13.1.3). A `Last-Modified` that
    lies ahead of *now* would never be over and is not sent. The whole page is asked for
    every 20th time, and when the last whole fetch lies a day back.

    >>> from feeds.store import Validators
    >>> noon = datetime(2026, 4, 14, 12, tzinfo=UTC)
    >>> headers_for(Validators(etag='"7"', last_modified="Tue, 14 Apr 2026 10:00:00 GMT", fetched_at=noon), now=noon)
    {'If-None-Match': '"7"'}
    >>> headers_for(Validators(etag='"7"', fetches=19, fetched_at=noon), now=noon)
    {}
    """
    if validators is None or validators.fetches >= WHOLE_EVERY - 1:
        return {}
    if validators.fetched_at is not None and now - validators.fetched_at >= _WHOLE_AFTER:
        return {}
    if validators.etag:
        return {"If-None-Match": validators.etag}
    if validators.last_modified and _lies_behind(validators.last_modified, now):
        return {"If-Modified-Since": validators.last_modified}
    return {}


def _lies_behind(date: str, now: datetime) -> bool:
    try:
        read = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
    return (read if read.tzinfo else read.replace(tzinfo=UTC)) <= now


class Conditional:
    """Makes requests with `meta["conditional"]` conditional on what `spider.validators(url)` returns.

    `meta["seals"]`, where given, says for each address which validator its source saw
    last: another source may have fetched the same page since, and a 304 to its
    validators would hide from us what it saw.
    """

    def __init__(self, crawler: Crawler) -> None:
        """Remember where the spider is to be found."""
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build for *crawler*."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Set the headers afresh: a redirect has copied those of another address."""
        request.headers.pop("If-None-Match", None)
        request.headers.pop("If-Modified-Since", None)
        if request.meta.get("conditional"):
            spider: Any = self._crawler.spider  # our own
            known: Validators | None = spider.validators(request.url)
            seals: Mapping[str, str] | None = request.meta.get("seals")
            if (
                known is not None
                and seals is not None
                and seals.get(request.url) != (known.etag or known.last_modified)
            ):
                return
            for name, value in headers_for(known, now=spider.clock()).items():
                request.headers[name] = value
