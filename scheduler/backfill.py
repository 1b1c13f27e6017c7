"""Walk the archive of a source back to a day: politely, a week at a time, taken up again where it stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from crawler.batch import Batch, Report, SourceOutcome
from crawler.source import Source
from feeds.error import ConfigError
from scheduler.alarm import notify
from scheduler.cycle import Tell, batch_of, hear, log_report
from scheduler.desk import Desk
from scheduler.line import Line, crawl_line
from scheduler.order import Order
from scheduler.outlet import publish_all

__all__ = ["backfill", "weeks"]

_DAYS = 7  # a child: what a kill costs
_PAGES = 200  # of a list, a child
_ROUNDS = 100  # children, where a list and not days is walked


async def backfill(desk: Desk, order: Order, tell: Tell) -> tuple[SourceOutcome, ...]:
    """Crawl the archive of the one source of *order* back to its `since`, then publish; return how each step ended.

    What is held already is not fetched again; schedule and memory of the source stay.
    Where it has a page a day, the day reached is remembered, so that another call goes
    on from there. It stops at the first step that fails.
    """
    (key,) = order.sources
    source = desk.sources.get(key)
    if source is None or order.since is None:
        raise ConfigError(f"{key}: unknown source: see baywire sources")
    if source.view is not None:
        raise ConfigError(f"{key}: is read through {source.view.of}: backfill that")
    since = datetime.fromisoformat(order.since)
    outcomes: list[SourceOutcome] = []
    for batch, reached in _steps(desk, source, batch_of(desk, [key], order), since.date()):
        report = await _crawl(desk, source, batch, tell if not outcomes or reached else partial(_tell_new, tell))
        outcomes += report.outcomes
        failed = report.ended != "ok" or any(one.outcome in ("failed", "blocked") for one in report.outcomes)
        if failed:
            break
        if reached is not None:
            desk.store.set_meta(_mark(key), reached.isoformat())
            tell({"kind": "walked", "source": key, "day": reached.isoformat()})
        elif not any(one.new for one in report.outcomes):
            break
    desk.stale = True
    if order.publish:
        await notify(desk, await publish_all(desk, tell), healthy=False)
    return tuple(outcomes)


async def _crawl(desk: Desk, source: Source, batch: Batch, tell: Tell) -> Report:
    async with desk.claim([source.key], replayed=batch.replay is not None), desk.children:
        report = await desk.zygote.crawl(batch, lambda event: hear(desk, event, tell))
    log_report(batch.run, report)
    for outcome in report.outcomes:
        tell(crawl_line(_addressed(outcome, source, batch)))
    return report


def _addressed(outcome: SourceOutcome, source: Source, batch: Batch) -> SourceOutcome:
    """Return *outcome* of *batch*; a failure that names no address with that of the list that was asked."""
    if outcome.outcome in ("new", "unchanged") or "://" in outcome.reason:
        return outcome
    first = date.fromisoformat(batch.days[0]).strftime(source.listing.days) if batch.days else source.listing.url
    return replace(outcome, reason=f"{first}: {outcome.reason}")


def _tell_new(tell: Tell, line: Line) -> None:
    """Pass on *line*, but of another look at the same list only what that found."""
    is_again = line["kind"] == "listed" or (line["kind"] == "crawl" and line["outcome"] == "unchanged")
    if not is_again:
        tell(line)


def _steps(desk: Desk, source: Source, batch: Batch, since: date) -> Iterator[tuple[Batch, date | None]]:
    """Yield what each child is to do, and the day reached once it has done it."""
    walk = replace(batch, archive=True, explicit=True)
    if not source.listing.days:
        yield from ((replace(walk, pages=_PAGES), None) for _ in range(_ROUNDS))
        return
    today = desk.clock().astimezone(ZoneInfo(source.zone)).date()
    mark = desk.store.meta(_mark(source.key))
    for week in weeks(today, since, done=date.fromisoformat(mark) if mark else None):
        yield replace(walk, days=tuple(day.isoformat() for day in week)), week[-1]


def weeks(today: date, since: date, *, done: date | None) -> Iterator[tuple[date, ...]]:
    """Yield the days from *today* back to *since*, a week at a time; those down to *done* are done.

    >>> [len(week) for week in weeks(date(2026, 4, 14), date(2026, 4, 4), done=None)]
    [7, 4]
    >>> list(weeks(date(2026, 4, 14), date(2026, 4, 4), done=date(2026, 4, 6)))
    [(datetime.date(2026, 4, 5), datetime.date(2026, 4, 4))]
    """
    first = today if done is None or done > today else done - timedelta(days=1)
    days = [first - timedelta(days=back) for back in range((first - since).days + 1)]
    for start in range(0, len(days), _DAYS):
        yield tuple(days[start : start + _DAYS])


def _mark(key: str) -> str:
    return f"backfill {key}"
