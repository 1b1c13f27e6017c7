"""Who has one machine needs none of it: nothing of a fleet loads, or has to be installed, before it is asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ITS_OWN = ("procrastinate", "psycopg", "psycopg_pool", "obstore")
WITHOUT = f"""
import sys
from importlib.machinery import PathFinder

class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name in {ITS_OWN} else PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Without
from scheduler.cli import run
sys.exit(run(sys.argv[1:]))
"""
LOADED = """
import sys
from scheduler.cli import run
status = run(sys.argv[1:])
print([name for name in sys.modules if name.split(".")[0] in {own}])
sys.exit(status)
""".replace("{own}", repr(ITS_OWN))


def typed(code: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, "-C", str(folder), *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize("words", [("--help",), ("worker", "--help"), ("run", "--help"), ("check",), ("status",)])
def test_nothing_of_a_fleet_is_loaded(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = typed(LOADED, tmp_path, *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("words", [("worker",), ("run", "--fleet"), ("run", "--fleet", "--migrate")])
def test_what_is_not_installed_is_told_with_what_to_type(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = typed(WITHOUT, tmp_path, *words)
    assert done.returncode == 2
    assert "procrastinate, obstore: not installed: type pip install 'baywire[fleet]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_object_store_without_its_package_is_told_before_anything_is_crawled(tmp_path: Path) -> None:
    (tmp_path / "baywire.toml").write_text('[publish]\ntarget = "s3://feeds/public"\n', encoding="utf-8")
    done = typed(WITHOUT, tmp_path, "publish")
    assert done.returncode == 2
    assert "obstore: not installed: type pip install 'baywire[fleet]'" in done.stderr
    assert not (tmp_path / "var").exists()


def test_a_server_without_its_driver_is_told(tmp_path: Path) -> None:
    (tmp_path / "baywire.toml").write_text(
        '[store]\nurl = "postgresql://baywire@db.example/baywire"\n', encoding="utf-8"
    )
    done = typed(WITHOUT, tmp_path, "status")
    assert done.returncode == 2
    assert "pip install 'baywire[fleet]'" in done.stderr
