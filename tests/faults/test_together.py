"""Two at once: daemons, commands, the same source due twice, a lock whose holder was killed."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.chaos import Wire
    from faults.rig import Rig


def test_c1_the_second_daemon_exits_75_and_the_first_is_undisturbed(rig: Rig) -> None:
    first = rig.start().serving()
    for words in (("run", "--port", "0"), ("restore",)):
        done = rig.typed(*words)
        assert done.returncode == 75
        assert f"pid {first.process.pid}" in done.stderr
        assert done.stderr.count("\n") == 1
    (rig.var / "lock").unlink()  # as somebody does who believes it stale
    done = rig.typed("run", "--port", "0")
    assert done.returncode == 75, done.stderr
    rig.newsroom.says()
    rig.until(lambda: rig.hurry() or len(rig.feed()) == rig.newsroom.count, "the release")
    assert first.stop() == 0


@pytest.mark.soak
def test_c2_commands_beside_the_daemon_are_done_one_after_the_other(rig: Rig) -> None:
    running = rig.start().serving()
    codes: list[int] = []

    def type_() -> None:
        codes.append(rig.typed("crawl", "bad").returncode)

    with rig.watch(lambda: running.port) as watch:
        threads = [threading.Thread(target=type_) for _ in range(3)]
        for thread in threads:
            thread.start()
            rig.newsroom.says()
            rig.hurry()
        for thread in threads:
            thread.join()
        rig.until(lambda: rig.hurry() or not watch.lost(), "all releases")
    assert codes == [0, 0, 0]
    assert watch.faults() == 0, watch.told()
    assert running.stop() == 0
    assert rig.typed("publish", "--check").returncode == 0


@pytest.mark.soak
def test_c3_a_crawl_longer_than_its_interval_never_meets_itself(rig: Rig) -> None:
    under_way, most = 0, 0
    counting = threading.Lock()
    listing = rig.newsroom.server.routes["/list"]

    def slow(wire: Wire) -> None:
        nonlocal under_way, most
        with counting:
            under_way += 1
            most = max(most, under_way)
        time.sleep(1.5)
        listing(wire)
        with counting:
            under_way -= 1

    rig.newsroom.server.routes["/list"] = slow
    running = rig.start().serving()
    due = 0

    def hurried() -> bool:
        nonlocal due
        due += 1
        rig.hurry()
        time.sleep(0.1)
        return len(rig.newsroom.server.times("/list")) >= 3

    rig.until(hurried, "three crawls")
    assert most == 1
    assert due > 5, "what came due meanwhile is one crawl, not many"
    assert running.stop() == 0


@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.soak)])
def test_c4_a_killed_holder_leaves_no_lock_behind(rig: Rig, times: int) -> None:
    running = rig.start().serving()
    for _ in range(times):
        running.process.send_signal(signal.SIGKILL)
        began = time.monotonic()
        running.process.wait()
        running = rig.start()
        rig.until(lambda pid=running.process.pid: str(pid) in (rig.var / "lock").read_text(), "the lock")
        assert time.monotonic() - began < 60, "one second on a machine that does nothing else"
        running.serving()
    assert running.stop() == 0
