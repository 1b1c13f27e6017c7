"""A worker: takes jobs from the queue until it is told to stop; outlives a database that is started anew."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, Final

from procrastinate import JobContext
from procrastinate.jobs import DeleteJobCondition
from procrastinate.worker import Worker as Loop

from feeds.error import BaywireError, ConfigError, StoreError
from scheduler.config import Config
from scheduler.desk import Desk
from scheduler.fleet.gauge import worker_text
from scheduler.fleet.job import Jobs
from scheduler.fleet.queue import CRAWL, PUBLISH, TROUBLE, Queue, open_queue, told
from scheduler.metrics import metrics_application
from scheduler.notice import notify_service, watchdog_s
from scheduler.server import Server

__all__ = ["Worker"]

log = logging.getLogger(__name__)

_POLL_S: Final = 1.0  # jobs that wait for a time, or for another of their group, are told of by nobody
_DRAIN_S: Final = 20.0  # of the 30 s we promise to end in
_REST_S: Final = 5.0
_LONGEST_S: Final = 15.0
SILENT: Final = 3  # heartbeats missed, and a worker is dead


class Worker:
    """A desk that works for a fleet until it is told to stop."""

    def __init__(  # noqa: PLR0913  # what an operator chooses
        self,
        desk: Desk,
        *,
        load: Callable[[], Config],
        jobs: int = 2,
        publish: bool = True,
        heartbeat_s: float = 10.0,
        monitor: socket.socket | None = None,
    ) -> None:
        """Do *jobs* at once; without *publish* only crawls.

        *load* reads the configuration again; *monitor* is where to serve /metrics, if anywhere.
        """
        self.desk = desk
        desk.children = asyncio.Semaphore(jobs)  # each job its child
        self.jobs = Jobs(desk, self._queue_now)
        self._load = load
        self._at_once = jobs
        self._queues = (CRAWL, PUBLISH) if publish else (CRAWL,)
        self._heartbeat_s = heartbeat_s
        self._monitor = monitor
        self._queue: Queue | None = None
        self._loop: Loop | None = None
        self._stop = asyncio.Event()
        self._doing: set[int] = set()
        self._draining: asyncio.Task[None] | None = None

    async def run(self, *, ready: Callable[[], None] = lambda: None) -> None:
        """Take jobs until `stop`; *ready* is called once the queue is open. StoreError where it never was."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        beating = asyncio.create_task(self._beat())
        warming = asyncio.create_task(self._warm())
        server = Server(metrics_application(self._metrics))
        serving = asyncio.create_task(server.serve(sockets=[self._monitor])) if self._monitor is not None else None
        opened, failures = False, 0
        random = Random()  # noqa: S311 - spreads load, guards nothing
        try:
            while not self._stop.is_set():
                began = loop.time()
                try:
                    async with open_queue(
                        self.desk.config.store.url, connections=self._at_once + 4, tasks=self.jobs.register
                    ) as queue:
                        self._queue = queue
                        if not opened:
                            opened = True
                            ready()
                            notify_service("READY=1")
                        await self._work(queue)
                        if not self._stop.is_set():
                            raise StoreError("its connections were lost")
                except TROUBLE as error:
                    if not opened:
                        raise
                    log.warning("the queue went away: %s", told(error))
                failures = 0 if loop.time() - began > _LONGEST_S else failures + 1
                if not self._stop.is_set():
                    await self._pause(random.uniform(0.5, 1.0) * min(2.0**failures, _LONGEST_S))
        finally:
            beating.cancel()
            warming.cancel()
            if self._draining is not None:
                await self._draining
            if serving is not None:
                server.stop()
                await serving
        log.info("stopped")

    def stop(self) -> None:
        """Take no job any more, let what is under way end, put the rest back; a second call ends it at once."""
        if self._stop.is_set():
            self.desk.zygote.close()
            return
        notify_service("STOPPING=1")
        log.info("stopping")
        self.jobs.stopping = True
        self._stop.set()
        if self._loop is not None:
            self._loop.stop()  # type: ignore[no-untyped-call]  # procrastinate's
        self._draining = asyncio.create_task(self.desk.zygote.drain(_DRAIN_S))

    async def _metrics(self) -> str:
        return worker_text(self.desk, self.jobs.ended, doing=len(self._doing), at_once=self._at_once)

    def _queue_now(self) -> Queue:
        assert self._queue is not None  # noqa: S101  # jobs come out of it
        return self._queue

    async def _work(self, queue: Queue) -> None:
        self._loop = Loop(
            queue.app,
            queues=list(self._queues),  # a tuple is no array to psycopg
            concurrency=self._at_once,
            fetch_job_polling_interval=_POLL_S,
            shutdown_graceful_timeout=_DRAIN_S + _REST_S,
            delete_jobs=DeleteJobCondition.SUCCESSFUL,
            install_signal_handlers=False,
            update_heartbeat_interval=self._heartbeat_s,
            stalled_worker_timeout=SILENT * self._heartbeat_s,
            worker_middleware=[self._note],
        )
        minding = asyncio.create_task(self._mind(queue, self._loop))
        try:
            if not self._stop.is_set():
                await self._loop.run()  # type: ignore[no-untyped-call]  # procrastinate's
        finally:
            minding.cancel()
            self._loop = None

    async def _note(self, work: Callable[[], Awaitable[Any]], context: JobContext, _loop: Loop) -> Any:  # noqa: ANN401  # the job's
        """Remember which jobs are under way here."""
        number = context.job.id or 0
        self._doing.add(number)
        try:
            return await work()
        finally:
            self._doing.discard(number)

    async def _mind(self, queue: Queue, loop: Loop) -> None:
        """Put back jobs that are ours in the queue but not here: the database was away when their end was told."""
        suspects: set[int] = set()
        while True:
            await asyncio.sleep(self._heartbeat_s)
            with contextlib.suppress(*TROUBLE):
                if loop.worker_id is None:
                    continue
                mine = await queue.app.job_manager.list_jobs_async(status="doing", worker_id=loop.worker_id)
                lost = {job.id: job for job in mine if job.id is not None and job.id not in self._doing}
                for number in suspects & set(lost):
                    log.warning("job put back: its end was not told", extra={"job": number})
                    await queue.put_back(lost[number])
                suspects = set(lost)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    async def _warm(self) -> None:
        """Warm the zygote up at once: the first jobs need not wait for it."""
        with contextlib.suppress(BaywireError):  # they will say what is wrong with it
            await self.desk.zygote.start()

    async def _beat(self) -> None:
        while (interval := watchdog_s()) is not None:
            notify_service("WATCHDOG=1")
            await asyncio.sleep(interval)

    def _reload(self) -> None:
        try:
            self.desk.reload(self._load())
        except ConfigError as error:
            for problem in str(error).splitlines():
                log.error("configuration not reloaded, the old one stays: %s", problem)  # noqa: TRY400  # for a person
