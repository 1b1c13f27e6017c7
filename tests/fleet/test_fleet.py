"""A scheduler and workers in processes of their own: killed, doubled, stopped, their database started anew."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

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
        waiting = "procrastinate_jobs WHERE task_name IN ('crawl', 'publish') AND status IN ('todo', 'doing')"
        return not self.count("sources WHERE state = 'pending' AND configured") and not self.count(waiting)


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


def second_folder(fleet: farm.Fleet) -> Path:
    """Return another folder of the same project, as on another machine."""
    folder = fleet.folder.with_name("elsewhere")
    folder.mkdir()
    shutil.copytree(fleet.folder / "sources.d", folder / "sources.d")
    shutil.copy(fleet.folder / "baywire.toml", folder)
    return folder


def torment(  # noqa: PLR0913 -- what is done to it
    fleet: farm.Fleet, server: farm.Server, watch: Watch, *, workers: int, kills: int, seed: int, most_s: float
) -> None:
    """Kill workers and schedulers at random moments and start them again; stop the database in the middle."""
    chance = random.Random(seed)  # noqa: S311 -- a test that can be repeated
    names = ["scheduler", *(f"worker-{n}" for n in range(workers))]
    for number in range(kills):
        time.sleep(chance.uniform(0.2, most_s))
        name = "scheduler" if number == kills // 3 else chance.choice(names)
        fleet.kill(name)
        if name == "scheduler":
            fleet.scheduler()
        else:
            fleet.worker(name)
        if number == kills // 2:
            server.stop("immediate" if seed % 2 else "fast")
            time.sleep(1)
            assert watch.releases == -1
            server.start()


@pytest.mark.parametrize(
    ("hosts", "each", "workers", "kills", "seed", "within_s"),
    [
        pytest.param(25, 2, 2, 3, 2, 300.0, marks=pytest.mark.soak),
        pytest.param(100, 5, 3, 20, 7, 600.0, marks=pytest.mark.soak),
    ],
    ids=["short", "long"],
)
def test_a_fleet_that_is_killed_at_loses_and_doubles_nothing(  # noqa: PLR0913, PLR0917 -- a table, and what it is done with
    tools: ModuleType,
    fleet: farm.Fleet,
    server: farm.Server,
    newsrooms: Callable[..., farm.Newsrooms],
    tmp_path: Path,
    hosts: int,
    each: int,
    workers: int,
    kills: int,
    seed: int,
    within_s: float,
) -> None:
    rooms = newsrooms(releases=2, latency_s=0.05)
    tools.write_project(fleet.folder, rooms, hosts=hosts, each=each, delay_s=0.3, every="1h")
    assert fleet.type("run", "--fleet", "--migrate").returncode == 0
    watch = Watch(fleet.url)
    fleet.scheduler()
    fleet.scheduler("by mistake", second_folder(fleet))
    for number in range(workers):
        fleet.worker(f"worker-{number}")
    tools.wait_for(lambda: watch.releases > 0, "the first release", tell=fleet.logs)
    torment(fleet, server, watch, workers=workers, kills=kills, seed=seed, most_s=2.0)
    sources = hosts * each
    tools.wait_for(lambda: watch.releases == 2 * sources and watch.quiet(), "all releases", within_s, tell=watch.tell)
    ends = {name: fleet.kill(name, signal.SIGTERM) for name in list(fleet.running)}
    # 143: it was killed last, and told to end before it had begun.
    begun = {name for name in ends if "stopping" in "".join(fleet.log(name).splitlines()[-2:])}
    assert {name: end for name, end in ends.items() if end not in ((0,) if name in begun else (0, 143))} == {}, (
        fleet.logs()
    )
    assert held(watch) == dict.fromkeys(wanted(sources, 2), 1)
    assert watch.ask("SELECT max(number) FROM revisions") == [(1,)]
    assert watch.ask("SELECT DISTINCT state FROM sources WHERE configured") == [("healthy",)]
    assert rooms.nearest() >= 0.3
    here = tools.files_of(fleet.folder / "public", "feeds", "releases")
    there = published_by_one(tools, fleet, tmp_path / "one")
    assert len(there) > 2 * sources
    assert here == there


@pytest.mark.soak
def test_two_schedulers_and_two_workers_ask_each_page_once(
    tools: ModuleType, fleet: farm.Fleet, newsrooms: Callable[..., farm.Newsrooms]
) -> None:
    fleet.more["BAYWIRE_FLEET_HEARTBEAT"] = "60s"  # nobody dies here, however slow the machine
    rooms = newsrooms(releases=1)
    tools.write_project(fleet.folder, rooms, hosts=20, each=2, delay_s=0.1, every="1h")
    assert fleet.type("run", "--fleet", "--migrate").returncode == 0
    watch = Watch(fleet.url)
    for name, folder in (("one", None), ("by mistake", second_folder(fleet))):
        fleet.scheduler(name, folder)
    tools.wait_for(lambda: len(fleet.running) == 2 and watch.crawls > 0, "jobs", tell=fleet.logs)
    time.sleep(2)
    deferred = Counter(
        key
        for (due,) in watch.ask("SELECT args -> 'due' FROM procrastinate_jobs WHERE task_name = 'crawl'")
        for key in due
    )
    assert deferred == dict.fromkeys((f"farm-{n:04d}" for n in range(40)), 1)
    fleet.worker("first")
    fleet.worker("second")
    tools.wait_for(lambda: watch.releases == 40 and watch.quiet(), "all releases", tell=watch.tell)
    asked = Counter((one.host, one.path) for one in rooms.asked() if one.path != "/robots.txt")
    assert len(asked) == 80
    assert set(asked.values()) == {1}


@pytest.mark.soak
def test_a_stop_puts_back_what_is_not_finished(
    tools: ModuleType, fleet: farm.Fleet, newsrooms: Callable[..., farm.Newsrooms]
) -> None:
    fleet.more["BAYWIRE_FLEET_HEARTBEAT"] = "60s"  # nobody dies here, however slow the machine
    rooms = newsrooms(releases=12, latency_s=0.3)
    tools.write_project(fleet.folder, rooms, hosts=2, each=1, delay_s=3.5, every="1h")  # longer than a stop waits
    assert fleet.type("run", "--fleet", "--migrate").returncode == 0
    watch = Watch(fleet.url)
    fleet.scheduler()
    fleet.worker("first")
    tools.wait_for(lambda: watch.releases > 0, "the first release", tell=fleet.logs)
    began = time.monotonic()
    assert fleet.kill("first", signal.SIGTERM) == 0
    assert time.monotonic() - began < 60  # less than 30 s where the machine is ours
    assert 0 < watch.releases < 24
    assert watch.ask("SELECT status, worker_id FROM procrastinate_jobs WHERE task_name = 'crawl'") == [("todo", None)]
    assert watch.ask("SELECT DISTINCT state FROM sources WHERE configured") == [("pending",)]
    fleet.worker("second")
    tools.wait_for(lambda: watch.releases == 24 and watch.quiet(), "all releases", tell=watch.tell)
    assert held(watch) == dict.fromkeys(wanted(2, 12), 1)


@pytest.mark.parametrize("words", [("worker",), ("run", "--fleet", "--no-serve"), ("run", "--fleet", "--migrate")])
def test_what_a_fleet_cannot_share_is_told(typed: Callable[..., Any], words: tuple[str, ...]) -> None:
    done = typed(*words)
    assert done.returncode == 2
    assert "a fleet shares a server: expected postgresql://ROLE@HOST/NAME" in done.stderr


def test_a_worker_without_tables_says_who_makes_them(fleet: farm.Fleet) -> None:
    fleet.folder.mkdir()
    done = fleet.type("worker")
    assert done.returncode == 2
    assert "let their owner type `baywire run --fleet --migrate`" in done.stderr
