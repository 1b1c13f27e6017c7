"""Search: what a text is found by, on both engines, and the questions put to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnClause, Connection, Row, Select, bindparam, column, select, table, text

from feeds.store.tables import memberships, releases, revisions
from feeds.store.words import mark, spaced
from feeds.where import plain

__all__ = ["LOW_BITS", "forget", "free_search_key", "index", "renew", "search_key_of", "topics_of", "unindex"]

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


# What is found by its title, its text, its author and its number; narrowed by source, language, topics and views.
_TOLD: Final = (
    select(
        *(releases.c[one] for one in ("key", "id", "search_key", "title", "author", "native_id", "source", "language")),
        revisions.c.text,
    )
    .join(revisions, (revisions.c.release == releases.c.key) & (revisions.c.number == releases.c.revision))
    .order_by(releases.c.key)
)
_KEYS: Final[BindParameter[Any]] = bindparam("keys", expanding=True)
_SOME: Final = _TOLD.where(releases.c.key.in_(_KEYS))
_TOPICS: Final = select(memberships.c.id, memberships.c.topic).where(
    memberships.c.id.in_(bindparam("ids", expanding=True))
)
_NEXT: Final = _TOLD.where(releases.c.key > bindparam("after")).limit(200)
_ADD: Final = {
    "sqlite": text("INSERT INTO search (rowid, words, marks) VALUES (:key, :words, :marks)"),
    "postgresql": text(
        "INSERT INTO search (search_key, words, marks)"
        " VALUES (:key, CAST(:words AS tsvector), CAST(:marks AS tsvector))"
    ),
}
# Without contents, FTS5 must be told what to forget.
_DROP: Final = {
    "sqlite": text("INSERT INTO search (search, rowid, words, marks) VALUES ('delete', :key, :words, :marks)"),
    "postgresql": text("DELETE FROM search WHERE search_key = :key"),
}


def _held(name: str) -> Select[Any]:
    """Return what asks which *keys* search holds: FTS5 keeps the size of each row in a table beside its own."""
    asked: ColumnClause[Any] = column("id" if name == "sqlite" else "search_key")
    return select(asked).select_from(table("search_docsize" if name == "sqlite" else "search")).where(asked.in_(_KEYS))


_HELD: Final = {name: _held(name) for name in _ADD}


def index(connection: Connection, keys: Sequence[int]) -> None:
    """Let search find the releases *keys*, those that it holds left alone: whatever changes one has it forgotten.

    What is told of each is read anew in this transaction: `unindex` must be able to repeat it.
    """
    rows: Sequence[Any] = connection.execute(_SOME, {"keys": keys}).all()
    asked = {"keys": [row.search_key for row in rows]}
    held = set(connection.execute(_HELD[connection.dialect.name], asked).scalars())
    _add(connection, [row for row in rows if row.search_key not in held])


def unindex(connection: Connection, row: Row[Any], body: str) -> None:
    """Take the release of *row*, with its text *body*, out of search, if it is there; before its topics change."""
    name = connection.dialect.name
    if connection.execute(_HELD[name], {"keys": [row.search_key]}).first() is not None:
        topics = topics_of(connection, [row.id]).get(row.id, frozenset())
        connection.execute(_DROP[name], _told(name, row, body, topics))


def topics_of(connection: Connection, ids: Sequence[str]) -> dict[str, frozenset[str]]:
    """Return the topics and views that each of *ids* is a member of, those without any left out."""
    found: dict[str, set[str]] = {}
    for id_, topic in connection.execute(_TOPICS, {"ids": ids}):
        found.setdefault(id_, set()).add(topic)
    return {id_: frozenset(topics) for id_, topics in found.items()}


def forget(connection: Connection, keys: Sequence[int], before: Mapping[str, frozenset[str]]) -> None:
    """Take the releases *keys* out of search whose topics are no longer those of *before*, which search was told."""
    rows: Sequence[Any] = connection.execute(_SOME, {"keys": keys}).all()
    now = topics_of(connection, [row.id for row in rows])
    changed = [row for row in rows if before.get(row.id) != now.get(row.id)]
    if not changed:
        return
    name = connection.dialect.name
    held = set(connection.execute(_HELD[name], {"keys": [row.search_key for row in changed]}).scalars())
    told = [_told(name, row, row.text, before.get(row.id, frozenset())) for row in changed if row.search_key in held]
    if told:
        connection.execute(_DROP[name], told)


def renew(connection: Connection) -> None:
    """Index every release anew: the words of a text are told by other rules than those in the index."""
    empty = (
        "INSERT INTO search (search) VALUES ('delete-all')"
        if connection.dialect.name == "sqlite"
        else "TRUNCATE search"
    )
    connection.execute(text(empty))
    after = 0
    while rows := connection.execute(_NEXT, {"after": after}).all():
        _add(connection, rows)
        after = rows[-1].key


def _add(connection: Connection, rows: Sequence[Any]) -> None:
    name = connection.dialect.name
    if rows:
        topics = topics_of(connection, [row.id for row in rows])
        told = [_told(name, row, row.text, topics.get(row.id, frozenset())) for row in rows]
        connection.execute(_ADD[name], told)


def _told(name: str, row: Row[Any], body: str, topics: Collection[str]) -> dict[str, object]:
    """Return what search is told of *row*, in the words of the engine *name*."""
    words = spaced(f"{row.title}\n{row.author}\n{row.native_id}\n{body}")
    kinds = [("any", ""), ("source", row.source), ("language", row.language), ("author", plain(row.author))]
    kinds += [("topic", topic) for topic in sorted(topics)]
    marks = " ".join(mark(kind, value) for kind, value in kinds)
    if name == "sqlite":
        return {"key": row.search_key, "words": words, "marks": marks}
    return {"key": row.search_key, "words": _vector(words.split()), "marks": _vector(marks.split())}


def _vector(told: Sequence[str]) -> str:
    return " ".join([f"'{word}':{place}" for place, word in enumerate(told, 1)])
