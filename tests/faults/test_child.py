"""Crawl children that die, hang, grow or are orphaned: the parent lives on and the store knows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.run import Batch, Report, Zygote

if TYPE_CHECKING:
    from faults.chaos import Chaos, Wire
    from faults.conftest import Desk

    from crawler.batch import Event
    from crawler.run import _Progress

MIB = 1 << 20


def _hang(wire: Wire) -> None:
    del wire
    time.sleep(240)


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def _gone(pids: tuple[int, ...] | list[int], *, within_s: float = 120.0) -> bool:
    until = time.monotonic() + within_s
    while any(_is_alive(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


async def _until(done: Callable[[], object]) -> None:
    for _ in range(12_000):
        if done():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


async def _while_running(zygote: Zygote, batch: Batch, do: Callable[[], None]) -> Report:
    """Crawl *batch* and *do* something as soon as its child runs."""
    crawl = asyncio.ensure_future(zygote.crawl(batch, lambda _: None))
    await _until(lambda: zygote.children)
    await asyncio.sleep(0.3)
    do()
    return await crawl


def test_k5_a_killed_child_is_recorded_and_the_next_crawl_is_well(desk: Desk, newsroom: Chaos) -> None:
    newsroom.routes["/list"] = _hang
    batch = desk.batch("bad")
    killed: list[int] = []

    def kill() -> None:
        killed.extend(desk.zygote.children)
        os.kill(killed[0], signal.SIGKILL)

    report = desk.runner.run(_while_running(desk.zygote, batch, kill))
    assert (report.ended, report.signal) == ("died", signal.SIGKILL)
    assert [(o.source, o.outcome) for o in report.outcomes] == [("bad", "failed")]
    assert "SIGKILL" in report.outcomes[0].reason
    assert desk.runs("bad")[0].outcome == "failed"
    assert desk.state("bad").next_due is not None
    newsroom.page("/list", "<a class=release href=/r/1.htm>Release number one</a>")
    assert desk.outcome("bad", explicit=True).outcome == "new"


def test_k5_a_child_that_stands_still_is_ended_by_its_wall_limit(desk: Desk, newsroom: Chaos) -> None:
    newsroom.routes["/list"] = _hang
    batch = desk.batch("bad", wall_s=5.0)
    stopped: list[int] = []

    def stop() -> None:
        stopped.extend(desk.zygote.children)
        os.kill(stopped[0], signal.SIGSTOP)

    report = desk.runner.run(_while_running(desk.zygote, batch, stop))
    assert report.ended == "timeout"
    assert _gone(stopped)
    assert desk.runs("bad")[0].outcome == "failed"


def test_k5_the_sources_beside_the_one_that_kills_its_child_are_crawled(desk: Desk, newsroom: Chaos) -> None:
    desk.source("deadly", newsroom.url("/deadly"))
    newsroom.routes["/deadly"] = lambda wire: os.kill(desk.zygote.children[0], signal.SIGKILL) or wire.page("")
    report = desk.crawl("bad", "deadly")
    found = {outcome.source: outcome.outcome for outcome in report.outcomes}
    assert found == {"bad": "new", "deadly": "failed"}
    assert desk.count("bad") == 3


def test_k5_a_killed_zygote_takes_its_children_along_and_is_started_again(desk: Desk, newsroom: Chaos) -> None:
    newsroom.routes["/list"] = _hang
    batch = desk.batch("bad")
    first = desk.zygote.pid
    assert first is not None
    children: list[int] = []

    def kill() -> None:
        children.extend(desk.zygote.children)
        os.kill(first, signal.SIGKILL)

    report = desk.runner.run(_while_running(desk.zygote, batch, kill))
    assert report.ended == "died"
    assert _gone(children)
    assert desk.state("bad").state.value == "failing"
    newsroom.page("/list", "<a class=release href=/r/1.htm>Release number one</a>")
    assert desk.outcome("bad", explicit=True).outcome == "new"
    assert desk.zygote.pid != first


PARENT = """
import sys
from crawler.run import Batch, crawl
batch = Batch(run="r", sources=("bad",), folders=(sys.argv[1],), store_url=sys.argv[2])
crawl(batch, lambda event: None)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_k5_no_crawl_process_outlives_a_killed_parent(desk: Desk, newsroom: Chaos, number: signal.Signals) -> None:
    newsroom.routes["/list"] = _hang
    batch = desk.batch("bad")
    parent = subprocess.Popen([sys.executable, "-c", PARENT, batch.folders[0], batch.store_url])
    while not newsroom.times("/list"):
        assert parent.poll() is None
        time.sleep(0.02)
    below = _descendants(parent.pid)
    assert len(below) == 2  # the zygote, and the child in a session of its own
    parent.send_signal(number)
    parent.wait()
    assert _gone(below)


