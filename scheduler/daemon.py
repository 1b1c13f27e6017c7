"""The daemon: APScheduler ticks the cycle and the upkeep; it serves, hears signals, takes orders."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from feeds.error import BaywireError, ConfigError, PublishError, StoreError
from feeds.serve import Front, Search, Serving, application
from feeds.topic.reload import Watched
from scheduler.alarm import notify
from scheduler.config import Config
from scheduler.control import listen
from scheduler.cycle import batches, ignore, run_cycle
from scheduler.desk import Desk
from scheduler.due import overdue_since
from scheduler.health import readiness
from scheduler.keep import heal, is_cut_off, rescue
from scheduler.line import Line
from scheduler.memory import give_back
from scheduler.metrics import metrics_application, metrics_text
from scheduler.notice import notify_service, watchdog_s
from scheduler.order import Order
from scheduler.outlet import publish_all, site_of
from scheduler.perform import perform
from scheduler.server import Server
from scheduler.timetable import Timetable
from scheduler.upkeep import back_up, last_backup, prune

__all__ = ["Daemon"]

log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

_TICK = timedelta(seconds=1)  # a look at one index of the store: 0.1 ms
_FOLLOW = timedelta(seconds=5)  # a look at the files of topics.d
_PUBLISH = timedelta(minutes=1)  # what failed to be published
_REVISE = 60  # every so many of them, what only the clock changes: editions age
_BACKUP = timedelta(days=1)
_FIRST_BACKUP = timedelta(minutes=10)  # of a store that has none
_DUE = 200  # sources taken up in one tick; the rest is still due in the next
_SOON_S = 5.0  # after which the sources of a cycle that broke are taken up again: machines run short for moments
_HOLD_S = 60.0  # the longest such wait, when one after the other breaks
_SETTLED_S = 5.0  # after which what a publication used is of no use any more
_DRAIN_S = 20.0  # of the 30 s we promise to end in
_REST_S = 5.0
_JUMP = timedelta(minutes=1)  # by which the clock must have been set back before we look at due times again
_FARTHEST = timedelta(days=1)  # no due time lies further ahead, or further than the source's own interval


class Daemon:
    """A desk at work until it is told to stop."""

    def __init__(
        self,
        desk: Desk,
        *,
        load: Callable[[], Config],
        listener: socket.socket | None = None,
        monitor: socket.socket | None = None,
        tell: Callable[[Line], None] | None = None,
    ) -> None:
        """Prepare to work at *desk*.

        *load* reads the configuration again; *listener* is where to serve, if anywhere,
        *monitor* where to serve /metrics;
        *tell* hears the lines of cycles that nobody ordered.
        """
        self.desk = desk
        self._load = load
        self._application = _application(desk)
        self._listener = listener
        self._monitor = monitor
        self._tell = tell or ignore
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._taken: set[str] = set()
        self._broken = Counter[str]()  # cycles of a source, one after the other
        desk.aside = lambda work: self._start(self._guard("notify", work))
        desk.awake_since = desk.ticked_at = desk.clock()
        self._minutes = 0
        self._topic_files = Watched(desk.config.directory / "topics.d")

    async def run(self, *, ready: Callable[[], None] = lambda: None) -> None:
        """Publish what is there, then crawl, publish, serve and take orders until `stop`; *ready* is called between."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._start(self._reload()))
        servers = [
            (Server(application), listener)
            for application, listener in (
                (self._front(), self._listener),
                (metrics_application(self._metrics), self._monitor),
            )
            if listener is not None
        ]
        serving: list[asyncio.Task[None]] = []
        try:
            await self._guard("settling due times", asyncio.to_thread(self._settle_due))
            await self._guard("publish", self._publish())
            # Not before: a file that a crash left half written is made anew by now. Who asked meanwhile has waited.
            serving += [asyncio.create_task(server.serve(sockets=[listener])) for server, listener in servers]
            async with listen(self.desk.config.var, self._perform):
                with self._timetable():
                    ready()
                    notify_service("READY=1")
                    await self._stopping.wait()
                notify_service("STOPPING=1")
                log.info("stopping")
                await self._drain()
        finally:
            for server, _ in servers:
                server.stop()
            await asyncio.gather(*serving)

    def _front(self) -> Front:
        return Front(lambda: self._application)  # which a reload replaces

    async def _metrics(self) -> str:
        return metrics_text(self.desk)

    def stop(self) -> None:
        """Stop taking work and let what is under way end; a second call ends it at once."""
        if self._stopping.is_set():
            self.desk.zygote.close()
            for task in self._tasks:
                task.cancel()
        self._stopping.set()

    def _timetable(self) -> Timetable:
        timetable = Timetable()
        timetable.every(_TICK, self._tick, name="tick")
        timetable.every(_FOLLOW, self._follow, name="follow")
        timetable.every(_PUBLISH, self._publish_if_needed, name="publish")
        last, now = last_backup(self.desk.config.var / "backups"), self.desk.clock()
        first = max(last + _BACKUP, now) if last else now + _FIRST_BACKUP
        timetable.every(_BACKUP, self._back_up, name="backup", first=first)
        if (beat := watchdog_s()) is not None:
            timetable.every(timedelta(seconds=beat), self._beat, name="watchdog")
        return timetable

    async def _tick(self) -> None:
        if is_cut_off(self.desk.config):
            await self._guard("rescuing the store", self._mend_store(cut_off=True))
        if "damaged" in self.desk.trouble.stored or not self._has_store():
            await self._guard("mending the store", self._mend_store())
        if await self.desk.trouble.is_over(self.desk.store):
            await self._guard("tick", self.tick())

    def _has_store(self) -> bool:
        """Return whether the store is where it was; one that is removed lives on only for who has it open."""
        url = self.desk.config.store.url
        return not url.startswith("sqlite:///") or Path(url.removeprefix("sqlite:///")).exists()

    async def _mend_store(self, *, cut_off: bool = False) -> None:
        """Let a backup take the place of a store that was damaged or taken away under our hands.

        Where only the names of its files were taken away (*cut_off*), what we still read does.
        """
        async with self.desk.publishing, self.desk.telling:
            if cut_off:
                log.error("the store: %s", await asyncio.to_thread(rescue, self.desk.config, self.desk.store))
            self.desk.store.close()
            if healed := await asyncio.to_thread(heal, self.desk.config):
                log.error("the store was broken: %s", healed)
            await asyncio.to_thread(self.desk.renew_store)

    async def tick(self) -> None:
        """Take up the sources that are due and that nobody crawls."""
        now = self.desk.clock()
        before = self.desk.ticked_at or now
        if now < before - _JUMP:
            log.warning("the clock was set back", extra={"seconds": (before - now).total_seconds()})
            self.desk.clock_jumps += 1
            self._settle_due()
        elif self.desk.has_slept(now):
            log.warning("slept, or the clock was set on", extra={"seconds": (now - before).total_seconds()})
            self.desk.clock_jumps += 1
            self.desk.awake_since = now
        self.desk.ticked_at = now
        await self._take_up(now)

    async def _take_up(self, now: datetime) -> None:
        """Crawl what is due, here."""
        due = self.desk.store.due(now=now, limit=_DUE + len(self._taken))
        keys = [state.key for state in due if self.desk.is_crawled(state.key) and state.key not in self._taken]
        for batch in batches(self.desk, keys):
            self._taken.update(batch)
            self._start(self._guard("cycle", self._cycle(batch)))

    async def _cycle(self, batch: Sequence[str]) -> None:
        hold_s = 0.0  # where the crawl was well, or where nobody is crawled until the store can be written
        try:
            cycle = await run_cycle(self.desk, batch, Order(verb="crawl"), self._tell)
            if cycle.published is not None:
                asyncio.get_running_loop().call_later(_SETTLED_S, give_back)
        except (PublishError, StoreError):
            raise
        except Exception:
            self._broken.update(batch)
            hold_s = _hold_s(max(self._broken[key] for key in batch))
            raise
        else:
            for key in batch:
                self._broken.pop(key, None)
        finally:
            asyncio.get_running_loop().call_later(hold_s, self._taken.difference_update, batch)

    def _settle_due(self) -> None:
        """Bring due times, circuits and successes back to where they belong: a wrong clock or an interval changed."""
        now = self.desk.clock()
        self.desk.store.settle(now=now, farthest=now + _FARTHEST)
        for state in self.desk.store.source_states():
            source = self.desk.sources.get(state.key)
            if source is None or state.next_due is None:
                continue
            rhythm = self.desk.rhythm(state.key)
            if state.next_due > now + max(source.every, _FARTHEST):
                self.desk.store.set_next_due(state.key, rhythm.next(now))
            elif (due := overdue_since(state, rhythm=rhythm)) is not None:
                self.desk.store.set_next_due(state.key, due)

    async def _follow(self) -> None:
        if self._topic_files.changed():
            await self._reload()

    async def _publish_if_needed(self) -> None:
        self._minutes += 1
        publish = self.desk.config.publish
        is_gone = not publish.target and not (publish.directory / "index.html").exists()
        if is_gone or self.desk.stale or self._minutes % _REVISE == 0:
            await self._guard("publish", self._publish())
        await self._guard("notify", notify(self.desk, None, healthy=False))  # what is late, and what waits for its turn

    async def _publish(self) -> None:
        published = await publish_all(self.desk, self._tell)
        asyncio.get_running_loop().call_later(_SETTLED_S, give_back)
        await notify(self.desk, published, healthy=False)

    async def _back_up(self) -> None:
        await self._guard("backup", asyncio.to_thread(back_up, self.desk))
        await self._guard("prune", asyncio.to_thread(prune, self.desk))

    async def _beat(self) -> None:
        notify_service("WATCHDOG=1")

    async def _perform(self, order: Order, tell: Callable[[Line], None]) -> int:
        if self._stopping.is_set():
            raise BaywireError("the daemon is stopping: type the command again in a moment")
        if order.verb == "reload":
            return int(not await self._reload())
        return await asyncio.shield(self._start(perform(self.desk, order, tell)))

    async def _reload(self) -> bool:
        notify_service("RELOADING=1")
        try:
            self.desk.reload(self._load())
            self._application = _application(self.desk)
            await self._guard("settling due times", asyncio.to_thread(self._settle_due))
            log.info("configuration reloaded")
            await self._guard("publish", self._publish())
        except ConfigError as error:
            for problem in str(error).splitlines():
                log.error("configuration not reloaded, the old one stays: %s", problem)  # noqa: TRY400  # for a person
            return False
        else:
            return True
        finally:
            notify_service("READY=1")

    async def _drain(self) -> None:
        await self.desk.zygote.drain(_DRAIN_S)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_REST_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, _Result]) -> asyncio.Task[_Result]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guard(self, what: str, work: Awaitable[object]) -> None:
        """Await *work*: the boundary where one job's failure stops being everybody's."""
        try:
            await work
        except BaywireError as error:
            log.error("%s failed: %s", what, error)  # noqa: TRY400  # says all there is to say
            if isinstance(error, StoreError):
                self.desk.trouble.cannot_store(str(error))
            await notify(self.desk, None, healthy=False)
        except Exception as error:
            if not isinstance(error, OSError) or error.errno is None:
                log.exception("%s failed", what)
            else:  # a machine that is short of something
                log.error("%s failed: %s", what, error)  # noqa: TRY400  # says all there is to say


def _hold_s(broken: int) -> float:
    """Return for how long a source rests whose cycle broke *broken* times, one after the other.

    >>> [_hold_s(times) for times in (1, 2, 4, 5, 10_000)]
    [5.0, 10.0, 40.0, 60.0, 60.0]
    """
    return min(_SOON_S * (1 << min(broken - 1, 8)), _HOLD_S)


def _application(desk: Desk) -> Serving:
    site = site_of(desk.config)
    search = Search(desk.store, site, desk.topics.topics)
    return application(desk.config.publish.directory, site=site, search=search, health=lambda: readiness(desk))
