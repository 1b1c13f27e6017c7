"""Rows K2 and D5 on the command as it is installed, by strace: whichever call it dies or fails at, all is whole."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.rig import Rig

pytestmark = pytest.mark.soak
CALLS = {
    "write": "write,pwrite64,writev",
    "sync": "fsync,fdatasync",
    "name": "rename,renameat,renameat2,link,unlink,unlinkat",
}


@pytest.fixture
def strace() -> str:
    """Return the program."""
    found = shutil.which("strace")
    tried = found and subprocess.run([found, "-f", "-qq", "-o", "/dev/null", "true"], check=False, capture_output=True)
    if not found or not tried or tried.returncode:
        pytest.skip("needs strace, and the right to trace")
    return found


NUMBERS = (1, 3, 9, 33, 129)  # of the call that is met, in each process and thread


def injected(strace: str, calls: str, how: str, number: int) -> list[str]:
    """Return what is typed before a command so that its call *number* of each process and thread is met."""
    return [strace, "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:{how}:when={number}"]


def is_whole(rig: Rig) -> None:
    with contextlib.closing(sqlite3.connect(rig.store_file)) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("kind", CALLS)
def test_k2_the_command_killed_at_any_call(rig: Rig, strace: str, kind: str) -> None:
    rig.crawl()
    met = 0
    with rig.watch() as watch:
        for number in NUMBERS:
            rig.newsroom.says()
            done = rig.typed("crawl", before=injected(strace, CALLS[kind], "signal=KILL", number))
            is_whole(rig)
            if done.returncode == 0:
                break
            met += 1
        rig.crawl()
        rig.until(lambda: not watch.lost(), "readers to see all")
    assert met >= 3
    assert watch.faults() == 0, watch.told()
    assert rig.typed("publish", "--check").returncode == 0


@pytest.mark.parametrize("kind", CALLS)
def test_d5_the_command_gets_an_error_at_any_call(rig: Rig, strace: str, kind: str) -> None:
    rig.crawl()
    with rig.watch() as watch:
        for number in NUMBERS[::2]:
            rig.newsroom.says()
            done = rig.typed("crawl", before=injected(strace, CALLS[kind], "error=EIO", number))
            assert done.returncode in {0, 1, 2, 3}, done.stderr
            # The byte by which a signal is told is a call as well, and Python says where it is lost.
            assert "Traceback" not in done.stderr or "signal wakeup fd" in done.stderr, done.stderr
            is_whole(rig)
        rig.crawl()
        rig.until(lambda: not watch.lost(), "readers to see all")
    assert watch.faults() == 0, watch.told()
    assert rig.typed("publish", "--check").returncode == 0
