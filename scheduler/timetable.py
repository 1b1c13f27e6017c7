"""APScheduler, wrapped once: a handful of jobs in UTC, in memory, none of which is ever missed or doubled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]  # it ships no types

__all__ = ["Timetable"]


class Timetable:
    """Jobs at fixed intervals for the length of a `with` block, in the running loop.

    A job that is late runs once (APScheduler's default would drop it after one second),
    one that still runs is not started again, and daylight saving time cannot matter.
    """

    def __init__(self) -> None:
        """Prepare an empty timetable; no job is ever stored, so none is ever unpickled."""
        self._scheduler: Any = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )

    def every(
        self, interval: timedelta, work: Callable[[], Awaitable[None]], *, name: str, first: datetime | None = None
    ) -> None:
        """Do *work* every *interval*, from *first* on (an interval from now if None)."""
        when = {"next_run_time": first} if first is not None else {}
        self._scheduler.add_job(work, "interval", seconds=interval.total_seconds(), id=name, name=name, **when)

    def __enter__(self) -> Self:
        """Start."""
        self._scheduler.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Start no job any more."""
        self._scheduler.shutdown(wait=False)
