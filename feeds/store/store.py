"""The store: every release we ever saw, and all that is known of sources; one code path for both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy import select

from feeds.error import StoreError
from feeds.identity import DEFAULT_AUTHORITY
from feeds.store.alike import Alike
from feeds.store.engine import Database, upsert_of
from feeds.store.index import renew
from feeds.store.keeping import Keeping
from feeds.store.pace import Pace, has_paces
from feeds.store.reading import Reading
from feeds.store.schedule import Schedule
from feeds.store.searching import Searching
from feeds.store.tables import meta
from feeds.store.tagging import Tagging
from feeds.store.upgrade import upgrade
from feeds.store.upkeep import Upkeep
from feeds.store.words import VERSION
from feeds.store.writing import Writing

__all__ = ["Store", "open_store"]

T = TypeVar("T")


class Store(Schedule, Reading, Alike, Tagging, Keeping, Searching, Upkeep):
    """An open store. Reads may come from any thread; writers wait for each other. Close it, or use `with`.

    *is_new* says that opening it found nothing and made it: where there was one before, it was lost.
    """

    is_new: bool = False

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Yield a `Writing`, which is one transaction: an exception undoes all of it."""
        with self._database.writing() as connection:
            yield Writing(connection, self._authority)

    def write(self, work: Callable[[Writing], T]) -> T:
        """Return what *work* does in one transaction; it is done anew where another writer got in its way.

        Only a server lets several write at once: two may then want what the other has, or
        both be the first to know of a release.
        """
        return self._database.write(lambda connection: work(Writing(connection, self._authority)))

    def pace(self) -> Pace | None:
        """Return what gives turns at hosts to all who crawl into this store; None where only one machine does."""
        return Pace(self._database) if has_paces(self._database) else None

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Yield whether nobody else who uses this store does *name*, and keep others from it for as long.

        An embedded store belongs to whoever holds var/lock: there it is always so.
        """
        if self._database.is_sqlite:
            yield True
            return
        with self._database.lock(name) as held:
            yield held

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def _renew_search(database: Database) -> None:
    asked = select(meta.c.value).where(meta.c.key == "search")
    with database.reading() as connection:
        if connection.execute(asked).scalar_one_or_none() == VERSION:
            return
    with database.writing() as connection:
        renew(connection)
        kept = upsert_of(connection)(meta).values(key="search", value=VERSION)
        connection.execute(kept.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": VERSION}))


def open_store(url: str, *, authority: str = DEFAULT_AUTHORITY, busy_s: float = 30.0) -> Store:
    """Return the store at *url*, created or upgraded as needed.

    *url* is `sqlite:///var/baywire.sqlite3` (a path that starts with / takes four slashes)
    or `postgresql://user@host/name`; `sqlite://` is memory. *authority* is the `tag:`
    authority under which ids are minted. *busy_s* is how long to wait for another writer.
    Open it after a fork, in each process. Raises StoreError.
    """
    database = Database(url, busy_s=busy_s)
    try:
        if database.path is not None:
            database.path.parent.mkdir(parents=True, exist_ok=True)
        is_new = upgrade(database)
        _renew_search(database)
    except OSError as error:
        database.close()
        raise StoreError(
            f"{database.name}: {error.strerror or error}: expected a folder this user may write"
        ) from error
    except BaseException:
        database.close()
        raise
    store = Store(database, authority)
    store.is_new = is_new
    return store
