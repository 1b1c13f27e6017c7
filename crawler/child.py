"""What runs in a crawl child: one batch, from its JSON to its last event."""

from __future__ import annotations

import base64
import json
import logging
import os
import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from scrapy.logformatter import LogFormatter
from scrapy.settings import Settings
from scrapy.signalmanager import SignalManager

from crawler.address import host_of
from crawler.batch import Batch, SourceOutcome, one_line
from crawler.memory import Memory
from crawler.mend import Mend
from crawler.outcome import Trouble
from crawler.record import as_event, finish, record_failure
from crawler.settings import settings_for
from crawler.source import Source, load_sources
from crawler.spiders.fetch import FetchSpider
from crawler.spiders.progress import Progress, rules_digest
from crawler.spiders.source import SourceSpider
from crawler.straight import StraightCrawler
from crawler.turns import turns_of
from feeds.error import BaywireError, ConfigError
from feeds.store import DEFAULT_AUTHORITY, Outcome, SourceState, open_store

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler

    from crawler.batch import Fetched
    from feeds.store import Store

__all__ = ["QuietFormatter", "run_batch"]

Emit = Callable[[Mapping[str, object]], None]


class QuietFormatter(LogFormatter):
    """Says nothing of each page and item: events do."""

    def crawled(self, *_: Any) -> Any:  # noqa: ANN401 - Scrapy's signature
        """Say nothing."""
        return None

    def scraped(self, *_: Any) -> Any:  # noqa: ANN401 - Scrapy's signature
        """Say nothing."""
        return None


class _Settings(Settings):
    """Settings whose copies share their values, which nobody changes: two deep copies took 9 ms a batch."""

    def copy(self) -> Self:
        """Return settings of their own with the same values."""
        other = copy(self)
        other.attributes = {name: copy(attribute) for name, attribute in self.attributes.items()}
        return other


class _Log(logging.Handler):
    """Hands log records to the parent, which knows where logs go."""

    def __init__(self, emit: Emit) -> None:
        super().__init__(logging.WARNING)
        self._emit = emit

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            message = f"{message}: {type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
        level = record.levelname.lower()
        message = one_line(message)
        self._emit({"event": "log", "level": level, "logger": record.name, "message": message})
        if record.levelno >= logging.ERROR and record.name.startswith("scrapy"):
            self._emit({"event": "error", "message": f"{record.name}: {message[:500]}"})


