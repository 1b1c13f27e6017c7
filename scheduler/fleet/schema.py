"""The tables of the queue, beside those of the store: made once by their owner, used by everybody."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import psycopg
from procrastinate.schema import SchemaManager

from feeds.error import StoreError
from feeds.store import open_store
from feeds.store.engine import conninfo_of, explain
from feeds.store.pace import PACES

__all__ = ["check_schema", "make_schema"]

_KEY: Final = "queue"  # where the store keeps which of procrastinate's migrations the tables have seen
_LOCK: Final = 7231912


def make_schema(url: str) -> tuple[str, ...]:
    """Make or upgrade the tables of store and queue at *url*; return what was done, nothing where all was there.

    To be done by the role that owns the tables. Each part is one transaction. Raises StoreError.
    """
    done = []
    with open_store(url) as store:
        if store.is_new:
            done.append("the store")
    try:
        with psycopg.connect(conninfo_of(url)) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            seen = _seen(connection)
            if seen is None:
                connection.execute(SchemaManager.get_schema().encode())
                connection.execute(PACES.encode())
                done.append("the queue")
            else:
                for file in _migrations():
                    if file.name > seen:
                        connection.execute(file.read_bytes())
                        done.append(f"the queue: {file.name}")
            told = "INSERT INTO meta VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
            if done:
                connection.execute(told, [_KEY, _newest()])
    except psycopg.Error as error:
        raise StoreError(f"the queue: its tables cannot be made: {explain(str(error))}") from error
    return tuple(done)


def check_schema(url: str) -> None:
    """Raise StoreError where the tables of the queue at *url* are absent or of another version."""
    try:
        with psycopg.connect(conninfo_of(url)) as connection:
            seen = _seen(connection)
    except psycopg.Error as error:
        raise StoreError(f"the queue: {explain(str(error))}") from error
    if seen is None:
        raise StoreError("the queue: its tables are absent: let their owner type `baywire run --fleet --migrate`")
    if seen < _newest():
        raise StoreError("the queue: its tables are older than this baywire: type `baywire run --fleet --migrate`")


def _seen(connection: psycopg.Connection[tuple[object, ...]]) -> str | None:
    there = connection.execute("SELECT to_regclass('meta'), to_regclass('procrastinate_jobs')").fetchone()
    if there is None or None in there:
        return None
    row = connection.execute("SELECT value FROM meta WHERE key = %s", [_KEY]).fetchone()
    return None if row is None else str(row[0])


def _migrations() -> list[Path]:
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def _newest() -> str:
    return _migrations()[-1].name