def _descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text(encoding="ascii").split():
            found += [int(child), *_descendants(int(child))]
    return found


def test_a_crawl_that_takes_too_long_is_stopped_and_recorded(desk: Desk, newsroom: Chaos) -> None:
    newsroom.routes["/list"] = _hang
    report = desk.crawl("bad", wall_s=1.5)
    assert report.ended == "timeout"
    assert report.seconds < 60
    assert [outcome.outcome for outcome in report.outcomes] == ["failed"]
    assert desk.runs("bad")[0].outcome == "failed"


def test_k6_a_drained_crawl_keeps_what_it_stored_and_stays_due(desk: Desk, newsroom: Chaos) -> None:
    newsroom.routes["/r/1.htm"] = _hang
    due = desk.batch("bad")
    before = desk.state("bad")

    async def drained() -> Report:
        crawl = asyncio.ensure_future(desk.zygote.crawl(due, lambda _: None))
        await _until(lambda: newsroom.times("/r/1.htm"))
        await _until(lambda: desk.count("bad") == 2)
        await desk.zygote.drain(1.0)
        return await crawl

    report = desk.runner.run(drained())
    assert (report.ended, report.outcomes) == ("stopped", ())
    assert desk.count("bad") == 2
    assert desk.state("bad") == before


def test_a_cancelled_crawl_leaves_no_child(desk: Desk, newsroom: Chaos) -> None:
    newsroom.routes["/list"] = _hang
    batch = desk.batch("bad")

    async def cancelled() -> list[int]:
        crawl = asyncio.ensure_future(desk.zygote.crawl(batch, lambda _: None))
        await _until(lambda: newsroom.times("/list"))
        children = list(desk.zygote.children)
        crawl.cancel()
        await asyncio.wait([crawl])
        return children

    assert _gone(desk.runner.run(cancelled()))
    newsroom.page("/list", "<a class=release href=/r/1.htm>Release number one</a>")
    assert desk.outcome("bad").outcome == "new"


def test_an_error_in_the_listener_ends_the_crawl_and_reaches_the_caller(desk: Desk, newsroom: Chaos) -> None:
    del newsroom
    batch = desk.batch("bad")

    def listener(event: object) -> None:
        raise BrokenPipeError(event)

    with pytest.raises(BrokenPipeError):
        desk.runner.run(desk.zygote.crawl(batch, listener))
    assert _gone(list(desk.zygote.children))
    assert desk.crawl("bad").ended == "ok"


def test_k10_a_child_short_of_memory_fails_and_says_so(desk: Desk, newsroom: Chaos) -> None:
    newsroom.page("/list", "<html>" + "<div><p>x</p></div>" * 400_000)
    report = desk.crawl("bad", memory_bytes=330 * MIB)
    assert [outcome.outcome for outcome in report.outcomes] != ["new"]
    assert desk.state("bad").state.value in {"failing", "suspicious"}
    newsroom.page("/list", "<a class=release href=/r/1.htm>Release number one</a>")
    assert desk.outcome("bad", explicit=True).outcome == "new"


def test_k10_a_child_that_ends_without_a_record_of_its_source_is_recorded_as_failed(
    desk: Desk, newsroom: Chaos, monkeypatch: pytest.MonkeyPatch
) -> None:
    del newsroom
    whole = Zygote._once

    async def forgetful(self: Zygote, batch: Batch, progress: _Progress, hear: Callable[[Event], None]) -> Report:
        report = await whole(self, batch, progress, hear)
        progress.outcomes.clear()
        progress.errors.append("bad: MemoryError")
        return report

    monkeypatch.setattr(Zygote, "_once", forgetful)
    ended = desk.outcome("bad")
    assert (ended.outcome, ended.reason) == ("failed", "the crawl ended without a record of it: bad: MemoryError")
    assert desk.state("bad").state.value == "failing"


