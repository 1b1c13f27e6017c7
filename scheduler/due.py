"""When a source is next due: pure, from what is known of it and the clock."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from random import Random

from crawler.retry import backoff
from feeds.store.state import Outcome, SourceState, State

__all__ = ["next_due", "next_slot", "phase"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ON_TIME = (Outcome.NEW, Outcome.UNCHANGED, Outcome.SUSPICIOUS)
_NOT_FOUND = re.compile(r"\b404\b")
_NOT_FOUND_TIMES = 3
_DAY = timedelta(days=1)


def phase(key: str, every: timedelta) -> timedelta:
    """Return where in its interval *every* the source *key* starts: spread by hash, the same on every machine.

    >>> 0 <= phase("hk-gia-en", timedelta(minutes=10)) / timedelta(minutes=10) < 1
    True
    >>> phase("hk-gia-en", timedelta(minutes=10)) == phase("mo-gcs-zh", timedelta(minutes=10))
    False
    """
    share = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=6).digest()) / 2**48
    return every * share


def next_slot(key: str, every: timedelta, after: datetime) -> datetime:
    """Return the first instant after *after* that belongs to *key*: its slots lie *every* apart, for ever.

    Slots do not depend on earlier runs, so missed ones fall together into the next,
    and a clock that jumps costs at most one.

    >>> hour, noon = timedelta(hours=1), datetime(2026, 4, 14, 12, tzinfo=UTC)
    >>> first = next_slot("hk-gia-en", hour, noon)
    >>> noon < first <= noon + hour, next_slot("hk-gia-en", hour, first) - first
    (True, datetime.timedelta(seconds=3600))
    """
    start = _EPOCH + phase(key, every)
    return start + every * ((after - start) // every + 1)


def next_due(
    state: SourceState, *, every: timedelta, now: datetime, random: Random, not_before: datetime | None = None
) -> datetime | None:
    """Return when the source of *state*, crawled a moment before *now*, is next due; None for never.

    A listing that was proven, or is only suspicious, is asked for again in its slot,
    but not before half of *every* has passed. After failures in a row we wait as
    `backoff` says; a server that blocks us is left alone for at least *every*, one
    that said "not found" three times for a day. *not_before* is what a server asked
    for (`Retry-After`). A source that is gone (410) is never due.

    >>> noon = datetime(2026, 4, 14, 12, tzinfo=UTC)
    >>> rest = {"every": timedelta(hours=1), "now": noon, "random": Random(1)}
    >>> due = next_due(SourceState(key="hk-gia-en", outcome=Outcome.NEW), **rest)
    >>> noon + timedelta(minutes=30) < due <= noon + timedelta(minutes=90)
    True
    >>> failed = SourceState(key="hk-gia-en", outcome=Outcome.FAILED, failures=1)
    >>> noon < next_due(failed, **rest) <= noon + timedelta(minutes=2)
    True
    >>> next_due(failed, **rest, not_before=noon + timedelta(hours=3)).hour
    15
    >>> next_due(SourceState(key="hk-gia-en", state=State.GONE), **rest) is None
    True
    """
    if state.state is State.GONE:
        return None
    if state.outcome in _ON_TIME:
        due = next_slot(state.key, every, now + every / 2)
    else:
        wait = backoff(state.failures, random=random)
        if state.outcome is Outcome.BLOCKED:
            wait = max(wait, every)
        if state.failures >= _NOT_FOUND_TIMES and _NOT_FOUND.search(state.reason):
            wait = max(every, _DAY)
        due = now + wait
    return max(due, not_before) if not_before is not None else due
