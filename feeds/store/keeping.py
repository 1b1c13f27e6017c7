"""What publishing keeps in the store: which releases changed since it looked, and a book of what it made."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import Executable, bindparam, delete, func, select

from feeds.store.base import Base
from feeds.store.engine import upsert_of
from feeds.store.index import index
from feeds.store.quick import Quick
from feeds.store.rows import CHUNK
from feeds.store.tables import book, releases

__all__ = ["Keeping"]

_WALK: Final = 1000
_LAST: Final = Quick(select(func.max(releases.c.changed)))
_SINCE: Final = Quick(
    select(releases.c.id, releases.c.changed)
    .where(releases.c.changed > bindparam("mark"))
    .order_by(releases.c.changed, releases.c.key)
    .limit(bindparam("most"))
)
_LAST_KEY: Final = Quick(select(func.max(releases.c.key)))
_ARRIVED: Final = Quick(
    select(releases.c.id).where(releases.c.key > bindparam("after")).order_by(releases.c.key).limit(bindparam("most"))
)
_NEXT: Final = (
    select(releases.c.key, releases.c.id)
    .where(releases.c.key > bindparam("after"))
    .order_by(releases.c.key)
    .limit(_WALK)
)
_WAITING: Final = (
    select(releases.c.key)
    .where(releases.c.tagged == "", releases.c.key > bindparam("after"))
    .order_by(releases.c.key)
    .limit(CHUNK)
)
_BOOK: Final = select(book.c.name, book.c.told).where(book.c.place == bindparam("at"))
_SERIAL: Final = _BOOK.where(book.c.name == "")
_FORGET: Final = delete(book).where(book.c.place == bindparam("at"), book.c.name == bindparam("called"))


class Keeping(Base):
    """Changes since a mark, every release in turn, the book of a publication."""

    def index_waiting(self) -> None:
        """Let search find what no tagging has seen yet: of use where nothing is published."""
        after = -1
        while True:
            with self._database.writing() as connection:
                keys = connection.execute(_WAITING, {"after": after}).scalars().all()
                if not keys:
                    return
                index(connection, keys)
            after = keys[-1]

    def last_change(self) -> int:
        """Return the number of the last tagging, 0 before the first: a mark for `changed`."""
        return _LAST.ask(self._database)[0][0] or 0

    def changed(self, mark: int, *, limit: int) -> tuple[tuple[str, int], ...]:
        """Return the releases that were tagged since *mark*, each with its number, the earliest first.

        Whatever changes what readers see of a release has it tagged again.
        """
        return tuple((id_, number) for id_, number in _SINCE.ask(self._database, mark=mark, most=limit))

    def last_arrival(self) -> int:
        """Return the number of the release that came last, 0 before the first: a mark for `arrived`."""
        return _LAST_KEY.ask(self._database)[0][0] or 0

    def arrived(self, mark: int, *, limit: int) -> tuple[str, ...]:
        """Return the releases that came since *mark*, the earliest first."""
        return tuple(id_ for (id_,) in _ARRIVED.ask(self._database, after=mark, most=limit))

    def is_larger(self, count: int) -> bool:
        """Return whether there are more than *count* releases, at the cost of counting so many."""
        with self._database.reading() as connection:
            asked = select(releases.c.key).order_by(releases.c.key).limit(1).offset(count)
            return connection.execute(asked).first() is not None

    def walk(self) -> Iterator[tuple[str, ...]]:
        """Yield the ids of every release, a thousand at a time, in the order in which they came."""
        after = -1
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(_NEXT, {"after": after}).all()
            if not rows:
                return
            after = rows[-1].key
            yield tuple(row.id for row in rows)

    def book_head(self, place: str) -> Mapping[str, Any]:
        """Return what the book of *place* says of itself; {} where there is none."""
        with self._database.reading() as connection:
            row = connection.execute(_SERIAL, {"at": place}).one_or_none()
        return json.loads(row.told) if row is not None else {}

    def book(self, place: str) -> dict[str, Any]:
        """Return every page of the book of *place* by name, its head under ""."""
        with self._database.reading() as connection:
            return {name: json.loads(told) for name, told in connection.execute(_BOOK, {"at": place})}

    def put_book(
        self, place: str, head: Mapping[str, Any], pages: Mapping[str, Any], gone: Collection[str], *, serial: int
    ) -> bool:
        """Write *pages* into the book of *place*, tear out those *gone*; False, and nothing done, where it moved on.

        It did where its head does not have the *serial* that the writer read.
        """
        with self._database.writing() as connection:
            row = connection.execute(_SERIAL, {"at": place}).one_or_none()
            if (json.loads(row.told)["serial"] if row is not None else 0) != serial:
                return False
            rows = [{"place": place, "name": name, "told": _told(one)} for name, one in {**pages, "": head}.items()]
            connection.execute(_write(upsert_of(connection)), rows)
            if gone:
                connection.execute(_FORGET, [{"at": place, "called": name} for name in gone])
        return True


@cache  # of two dialects: it takes longer to say than to do
def _write(insert: Any) -> Executable:  # noqa: ANN401 -- the two dialects' inserts share no type
    statement = insert(book)
    changed = {"told": statement.excluded.told}
    written: Executable = statement.on_conflict_do_update(index_elements=[book.c.place, book.c.name], set_=changed)
    return written


def _told(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
