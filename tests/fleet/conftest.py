"""A fleet on real PostgreSQL, each part a process of its own."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from fleet import bucket as buckets
    from fleet import farm


_farm = importlib.import_module("fleet.farm")
_bucket = importlib.import_module("fleet.bucket")
_numbers = count()


@pytest.fixture(scope="session")
def tools() -> ModuleType:
    return _farm


@pytest.fixture(scope="session")
def server() -> Iterator[farm.Server]:
    """Yield a PostgreSQL that may be stopped and started."""
    if _farm.programs() is None:
        pytest.skip("needs PostgreSQL: install it (initdb is looked for in /usr/lib/postgresql)")
    made = _farm.Server(Path("/tmp") / f"baywire-fleet-{os.getpid()}")  # noqa: S108 -- a socket's path is short
    yield made
    made.remove()


@pytest.fixture
def database(server: farm.Server) -> str:
    """Return the address of an empty database."""
    name = f"fleet_{next(_numbers)}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
    return str(server.url(name))


@pytest.fixture
def newsrooms(tmp_path: Path) -> Iterator[Callable[..., farm.Newsrooms]]:
    made: list[farm.Newsrooms] = []

    def open_(**told: Any) -> farm.Newsrooms:  # noqa: ANN401 -- as Newsrooms takes them
        made.append(_farm.Newsrooms(tmp_path, **told))
        return made[-1]

    yield open_
    for one in made:
        one.close()


@pytest.fixture
def fleet(tmp_path: Path, database: str) -> Iterator[farm.Fleet]:
    """Yield a fleet without a process yet; what it starts ends with the test."""
    made = _farm.Fleet(tmp_path / "project", database)
    yield made
    made.close()


@pytest.fixture(scope="session")
def object_store() -> Iterator[buckets.Bucket]:
    """Yield an object store in a process of its own."""
    if importlib.util.find_spec("moto") is None:
        pytest.skip("needs moto: pip install 'baywire[test]'")
    made = _bucket.Bucket()
    yield made
    made.close()


@pytest.fixture
def bucket(object_store: buckets.Bucket, monkeypatch: pytest.MonkeyPatch) -> buckets.Bucket:
    """Return an empty bucket, and let the environment lead to it."""
    object_store.empty()
    for name, value in object_store.environment().items():
        monkeypatch.setenv(name, value)
    return object_store


@pytest.fixture
def breaking(bucket: buckets.Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[buckets.Breaking]:
    """Yield a way to the bucket that can break, which the environment leads through."""
    made = _bucket.Breaking(bucket)
    monkeypatch.setenv("AWS_ENDPOINT_URL", made.endpoint)
    yield made
    made.close()
