"""Turns at hosts in one crawl, where others crawl too, on this machine or another."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from time import monotonic
from typing import TYPE_CHECKING, Final

from feeds.error import StoreError

if TYPE_CHECKING:
    from feeds.store import Store
    from feeds.store.pace import Pace

__all__ = ["Turns", "turns_of"]

_AWAY_S: Final = 1.0


class Turns:
    """Takes turns with the *delays* of hosts in seconds, *otherwise* for any other."""

    def __init__(self, pace: Pace, delays: Mapping[str, float], otherwise: float) -> None:
        """Take them from *pace*."""
        self._pace = pace
        self._delays = delays
        self._otherwise = otherwise
        self._free: dict[str, float] = {}  # when we gave it: before that nobody need be asked

    def take(self, host: str) -> float:
        """Take the turn at *host* and return 0, or return how many seconds to wait before asking again."""
        left = self._free.get(host, 0.0) - monotonic()
        if left > 0:
            return left
        try:
            return self._pace.take(host, self._delays.get(host, self._otherwise))
        except StoreError:  # the database is being started anew: as long as it is away, nobody has a turn
            return _AWAY_S

    def give(self, host: str) -> None:
        """Let others have the turn at *host*, its delay after this moment."""
        with contextlib.suppress(StoreError):  # then it is theirs some seconds later
            delay_s = self._delays.get(host, self._otherwise)
            self._pace.give(host, delay_s)
            self._free[host] = monotonic() + delay_s


def turns_of(store: Store, delays: Mapping[str, float], otherwise: float) -> Turns | None:
    """Return the turns of a crawl into *store*, None where nobody else crawls into it."""
    pace = store.pace()
    return None if pace is None else Turns(pace, delays, otherwise)
