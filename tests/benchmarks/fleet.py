"""How a fleet grows: 1, 2 and 4 workers on newsrooms that keep them waiting, and one machine on the same.

``python tests/benchmarks/fleet.py [--hosts 80] [--each 4]`` needs PostgreSQL; takes some seven minutes. Wall time is
what the waiting for hosts makes of it; CPU is of scheduler, workers and their children, a source, less what the same
processes take to start, to crawl one source in as long a time, and to stop. Nothing is published: only crawls are
compared.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import psycopg

DELAY_S, LATENCY_S, RELEASES, JOBS = 0.4, 0.1, 2, 2


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


farm = _load(Path(__file__).parents[1] / "fleet" / "farm.py")


@dataclass(frozen=True, slots=True)
class Took:
    """What one crawl took."""

    seconds: float
    cpu_s: float
    jobs: int = 0


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_fleet(folder: Path, url: str, workers: int, sources: int) -> Took:
    """Crawl all sources of *folder* with *workers*; then let the same processes stand idle for as long."""
    fleet = farm.Fleet(folder, url, {"BAYWIRE_FLEET_HEARTBEAT": "10s"})
    before = _cpu_s()
    with psycopg.connect(url, autocommit=True) as watch:

        def ask(query: str) -> int:
            row = watch.execute(query.encode()).fetchone()
            assert row is not None
            return int(row[0])

        fleet.type("run", "--fleet", "--migrate")
        for number in range(workers):
            fleet.worker(f"{workers}-{number}", "--jobs", str(JOBS), "--no-publish")
        while ask("SELECT count(*) FROM procrastinate_workers") < workers:
            time.sleep(0.1)
        fleet.scheduler()
        while not ask("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'crawl'"):
            time.sleep(0.02)
        began = time.monotonic()
        while ask("SELECT count(*) FROM sources WHERE state = 'healthy'") < sources:
            time.sleep(0.1)
        seconds = time.monotonic() - began
        jobs = ask("SELECT last_value FROM procrastinate_jobs_id_seq")
        _stop(fleet)
        used = _cpu_s() - before
        before = _cpu_s()
        fleet.type("run", "--fleet", "--migrate")
        for number in range(workers):
            fleet.worker(f"{workers}-{number}", "--jobs", str(JOBS), "--no-publish")
        fleet.scheduler()
        while ask("SELECT count(*) FROM procrastinate_workers") < workers:
            time.sleep(0.1)
        watch.execute(b"UPDATE sources SET next_due = 0 WHERE key = 'farm-0000'")  # so that a zygote warms up here too
        time.sleep(seconds)
        _stop(fleet)
        commits = ask("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
    idle = _cpu_s() - before
    say(f"<!-- {workers}: {used:.1f} s CPU, {idle:.1f} s of it without a crawl; {commits} transactions -->")
    return Took(seconds, used - idle, jobs)


def _stop(fleet: farm.Fleet) -> None:
    for name in list(fleet.running):
        assert fleet.kill(name, signal.SIGTERM) == 0, fleet.logs()


def run_one(folder: Path) -> Took:
    """Crawl all sources of *folder* on one machine, into a file; then one of them again."""
    one = farm.Fleet(folder, "sqlite:///var/one.sqlite3")
    before, began = _cpu_s(), time.monotonic()
    done = one.type("crawl", "--no-publish")
    seconds = time.monotonic() - began
    assert done.returncode == 0, done.stderr
    used = _cpu_s() - before
    before = _cpu_s()
    one.type("crawl", "farm-0000", "--no-publish")
    return Took(seconds, used - (_cpu_s() - before))


def say(line: str) -> None:
    """Print *line* at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--hosts", type=int, default=80)
    parser.add_argument("--each", type=int, default=4)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    given = parser.parse_args()
    sources = given.hosts * given.each
    folder = Path(tempfile.mkdtemp(prefix="bw-"))
    server = farm.Server(folder.with_name(f"{folder.name}-pg"))
    rooms = farm.Newsrooms(folder, releases=RELEASES, latency_s=LATENCY_S)
    try:
        project = folder / "project"
        farm.write_project(project, rooms, hosts=given.hosts, each=given.each, delay_s=DELAY_S, every="6h")
        one = run_one(project)
        each = one.cpu_s / sources
        say(f"{sources} sources on {given.hosts} hosts, {RELEASES} releases each, delay {DELAY_S} s, {JOBS} jobs each")
        say("| | seconds | sources/s | jobs/s | times one worker | CPU ms a source | times one machine | nearest s |")
        say("|---|---|---|---|---|---|---|---|")
        rate = sources / one.seconds
        say(f"| one machine, SQLite | {one.seconds:.1f} | {rate:.1f} | | | {each * 1000:.1f} | 1.00 | |")
        first = 0.0
        for workers in given.workers:
            with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
                admin.execute(f"CREATE DATABASE fleet_{workers}".encode())
            seen = len(rooms.asked())
            took = run_fleet(project, server.url(f"fleet_{workers}"), workers, sources)
            first = first or took.seconds
            mine = took.cpu_s / sources
            nearest = farm.nearest_of(rooms.asked()[seen:])
            rates = f"{sources / took.seconds:.1f} | {took.jobs / took.seconds:.2f} | {first / took.seconds:.2f}"
            say(
                f"| {workers} workers | {took.seconds:.1f} | {rates} | {mine * 1000:.1f} | {mine / each:.2f} "
                f"| {nearest:.3f} |"
            )
    finally:
        rooms.close()
        server.remove()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
