"""When a source is asked: at a fixed interval, by a cron expression, or by the hours in which it publishes; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, floor, sqrt
from zoneinfo import ZoneInfo

from cronsim import CronSim

from crawler.source import Source
from scheduler.option import show_duration

__all__ = ["Rhythm", "learn", "phase", "rhythm_of", "told"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_WEEK = 7 * 24
_BUDGET = 96 * 7  # requests a week, those of the default interval: learning moves them, it adds none
_OFTENEST = 12.0  # an hour
_ENOUGH = 20  # releases from which hours can be learnt
_LATE = 3  # intervals


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """The instants at which the source *key* is asked: its slots.

    *cron* goes before *hours*, *hours* before *every*; *hours* are requests an hour for
    each hour of the week, Monday first, and sum to a whole number. Both are read in
    *zone*. Slots are spread by a hash of *key*, and do not depend on earlier runs: those
    missed fall together into the next, and a clock that jumps costs at most one.
    """

    key: str
    every: timedelta
    zone: str = "UTC"
    cron: str = ""
    hours: tuple[float, ...] = ()

    def next(self, after: datetime) -> datetime:
        """Return the first slot after *after*.

        >>> noon = datetime(2026, 4, 14, 12, tzinfo=UTC)
        >>> hourly = Rhythm(key="hk-gia-en", every=timedelta(hours=1))
        >>> first = hourly.next(noon)
        >>> noon < first <= noon + timedelta(hours=1), hourly.next(first) - first
        (True, datetime.timedelta(seconds=3600))
        >>> at_nine = Rhythm(key="a", every=timedelta(days=1), cron="0 9 * * 1-5", zone="Asia/Hong_Kong")
        >>> at_nine.next(noon).isoformat(timespec="minutes")
        '2026-04-15T01:00+00:00'
        """
        if self.cron:
            return _next_cron(self.cron, self.zone, after, phase(self.key, _MINUTE))
        if self.hours:
            return _next_learnt(self.hours, self.zone, after, _share(self.key))
        start = _EPOCH + phase(self.key, self.every)
        return start + self.every * ((after - start) // self.every + 1)

    def after_a_run(self, now: datetime) -> datetime:
        """Return the slot to wait for once a crawl ended at *now*: the next but one where the next is too near.

        >>> hourly, noon = Rhythm(key="a", every=_HOUR), datetime(2026, 4, 14, 12, tzinfo=UTC)
        >>> _HOUR / 2 < hourly.after_a_run(noon) - noon <= _HOUR * 1.5
        True
        """
        first = self.next(now)
        second = self.next(first)
        return first if first - now > (second - first) / 2 else second

    def late_after(self, last_good: datetime) -> datetime:
        """Return when a source that proved nothing since *last_good* has missed three of its slots.

        >>> noon = datetime(2026, 4, 14, 12, tzinfo=UTC)
        >>> (Rhythm(key="a", every=_HOUR).late_after(noon) - noon).total_seconds() / 3600
        3.0
        >>> weekdays = Rhythm(key="a", every=timedelta(days=1), cron="0 9 * * 1-5")
        >>> weekdays.late_after(datetime(2026, 4, 17, 12, tzinfo=UTC)).strftime("%A")  # a Friday
        'Wednesday'
        """
        if not self.cron:
            return last_good + _LATE * self.every
        slot = last_good
        for _ in range(_LATE):
            slot = self.next(slot)
        return slot


def phase(key: str, every: timedelta) -> timedelta:
    """Return where in its interval *every* the source *key* starts: spread by hash, the same on every machine.

    >>> 0 <= phase("hk-gia-en", timedelta(minutes=10)) / timedelta(minutes=10) < 1
    True
    >>> phase("hk-gia-en", timedelta(minutes=10)) == phase("mo-gcs-zh", timedelta(minutes=10))
    False
    """
    return every * _share(key)


def rhythm_of(source: Source, published: Iterable[datetime] = ()) -> Rhythm:
    """Return when *source* is asked; *published* are instants at which it published, for one that is to be learnt.

    >>> rhythm_of(Source(key="a", title="A", every=_HOUR)).every
    datetime.timedelta(seconds=3600)
    """
    hours = learn(published, zone=source.zone, within=source.every) if source.auto else ()
    return Rhythm(key=source.key, every=source.every, zone=source.zone, cron=source.cron, hours=hours)


def told(source: Source) -> str:
    """Return how the file of *source* says when it is asked.

    >>> told(Source(key="a", title="A", every=_HOUR)), told(Source(key="a", title="A", every=_HOUR, auto=True))
    ('1h', 'auto, within 1h')
    """
    return source.cron or ("auto, within " if source.auto else "") + show_duration(source.every)


def learn(published: Iterable[datetime], *, zone: str, within: timedelta) -> tuple[float, ...]:
    """Return requests an hour for each hour of the week in *zone*, from instants at which a source *published*.

    A week has as many requests as at the default interval, where *within*, the longest
    wait between two, allows it. They are spread as the square root of what is published:
    of all ways to spend a number of requests that one keeps the mean delay least. Where
    little was published every hour has the same.

    >>> noon = datetime(2026, 4, 13, 12, tzinfo=UTC)  # a Monday
    >>> hours = learn([noon + timedelta(days=7 * n) for n in range(30)], zone="UTC", within=timedelta(hours=1))
    >>> hours[12] > 10, hours[36] > hours[3], round(sum(hours), 6)
    (True, True, 672.0)
    >>> set(learn([], zone="UTC", within=timedelta(hours=1)))
    {4.0}
    """
    least = _HOUR / within
    counts = [0.0] * _WEEK
    for moment in published:
        local = moment.astimezone(ZoneInfo(zone))
        counts[local.weekday() * 24 + local.hour] += 1
    seen = sum(counts)
    budget = max(float(_BUDGET), least * _WEEK)
    if seen < _ENOUGH:
        return _whole([budget / _WEEK] * _WEEK)
    wanted = [sqrt(rate) for rate in _smooth(counts)]
    low, high = 0.0, budget * _WEEK
    for _ in range(60):  # halving: the scale at which the bounded hours sum to the budget
        scale = (low + high) / 2
        total = sum(min(max(scale * rate, least), max(_OFTENEST, least)) for rate in wanted)
        low, high = (scale, high) if total < budget else (low, scale)
    return _whole([min(max(low * rate, least), max(_OFTENEST, least)) for rate in wanted])


def _smooth(counts: Sequence[float]) -> list[float]:
    """Return what an hour of the week may be expected to bring: its own count, its neighbours', that of like days."""
    found = []
    for at in range(_WEEK):
        day, hour = divmod(at, 24)
        like = range(5) if day < 5 else (day,)
        by_day = sum(counts[other * 24 + hour] for other in like) / len(like)
        near = (counts[at - 1] + 2 * counts[at] + counts[(at + 1) % _WEEK]) / 4
        found.append((near + by_day) / 2 + sum(counts) / _WEEK / 20)
    return found


