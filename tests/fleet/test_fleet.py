"""A scheduler and workers in processes of their own: killed, doubled, stopped, their database started anew."""

from __future__ import annotations

import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from fleet import farm


class Watch:
    """What the database says of a fleet."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, connect_timeout=5) as connection:
            return connection.execute(query.encode()).fetchall()

    def count(self, query: str) -> int:
        try:
            return int(self.ask(f"SELECT count(*) FROM {query}")[0][0])  # noqa: S608 -- of this file
        except psycopg.OperationalError:
            return -1

    @property
    def releases(self) -> int:
        return self.count("releases")

    @property
    def crawls(self) -> int:
        return self.count("procrastinate_jobs WHERE task_name = 'crawl' AND status IN ('todo', 'doing')")

    def tell(self) -> str:
        """Return what is in the queue, and what happened there last."""
        jobs = self.ask("SELECT id, task_name, status, lock, scheduled_at, attempts, worker_id FROM procrastinate_jobs")
        events = self.ask("SELECT at, job_id, type FROM procrastinate_events ORDER BY id DESC LIMIT 60")
        return "\n".join(str(row) for row in [("releases", self.releases), *jobs, *events])

    def quiet(self) -> bool:
        """Whether nothing waits or is done that somebody asked for."""
        return not self.count(
            "procrastinate_jobs WHERE task_name IN ('crawl', 'publish') AND status IN ('todo', 'doing')"
        )


def wanted(sources: int, releases: int) -> set[tuple[str, str]]:
    return {(f"farm-{n:04d}", str(k)) for n in range(sources) for k in range(1, releases + 1)}


def held(watch: Watch) -> Counter[tuple[str, str]]:
    return Counter(watch.ask("SELECT source, native_id FROM releases"))  # type: ignore[arg-type]  # two columns


def published_by_one(tools: ModuleType, fleet: farm.Fleet, folder: Path) -> dict[str, bytes]:
    """Return what one machine publishes of the same pages."""
    shutil.copytree(fleet.folder / "sources.d", folder / "sources.d")
    shutil.copy(fleet.folder / "baywire.toml", folder)
    done = tools.Fleet(folder, "sqlite:///var/one.sqlite3", {"BAYWIRE_CRAWL_DELAY": "0"}).type("crawl")
    assert done.returncode == 0, done.stderr
    found: dict[str, bytes] = tools.files_of(folder / "public", "feeds", "releases")
    return found


def test_a_fleet_that_is_killed_at_loses_and_doubles_nothing(
    tools: ModuleType, fleet: farm.Fleet, newsrooms: Callable[..., farm.Newsrooms], tmp_path: Path
) -> None:
    rooms = newsrooms(releases=2, latency_s=0.05)
    tools.write_project(fleet.folder, rooms, hosts=25, each=2, delay_s=0.3, every="1h")
    assert fleet.type("run", "--fleet", "--migrate").returncode == 0
    watch = Watch(fleet.url)
    fleet.scheduler()
    fleet.worker("one")
    fleet.worker("two")
    tools.wait_for(lambda: watch.releases > 0, "the first release", tell=fleet.logs)
    for name in ("one", "scheduler", "two"):
        fleet.kill(name)
        if name == "scheduler":
            fleet.scheduler()
        else:
            fleet.worker(name)
        time.sleep(1)
    tools.wait_for(lambda: watch.releases == 100 and watch.quiet(), "all releases", tell=watch.tell)
    assert fleet.kill("one", signal.SIGTERM) == fleet.kill("two", signal.SIGTERM) == 0
    assert fleet.kill("scheduler", signal.SIGTERM) == 0
    assert held(watch) == dict.fromkeys(wanted(50, 2), 1)
    assert watch.ask("SELECT max(number) FROM revisions") == [(1,)]
    assert watch.ask("SELECT DISTINCT state FROM sources WHERE configured") == [("healthy",)]
    assert rooms.nearest() >= 0.3
    here = tools.files_of(fleet.folder / "public", "feeds", "releases")
    there = published_by_one(tools, fleet, tmp_path / "one")
    assert len(there) > 100
    assert here == there
