"""From a page that was read to the store: one transaction for a page and all it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from feeds.error import StoreError
from feeds.release import Change, Draft
from feeds.store import KeptPage

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

    from crawler.spiders.progress import Progress
    from crawler.spiders.source import SourceSpider
    from feeds.store import Writing

__all__ = ["Read", "StoreReleases"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What one page gave: *drafts* to store together with the *page* that carried them, or a page for quarantine."""

    crawl: Progress
    drafts: tuple[Draft, ...] = ()
    page: KeptPage | None = None


class StoreReleases:
    """Puts drafts into the store together with their page and its validators; says what came of it."""

    def __init__(self, crawler: Crawler) -> None:
        """Work for the spider of *crawler*."""
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build for *crawler*."""
        return cls(crawler)

    def process_item(self, item: Any) -> Any:  # noqa: ANN401 - Scrapy's signature
        """Store *item*, a Read; what cannot be stored is counted with its source, whose listing is then read again."""
        spider: SourceSpider = self._crawler.spider  # type: ignore[assignment]  # the only spider that yields items
        try:
            self._store(spider, item)
        finally:
            spider.settle(item.crawl)
        return item

    def _store(self, spider: SourceSpider, read: Read) -> None:
        try:
            with spider.store.writing() as writing:
                found = self._write(writing, read)
        except StoreError as error:
            if "disk full" in str(error) or len(read.drafts) < 2:
                self._fail(spider, read, error)
                return
            for draft in read.drafts:  # one that cannot be stored must not keep the others out
                self._store(spider, Read(crawl=read.crawl, drafts=(draft,)))
            return
        except ValueError as error:  # what a driver says of text it cannot encode
            self._fail(spider, read, error)
            return
        for draft, (change, id_) in zip(read.drafts, found, strict=True):
            read.crawl.delivered += 1
            read.crawl.new += change is Change.NEW
            read.crawl.changed += change is Change.CHANGED
            if change is not Change.SEEN:
                read.crawl.repairs.update(draft.repairs)
                source = read.crawl.source.key
                spider.emit({"event": "release", "source": source, "id": id_, "change": change.value})

    def _write(self, writing: Writing, read: Read) -> list[tuple[Change, str]]:
        found = [writing.put(draft, now=read.crawl.started) for draft in read.drafts]
        if read.page is not None:
            writing.keep_page(read.page)
        return found

    def _fail(self, spider: SourceSpider, read: Read, error: Exception) -> None:
        what = read.drafts[0].url if read.drafts else read.page.url if read.page else ""
        read.crawl.errors.append(f"{what}: {error}")
        spider.emit(
            {"event": "error", "source": read.crawl.source.key, "message": f"{read.crawl.source.key}: {what}: {error}"}
        )
