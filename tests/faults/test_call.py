"""Any call to the disk kills, fails or is lost with the power: what is there is old or new, never half.

The calls are met by a library that is loaded before the C library (fault.c), in a fork for each n (forker.py); the
installed command goes through the same under strace.
"""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from faults.rig import Rig

HERE = Path(__file__).parent
MOST = pytest.param(3, marks=pytest.mark.soak)  # every third call, another third each time
Forks = Callable[..., Mapping[str, Any]]


@pytest.fixture(scope="session")
def fault(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the library that makes calls fail."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs a C compiler: install gcc and libc6-dev")
    made = tmp_path_factory.mktemp("fault") / "fault.so"
    done = subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(HERE / "fault.c"), "-ldl"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"needs a C compiler that works: {done.stderr.strip()[-200:]}")
    return made


@pytest.fixture(scope="session")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Return a rig with one release in the store that is not published; whoever changes it puts it back."""
    from faults.chaos import Chaos
    from faults.rig import Newsroom, Rig

    newsroom = Newsroom(Chaos())
    rig = Rig(tmp_path_factory.mktemp("waiting") / "home", newsroom)
    rig.crawl()
    newsroom.says()
    done = rig.typed("crawl", "--no-publish")
    assert done.returncode == 0, done.stderr
    yield rig
    newsroom.server.close()


@pytest.fixture
def forks(fault: Path) -> Forks:
    """Return a function that does a job again and again in the folder of a rig."""

    def run(
        rig: Rig, job: str, how: str, kinds: tuple[str, ...] = (), step: int = 1, **more: object
    ) -> Mapping[str, Any]:
        plan = {"folder": str(rig.folder), "job": job, "how": how, "kinds": kinds, "step": step, **more}
        done = subprocess.run(
            [sys.executable, str(HERE / "forker.py"), json.dumps(plan)],
            env=rig.environment(LD_PRELOAD=str(fault)),
            capture_output=True,
            text=True,
            check=False,
            timeout=1200,
        )
        assert done.returncode == 0, done.stderr
        told: Mapping[str, Any] = json.loads(done.stdout)
        return told

    return run


@pytest.mark.parametrize("step", [19, MOST])
def test_k2_killed_at_any_call_of_a_publication(waiting: Rig, forks: Forks, step: int) -> None:
    told = forks(waiting, "publish", "half", ("write", "sync", "name"), step)
    assert told["problems"] == []
    assert told["met"] >= 40 // step


@pytest.mark.parametrize("step", [19, MOST])
def test_k2_killed_at_any_call_of_the_store(waiting: Rig, forks: Forks, step: int) -> None:
    told = forks(waiting, "put", "half", ("write", "sync", "name"), step)
    assert told["problems"] == []
    assert told["met"] >= 10 // step


@pytest.mark.parametrize("step", [19, MOST])
def test_k4_killed_at_any_call_of_a_migration(rig: Rig, forks: Forks, step: int) -> None:
    told = forks(rig, "make", "half", ("write", "sync", "name"), step)
    assert told["problems"] == []
    assert told["met"] >= 40 // step


@pytest.mark.parametrize("step", [61, MOST])
@pytest.mark.parametrize("job", ["publish", pytest.param("put", marks=pytest.mark.soak)])
@pytest.mark.parametrize("kinds", [("read",), ("write", "name"), ("sync",)], ids="-".join)
def test_d5_an_error_at_any_call(waiting: Rig, forks: Forks, job: str, kinds: tuple[str, ...], step: int) -> None:
    told = forks(waiting, job, "fail", kinds, step, error=errno.EIO)
    assert told["problems"] == []
    if step == 3:
        assert told["met"] > 0


@pytest.mark.parametrize("step", [211, pytest.param(31, marks=pytest.mark.soak)])
@pytest.mark.parametrize("job", ["publish", pytest.param("put", marks=pytest.mark.soak)])
def test_k9_the_power_fails_and_takes_what_was_not_synced(waiting: Rig, forks: Forks, job: str, step: int) -> None:
    told = forks(waiting, job, "power", (), step)
    assert told["problems"] == []
    assert told["met"] > 0
