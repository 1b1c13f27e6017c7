"""Search: what a text is found by, on both engines, and the questions put to it."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select, text

from feeds.store.tables import releases, revisions
from feeds.store.words import mark, words

__all__ = ["LOW_BITS", "free_search_key", "index", "renew", "search_key_of", "unindex"]

LOW_BITS: Final = 30


def search_key_of(id_: str, published: datetime) -> int:
    """Return the number under which search knows a release: it grows with the date, so that search walks by date.

    Seconds since 1970 above 30 bits of the hash of the id; the same on every machine.
    """
    low = int.from_bytes(blake2b(id_.encode(), digest_size=4).digest()) >> 2
    return (int(published.timestamp()) << LOW_BITS) | low


def free_search_key(connection: Connection, id_: str, published: datetime, *, but: int | None = None) -> int:
    """Return the number of `search_key_of`, or the next one that no release other than *but* has."""
    key = search_key_of(id_, published)
    while True:
        taken = connection.execute(select(releases.c.key).where(releases.c.search_key == key)).scalar_one_or_none()
        if taken is None or taken == but:
            return key
        key += 1


def index(connection: Connection, row: Row[Any], body: str) -> None:
    """Let search find the release of *row* by its title, its *body*, its author and its number."""
    told, marks = _told(row, body)
    if connection.dialect.name == "sqlite":
        statement = "INSERT INTO search (rowid, words, marks) VALUES (:key, :words, :marks)"
        connection.execute(text(statement), {"key": row.search_key, "words": " ".join(told), "marks": " ".join(marks)})
    else:
        vectors = "CAST(:words AS tsvector), CAST(:marks AS tsvector)"
        statement = f"INSERT INTO search (search_key, words, marks) VALUES (:key, {vectors})"  # noqa: S608 -- constants
        connection.execute(text(statement), {"key": row.search_key, "words": _vector(told), "marks": _vector(marks)})


def unindex(connection: Connection, row: Row[Any], body: str) -> None:
    """Take out what `index` put in for the same *row* and *body*."""
    told, marks = _told(row, body)
    if connection.dialect.name == "sqlite":  # without contents, FTS5 must be told what to forget
        statement = "INSERT INTO search (search, rowid, words, marks) VALUES ('delete', :key, :words, :marks)"
        connection.execute(text(statement), {"key": row.search_key, "words": " ".join(told), "marks": " ".join(marks)})
    else:
        connection.execute(text("DELETE FROM search WHERE search_key = :key"), {"key": row.search_key})


def renew(connection: Connection) -> None:
    """Index every release anew: the words of a text are told by other rules than those in the index."""
    empty = (
        "INSERT INTO search (search) VALUES ('delete-all')"
        if connection.dialect.name == "sqlite"
        else "TRUNCATE search"
    )
    connection.execute(text(empty))
    some = (
        select(releases, revisions.c.text)
        .join(revisions, (revisions.c.release == releases.c.key) & (revisions.c.number == releases.c.revision))
        .where(releases.c.key > bindparam("after"))
        .order_by(releases.c.key)
        .limit(200)
    )
    after = 0
    while rows := connection.execute(some, {"after": after}).all():
        for row in rows:
            index(connection, row, row.text)
        after = rows[-1].key


def _told(row: Row[Any], body: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    told = words(f"{row.title}\n{row.author}\n{row.native_id}\n{body}")
    return told, (mark("source", row.source), mark("language", row.language))


def _vector(told: tuple[str, ...]) -> str:
    return " ".join(f"'{word}':{place}" for place, word in enumerate(told, 1))