def run_batch(values: Mapping[str, Any], results: int) -> int:
    """Crawl the batch described by *values*, writing events as JSON lines to the descriptor *results*.

    Return the exit status. The last event is "done", with what was used; without it the child has died.
    """
    warm = set(sys.modules)
    out = os.fdopen(results, "w", encoding="utf-8", closefd=False)

    def emit(event: Mapping[str, object]) -> None:
        out.write(json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n")
        out.flush()

    batch = Batch.from_json(values)
    logging.getLogger().handlers[:] = [_Log(emit)]
    if batch.urls:
        _fetch(batch, emit)
    else:
        _crawl(batch, emit)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    emit(
        {
            "event": "done",
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "rss_bytes": usage.ru_maxrss * 1024,
            "cold": sorted(set(sys.modules) - warm),
        }
    )
    out.flush()
    return os.EX_OK


def _crawl(batch: Batch, emit: Emit) -> None:
    clock = _clock(batch)
    try:
        store = open_store(batch.store_url, authority=batch.authority or DEFAULT_AUTHORITY)
    except BaywireError as error:
        for key in batch.sources:
            emit(as_event(SourceOutcome(source=key, outcome=Outcome.FAILED.value, reason=str(error))))
        return
    with store:
        sources = _sources(batch, emit)
        random = Random()  # noqa: S311 - spreads load, guards nothing
        crawls = [
            _begin(store, source, clock(), archive=batch.archive, render=batch.render)
            for source in sources.values()
            if source.view is None
        ]
        for source in sources.values():
            if source.view is not None:
                reason = f"read through {source.view.of}"
                emit(as_event(SourceOutcome(source=source.key, outcome=Outcome.UNCHANGED.value, reason=reason)))
        if not crawls:
            return
        # One source on a private address opens nothing for others: they need batches of their own.
        private = all(source.allow_private for source in sources.values())
        hosts = {host for crawl in crawls for host in (crawl.host, *crawl.source.hosts)} if private else set()
        delays = _delays(batch, crawls)
        settings = settings_for(batch, delays=delays, private_hosts=hosts)
        turns = None if batch.replay is not None else turns_of(store, delays, settings["DOWNLOAD_DELAY"])

        def end(crawl: Progress) -> None:
            emit(as_event(finish(store, crawl, now=clock(), random=random)))

        told = {"batch": batch, "crawls": crawls, "store": store, "emit": emit, "finish": end, "clock": clock}
        _run(SourceSpider, settings, **told, turns=turns)


def _fetch(batch: Batch, emit: Emit) -> None:
    def found(page: Fetched) -> None:
        values = {name: getattr(page, name) for name in page.__dataclass_fields__}
        emit({"event": "fetched", **values, "body": base64.b64encode(page.body).decode()})

    hosts = {host_of(url) for url in batch.urls} if batch.allow_private else set()
    settings = settings_for(batch, private_hosts=hosts) | {"ITEM_PIPELINES": {}}
    _run(FetchSpider, settings, urls=batch.urls, form=batch.form, render=batch.render, found=found, clock=_clock(batch))


def _run(spider: type[Spider], settings: Mapping[str, Any], **arguments: Any) -> None:  # noqa: ANN401 - the spider's
    from scrapy.crawler import AsyncCrawlerProcess  # noqa: PLC0415 - warm; named where the reactor begins

    process = AsyncCrawlerProcess(_Settings(dict(settings)))
    crawler = process.create_crawler(StraightCrawler(spider, process.settings))
    crawler.signals = _Signals(crawler)
    crawl = process.crawl(crawler, **arguments)
    process.start()
    if crawl.done() and not crawl.cancelled() and (error := crawl.exception()) is not None:
        raise error


class _Signals(SignalManager):
    """Signals that cost nothing where nobody ever listened: eight a page."""

    def __init__(self, sender: Crawler) -> None:
        super().__init__(sender)
        self._heard: set[int] = set()  # by identity, as they are told apart

    def connect(self, receiver: Any, signal: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Scrapy's signature
        self._heard.add(id(signal))
        super().connect(receiver, signal, **kwargs)

    def send_catch_log(self, signal: Any, **kwargs: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401 - as above
        return super().send_catch_log(signal, **kwargs) if id(signal) in self._heard else []


def _sources(batch: Batch, emit: Emit) -> Mapping[str, Source]:
    """Return the sources of *batch*; one whose file is wrong fails alone."""
    folders = [Path(folder) for folder in batch.folders]
    try:
        return load_sources(*folders, use=batch.sources)
    except ConfigError:
        return dict(_sources_singly(batch, folders, emit))


def _sources_singly(batch: Batch, folders: list[Path], emit: Emit) -> Iterator[tuple[str, Source]]:
    for key in batch.sources:
        try:
            yield from load_sources(*folders, use=[key]).items()
        except ConfigError as error:
            reason = " ".join(str(error).split())
            for outcome in record_failure(batch, [key], reason=reason, now=datetime.now(UTC)):
                emit(as_event(outcome))


def _begin(store: Store, source: Source, now: datetime, *, archive: bool, render: bool) -> Progress:
    state = store.source_state(source.key) or SourceState(key=source.key)
    rules = rules_digest(source)
    mend = Mend.read(state.learnt, rules=rules)
    first = next(iter(source.requests(now)), None)
    return Progress(
        source=source if mend is None else mend.apply(source),
        declared=source,
        mend=mend,
        state=state,
        memory=Memory.read({} if archive else state.learnt, rules=rules),
        archive=archive,
        host=host_of(first.url) if first is not None else "",
        started=now,
        began=monotonic(),
        trouble=_unable(source, render=render),
    )


def _unable(source: Source, *, render: bool) -> Trouble | None:
    if source.render and not render:
        return Trouble(outcome=Outcome.FAILED, reason="render = true: its batch has no browser: expected one that does")
    return None


def _delays(batch: Batch, crawls: list[Progress]) -> Mapping[str, float]:
    """Return the delay of each host: the longest any of its sources asks for, unless the batch says one for all."""
    delays: dict[str, float] = {}
    for crawl in crawls:
        for host in {crawl.host, *crawl.source.hosts}:
            wanted = crawl.source.delay_s if batch.delay_s is None else batch.delay_s
            delays[host] = max(delays.get(host, 0.0), wanted)
    return delays


def _clock(batch: Batch) -> Callable[[], datetime]:
    """Return the clock of *batch*: the true one, or one that starts at `batch.now` and goes on from there."""
    if batch.now is None:
        return lambda: datetime.now(UTC)
    start, began = datetime.fromisoformat(batch.now), datetime.now(UTC)
    return lambda: start + (datetime.now(UTC) - began)
