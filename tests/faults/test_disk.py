"""Disks that are full, read-only or out of inodes: the old feeds stay, somebody is told, and it heals by itself."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from faults.rig import Rig, Running

HOOK = '[notify]\nhook = ["sh", "-c", "cat >> alarms"]\n'


def _until_none_is_left(take: Callable[[], object]) -> None:
    with contextlib.suppress(OSError):
        while True:
            take()


@contextlib.contextmanager
def full(folder: Path) -> Iterator[None]:
    """Leave no byte on the file system of *folder*."""
    ballast = folder / ".ballast"
    with ballast.open("wb", buffering=0) as file:
        _until_none_is_left(lambda: file.write(bytes(4096)))
    yield
    ballast.unlink()


@contextlib.contextmanager
def out_of_inodes(folder: Path) -> Iterator[None]:
    """Leave no inode on the file system of *folder*."""
    many = folder / ".many"
    many.mkdir()
    names = map(str, itertools.count())
    _until_none_is_left(lambda: many.joinpath(next(names)).touch())
    yield
    shutil.rmtree(many)


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nobody write to the file system of *folder*."""
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    yield
    subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)


def alarms(rig: Rig) -> list[Mapping[str, Any]]:
    file = rig.folder / "alarms"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def lives_through(rig: Rig, running: Running, fault: contextlib.AbstractContextManager[None]) -> None:
    """Let *fault* come and go while a release comes out: feeds stay, /readyz says no, and all is well afterwards."""
    rig.until(lambda: rig.hurry() or running.get("readyz").status == 200, "all to be well")
    feeds, told = rig.pictures(), len(alarms(rig))
    with fault:
        rig.newsroom.says()
        rig.until(lambda: rig.hurry() or running.get("readyz").status == 503, "/readyz to say no")
        rig.until(lambda: len(alarms(rig)) > told, "the alarm")
        assert rig.pictures() == feeds
        assert running.get("feeds/source/bad.atom").body == feeds["feeds/source/bad.atom"]
        assert running.get("healthz").status == 200
    rig.until(lambda: rig.hurry() or len(rig.feed()) == rig.newsroom.count, "the release")
    rig.until(lambda: rig.hurry() or running.get("readyz").status == 200, "/readyz to say yes")
    rig.until(lambda: alarms(rig)[-1]["alarm"] == "recovered", "the good news")
    assert running.process.poll() is None
    assert "Traceback" not in running.log
    with contextlib.closing(sqlite3.connect(rig.store_file)) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert store.execute("SELECT count(*) FROM releases").fetchone() == (rig.newsroom.count,)


@contextlib.contextmanager
def daemon_on(rig: Rig, public: str, var: str) -> Iterator[Running]:
    rig.configure(HOOK)
    with rig.tmpfs(rig.public, public), rig.tmpfs(rig.var, var):
        running = rig.start().serving()
        rig.until(lambda: len(rig.feed()) == rig.newsroom.count, "the first publication")
        yield running
        assert running.stop() == 0


@pytest.mark.parametrize("place", ["public", "var"])
@pytest.mark.soak
def test_d1_d2_a_command_on_a_full_disk_says_so_changes_nothing_and_can_be_repeated(rig: Rig, place: str) -> None:
    folder = rig.folder / place
    with rig.tmpfs(folder, "size=6m"):
        rig.crawl()
        feeds, ids = rig.pictures(), rig.ids()
        rig.newsroom.says()
        with full(folder):
            done = rig.typed("crawl")
            assert done.returncode in {1, 2, 3}
            assert "Traceback" not in done.stderr
            assert "pace" in done.stderr  # free some space; No space left
            assert rig.pictures() == feeds
            start = rig.start()  # and a daemon comes up, or says why not
            with contextlib.suppress(subprocess.TimeoutExpired):
                assert start.process.wait(5) in {1, 2}
            assert "Traceback" not in start.log
            start.kill()
        assert len(rig.ids()) == 4 if place == "public" else rig.ids() == ids
        with rig.watch() as watch:
            rig.crawl()
        assert watch.faults() == 0, watch.told()


