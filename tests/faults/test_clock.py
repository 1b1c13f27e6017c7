"""Clocks that jump, zones that change, machines that sleep: nobody is asked in a storm, nobody is forgotten."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from feeds.store import HostState, open_store
from scheduler.timetable import Timetable

if TYPE_CHECKING:
    from faults.rig import Rig, Running

DAY = timedelta(days=1)
LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/local/lib/faketime/libfaketimeMT.so.1")


class Clock:
    """A file that tells a program, and all it starts, what time it is; durations stay true."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.set(timedelta())

    def set(self, ahead: timedelta) -> None:
        """Let the clock be *ahead* of the true one from now on."""
        part = self.file.with_suffix(".part")
        part.write_text(f"{ahead.total_seconds():+.0f}\n", encoding="ascii")
        part.replace(self.file)

    @property
    def environment(self) -> dict[str, str]:
        library = next((str(path) for pattern in LIBRARIES for path in Path("/").glob(pattern[1:])), "")
        if not library:
            pytest.skip("needs libfaketime: install faketime")
        return {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "clock")


def delivers(rig: Rig, running: Running) -> None:
    """See that a new release comes out by itself, soon."""
    rig.newsroom.says()
    rig.until(lambda: rig.hurry() or len(rig.feed()) == rig.newsroom.count, "the release", within_s=240)
    assert running.process.poll() is None


