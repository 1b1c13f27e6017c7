"""The queue: procrastinate on the database of the store, wrapped once."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from psycopg import OperationalError
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from feeds.error import BaywireError, StoreError
from feeds.store.engine import conninfo_of

__all__ = [
    "CRAWL",
    "PUBLISH",
    "TROUBLE",
    "Deferred",
    "Depth",
    "Queue",
    "Unfinished",
    "add_task",
    "open_queue",
    "saying",
    "told",
]

CRAWL: Final = "crawl"
PUBLISH: Final = "publish"
TROUBLE: Final = (ConnectorException, OperationalError, PoolTimeout, StoreError, OSError)  # the database went away

_OPEN_S: Final = 10.0
_LONGEST_S: Final = 300
_OLD_H: Final = 24

log = logging.getLogger(__name__)


class Unfinished(BaywireError):  # noqa: N818  # the order of a stop, no error of anybody's
    """A job could not be finished here; what is left of it waits *seconds* for somebody else."""

    def __init__(self, reason: str, *, seconds: int = 0) -> None:
        """Say why, and how long to wait."""
        super().__init__(reason)
        self.seconds = seconds


class _Again(BaseRetryStrategy):
    """What was cut off waits at once for another worker; what broke waits longer each time; nothing is given up.

    A job cut off by a stop comes here as an exception of its own, so it goes back to
    "todo"; one without a strategy would end as "aborted", for ever.
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        """Return when *job*, which ended by *exception*, is tried again."""
        seconds = min(2 ** min(job.attempts, 16), _LONGEST_S)
        if isinstance(exception, Unfinished):
            seconds = exception.seconds
        elif not isinstance(exception, Exception):  # cancelled: we stop
            seconds = 0
        return RetryDecision(retry_in={"seconds": seconds})


AGAIN: Final = _Again()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """One job that waits: the sources *due*, each with the due time it had, and their *hosts*."""

    due: Mapping[str, int]
    hosts: tuple[str, ...]

    @property
    def lock(self) -> str:
        """The name of the group: no host is in two open jobs, so its first one tells groups apart."""
        return f"{CRAWL}/{self.hosts[0]}"


