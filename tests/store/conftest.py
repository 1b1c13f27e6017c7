"""Every test of the store runs on both engines."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from feeds.store import Store, open_store

NOW = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)


def _run(*command: str | Path, as_user: str | None) -> None:
    subprocess.run([*command], user=as_user, check=True, capture_output=True, cwd="/", timeout=120)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Yield the address of a server: the one BAYWIRE_TEST_POSTGRES names, else one of our own."""
    if named := os.environ.get("BAYWIRE_TEST_POSTGRES"):
        yield named
        return
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not installed:
        pytest.skip("needs PostgreSQL: install it, or let BAYWIRE_TEST_POSTGRES name one (postgresql://user@host/name)")
    programs = installed[-1].parent
    user = "postgres" if os.geteuid() == 0 else None  # which refuses to run as root
    folder = Path("/tmp") / f"baywire-pg-{os.getpid()}"  # noqa: S108 -- the path of a socket has 107 characters
    folder.mkdir(mode=0o700)
    if user:
        shutil.chown(folder, user)
    try:
        _run(
            programs / "initdb",
            "-D",
            folder / "db",
            "-U",
            "baywire",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            as_user=user,
        )
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        _run(programs / "pg_ctl", "-D", folder / "db", "-o", options, "-l", folder / "log", "-w", "start", as_user=user)
        yield f"postgresql://baywire@?host={folder}"
    finally:
        subprocess.run(
            [programs / "pg_ctl", "-D", folder / "db", "-m", "immediate", "stop"], user=user, check=False,
            capture_output=True, cwd="/", timeout=60,
        )  # fmt: skip
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_url(postgresql_server: str) -> Iterator[Callable[[], str]]:
    """Yield a function that makes a database of its own and returns its address."""
    import psycopg
    from sqlalchemy import make_url

    def address(name: str) -> str:
        return make_url(postgresql_server).set(database=name).render_as_string(hide_password=False)

    numbers = count()
    prefix = f"baywire_test_{os.getpid()}"
    made: list[str] = []
    with psycopg.connect(address("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {prefix}")
        open_store(address(prefix)).close()

        def make() -> str:
            name = f"{prefix}_{next(numbers)}"
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {prefix}")
            made.append(name)
            return address(name)

        yield make
        for name in [*made, prefix]:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of an empty store, to copy."""
    file = tmp_path_factory.mktemp("empty") / "store.sqlite3"
    open_store(f"sqlite:///{file}").close()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Return a function that returns the address of an empty store, each time another."""
    if request.param == "postgresql":
        make: Callable[[], str] = request.getfixturevalue("postgresql_url")
        return make
    empty: Path = request.getfixturevalue("sqlite_file")
    numbers = count()

    def copy() -> str:
        return f"sqlite:///{shutil.copy(empty, tmp_path / f'store-{next(numbers)}.sqlite3')}"

    return copy


@pytest.fixture
def store_url(fresh: Callable[[], str]) -> str:
    """Return the address of an empty store."""
    return fresh()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Yield an empty store."""
    with open_store(store_url) as opened:
        yield opened


@pytest.fixture
def now() -> datetime:
    """Return the one moment at which all tests happen."""
    return NOW
