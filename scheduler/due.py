"""When a source is next due: pure, from how its crawl ended and the clock."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from feeds.store.state import Outcome, SourceState, State

__all__ = ["next_due", "next_slot", "phase"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ON_TIME = (Outcome.NEW, Outcome.UNCHANGED, Outcome.SUSPICIOUS)
_SOONEST = timedelta(minutes=1)


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


def next_due(state: SourceState, outcome: str, *, every: timedelta, now: datetime) -> datetime | None:
    """Return when the source is next due whose crawl ended as *outcome* at *now* and left it in *state*; None: never.

    A listing that was read, or is only suspicious, is asked for again in its slot, but
    not before half of *every* has passed. After a failure the crawl itself has put the
    source off (growing waits, `Retry-After`): that stays, and is a minute at least. A
    source that is gone (410) is never due.

    >>> noon, hour = datetime(2026, 4, 14, 12, tzinfo=UTC), timedelta(hours=1)
    >>> due = next_due(SourceState(key="hk-gia-en"), "new", every=hour, now=noon)
    >>> noon + hour / 2 < due <= noon + hour * 1.5
    True
    >>> put_off = SourceState(key="hk-gia-en", state=State.FAILING, next_due=noon + 3 * hour)
    >>> next_due(put_off, "failed", every=hour, now=noon).hour
    15
    >>> next_due(SourceState(key="hk-gia-en", state=State.GONE), "failed", every=hour, now=noon) is None
    True
    """
    if state.state is State.GONE:
        return None
    if outcome in _ON_TIME:
        return next_slot(state.key, every, now + every / 2)
    return max(state.next_due or now, now + _SOONEST)
