"""From pages that were read to the store: a few of them a transaction, each with all that it says."""

from __future__ import annotations

import asyncio
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from feeds.error import StoreError
from feeds.release import Change

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from scrapy.crawler import Crawler

    from crawler.spiders.progress import Read
    from crawler.spiders.source import SourceSpider
    from feeds.store import Writing

__all__ = ["StoreReleases"]

# A transaction takes as long as it takes to store five pages, so it had better store some more; but nobody should
# wait for a release that we have, nor a crash cost many pages: what is not stored yet is fetched again.
_MOST: Final = 50
_MOST_BYTES: Final = 4 * 1024 * 1024
_LONGEST_S: Final = 0.25
_LONGEST_ON_SERVER_S: Final = 1.0  # where a statement is a round trip, and others wait for the same disk


class StoreReleases:
    """Puts drafts into the store together with their pages and their validators; says what came of it."""

    def __init__(self, crawler: Crawler) -> None:
        """Work for the spider of *crawler*."""
        self._crawler = crawler
        self._waiting: list[Read] = []
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build for *crawler*."""
        return cls(crawler)

    def process_item(self, item: Any) -> Any:  # noqa: ANN401 - Scrapy's signature
        """Store *item*, a Read, soon, and at once where its crawl, on a server its batch, waits for nothing else."""
        read: Read = item
        spider: SourceSpider = self._crawler.spider  # type: ignore[assignment]  # the only spider that yields items
        on_server = not spider.batch.store_url.startswith("sqlite")
        self._waiting.append(read)
        self._bytes += len(read.page.body) if read.page is not None else 0
        if on_server:
            is_last = sum(crawl.pending for crawl in spider.crawls) <= len(self._waiting)
        else:
            is_last = read.crawl.pending <= sum(1 for other in self._waiting if other.crawl is read.crawl)
        if len(self._waiting) >= _MOST or self._bytes >= _MOST_BYTES or is_last:
            self._flush()
        elif self._timer is None:
            longest_s = _LONGEST_ON_SERVER_S if on_server else _LONGEST_S
            self._timer = asyncio.get_running_loop().call_later(longest_s, self._flush)
        return item

    def close_spider(self) -> None:
        """Store what waits."""
        self._flush()

    def _flush(self) -> None:
        """Store what waits; what cannot be stored is counted with its source, whose listing is then read again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        reads, self._waiting, self._bytes = self._waiting, [], 0
        if not reads:
            return
        spider: SourceSpider = self._crawler.spider  # type: ignore[assignment]  # the only spider that yields items
        try:
            self._store(spider, reads)
        finally:
            for read in reads:
                spider.settle(read.crawl)

    def _store(self, spider: SourceSpider, reads: Sequence[Read]) -> None:
        try:
            found = spider.store.write(lambda writing: _write(writing, reads))
        except (StoreError, ValueError) as error:  # the second is what a driver says of text it cannot encode
            smaller = [] if "disk full" in str(error) else _split(reads)
            for some in smaller:  # one that cannot be stored must not keep the others out
                self._store(spider, some)
            if not smaller:
                for read in reads:
                    _fail(spider, read, error)
            return
        told = iter(found)
        for read in reads:
            for draft in read.drafts:
                change, id_ = next(told)
                read.crawl.delivered += 1
                read.crawl.new += change is Change.NEW
                read.crawl.changed += change is Change.CHANGED
                if change is not Change.SEEN:
                    read.crawl.fresh.update((draft.url, *draft.aliases))
                    read.crawl.repairs.update(draft.repairs)
                    source = read.crawl.source.key
                    spider.emit({"event": "release", "source": source, "id": id_, "change": change.value})


def _write(writing: Writing, reads: Sequence[Read]) -> Sequence[tuple[Change, str]]:
    now = max(read.crawl.started for read in reads)
    found = writing.put_all(list(chain.from_iterable(read.drafts for read in reads)), now=now)
    writing.keep_pages(read.page for read in reads if read.page is not None)
    return found


def _split(reads: Sequence[Read]) -> list[list[Read]]:
    """Return *reads* one by one; a single one by its drafts, without its page, which then is read again."""
    if len(reads) > 1:
        return [[read] for read in reads]
    return [[part] for part in reads[0].singly()] if len(reads[0].drafts) > 1 else []


def _fail(spider: SourceSpider, read: Read, error: Exception) -> None:
    what = read.drafts[0].url if read.drafts else read.page.url if read.page else ""
    read.crawl.errors.append(f"{what}: {error}")
    key = read.crawl.source.key
    spider.emit({"event": "error", "source": key, "message": f"{key}: {what}: {error}"})
