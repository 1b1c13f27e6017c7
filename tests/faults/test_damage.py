"""Stores that are damaged, cut, emptied or lost, feeds that are half there, backups: the same ids, nothing lost."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.rig import Rig


def noise(rig: Rig) -> None:
    """Overwrite 4 KiB in the middle, as dd would."""
    with rig.store_file.open("r+b") as file:
        file.seek(rig.store_file.stat().st_size // 2 // 4096 * 4096)
        file.write(os.urandom(4096))


def head(rig: Rig) -> None:
    with rig.store_file.open("r+b") as file:
        file.write(os.urandom(4096))


def half(rig: Rig) -> None:
    os.truncate(rig.store_file, rig.store_file.stat().st_size // 2)


def empty(rig: Rig) -> None:
    os.truncate(rig.store_file, 0)


def gone(rig: Rig) -> None:
    rig.store_file.unlink()


def log_gone(rig: Rig) -> None:
    """Take away what was committed and not yet moved into the file."""
    for ending in ("-wal", "-shm"):
        rig.store_file.with_name(rig.store_file.name + ending).unlink(missing_ok=True)


def log_noise(rig: Rig) -> None:
    log = rig.store_file.with_name(rig.store_file.name + "-wal")
    log.write_bytes(os.urandom(log.stat().st_size if log.exists() else 8192))


def crashed(rig: Rig) -> None:
    """Let the daemon die with a log beside its store."""
    running = rig.start().serving()
    rig.newsroom.says()
    rig.until(lambda: rig.hurry() or len(rig.feed()) == rig.newsroom.count, "the release")
    running.kill()
    assert rig.store_file.with_name(rig.store_file.name + "-wal").stat().st_size


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(noise, id="d10-noise"),
        pytest.param(head, id="d10-head", marks=pytest.mark.soak),
        pytest.param(half, id="d11-half", marks=pytest.mark.soak),
        pytest.param(empty, id="d11-empty", marks=pytest.mark.soak),
        pytest.param(gone, id="d11-gone", marks=pytest.mark.soak),
        pytest.param(log_gone, id="d11-log-gone", marks=pytest.mark.soak),
        pytest.param(log_noise, id="d11-log-noise", marks=pytest.mark.soak),
    ],
)
def test_d10_d11_a_damaged_store_is_found_out_and_nothing_is_new_or_lost(
    rig: Rig, damage: Callable[[Rig], None]
) -> None:
    rig.crawl()
    assert rig.typed("backup").returncode == 0
    crashed(rig)
    ids, feed = rig.ids(), rig.feed()
    with rig.watch() as watch:
        damage(rig)
        running = rig.start().serving()
        rig.newsroom.says()
        rig.until(lambda: rig.hurry() or len(rig.feed()) == rig.newsroom.count, "the next release")
        assert running.stop() == 0
    assert watch.faults() == 0, watch.told()
    assert ids.items() <= rig.ids().items()
    assert feed.items() <= rig.feed().items()
    with closing(sqlite3.connect(rig.store_file)) as store, store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert "Traceback" not in running.log
    if damage in {noise, head, half, empty}:
        assert "restored from" in running.log
        assert list(rig.var.glob("*.aside-*")), "what was damaged is kept"


@pytest.mark.soak
def test_d10_without_a_backup_a_new_store_mints_the_same_ids(rig: Rig) -> None:
    rig.crawl()
    feed = rig.feed()
    head(rig)
    running = rig.start().serving()
    rig.until(lambda: rig.state() == "healthy", "a crawl into the new store")
    assert running.stop() == 0
    assert rig.feed() == feed


@pytest.mark.soak
def test_d10_a_store_damaged_while_the_daemon_runs_is_put_right(rig: Rig) -> None:
    rig.crawl()
    assert rig.typed("backup").returncode == 0
    running = rig.start().serving()
    rig.until(lambda: rig.state() == "healthy", "a crawl")
    feeds = rig.pictures()
    log_gone(rig)
    rig.store_file.write_bytes(os.urandom(rig.store_file.stat().st_size))
    rig.newsroom.says()
    with rig.watch(lambda: running.port) as watch:
        rig.until(lambda: rig.hurry() or len(rig.feed()) == rig.newsroom.count, "the release")
    assert watch.torn == []
    assert watch.doubled() == []
    assert feeds.keys() <= rig.pictures().keys()
    assert running.process.poll() is None
    assert running.stop() == 0


@pytest.mark.parametrize("size", [0, pytest.param(700, marks=pytest.mark.soak)])
def test_d12_a_feed_half_written_is_made_anew_before_it_is_served(rig: Rig, size: int) -> None:
    rig.crawl()
    whole = rig.pictures("**/*")
    for path in ("feeds/source/bad.atom", "feeds/all.atom", "feeds/index.json", "index.html"):
        os.truncate(rig.public / path, size)
    (rig.public / "status.json").unlink()
    torn: list[bytes] = []
    over = threading.Event()
    running = rig.start()

    def ask() -> None:
        while not over.wait(0.01):
            if running.port:
                answer = running.get("feeds/source/bad.atom")
                torn.extend([answer.body] if answer.body != whole["feeds/source/bad.atom"] else [])

    reader = threading.Thread(target=ask)
    reader.start()
    running.serving()
    assert running.get("feeds/source/bad.atom").body == whole["feeds/source/bad.atom"]
    over.set()
    reader.join()
    assert torn == []
    assert {path: body for path, body in rig.pictures("**/*").items() if path.startswith("feeds/")} == {
        path: body for path, body in whole.items() if path.startswith("feeds/")
    }
    assert running.stop() == 0


@pytest.mark.soak
def test_d12_nothing_is_served_before_files_were_looked_at(rig: Rig) -> None:
    """Whoever asks while the daemon starts waits, and gets whole files."""
    import http.client
    import socket

    rig.crawl()
    whole = rig.pictures("**/*")["feeds/source/bad.atom"]
    os.truncate(rig.public / "feeds/source/bad.atom", 100)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rig.start("--port", str(port))
    bodies: list[bytes] = []

    def answered() -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/feeds/source/bad.atom")
            bodies.append(connection.getresponse().read())
            connection.close()
        except OSError:
            return False
        return True

    rig.until(answered, "the first answer")
    assert bodies == [whole]


def test_d12_files_deleted_under_a_running_daemon_are_made_anew_in_a_minute(rig: Rig) -> None:
    from scheduler.config import load
    from scheduler.daemon import Daemon
    from scheduler.desk import open_desk

    rig.crawl()
    whole = rig.pictures()
    config = load(rig.folder, environ={})
    with open_desk(config) as desk:
        daemon = Daemon(desk, load=lambda: config)
        asyncio.run(daemon._publish())
        shutil.rmtree(rig.public)
        asyncio.run(daemon._publish_if_needed())
    assert rig.pictures() == whole


@pytest.mark.soak
def test_l3_backup_and_restore_while_releases_are_written(rig: Rig, tmp_path: Path) -> None:
    running = rig.start().serving()
    rig.until(lambda: rig.state() == "healthy", "a crawl")
    over = threading.Event()

    def write() -> None:
        while not over.wait(0.1):
            rig.newsroom.says()
            rig.hurry()

    writer = threading.Thread(target=write)
    writer.start()
    copies = []
    for n in range(4):
        file = tmp_path / f"copy-{n}.sqlite3"
        done = rig.typed("backup", str(file))
        assert done.returncode == 0, done.stderr
        copies.append(file)
    over.set()
    writer.join()
    rig.until(lambda: rig.hurry() or len(rig.ids()) == rig.newsroom.count, "all to be stored")
    assert running.stop() == 0
    assert rig.typed("publish").returncode == 0
    ids, feed = rig.ids(), rig.feed()
    for file in copies:
        held = _ids(file)
        assert held.items() <= ids.items()
        assert rig.typed("restore", str(file)).returncode == 0
        assert rig.ids() == held
        rig.crawl()
        assert rig.ids() == ids
        assert rig.feed() == feed


def _ids(file: Path) -> dict[str, str]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return dict(store.execute("SELECT id, url FROM releases").fetchall())