def test_a_child_that_only_computes_is_ended_by_its_cpu_limit(desk: Desk, newsroom: Chaos) -> None:
    newsroom.page("/list", "<a class=release href=/r/1.htm>Release</a>" * 150_000)
    report = desk.crawl("bad", cpu_s=1)
    assert report.ended in {"died", "ok"}
    if report.ended == "died":
        assert report.signal == signal.SIGXCPU
        assert desk.state("bad").state.value == "failing"


SHADOW = 'raise RuntimeError("imported from the working directory")\n'


def test_nothing_in_the_working_directory_is_imported(
    desk: Desk, newsroom: Chaos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del newsroom
    for name in ("lxml", "scrapy", "json", "crawler", "socket", "sitecustomize", "usercustomize"):
        (tmp_path / f"{name}.py").write_text(SHADOW, encoding="utf-8")
    batch = desk.batch("bad")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f":.{os.pathsep}")

    async def fresh() -> Report:
        zygote = Zygote()
        try:
            return await zygote.crawl(batch, lambda _: None)
        finally:
            zygote.close()

    report = desk.runner.run(fresh())
    assert (report.ended, report.outcomes[0].outcome) == ("ok", "new")


def test_200_batches_leave_no_zombie_no_descriptor_and_no_memory_behind(desk: Desk, newsroom: Chaos) -> None:
    del newsroom
    batch = desk.batch("bad")
    desk.run(batch)
    zygote = desk.zygote.pid
    assert zygote is not None

    def used() -> tuple[int, int, int]:
        pages = int(Path(f"/proc/{zygote}/statm").read_text(encoding="ascii").split()[1])
        ours, theirs = (len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in (os.getpid(), zygote))
        return pages, ours, theirs

    for _ in range(5):
        desk.run(batch)
    before = used()
    for _ in range(30):
        desk.run(batch)
    after = used()
    assert after[1] <= before[1]  # what tests before this one left may go meanwhile
    assert after[2] <= before[2]
    assert after[0] - before[0] < 256  # pages: one megabyte
    assert _descendants(zygote) == []


def test_batches_run_side_by_side_and_write_one_store(desk: Desk, newsroom: Chaos) -> None:
    keys = ("bad", "second", "third", "fourth")
    for key in keys[1:]:
        desk.source(key, newsroom.url("/list"))
    batches = [replace(desk.batch(*keys), sources=(key,)) for key in keys]

    async def together() -> list[Report]:
        return await asyncio.gather(*(desk.zygote.crawl(batch, lambda _: None) for batch in batches))

    reports = desk.runner.run(together())
    assert [report.outcomes[0].outcome for report in reports] == ["new"] * 4
    assert [desk.count(key) for key in keys] == [3] * 4
    assert desk.zygote.children == ()


def test_k5_of_two_batches_the_death_of_one_child_is_nothing_to_the_other(desk: Desk, newsroom: Chaos) -> None:
    desk.source("deadly", newsroom.url("/deadly"))
    both = desk.batch("bad", "deadly")
    for path in ("/r/1.htm", "/r/2.htm", "/r/3.htm"):
        answer = newsroom.routes[path]
        newsroom.routes[path] = lambda wire, answer=answer: time.sleep(0.2) or answer(wire)
    newsroom.routes["/deadly"] = lambda wire: os.kill(_asking(wire), signal.SIGKILL)

    def _asking(wire: Wire) -> int:
        port = wire.peer
        return next(pid for pid in desk.zygote.children if _has_port(pid, port))

    async def together() -> list[Report]:
        one, other = replace(both, sources=("bad",)), replace(both, sources=("deadly",))
        return await asyncio.gather(*(desk.zygote.crawl(batch, lambda _: None) for batch in (one, other)))

    good, dead = desk.runner.run(together())
    assert (good.ended, good.outcomes[0].new) == ("ok", 3)
    assert (dead.ended, dead.outcomes[0].outcome) == ("died", "failed")


def _has_port(pid: int, port: int) -> bool:
    """Return whether process *pid* holds the TCP socket with local *port*."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    inodes = {f"socket:[{row[9]}]" for row in rows if int(row[1].rpartition(":")[2], 16) == port}
    links = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            links.append(str(descriptor.readlink()))
    return not inodes.isdisjoint(links)
