"""When a source is next due: pure, from how its crawl ended and the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from feeds.store.state import Outcome, SourceState, State
from scheduler.rhythm import Rhythm

__all__ = ["next_due", "overdue_since"]

_ON_TIME = (Outcome.NEW, Outcome.UNCHANGED, Outcome.SUSPICIOUS)
_SOONEST = timedelta(minutes=1)


def next_due(state: SourceState, outcome: str, *, rhythm: Rhythm, now: datetime) -> datetime | None:
    """Return when the source is next due whose crawl ended as *outcome* at *now* and left it in *state*; None: never.

    A listing that was read, or is only suspicious, is asked for again in a slot of its
    *rhythm*, but not before half of the time between two has passed. After a failure the crawl itself has put the
    source off (growing waits, `Retry-After`): that stays, and is a minute at least. A
    source that is gone (410) is never due.

    >>> from datetime import UTC
    >>> noon, hour = datetime(2026, 4, 14, 12, tzinfo=UTC), timedelta(hours=1)
    >>> hourly = Rhythm(key="hk-gia-en", every=hour)
    >>> due = next_due(SourceState(key="hk-gia-en"), "new", rhythm=hourly, now=noon)
    >>> noon + hour / 2 < due <= noon + hour * 1.5
    True
    >>> put_off = SourceState(key="hk-gia-en", state=State.FAILING, next_due=noon + 3 * hour)
    >>> next_due(put_off, "failed", rhythm=hourly, now=noon).hour
    15
    >>> next_due(SourceState(key="hk-gia-en", state=State.GONE), "failed", rhythm=hourly, now=noon) is None
    True
    """
    if state.state is State.GONE:
        return None
    if outcome in _ON_TIME:
        return rhythm.after_a_run(now)
    return max(state.next_due or now, now + _SOONEST)


def overdue_since(state: SourceState, *, rhythm: Rhythm) -> datetime | None:
    """Return when the source should have been due by its *rhythm*, None where it waits no longer than that.

    An interval that somebody shortens holds from then on, not from the next crawl on: by
    the old one the source would be told as late, though nobody asked it.

    >>> from datetime import UTC
    >>> noon, hour = datetime(2026, 4, 14, 12, tzinfo=UTC), timedelta(hours=1)
    >>> state = SourceState(key="a", outcome=Outcome.NEW, last_run=noon, next_due=noon + 6 * hour)
    >>> overdue_since(state, rhythm=Rhythm(key="a", every=6 * hour)) is None
    True
    >>> noon + hour / 2 < overdue_since(state, rhythm=Rhythm(key="a", every=hour)) <= noon + hour * 1.5
    True
    """
    if state.outcome not in _ON_TIME or state.last_run is None or state.next_due is None:
        return None
    usual = rhythm.after_a_run(state.last_run)
    return usual if state.next_due > usual + rhythm.every else None
