"""Take many drafts in at once: those that are plainly new in a few statements, the others one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, func, or_, select

from feeds.release import Change, Draft
from feeds.store.arrival import Arrival, arrive
from feeds.store.bulk import Bulk
from feeds.store.index import search_key_of
from feeds.store.put import fresh_row, lock, take, wording
from feeds.store.relation import link_rows, pair, renew_ends, renew_origins
from feeds.store.rows import CHUNK
from feeds.store.tables import aliases, links, releases, revisions

__all__ = ["put_all"]

_NAMES: Final[BindParameter[Any]] = bindparam("names", expanding=True)
_SOURCES: Final[BindParameter[Any]] = bindparam("sources", expanding=True)
_TITLES: Final[BindParameter[Any]] = bindparam("titles", expanding=True)
_SEARCH: Final[BindParameter[Any]] = bindparam("search_keys", expanding=True)
_KNOWN: Final = select(aliases.c.source, aliases.c.alias).where(aliases.c.alias.in_(_NAMES))
_NEAR: Final = select(releases.c.source, releases.c.title_key, releases.c.search_key).where(
    or_(releases.c.source.in_(_SOURCES) & releases.c.title_key.in_(_TITLES), releases.c.search_key.in_(_SEARCH))
)
_RELEASES: Final = Bulk(releases)
_REVISIONS: Final = Bulk(revisions)
_ALIASES: Final = Bulk(aliases)
_LINKS: Final = Bulk(links)
# Keys in advance, so that all rows can be sent at once: SQLite has one writer, PostgreSQL a sequence.
_LAST_KEY: Final = select(func.coalesce(func.max(releases.c.key), 0))
_NEXT_KEYS: Final = select(func.nextval(func.pg_get_serial_sequence("releases", "key"))).select_from(
    func.generate_series(1, bindparam("count"))
)


def put_all(
    connection: Connection, drafts: Sequence[Draft], *, authority: str, now: datetime
) -> tuple[tuple[Change, str], ...]:
    """Record *drafts* as `put` does one after the other; return for each what it was found to be, and its id.

    A draft is plainly new when no name of it, no title on its day and no number in search
    is known, in the store or among the others: then no other bears on it, and the order
    in which they come decides nothing.
    """
    lock(connection, {draft.source for draft in drafts})
    arrivals = [arrive(draft, authority=authority, now=now) for draft in drafts]
    fresh: set[str] = set()
    for start in range(0, len(arrivals), CHUNK // 4):
        chunk = arrivals[start : start + CHUNK // 4]
        plain = _plainly_new(connection, chunk, arrivals)
        _mint(connection, plain)
        fresh.update(new.id for new in plain)
    return tuple(
        (Change.NEW, new.id) if new.id in fresh else take(connection, new, authority=authority, now=now)
        for new in arrivals
    )


def _plainly_new(connection: Connection, some: Sequence[Arrival], every: Sequence[Arrival]) -> list[Arrival]:
    marks = Counter(mark for new in every for mark in _marks(new))
    alone = [new for new in some if all(marks[mark] == 1 for mark in _marks(new))]
    known: set[tuple[str, str | int]] = set()
    names = [name for new in alone for name in new.names]
    for start in range(0, len(names), CHUNK):
        known.update(
            (source, name) for source, name in connection.execute(_KNOWN, {"names": names[start : start + CHUNK]})
        )
    asked = {
        "sources": sorted({new.draft.source for new in alone}),
        "titles": [new.title_key for new in alone if new.title_key],
        "search_keys": [search_key_of(new.id, new.published) for new in alone],
    }
    for source, title_key, key in connection.execute(_NEAR, asked):
        known |= {(source, f"title:{title_key}"), ("", key)}
    return [new for new in alone if known.isdisjoint(_marks(new))]


def _marks(new: Arrival) -> Iterator[tuple[str, str | int]]:
    """Yield what no other release may share with *new*."""
    source = new.draft.source
    for name in new.names:
        yield source, name
    if new.title_key:
        yield source, f"title:{new.title_key}"
    yield "", search_key_of(new.id, new.published)


def _mint(connection: Connection, plain: Sequence[Arrival]) -> None:
    if not plain:
        return
    keyed = list(zip(_keys(connection, len(plain)), plain, strict=True))
    _RELEASES.send(
        connection, [{"key": key, **fresh_row(new, search_key_of(new.id, new.published))} for key, new in keyed]
    )
    _REVISIONS.send(connection, [wording(new, key, number=1) for key, new in keyed])
    named = [
        {"alias": name, "source": new.draft.source, "release": key, "digest": new.digest}
        for key, new in keyed
        for name in new.names
    ]
    _ALIASES.send(connection, named)
    renew_origins(connection, [str(row["alias"]) for row in named])
    ends: list[str] = []
    linked: list[dict[str, Any]] = []
    for key, new in keyed:
        if rows := link_rows(new):
            linked += [{"release": key, "language": language, **row} for language, row in rows.items()]
            ends += [new.home, *(str(row["alias"]) for row in rows.values())]
    if linked:
        _LINKS.send(connection, linked)
        renew_ends(connection, ends)
    for key, new in keyed:
        if new.draft.siblings:
            pair(connection, new, key)


def _keys(connection: Connection, count: int) -> Sequence[int]:
    if connection.dialect.name == "sqlite":
        last = connection.execute(_LAST_KEY).scalar_one()
        return range(last + 1, last + 1 + count)
    return connection.execute(_NEXT_KEYS, {"count": count}).scalars().all()
