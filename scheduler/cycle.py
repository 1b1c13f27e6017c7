"""The main path: due sources → crawl child → publish → notify."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from crawler.batch import Batch, Event, Report, SourceOutcome
from feeds.identity import DEFAULT_AUTHORITY
from feeds.publish import Published
from scheduler.alarm import notify
from scheduler.desk import Desk, now_utc
from scheduler.due import next_due
from scheduler.line import Line, crawl_line, release_line
from scheduler.order import Order
from scheduler.outlet import publish_all

__all__ = ["Cycle", "Tell", "batch_of", "batches", "crawl_batch", "hear", "ignore", "log_report", "run_cycle"]

Tell = Callable[[Line], None]

_BATCH = 20  # sources a child: the cost of starting it, some 50 ms, is shared

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """What one pass did: how each crawl ended, and what was published, None where nothing had to be."""

    outcomes: tuple[SourceOutcome, ...]
    published: Published | None = None


async def run_cycle(desk: Desk, keys: Collection[str], order: Order, tell: Tell) -> Cycle:
    """Crawl the sources *keys* as *order* says, then publish what changed and notify who asked for it.

    *tell* hears each new or changed release and how each crawl ended. The store is the
    only hand-over: whatever dies on the way, the next cycle takes up from it.
    """
    crawls = (crawl_batch(desk, batch, order, tell) for batch in batches(desk, keys))
    outcomes = tuple(outcome for some in await asyncio.gather(*crawls) for outcome in some)
    if not order.publish:  # which would let search find them
        await asyncio.to_thread(desk.store.index_waiting)
    published = await publish_all(desk, tell, if_stale=True) if order.publish else None
    await notify(desk, published, healthy=all(one.outcome in ("new", "unchanged") for one in outcomes))
    return Cycle(outcomes=outcomes, published=published)


def batches(desk: Desk, keys: Collection[str]) -> Iterator[tuple[str, ...]]:
    """Yield *keys* in batches for one child each, those of one host together.

    Those on private addresses are apart, and those that need a browser.
    """
    by_host: dict[tuple[bool, bool, str], list[str]] = defaultdict(list)
    for key in keys:
        source = desk.sources[key]
        by_host[source.allow_private, source.render, desk.host(key)].append(key)
    batch: list[str] = []
    apart = (False, False)
    for (*kind, _), some in sorted(by_host.items()):
        if batch and (len(batch) + len(some) > _BATCH or tuple(kind) != apart):
            yield tuple(batch)
            batch = []
        batch += some
        apart = (kind[0], kind[1])
    if batch:
        yield tuple(batch)


async def crawl_batch(desk: Desk, keys: Sequence[str], order: Order, tell: Tell) -> tuple[SourceOutcome, ...]:
    """Crawl *keys* in one child, let each come due again, and return how each ended."""
    before = desk.store.states_of(keys)
    batch = batch_of(desk, keys, order)
    async with desk.claim(keys, replayed=batch.replay is not None), desk.children:
        report = await desk.zygote.crawl(batch, lambda event: hear(desk, event, tell))
    log_report(batch.run, report)
    after, dues = desk.store.states_of([one.source for one in report.outcomes]), {}
    for outcome in report.outcomes:
        desk.counts["runs", outcome.source, outcome.outcome] += 1
        desk.counts["items", outcome.source, "new"] += outcome.new
        desk.counts["items", outcome.source, "changed"] += outcome.changed
        desk.counts["bytes", outcome.source, ""] += outcome.fetched_bytes
        was, state = before.get(outcome.source), after.get(outcome.source)
        desk.stale |= bool(outcome.new or outcome.changed or was is None or state is None or state.state != was.state)
        if state is not None:
            due = next_due(state, outcome.outcome, rhythm=desk.rhythm(outcome.source), now=desk.clock())
            if due is not None:
                dues[outcome.source] = due
    desk.store.set_next_dues(dues)
    for outcome in report.outcomes:
        desk.mirror(outcome.source)
        tell(crawl_line(outcome))
    missing = set(keys) - {outcome.source for outcome in report.outcomes}
    if missing and report.ended != "stopped":
        log.warning("crawl ended without an outcome", extra={"run": batch.run, "sources": sorted(missing)})
    return report.outcomes


def batch_of(desk: Desk, keys: Sequence[str], order: Order) -> Batch:
    """Return what one child is to do for *keys* as *order* says."""
    return Batch(
        run=uuid.uuid4().hex,
        sources=tuple(keys),
        folders=tuple(str(folder) for folder in desk.config.sources.folders),
        store_url=desk.config.store.url,
        authority=desk.config.site.authority or DEFAULT_AUTHORITY,
        replay=order.replay or desk.replay,
        contact=desk.config.crawl.contact,
        delay_s=desk.config.crawl.delay_s,
        limit=order.limit,
        since=order.since,
        explicit=order.named,
        now=None if desk.clock is now_utc else desk.clock().isoformat(),
        allow_private=any(desk.sources[key].allow_private for key in keys),
        render=any(desk.sources[key].render for key in keys),
    )


def hear(desk: Desk, event: Event, tell: Tell) -> None:
    """Pass on what a child says while it crawls."""
    match event.get("event"):
        case "release" if event.get("change") in ("new", "changed"):
            desk.stale = True
            release = desk.store.release(str(event["id"])) if tell is not ignore else None
            if release is not None:
                tags = desk.topics.tag(
                    title=release.title, text=release.text, language=release.language, source=release.source
                )
                tell(release_line(release, (tag.topic for tag in tags)))
        case "listed":
            tell({"kind": "listed", "source": event.get("source"), "count": event.get("count")})
        case "log":
            level = logging.getLevelNamesMapping().get(str(event.get("level", "info")).upper(), logging.INFO)
            log.log(level, "%s", event.get("message", ""), extra={"source": event.get("source")})


def ignore(_line: Line) -> None:
    """Take note of nothing, where nobody listens: the log says how a crawl ended. `hear` then reads no release."""


def log_report(run: str, report: Report) -> None:
    """Log how the crawl *run* ended."""
    for outcome in report.outcomes:
        level = logging.INFO if outcome.outcome in ("new", "unchanged") else logging.WARNING
        facts = {name: getattr(outcome, name) for name in ("source", "listed", "new", "changed")}
        facts |= {"run": run, "seconds": round(outcome.seconds, 1), "reason": outcome.reason or None}
        log.log(level, "crawl ended %s", outcome.outcome, extra=facts)
    for error in report.errors:
        log.error("crawl child: %s", error, extra={"run": run})
    if report.ended != "ok":
        log.warning("crawl child ended: %s", report.ended, extra={"run": run, "signal": report.signal or None})
