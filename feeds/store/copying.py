"""Copy a whole store into another, empty one, whichever engines the two are on: same ids, same bytes published."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import Connection, Table, func, select, text

from feeds.error import StoreError
from feeds.store.engine import Database, named, upsert_of
from feeds.store.index import renew
from feeds.store.store import open_store
from feeds.store.tables import meta, metadata, releases, sources

__all__ = ["copy_into"]

_ROWS: Final = 500  # a statement
_OWN: Final = ("search", "queue")  # what the store being filled knows of itself


def copy_into(backup: Path, url: str) -> int:
    """Let the store at *url*, which must be empty, hold all that the file *backup* holds; return how many releases.

    One transaction: all of it is there, or nothing. *backup* is not written to. Raises
    StoreError when it is no store, or the other is not empty.
    """
    with TemporaryDirectory(prefix="baywire-") as folder:
        file = Path(folder) / "store.sqlite3"
        try:
            shutil.copyfile(backup, file)
        except OSError as error:
            raise StoreError(f"{backup}: {error.strerror}: expected a file that baywire backup wrote") from error
        open_store(f"sqlite:///{file}").close()  # of an older baywire, maybe
        open_store(url).close()
        origin, target = Database(f"sqlite:///{file}"), Database(url)
        try:
            with origin.reading() as reading, target.writing() as writing:
                _check(writing, target.name)
                for table in metadata.sorted_tables:
                    _copy(table, reading, writing)
                if not target.is_sqlite:
                    _count_on(writing)
                renew(writing)
                return writing.execute(select(func.count()).select_from(releases)).scalar_one()
        finally:
            origin.close()
            target.close()


def _check(writing: Connection, name: str) -> None:
    for table in (releases, sources):
        if writing.execute(select(func.count()).select_from(table)).scalar_one():
            raise StoreError(f"{name}: holds {table.name} already: expected an empty database")


def _copy(table: Table, reading: Connection, writing: Connection) -> None:
    statement = table.insert()
    if table is meta:
        statement = upsert_of(writing)(meta).on_conflict_do_nothing()
    rows = reading.execution_options(yield_per=_ROWS).execute(select(table))
    for some in rows.partitions():
        told = [dict(named(row)) for row in some if table is not meta or row.key not in _OWN]
        if told:
            writing.execute(statement, told)


def _count_on(writing: Connection) -> None:
    """Let the counters of the server go on after the keys that came with the rows."""
    for table in metadata.sorted_tables:
        counted = table.autoincrement_column
        if counted is None:
            continue
        highest = writing.execute(select(func.max(counted))).scalar_one_or_none()
        if highest is not None:
            asked = "SELECT setval(pg_get_serial_sequence(:table, :column), :highest)"
            writing.execute(text(asked), {"table": table.name, "column": counted.name, "highest": highest})
