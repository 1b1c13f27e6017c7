"""Small rules of the spider about time: what is too old to fetch, when to look again."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = ["recheck_step", "too_old"]

_HOUR = timedelta(hours=1)


def recheck_step(age: timedelta) -> int:
    """Return how many of the looks at 1, 3, 9 and 27 hours of *age* are due by now.

    >>> [recheck_step(timedelta(hours=h)) for h in (0, 1, 2, 3, 10, 30, 100)]
    [0, 1, 1, 2, 3, 4, 4]
    """
    return sum(age >= _HOUR * 3**step for step in range(4))


def too_old(stated: str | None, since: datetime, zone: str) -> bool:
    """Return whether a listing that states *stated* (ISO 8601, a day or an instant) speaks of a time before *since*.

    A day counts as the source's own; without a date nothing is too old.

    >>> from datetime import UTC
    >>> since = datetime(2026, 4, 14, 12, tzinfo=UTC)
    >>> too_old("2026-04-14", since, "Asia/Hong_Kong"), too_old("2026-04-13", since, "Asia/Hong_Kong")
    (False, True)
    >>> too_old("2026-04-14T19:00:00+08:00", since, "UTC"), too_old(None, since, "UTC")
    (True, False)
    """
    if not stated:
        return False
    try:
        if len(stated) <= 10:
            return date.fromisoformat(stated) < since.astimezone(ZoneInfo(zone)).date()
        moment = datetime.fromisoformat(stated)
    except ValueError:
        return False
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))) < since