def test_d1_d2_d3_two_file_systems_full_each_in_turn(rig: Rig) -> None:
    with daemon_on(rig, "size=6m", "size=6m") as running:
        for folder in (rig.public, rig.var):
            lives_through(rig, running, full(folder))


@pytest.mark.soak
def test_d4_the_disk_becomes_read_only_and_writable_again(rig: Rig) -> None:
    with daemon_on(rig, "size=16m", "size=16m") as running:
        lives_through(rig, running, read_only(rig.public))


@pytest.mark.soak
def test_d4_a_store_on_a_disk_that_is_read_only_is_told_and_its_feeds_are_served(rig: Rig) -> None:
    """The kernel makes no disk read-only on which a daemon has files open: this one is so from the start."""
    with rig.tmpfs(rig.var, "size=16m"):
        rig.crawl()
        with read_only(rig.var):
            done = rig.typed("run", "--port", "0")
            assert done.returncode == 2
            assert "cannot be written" in done.stderr
            assert done.stderr.count("\n") == 1
            running = rig.start(verb="serve").serving()
            assert running.get("feeds/source/bad.atom").status == 200
            running.kill()
        rig.newsroom.says()
        rig.crawl()
        assert len(rig.feed()) == 4


@pytest.mark.soak
def test_d6_no_inode_is_left(rig: Rig) -> None:
    with daemon_on(rig, "size=16m,nr_inodes=1000", "size=16m,nr_inodes=30") as running:
        lives_through(rig, running, out_of_inodes(rig.public))


@pytest.mark.soak
def test_d7_the_right_to_write_is_lost_and_given_back(rig: Rig) -> None:
    """Root may write anywhere, so this daemon is a root that lost that right."""
    rig.configure(HOOK)
    rights = "-dac_override,-dac_read_search"
    before = ("setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}")
    if not shutil.which("setpriv") or subprocess.run([*before, "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs setpriv, and the right to give up rights")
    running = rig.start(before=before).serving()
    rig.until(lambda: len(rig.feed()) == 3, "the first publication")

    @contextlib.contextmanager
    def closed() -> Iterator[None]:
        folders = [path for path in rig.public.glob("**/") if path.is_dir()]
        for folder in folders:
            folder.chmod(0o500)
        yield
        rig.until(lambda: rig.hurry() or len(rig.ids()) == rig.newsroom.count, "the crawl to go on into the store")
        assert "Permission denied" in running.log
        for folder in folders:
            folder.chmod(0o755)

    lives_through(rig, running, closed())


@pytest.mark.parametrize("words", [("run", "--port", "0"), ("crawl",)], ids=lambda words: words[0])
def test_d1_a_log_that_cannot_be_written_stops_nothing(rig: Rig, words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as nowhere:
        process = subprocess.Popen(
            rig.command(*words), cwd=rig.folder, env=rig.environment(), stdout=subprocess.DEVNULL, stderr=nowhere
        )
        rig.processes.append(process)
    rig.until((rig.public / "feeds/source/bad.atom").exists, "a publication")
    rig.until(lambda: len(rig.feed()) == 3, "the releases")
    if words[0] == "run":
        assert process.poll() is None
        process.terminate()
        assert process.wait(30) == 0
    else:
        assert process.wait(60) in {0, 1}


@pytest.mark.soak
def test_d1_a_result_that_cannot_be_written_is_told(rig: Rig) -> None:
    rig.crawl()
    with Path("/dev/full").open("wb") as nowhere:
        done = subprocess.run(
            rig.command("status"),
            cwd=rig.folder,
            env=rig.environment(),
            stdout=nowhere,
            stderr=-1,
            text=True,
            check=False,
        )
    assert done.returncode != 0
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr
