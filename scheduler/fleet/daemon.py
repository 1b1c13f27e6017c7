"""The scheduler of a fleet: the daemon, which lets others do what it would do itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from feeds.error import StoreError
from scheduler.daemon import Daemon
from scheduler.fleet.dispatch import dispatch
from scheduler.fleet.gauge import queue_text
from scheduler.fleet.queue import Queue, open_queue, saying
from scheduler.fleet.worker import SILENT
from scheduler.metrics import metric
from scheduler.timetable import Timetable

__all__ = ["FleetDaemon"]

log = logging.getLogger(__name__)

_CONNECTIONS: Final = 4


class FleetDaemon(Daemon):
    """A daemon that defers what is due to workers, takes back what dead ones left, and serves."""

    heartbeat_s: float = 10.0
    _queue: Queue

    async def run(self, *, ready: Callable[[], None] = lambda: None) -> None:
        """Defer what is due, serve and take orders until `stop`; StoreError where the queue cannot be opened."""
        async with open_queue(self.desk.config.store.url, connections=_CONNECTIONS) as queue:
            self._queue = queue
            await super().run(ready=ready)

    def _timetable(self) -> Timetable:
        timetable = super()._timetable()
        timetable.every(timedelta(seconds=self.heartbeat_s), self._take_back, name="take back")
        return timetable

    async def _take_up(self, now: datetime) -> None:  # noqa: ARG002  # the database looks at the clock once more
        """Let what is due wait for a worker."""
        await self._guard("dispatch", dispatch(self.desk, self._queue))

    async def _take_back(self) -> None:
        await self._guard("taking back", self._stalled())

    async def _stalled(self) -> None:
        with saying():
            count = await self._queue.take_back(silent_s=SILENT * self.heartbeat_s)
        if count:
            log.warning("jobs of workers that died wait again", extra={"jobs": count})

    async def _metrics(self) -> str:
        try:
            return await super()._metrics() + queue_text(await self._queue.depth())
        except StoreError as error:
            log.warning("metrics are incomplete: %s", error)
            return metric("published", "gauge", "0 while something could not be published", [({}, 0.0)])

    async def _publish(self) -> None:
        with saying():
            await self._queue.ask_to_publish()

    async def _publish_if_needed(self) -> None:
        """Leave it to the workers: each crawl asks for what it changed, and the clock for what it changes."""

    async def _back_up(self) -> None:
        """Leave it to the server, which has its own backups, and to the workers' upkeep."""
