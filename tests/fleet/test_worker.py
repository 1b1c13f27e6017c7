"""One worker: what its children need not load, how many crawls it does at once."""

from __future__ import annotations

import asyncio
import signal
import socket
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType
from typing import TYPE_CHECKING

import psycopg

from crawler.batch import Batch, Report
from crawler.run import Zygote
from crawler.source import load_sources
from feeds.store import open_store
from scheduler.fleet.schema import make_schema

if TYPE_CHECKING:
    from fleet import farm


def test_a_child_of_a_fleet_imports_next_to_nothing_that_the_zygote_has_not(
    tools: ModuleType, fleet: farm.Fleet, newsrooms: Callable[..., farm.Newsrooms]
) -> None:
    tools.write_project(fleet.folder, newsrooms(releases=1), hosts=1, each=1, delay_s=0.1, every="1h")
    make_schema(fleet.url)
    sources = load_sources(fleet.folder / "sources.d", use=["farm-0000"])
    with open_store(fleet.url) as store:
        store.sync_sources([source.newsroom() for source in sources.values()], now=datetime.now(UTC))
    folders = (str(fleet.folder / "sources.d"),)
    batch = Batch(run="r", sources=tuple(sources), folders=folders, store_url=fleet.url, allow_private=True)

    async def once() -> Report:
        zygote = Zygote()
        try:
            return await zygote.crawl(batch, lambda _: None)
        finally:
            zygote.close()

    report = asyncio.run(once())
    assert [(one.outcome, one.new) for one in report.outcomes] == [("new", 1)], report
    assert set(report.cold) <= {"twisted.internet.reactor"}


def test_a_worker_does_as_many_crawls_at_once_as_it_is_told(
    tools: ModuleType, fleet: farm.Fleet, newsrooms: Callable[..., farm.Newsrooms]
) -> None:
    fleet.more["BAYWIRE_FLEET_HEARTBEAT"] = "60s"  # nobody dies here, however slow the machine
    rooms = newsrooms(releases=1)
    tools.write_project(fleet.folder, rooms, hosts=4, each=20, delay_s=10, every="1h")  # a job a host, six minutes each
    assert fleet.type("run", "--fleet", "--migrate").returncode == 0
    fleet.scheduler()
    fleet.worker("one", "--jobs", "4", "--no-publish")
    tools.wait_for(lambda: len({one.host for one in rooms.asked()}) == 4, "all hosts", 300, tell=fleet.logs)
    with psycopg.connect(fleet.url) as connection:
        open_ = connection.execute("SELECT status FROM procrastinate_jobs WHERE task_name = 'crawl'").fetchall()
    assert open_ == [("doing",)] * 4


def test_a_monitor_is_told_of_the_queue_and_of_each_worker(
    tools: ModuleType, fleet: farm.Fleet, newsrooms: Callable[..., farm.Newsrooms]
) -> None:
    tools.write_project(fleet.folder, newsrooms(releases=2), hosts=2, each=2, delay_s=0.1, every="1h")
    assert fleet.type("run", "--fleet", "--migrate").returncode == 0
    ports = [_free_port(), _free_port()]
    fleet.more["BAYWIRE_FLEET_HEARTBEAT"] = "60s"
    fleet.more["BAYWIRE_SERVE_METRICS_PORT"] = str(ports[0])
    fleet.scheduler()
    tools.wait_for(lambda: 'baywire_queue_jobs{task="crawl",status="todo"} 1\n' in _metrics(ports[0]), "a job", 240)
    assert "\nbaywire_queue_workers 0\n" in _metrics(ports[0])
    fleet.more["BAYWIRE_SERVE_METRICS_PORT"] = str(ports[1])
    fleet.worker("one", "--no-publish")
    done = ('baywire_worker_jobs_total{task="crawl",ended="done"} 1\n', "\nbaywire_worker_jobs 0\n")
    tools.wait_for(lambda: all(line in _metrics(ports[1]) for line in done), "its end", 240, tell=fleet.logs)
    told = _metrics(ports[1])
    assert "\nbaywire_worker_jobs_limit 2\n" in told
    assert 'baywire_items_total{source="farm-0003",change="new"} 2\n' in told
    assert "\nbaywire_queue_workers 1\n" in _metrics(ports[0])
    assert fleet.kill("one", signal.SIGTERM) == 0, fleet.logs()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _metrics(port: int) -> str:
    """Return what is told at *port*, "" while nobody listens there."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=300) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""
