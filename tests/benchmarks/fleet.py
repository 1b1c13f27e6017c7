"""How a fleet grows: 1, 2 and 4 workers on newsrooms that keep them waiting, and one machine on the same.

``python tests/benchmarks/fleet.py [--hosts 80] [--each 4]`` needs PostgreSQL; takes some four minutes. Each begins
with all its processes up and warm, when all sources come due at once, and ends with the last source. CPU is what
scheduler, workers, zygotes and children used in between, the newsrooms left out; that of PostgreSQL stands apart. One
machine is the daemon's own crawl into a file. Nothing is published: only crawls are compared.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import psycopg

DELAY_S, LATENCY_S, RELEASES = 0.4, 0.1, 2
_TICK = os.sysconf("SC_CLK_TCK")


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


farm = _load(Path(__file__).parents[1] / "fleet" / "farm.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What the crawl of all sources took."""

    seconds: float
    cpu_s: float
    server_s: float = 0.0
    jobs: int = 0
    commits: int = 0


# what processes use -----------------------------------------------------------------------


def processes() -> Mapping[int, tuple[int, float]]:
    """Return each process with its parent, and the CPU of itself and of its children that ended."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended
            continue
        found[int(folder.name)] = (int(told[1]), sum(map(int, told[11:15])) / _TICK)
    return found


def cpu_of(*roots: int) -> float:
    """Return the CPU seconds of the processes *roots* and of all below them, ended or not."""
    there = processes()
    wanted = set(roots)
    while below := {number for number, (parent, _) in there.items() if parent in wanted} - wanted:
        wanted |= below
    return sum(there[number][1] for number in wanted if number in there)


def zygotes_of(roots: list[int]) -> int:
    """Return how many of *roots* have a child."""
    return len({parent for parent, _ in processes().values()} & set(roots))


# the two that are compared ----------------------------------------------------------------


def run_fleet(folder: Path, server: farm.Server, workers: int, sources: int, jobs: int) -> Took:
    """Crawl all sources of *folder* with *workers* and return what it took."""
    url = server.url(f"fleet_{workers}")
    fleet = farm.Fleet(folder, url, {"BAYWIRE_FLEET_HEARTBEAT": "10s"})
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE fleet_{workers}".encode())
    with psycopg.connect(url, autocommit=True) as watch:

        def ask(query: str) -> int:
            row = watch.execute(query.encode()).fetchone()
            assert row is not None
            return int(row[0])

        fleet.type("run", "--fleet", "--migrate")
        fleet.scheduler()
        _wait(lambda: ask("SELECT count(*) FROM sources") == sources)
        watch.execute(b"UPDATE sources SET next_due = 9000000000000000")
        watch.execute(b"DELETE FROM procrastinate_jobs WHERE task_name = 'crawl'")
        names = [f"worker-{workers}-{number}" for number in range(workers)]
        for name in names:
            fleet.worker(name, "--jobs", str(jobs), "--no-publish")
        _wait(lambda: ask("SELECT count(*) FROM procrastinate_workers") == workers)
        _wait(lambda: zygotes_of([fleet.running[name].pid for name in names]) == workers)
        time.sleep(8)  # until they are warm
        mine = [process.pid for process in fleet.running.values()]
        commits = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        before = cpu_of(*mine), cpu_of(server.pid), ask(commits)
        last = ask("SELECT last_value FROM procrastinate_jobs_id_seq")
        began = time.monotonic()
        watch.execute(b"UPDATE sources SET next_due = 1")
        _wait(lambda: ask("SELECT count(*) FROM sources WHERE state = 'healthy'") == sources)
        seconds = time.monotonic() - began
        time.sleep(1)  # the last job is told to be done
        took = Took(
            seconds=seconds,
            cpu_s=cpu_of(*mine) - before[0],
            server_s=cpu_of(server.pid) - before[1],
            jobs=ask("SELECT last_value FROM procrastinate_jobs_id_seq") - last,
            commits=ask(commits) - before[2],
        )
    for name in list(fleet.running):
        assert fleet.kill(name, signal.SIGTERM) == 0, fleet.logs()
    return took


def run_one(folder: Path) -> Took:
    """Crawl all sources of *folder* on one machine, into a file, and return what it took."""
    done = subprocess.run(
        [sys.executable, __file__, "--alone", str(folder)], check=True, capture_output=True, cwd=folder, timeout=900
    )
    return Took(**json.loads(done.stdout))


async def _alone(folder: Path) -> Took:
    """Crawl as the daemon does, in this process."""
    from scheduler.config import load  # only the one that crawls needs all this
    from scheduler.cycle import batches, crawl_batch, ignore
    from scheduler.desk import open_desk
    from scheduler.order import Order

    with open_desk(load(folder)) as desk:
        await desk.zygote.start()
        before, began = cpu_of(os.getpid()), time.monotonic()
        crawls = [crawl_batch(desk, batch, Order(verb="crawl"), ignore) for batch in batches(desk, desk.choose(()))]
        ended = [one.outcome for some in await asyncio.gather(*crawls) for one in some]
        assert set(ended) == {"new"}, ended
        return Took(seconds=time.monotonic() - began, cpu_s=cpu_of(os.getpid()) - before)


def _wait(look: Callable[[], bool]) -> None:
    while not look():
        time.sleep(0.05)


# the table --------------------------------------------------------------------------------


def say(line: str) -> None:
    """Print *line* at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--hosts", type=int, default=80)
    parser.add_argument("--each", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.alone:
        took = asyncio.run(_alone(given.alone))
        say(json.dumps({"seconds": took.seconds, "cpu_s": took.cpu_s}))
        return
    sources = given.hosts * given.each
    folder = Path(tempfile.mkdtemp(prefix="bw-"))
    server = farm.Server(folder.with_name(f"{folder.name}-pg"))
    rooms = farm.Newsrooms(folder, releases=RELEASES, latency_s=LATENCY_S)
    try:
        project = folder / "project"
        farm.write_project(project, rooms, hosts=given.hosts, each=given.each, delay_s=DELAY_S, every="6h")
        say(
            f"{sources} sources on {given.hosts} hosts, {RELEASES} releases each, delay {DELAY_S} s, answers after "
            f"{LATENCY_S} s, {given.jobs} jobs at once a worker\n"
        )
        say(
            "| | seconds | sources/s | jobs/s | times one worker | CPU ms a source | times one machine "
            "| PostgreSQL ms a source | transactions a source | nearest requests to a host, s |"
        )
        say("|---|---|---|---|---|---|---|---|---|---|")
        one = run_one(project)
        each = one.cpu_s / sources
        say(
            f"| one machine, SQLite | {one.seconds:.1f} | {sources / one.seconds:.1f} | | | {each * 1000:.1f} | 1 | | "
            f"| {farm.nearest_of(rooms.asked()):.3f} |"
        )
        first = 0.0
        for workers in given.workers:
            seen = len(rooms.asked())
            took = run_fleet(project, server, workers, sources, given.jobs)
            first = first or took.seconds
            nearest = farm.nearest_of(rooms.asked()[seen:])
            say(
                f"| {workers} worker{'s' * (workers > 1)} | {took.seconds:.1f} | {sources / took.seconds:.1f} "
                f"| {took.jobs / took.seconds:.2f} | {first / took.seconds:.2f} | {took.cpu_s / sources * 1000:.1f} "
                f"| {took.cpu_s / sources / each:.2f} | {took.server_s / sources * 1000:.1f} "
                f"| {took.commits / sources:.1f} | {nearest:.3f} |"
            )
    finally:
        rooms.close()
        server.remove()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
