"""What a worker does for each job: the cycle's own crawl and publication, and what is left of them."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Final

from procrastinate import App, JobContext

from crawler.batch import SourceOutcome
from feeds.error import BaywireError
from feeds.store import SourceState
from scheduler.alarm import beat, notify
from scheduler.cycle import batches, crawl_batch, ignore
from scheduler.desk import Desk
from scheduler.fleet.queue import CRAWL, PUBLISH, Queue, Unfinished, add_task
from scheduler.order import Order
from scheduler.outlet import publish_all
from scheduler.upkeep import prune

__all__ = ["Jobs"]

log = logging.getLogger(__name__)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SOON_S: Final = 1  # in which other crawls end too: one publication for all of them
_REVISE: Final = "revise"
_LATER_S: Final = 10
_ELSEWHERE_S: Final = 30
_AGAIN_S: Final = 5


class Jobs:
    """The jobs of one worker at *desk*; *queue* returns the queue they come from."""

    def __init__(self, desk: Desk, queue: Callable[[], Queue]) -> None:
        """Prepare to work; *stopping* is set by whoever stops us; *ended* counts jobs by task and how they ended."""
        self.desk = desk
        self.stopping = False
        self.ended: Counter[tuple[str, str]] = Counter()
        self._queue = queue

    def register(self, app: App) -> None:
        """Tell *app* what its jobs do."""
        add_task(app, CRAWL, self._guarded(self.crawl))
        add_task(app, PUBLISH, self._guarded(self.publish))
        add_task(app, _REVISE, self._guarded(self.publish), cron="17 * * * *")  # editions age by the clock alone
        add_task(app, "tell", self._guarded(self.tell), cron="* * * * *")
        add_task(app, "upkeep", self._guarded(self.upkeep), cron="41 3 * * *")

    async def crawl(self, context: JobContext, *, due: Mapping[str, int], **_told: object) -> None:
        """Crawl the sources *due* that nobody crawled since the job was made, and have published what changed.

        A crawl gives its source another due time in the transaction that ends it: a job
        that is done twice, or once and a half, crawls nothing twice.
        """
        desk = self.desk
        stand = desk.store.states_of(due)
        keys = [key for key, at in due.items() if key in stand and _is_due_at(stand[key], at)]
        known = [key for key in keys if desk.is_crawled(key)]
        ended: list[SourceOutcome] = []
        for batch in batches(desk, known):
            ended += await crawl_batch(desk, batch, Order(verb="crawl"), ignore)
        if desk.stale or context.job.attempts:  # whoever tried before us may have died before this line
            await self._queue().ask_to_publish(in_s=_SOON_S)
            desk.stale = False
        if ended and all(one.outcome in ("new", "unchanged") for one in ended) and not desk.trouble:
            await beat(desk)
        left = len(known) - len(ended)
        if left:
            raise Unfinished(f"{left} sources were not crawled", seconds=0 if self.stopping else _AGAIN_S)
        if len(known) < len(keys):
            unknown = ", ".join(sorted(set(keys) - set(known)))
            raise Unfinished(
                f"{unknown}: no such source here: expected the files of all workers the same", seconds=_ELSEWHERE_S
            )

    async def publish(self, _context: JobContext, **_told: object) -> None:
        """Publish what the store holds, and tell who asked for it."""
        published = await publish_all(self.desk, ignore)
        await notify(self.desk, published, healthy=False)

    async def tell(self, _context: JobContext, **_told: object) -> None:
        """Tell what is late, and what could not be told before."""
        await notify(self.desk, None, healthy=False)

    async def upkeep(self, _context: JobContext, **_told: object) -> None:
        """Forget what is too old to keep, in store and queue."""
        await asyncio.to_thread(prune, self.desk)
        await self._queue().tidy()
        pace = self.desk.store.pace()
        if pace is not None:
            with closing(pace):
                await asyncio.to_thread(pace.forget)

    def _guarded(self, work: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def guarded(context: JobContext, /, **told: object) -> None:
            name = context.job.task_name
            how = "failed"
            try:
                await work(context, **told)
                how = "done"
            except Unfinished as error:
                how = "put back"
                log.info("job goes back: %s", error, extra={"job": name})
                raise
            except Exception as error:
                facts = {"job": name, "attempts": context.job.attempts}
                log.error("job failed: %s", error, extra=facts, exc_info=not isinstance(error, BaywireError))  # noqa: TRY400  # where it says all there is to say
                if name == CRAWL:
                    raise  # and wait longer each time
                if name in (PUBLISH, _REVISE):  # the others come again by the clock
                    await self._queue().ask_to_publish(in_s=_LATER_S)
            finally:
                self.ended[name, how] += 1

        return guarded


def _is_due_at(state: SourceState, at: int) -> bool:
    return state.next_due is not None and (state.next_due - _EPOCH) // _MICROSECOND == at
