"""Which due sources wait for whom: due times in the store become jobs in the queue, each exactly once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from scheduler.cycle import batches
from scheduler.desk import Desk
from scheduler.fleet.queue import CRAWL, Deferred, Queue, saying

__all__ = ["dispatch", "groups"]

_MOST: Final = 20_000  # sources looked at in one go; the rest is still due in the next
_HOST: Final = 50  # sources of one host in one job; the rest waits for it
_LOCK: Final = 7231913

# What is open is read before what is due: a job that ended in between has given its sources other due times.
_OPEN: Final = """
    SELECT DISTINCT jsonb_array_elements_text(args -> 'hosts') FROM procrastinate_jobs
    WHERE task_name = %s AND status IN ('todo', 'doing')
"""
_DUE: Final = """
    SELECT key, next_due FROM sources
    WHERE enabled AND configured AND next_due <= %s ORDER BY next_due, key LIMIT %s
"""


async def dispatch(desk: Desk, queue: Queue) -> int:
    """Let the sources that are due, and in no open job, wait in *queue*; return how many jobs that made.

    One transaction, and one scheduler at a time: two of them defer nothing twice. A
    host is in one open job at most, so nobody else crawls it meanwhile. Raises StoreError.
    """
    now = int(desk.clock().timestamp() * 1_000_000)
    with saying():
        async with queue.pool().connection() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            busy = {str(host) async for (host,) in await connection.execute(_OPEN, [CRAWL])}
            due = {str(key): int(at) async for key, at in await connection.execute(_DUE, [now, _MOST])}
            jobs = list(groups(desk, due, busy))
            if jobs:
                await queue.defer(jobs, connection)
    return len(jobs)


def groups(desk: Desk, due: Mapping[str, int], busy: Collection[str]) -> Iterable[Deferred]:
    """Yield jobs for the sources *due* (key → due time in microseconds) whose hosts are not *busy*."""
    taken = set(busy)
    by_host: dict[str, list[str]] = defaultdict(list)
    for key in due:
        if desk.is_crawled(key) and len(some := by_host[desk.host(key)]) < _HOST:
            some.append(key)
    for keys in batches(desk, [key for host, some in by_host.items() if host not in taken for key in some]):
        hosts = {desk.host(key) for key in keys}
        if taken.isdisjoint(hosts):  # a host with sources on public and private addresses: one after the other
            taken |= hosts
            yield Deferred(due={key: due[key] for key in keys}, hosts=tuple(sorted(hosts)))