def _whole(hours: Sequence[float]) -> tuple[float, ...]:
    """Return *hours* made to sum to a whole number, so that one week's slots join the next week's."""
    total = sum(hours)
    return tuple(hour * ceil(total - 1e-6) / total for hour in hours)


def _share(key: str) -> float:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=6).digest()) / 2**48


def _next_cron(cron: str, zone: str, after: datetime, shift: timedelta) -> datetime:
    local = (after - shift).astimezone(ZoneInfo(zone))
    return next(CronSim(cron, local)).astimezone(UTC) + shift


def _next_learnt(hours: Sequence[float], zone: str, after: datetime, share: float) -> datetime:
    """Return where the requests that *hours* sum up to, counted from Monday, next pass a whole number and *share*."""
    local = after.astimezone(ZoneInfo(zone))
    at = local.weekday() * 24 + local.hour
    begun = (local.minute * 60 + local.second + local.microsecond / 1e6) / 3600
    count = sum(hours[:at]) + hours[at] * begun
    left = floor(count - share + 1e-6) + 1 + share - count
    while (rest := hours[at] * (1 - begun)) < left:
        left -= rest
        after += _HOUR * (1 - begun)
        at, begun = (at + 1) % _WEEK, 0.0
    return after + _HOUR * (left / hours[at])
