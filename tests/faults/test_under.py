"""What is taken from under a daemon that runs: the log of its store, the right to its configuration."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.rig import Rig


@pytest.mark.parametrize(
    "endings",
    [
        pytest.param(("-wal", "-shm"), id="both", marks=pytest.mark.soak),
        pytest.param(("-wal",), id="wal", marks=pytest.mark.soak),
        pytest.param(("-shm",), id="shm", marks=pytest.mark.soak),
        pytest.param(("", "-wal", "-shm"), id="all", marks=pytest.mark.soak),
    ],
)
def test_d11_the_log_of_the_store_is_removed_while_the_daemon_runs(rig: Rig, endings: tuple[str, ...]) -> None:
    running = rig.start().serving()
    rig.until(lambda: rig.state() == "healthy", "a crawl")
    with rig.watch(lambda: running.port) as watch:
        for _ in range(2):
            rig.newsroom.says()
            rig.until(lambda: rig.hurry() or len(rig.feed()) == rig.newsroom.count, "a release before")
            for ending in endings:
                rig.store_file.with_name(rig.store_file.name + ending).unlink(missing_ok=True)
            rig.newsroom.says()
            rig.until(lambda: rig.hurry() or len(rig.feed()) == rig.newsroom.count, "a release after")
        assert running.process.poll() is None
        assert running.stop() == 0
        rig.newsroom.says()
        again = rig.start().serving()
        rig.until(lambda: rig.hurry() or len(rig.feed()) == rig.newsroom.count, "a release after the next start")
        assert again.stop() == 0
    assert watch.faults() == 0, watch.told()
    assert sorted(rig.ids().items()) == sorted(watch.seen.items())
    with contextlib.closing(sqlite3.connect(rig.store_file)) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert rig.typed("publish", "--check").returncode == 0
    assert "Traceback" not in running.log + again.log


@pytest.mark.soak
def test_d7_a_configuration_that_may_only_be_read_is_enough(rig: Rig) -> None:
    """Root may write anywhere, so this daemon is a root that lost that right."""
    rights = "-dac_override,-dac_read_search"
    before = ("setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}")
    if not shutil.which("setpriv") or subprocess.run([*before, "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs setpriv, and the right to give up rights")
    rig.crawl()
    closed = [rig.folder, rig.folder / "sources.d"]
    for folder in closed:
        folder.chmod(0o500)
    (rig.folder / "baywire.toml").chmod(0o400)
    try:
        running = rig.start(before=before).serving()
        rig.newsroom.says()
        rig.until(lambda: rig.hurry() or len(rig.feed()) == rig.newsroom.count, "the release")
        done = rig.typed("doctor", "bad", "--fix", before=before)
        assert "Traceback" not in done.stderr
        done = rig.typed("disable", "bad", before=before)
        assert "Traceback" not in done.stderr
        done = rig.typed("add", rig.newsroom.server.url("/list"), "--allow-private", "--name", "other", before=before)
        assert done.returncode == 2, done.stderr
        assert "sources.d" in done.stderr
        assert done.stderr.strip().splitlines()[-1].count("annot be written") == 1 or "Permission" in done.stderr
        assert "Traceback" not in done.stderr + running.log
        assert running.stop() == 0
    finally:
        for folder in closed:
            folder.chmod(0o755)
