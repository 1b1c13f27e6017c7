"""Every test of the store runs on both engines."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from feeds.release import Draft
from feeds.store import Store, open_store
from feeds.store.tables import metadata
from feeds.store.upgrade import HEAD
from feeds.store.words import VERSION

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
            capture_output=True, cwd="/", timeout=300,
        )  # fmt: skip
        shutil.rmtree(folder, ignore_errors=True)


class Databases:
    """Hands out empty databases of one server, and takes them back to empty them: dropping one takes 200 ms."""

    def __init__(self, address: Callable[[str], str], admin: psycopg.Connection[object]) -> None:
        self.address, self.admin = address, admin
        self.prefix = f"baywire_test_{os.getpid()}"
        self.admin.execute(f"CREATE DATABASE {self.prefix}".encode())
        open_store(address(self.prefix)).close()
        self.made, self.free, self.lent = 0, list[str](), list[str]()

    def lend(self) -> str:
        if not self.free:
            self.made += 1
            name = f"{self.prefix}_{self.made}"
            self.admin.execute(f"CREATE DATABASE {name} TEMPLATE {self.prefix}".encode())
            self.free.append(name)
        self.lent.append(self.free.pop())
        return self.address(self.lent[-1])

    def take_back(self) -> None:
        for name in self.lent:
            with psycopg.connect(self.address(name)) as connection:
                connection.execute(f"TRUNCATE search, {', '.join(metadata.tables)} RESTART IDENTITY CASCADE".encode())
                connection.execute("UPDATE alembic_version SET version_num = %s", [HEAD])
                connection.execute("INSERT INTO meta VALUES ('search', %s)", [VERSION])
        self.free += self.lent
        self.lent = []

    def drop(self) -> None:
        for name in (self.prefix, *(f"{self.prefix}_{number}" for number in range(1, self.made + 1))):
            self.admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="session")
def databases(postgresql_server: str) -> Iterator[Databases]:
    """Yield what hands out databases of PostgreSQL."""

    def address(name: str) -> str:
        return make_url(postgresql_server).set(database=name).render_as_string(hide_password=False)

    with psycopg.connect(address("postgres"), autocommit=True) as admin:
        yield (databases := Databases(address, admin))
        if os.environ.get("BAYWIRE_TEST_POSTGRES"):
            databases.drop()


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of an empty store, to copy."""
    file = tmp_path_factory.mktemp("empty") / "store.sqlite3"
    open_store(f"sqlite:///{file}").close()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Yield a function that returns the address of an empty store, each time another."""
    if request.param == "postgresql":
        databases: Databases = request.getfixturevalue("databases")
        yield databases.lend
        databases.take_back()
        return
    empty: Path = request.getfixturevalue("sqlite_file")
    numbers = count()
    yield lambda: f"sqlite:///{shutil.copy(empty, tmp_path / f'store-{next(numbers)}.sqlite3')}"


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


@pytest.fixture
def put() -> Callable[..., None]:
    """Return a function that puts drafts into a store, in one transaction, at the moment they were seen."""

    def put(store: Store, *drafts: Draft) -> None:
        with store.writing() as writing:
            for draft in drafts:
                writing.put(draft, now=draft.seen)

    return put


@pytest.fixture
def numbered() -> Callable[[int], Draft]:
    """Return a function that makes the draft of a number, of one source."""
    seen = datetime(2026, 5, 6, 7, tzinfo=UTC)
    first = Draft(
        source="s", native_id="N1", url="https://s.example/1", title="Title", seen=seen, text="Some words " * 50
    )

    def numbered(number: int) -> Draft:
        return replace(first, native_id=f"N{number}", url=f"https://s.example/{number}", title=f"Title {number}")

    return numbered


@pytest.fixture
def publish() -> Callable[[Store], None]:
    """Return a function that tags what is untagged, as every publication does: search finds it from there on."""

    def publish(store: Store) -> None:
        while some := store.untagged("d", limit=100):
            store.put_tags([(release, ()) for release in some], digest="d")

    return publish


@pytest.fixture
def file(
    tmp_path: Path,
    put: Callable[..., None],
    numbered: Callable[[int], Draft],
    publish: Callable[[Store], None],
) -> Path:
    """Return the file of a store that holds 50 published releases, N0 to N49."""
    file = tmp_path / "deep" / "er" / "store.sqlite3"
    with open_store(f"sqlite:///{file}") as store:
        put(store, *(numbered(number) for number in range(50)))
        publish(store)
    return file