def cpu_s(pid: int) -> float:
    """Return the processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.soak
def test_t1_the_clock_jumps_while_the_daemon_runs(rig: Rig, clock: Clock) -> None:
    running = rig.start(**clock.environment).serving()
    delivers(rig, running)
    order = list(rig.feed())
    for ahead in (DAY, -DAY, 3650 * DAY, timedelta()):
        asked = len(rig.newsroom.server.times("/list"))
        clock.set(ahead)
        time.sleep(2)
        assert len(rig.newsroom.server.times("/list")) - asked <= 2, "a storm"
        spent = cpu_s(running.process.pid)
        delivers(rig, running)
        assert cpu_s(running.process.pid) - spent < 10, "a spin"
        now = list(rig.feed())
        assert [one for one in now if one in order] == order, "the order of old entries"
        order = now
    assert rig.newsroom.addresses() == set(rig.feed().values())
    assert running.get("readyz").status == 200
    assert running.stop() == 0
    assert "Traceback" not in running.log


def test_t1_no_job_waits_for_a_clock_that_was_set_back_or_runs_for_all_that_was_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    true = time.time

    async def counted() -> Counter[str]:
        ran: Counter[str] = Counter()
        stage = "before"

        async def work() -> None:
            ran[stage] += 1

        timetable = Timetable()
        timetable.every(timedelta(seconds=0.2), work, name="work")
        with timetable:
            await _until(lambda: ran[stage])
            ahead = _ahead(monkeypatch, 3650 * 86400)
            stage = "ahead"
            await _until(lambda: ran[stage])
            await asyncio.sleep(0.5)
            ahead = _ahead(monkeypatch, -86400)
            stage = "back"
            await _until(lambda: ran[stage])
            await asyncio.sleep(0.5)
            ahead = _ahead(monkeypatch, 3650 * 86400)
            stage = "for a moment"
            await _until(lambda: ran[stage])
            ahead = _ahead(monkeypatch, -86400)
            stage = "back at once"
            await _until(lambda: ran[stage])
            del ahead
        return ran

    ran = asyncio.run(counted())
    assert true is not None
    assert ran["before"] >= 1
    assert 1 <= ran["ahead"] <= 50, "missed are ten years of 0.2 s"
    assert 1 <= ran["back"] <= 50


async def _until(look: Callable[[], object]) -> None:
    for _ in range(24_000):
        if look():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def _ahead(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let what the timetable takes for the time be *seconds* ahead."""
    from apscheduler.schedulers import base

    class Datetime(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime.fromtimestamp(time.monotonic() + START + seconds, tz or UTC)  # type: ignore[arg-type]

    monkeypatch.setattr(base, "datetime", Datetime)
    monkeypatch.setattr("apscheduler.schedulers.asyncio.datetime", Datetime, raising=False)
    monkeypatch.setattr("scheduler.timetable._ahead", lambda: START + seconds)


START = time.time() - time.monotonic()


def test_t1_what_a_clock_that_ran_ahead_left_in_the_store_is_undone(tmp_path: Path) -> None:
    now = datetime(2026, 4, 14, 12, tzinfo=UTC)
    with open_store(f"sqlite:///{tmp_path}/store.sqlite3") as store:
        with store.writing() as writing:
            for host, until in (("far.example", now + 3650 * DAY), ("near.example", now + timedelta(hours=5))):
                writing.set_host(HostState(host=host, open_until=until, failures=1, retry_after=until))
        store.settle(now=now, farthest=now + DAY)
        far, near = store.host("far.example"), store.host("near.example")
    assert far is not None
    assert near is not None
    assert (far.open_until, far.retry_after) == (None, None)
    assert near.open_until == near.retry_after == now + timedelta(hours=5)


@pytest.mark.parametrize("change", ["2026-03-29 00:59:50", "2026-10-25 00:59:50"])
@pytest.mark.soak
def test_t2_summer_time_begins_and_ends(rig: Rig, clock: Clock, change: str) -> None:
    """London's clocks change at 01:00 UTC on these days."""
    at = datetime.fromisoformat(f"{change}+00:00")
    clock.set(at - datetime.now(UTC))
    running = rig.start(TZ="Europe/London", **clock.environment).serving()
    delivers(rig, running)
    asked, spent, began = len(rig.newsroom.server.times("/list")), cpu_s(running.process.pid), time.monotonic()
    end = (at - datetime.now(UTC)).total_seconds()
    time.sleep(12)  # over the change
    assert end < 12
    assert len(rig.newsroom.server.times("/list")) - asked <= 1
    assert cpu_s(running.process.pid) - spent < 0.05 * (time.monotonic() - began) + 0.5
    delivers(rig, running)
    assert running.stop() == 0


@pytest.mark.soak
def test_t3_the_zone_of_the_machine_changes_no_byte(rig: Rig) -> None:
    assert rig.typed("crawl", TZ="Asia/Hong_Kong").returncode == 0
    before = rig.pictures("**/*")
    for zone in ("America/St_Johns", "Pacific/Kiritimati", "UTC"):
        assert rig.typed("publish", "--check", TZ=zone).returncode == 0
    shutil.rmtree(rig.public)
    assert rig.typed("publish", TZ="America/St_Johns").returncode == 0
    assert rig.pictures("**/*") == before
    first = rig.ids()
    shutil.rmtree(rig.var)
    assert rig.typed("crawl", TZ="Pacific/Kiritimati").returncode == 0
    assert rig.ids() == first
    dates = {path: body for path, body in before.items() if path.startswith("feeds/source/")}
    assert {path: body for path, body in rig.pictures("**/*").items() if path.startswith("feeds/source/")} == dates


@pytest.mark.soak
def test_t4_after_eight_hours_of_sleep_every_source_is_asked_once(rig: Rig, clock: Clock) -> None:
    keys = [f"s{n}" for n in range(12)]
    for key in keys:
        rig.newsroom.server.routes[f"/{key}"] = rig.newsroom.server.routes["/list"]
        rig.source(key, path=f"/{key}")
    rig.configure('[notify]\nhook = ["sh", "-c", "cat >> alarms"]\n', use=keys)
    running = rig.start(**clock.environment).serving()
    rig.until(lambda: all(rig.state(key) == "healthy" for key in keys), "the first crawls")
    feeds = [f"feeds/source/{key}.atom" for key in keys]
    # Published is what was crawled and put off until its next slot.
    rig.until(lambda: all(len(rig.feed(feed)) == rig.newsroom.count for feed in feeds), "the first feeds")
    before = Counter(asked.path for asked in rig.newsroom.server.asked)
    running.process.send_signal(signal.SIGSTOP)
    clock.set(timedelta(hours=8))
    rig.newsroom.says()
    time.sleep(0.5)
    running.process.send_signal(signal.SIGCONT)
    rig.until(lambda: all(len(rig.feed(feed)) == rig.newsroom.count for feed in feeds), "what was said meanwhile")
    asked = Counter(one.path for one in rig.newsroom.server.asked)
    assert [asked[f"/{key}"] - before[f"/{key}"] for key in keys] == [1] * len(keys)
    assert not (rig.folder / "alarms").exists(), "nobody is late who could not be asked"
    assert running.stop() == 0
