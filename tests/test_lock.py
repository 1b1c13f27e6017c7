from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feeds.error import ConfigError
from scheduler.lock import HeldError, hold, holder

NOW = datetime(2026, 4, 14, 12, tzinfo=UTC)
HOLDING = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from scheduler.lock import hold
with hold(Path(sys.argv[1]), command="baywire run", now=datetime(2026, 4, 14, 12, tzinfo=UTC)):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_holder_is_told_who_the_first_is(tmp_path: Path) -> None:
    var = tmp_path / "var"
    with hold(var, command="baywire run", now=NOW):
        who = holder(var)
        assert who is not None
        with pytest.raises(HeldError) as caught, hold(var, command="baywire crawl", now=NOW):
            pass
    assert f"pid {who.pid}, since 2026-04-14T12:00:00+00:00: baywire run" in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_the_lock_ends_with_its_block_and_names_nobody_then(tmp_path: Path) -> None:
    with hold(tmp_path, command="baywire publish", now=NOW):
        pass
    assert holder(tmp_path) is None
    with hold(tmp_path, command="baywire publish", now=NOW):
        pass


def test_a_holder_killed_leaves_no_stale_lock(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDING, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(HeldError), hold(tmp_path, command="baywire run", now=NOW):
            pass
        process.send_signal(signal.SIGKILL)
    with hold(tmp_path, command="baywire run", now=NOW):
        pass


def test_a_child_of_the_holder_does_not_keep_the_lock(tmp_path: Path) -> None:
    with hold(tmp_path, command="baywire run", now=NOW):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False)
    try:
        with hold(tmp_path, command="baywire run", now=NOW):
            pass
    finally:
        child.kill()
        child.wait()


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be written"), hold(tmp_path / "var", command="x", now=NOW):
        pass