_DEPTH: Final = """
    SELECT task_name, status::text, count(*) FROM procrastinate_jobs
    WHERE status IN ('todo', 'doing') GROUP BY task_name, status
"""
_OLDEST: Final = """
    SELECT extract(epoch FROM clock_timestamp() - min(greatest(events.at, jobs.scheduled_at)))::float
    FROM procrastinate_jobs AS jobs JOIN procrastinate_events AS events ON events.job_id = jobs.id
    WHERE jobs.task_name = %s AND jobs.status = 'todo' AND events.type = 'deferred'
"""
_WORKERS: Final = "SELECT count(*) FROM procrastinate_workers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """What is in the queue: how many jobs, by task and status; how long the oldest crawl has waited; the workers."""

    jobs: Mapping[tuple[str, str], int]
    oldest_s: float
    workers: int


class Queue:
    """The open queue of one process."""

    def __init__(self, app: App, connector: PsycopgConnector) -> None:
        """Work through *app*, opened over *connector*."""
        self.app = app
        self._connector = connector

    def pool(self) -> AsyncConnectionPool:
        """Return the connections to the database."""
        return self._connector.pool

    async def defer(self, jobs: list[Deferred], connection: object) -> None:
        """Let *jobs* wait, in the transaction of *connection*; AlreadyEnqueued where a group waits already."""
        waiting = []
        for job in jobs:
            task = self.app.configure_task(CRAWL, lock=job.lock, queueing_lock=job.lock)
            waiting.append(task.make_new_job(due=dict(job.due), hosts=list(job.hosts)))
        await self.app.job_manager.batch_defer_jobs_async(waiting, connection)

    async def ask_to_publish(self, *, in_s: int = 0) -> bool:
        """Let somebody publish in *in_s* seconds; return whether nobody was going to, so many askers make one job."""
        told = {"seconds": in_s} if in_s else None
        try:
            await self.app.configure_task(PUBLISH, schedule_in=told).defer_async()
        except AlreadyEnqueued:
            return False
        return True

    async def depth(self) -> Depth:
        """Return what is in the queue; StoreError while the database is away."""
        with saying():
            async with self.pool().connection() as connection:
                jobs = {(task, status): count async for task, status, count in await connection.execute(_DEPTH)}
                oldest = await (await connection.execute(_OLDEST, [CRAWL])).fetchone()
                workers = await (await connection.execute(_WORKERS)).fetchone()
        return Depth(
            jobs=jobs, oldest_s=max(0.0, oldest[0] or 0.0) if oldest else 0.0, workers=workers[0] if workers else 0
        )

    async def take_back(self, *, silent_s: float) -> int:
        """Let the jobs of workers that are silent for *silent_s* seconds wait again; return how many there were."""
        manager = self.app.job_manager
        await manager.prune_stalled_workers(silent_s)
        stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=silent_s))
        for job in stalled:
            await self.put_back(job)
        return len(stalled)

    async def put_back(self, job: Job) -> None:
        """Let *job*, which nobody does any more, wait again; where its like waits already, that one is enough."""
        try:
            await self.app.job_manager.retry_job(job, retry_at=datetime.now(UTC))
        except UniqueViolation:
            with contextlib.suppress(ConnectorException):  # it ended after all, in this moment
                await self.app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        except ConnectorException as error:  # somebody else was quicker, or the database went away: we look again
            log.info("job not put back", extra={"job": job.id, "reason": told(error)})

    async def tidy(self) -> None:
        """Forget the jobs that ended a day ago, well or not: the store says what is still to be done."""
        await self.app.job_manager.delete_old_jobs(
            _OLD_H, include_failed=True, include_cancelled=True, include_aborted=True
        )


@contextlib.asynccontextmanager
async def open_queue(
    url: str, *, connections: int = 4, tasks: Callable[[App], None] | None = None
) -> AsyncIterator[Queue]:
    """Open the queue in the store at *url*, a server's, for the length of the block; StoreError where it is away.

    *tasks* tells the app what its jobs do; who only defers needs none.
    """
    connector = PsycopgConnector(
        conninfo=conninfo_of(url), min_size=1, max_size=connections, timeout=_OPEN_S, reconnect_timeout=_OPEN_S
    )
    app = App(connector=connector)
    (tasks or _names)(app)
    with saying():
        await connector.open_async()
    try:
        yield Queue(app, connector)
    finally:
        with contextlib.suppress(*TROUBLE):
            await connector.close_async()


def _names(app: App) -> None:
    """Give *app* the names of the jobs, so that they can be deferred by who does not do them."""

    async def elsewhere(context: JobContext, /, **_told: object) -> None:
        raise Unfinished(f"{context.job.task_name}: this process does no jobs")

    for name in (CRAWL, PUBLISH):
        add_task(app, name, elsewhere)


def add_task(app: App, name: str, work: Callable[..., Awaitable[None]], *, cron: str = "") -> None:
    """Let *app* do jobs called *name* by *work*; by *cron* (UTC) all workers together defer one each time.

    Only crawls are done side by side: of everything else there is one job waiting, and one at work.
    """
    lock = None if name == CRAWL else PUBLISH
    queueing_lock = None if name == CRAWL else name
    queue = CRAWL if name == CRAWL else PUBLISH
    task = app.task(name=name, queue=queue, lock=lock, queueing_lock=queueing_lock, retry=AGAIN, pass_context=True)
    made = task(work)
    if cron:
        app.periodic(cron=cron, periodic_id=name)(made)


@contextlib.contextmanager
def saying() -> Iterator[None]:
    """Turn what the database says into StoreError, without the address, which may hold a password."""
    try:
        yield
    except (ConnectorException, OperationalError, PoolTimeout) as error:
        raise StoreError(f"the queue: the database cannot be reached: {told(error)}") from error


def told(error: BaseException) -> str:
    """Return on one line what lies behind *error*."""
    return " ".join(str(error.__cause__ or error).split()) or type(error).__name__
