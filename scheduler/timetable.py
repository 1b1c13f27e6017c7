"""APScheduler, wrapped once: a handful of jobs in UTC, in memory, none missed or doubled, whatever the clock does."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]  # it ships no types
from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]

__all__ = ["Timetable"]


_LOOK_S = 1.0
_BACK_S = 5.0  # by which the clock must have gone back before we say so


class _Steady(BaseTrigger):  # type: ignore[misc]  # untyped
    """Fires *interval* after the last time; of what was missed, once.

    APScheduler's own steps through every time that was missed: a clock set on by ten
    years keeps it busy for hours.
    """

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Return when to fire next."""
        after = (previous or now) + self.interval
        return after if after > now else now + self.interval


class Timetable:
    """Jobs at fixed intervals for the length of a `with` block, in the running loop.

    A job that is late runs once (APScheduler's default would drop it after one second),
    one that still runs is not started again, and daylight saving time cannot matter. A
    clock that is set back takes the jobs back with it: they wait no longer than before.
    """

    def __init__(self) -> None:
        """Prepare an empty timetable; no job is ever stored, so none is ever unpickled."""
        self._scheduler: Any = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._ahead = _ahead()
        self._look: asyncio.TimerHandle | None = None

    def every(
        self, interval: timedelta, work: Callable[[], Awaitable[None]], *, name: str, first: datetime | None = None
    ) -> None:
        """Do *work* every *interval*, from *first* on (an interval from now if None)."""

        async def done() -> None:
            with contextlib.suppress(asyncio.CancelledError):  # only the end of the block cancels, and is no error
                await work()

        when = {"next_run_time": first} if first is not None else {}
        self._scheduler.add_job(done, _Steady(interval), id=name, name=name, **when)

    def __enter__(self) -> Self:
        """Start."""
        self._scheduler.start()
        self._look_at_the_clock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Start no job any more."""
        if self._look is not None:
            self._look.cancel()
        self._scheduler.shutdown(wait=False)

    def _look_at_the_clock(self) -> None:
        ahead = _ahead()
        back = timedelta(seconds=self._ahead - ahead if ahead < self._ahead - _BACK_S else 0)
        now = datetime.fromtimestamp(ahead + time.monotonic(), UTC)
        for job in self._scheduler.get_jobs():
            # None is due later than that, unless the clock went on and back between two looks.
            latest = now + job.trigger.interval
            due = min(job.next_run_time - back, latest)
            if due != job.next_run_time:
                job.modify(next_run_time=due)
        self._ahead = ahead
        self._look = asyncio.get_running_loop().call_later(_LOOK_S, self._look_at_the_clock)


def _ahead() -> float:
    """Return by how many seconds the clock on the wall is ahead of the one that only counts."""
    return time.time() - time.monotonic()
