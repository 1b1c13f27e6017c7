"""When to ask again: what a server said, and how long to wait when it said nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from random import Random
from typing import Final

__all__ = ["LONGEST_WAIT", "backoff", "read_retry_after"]

LONGEST_WAIT: Final = timedelta(hours=24)
"""No server makes us wait longer: a careless number would silence a source for years."""

_BASE: Final = timedelta(minutes=1)
_CAP: Final = timedelta(hours=6)


def read_retry_after(value: str, *, now: datetime) -> datetime | None:
    """Return the instant before which *value*, a `Retry-After` header, asks not to be asked again.

    Both forms of RFC 9110 §10.2.3 are read: seconds and HTTP-date. None for anything
    else and for what already lies behind *now*; never more than `LONGEST_WAIT` ahead.

    >>> noon = datetime(2026, 4, 14, 12, tzinfo=UTC)
    >>> read_retry_after("120", now=noon)
    datetime.datetime(2026, 4, 14, 12, 2, tzinfo=datetime.timezone.utc)
    >>> read_retry_after("Tue, 14 Apr 2026 12:30:00 GMT", now=noon)
    datetime.datetime(2026, 4, 14, 12, 30, tzinfo=datetime.timezone.utc)
    >>> read_retry_after("abc", now=noon), read_retry_after("-1", now=noon)
    (None, None)
    >>> read_retry_after("1" + "0" * 40, now=noon) - noon
    datetime.timedelta(days=1)
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        seconds = int(text) if len(text) < 9 else LONGEST_WAIT.total_seconds()
        until = now + min(timedelta(seconds=seconds), LONGEST_WAIT)
    else:
        try:
            date = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):  # what its readers have been seen to raise
            return None
        until = min(date if date.tzinfo else date.replace(tzinfo=UTC), now + LONGEST_WAIT)
    return until if until > now else None


def backoff(failures: int, *, random: Random) -> timedelta:
    """Return how long to wait after *failures* in a row: doubled each time, at most six hours.

    Between half and the whole of one minute times two to the power of *failures*, so
    that many sources that failed together do not come back together.

    >>> [round(backoff(n, random=Random(1)) / timedelta(minutes=1), 1) for n in (1, 2, 5, 50)]
    [1.1, 2.3, 18.1, 204.2]
    """
    whole = min(_CAP, _BASE * (1 << min(max(failures, 0), 20)))
    return whole * random.uniform(0.5, 1.0)
