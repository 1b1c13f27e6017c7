"""What keeps baywire itself from its work: a store that cannot be written, files that cannot be published."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from feeds.error import StoreError
from feeds.store import Store

__all__ = ["Trouble"]

_KEY = "room"
_ROOM = " " * (512 * 1024)  # what a crawl may need; a byte would fit into a full disk
_SOONEST_S = 5.0
_LATEST_S = 60.0
_REMIND = timedelta(days=1)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Trouble:
    """Why nothing can be *published*, why nothing can be *stored*: "" where all is well.

    It is kept in memory: a store that cannot be written can remember nothing.
    """

    published: str = ""
    stored: str = ""
    _wait_s: float = _SOONEST_S
    _again: float = 0.0
    _told_at: datetime | None = None

    def __str__(self) -> str:
        """Return it as one line."""
        return self.stored or self.published

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return bool(self.stored or self.published)

    def cannot_store(self, why: str) -> None:
        """Remember that the store could not be used, and wait longer each time before it is tried again."""
        self._wait_s = min(2 * self._wait_s, _LATEST_S) if self.stored else _SOONEST_S
        self._again = monotonic() + self._wait_s
        self.stored = why

    async def is_over(self, store: Store) -> bool:
        """Return whether *store* can be written; where it could not, that is tried again now and then."""
        if not self.stored:
            return True
        if monotonic() < self._again:
            return False
        try:
            await asyncio.to_thread(_try, store)
        except StoreError as error:
            self.cannot_store(str(error))
            return False
        self.stored = ""
        log.info("the store can be written again")
        return True

    def alarm(self, now: datetime) -> str:
        """Return what the operator is to be told *now*: "failing", "reminder" or "recovered"; "" for nothing."""
        if not self:
            return "recovered" if self._told_at is not None else ""
        if self._told_at is None:
            return "failing"
        return "reminder" if now - self._told_at >= _REMIND else ""

    def told(self, alarm: str, now: datetime) -> None:
        """Remember that the operator was told of *alarm*."""
        self._told_at = None if alarm == "recovered" else now


def _try(store: Store) -> None:
    store.set_meta(_KEY, _ROOM)
    store.set_meta(_KEY, "")
