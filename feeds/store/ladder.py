"""The ladder of identity: by number, by address, by the same title on the same day."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from feeds import identity
from feeds.store.arrival import Arrival
from feeds.store.tables import aliases, releases, revisions

__all__ = ["find", "held", "known", "wording"]


def find(connection: Connection, new: Arrival) -> Row[Any] | None:
    """Return the release that *new* is, None for a new one."""
    names = known(connection, new.draft.source, new.names)
    for name in new.names:
        if name not in names:
            continue
        row = held(connection, names[name].release)
        if name.startswith("native:") or not _is_other(connection, new, row):
            return row
    if not new.title_key:
        return None
    same_title = select(releases.c.key).where(
        releases.c.source == new.draft.source, releases.c.title_key == new.title_key
    )
    for key in connection.execute(same_title.order_by(releases.c.id)).scalars().all():
        row = held(connection, key)
        if _is_same(connection, new, row):
            return row
    return None


def _is_other(connection: Connection, new: Arrival, row: Row[Any]) -> bool:
    """Return whether *row*, known at the same address, is another release: other number, other text."""
    return new.numbered and row.numbered and row.native_id != new.local and not _is_same(connection, new, row)


def _is_same(connection: Connection, new: Arrival, row: Row[Any]) -> bool:
    text = connection.execute(wording(row)).one().text
    if not (new.numbered and row.numbered) and not (text and new.draft.text):
        return True
    marked = identity.is_marked_correction(new.draft.title) or identity.is_marked_correction(row.title)
    marked = marked or not (new.numbered and row.numbered)
    return identity.is_reissue(text, new.draft.text, marked=marked)


def known(connection: Connection, source: str, names: Collection[str]) -> Mapping[str, Row[Any]]:
    """Return those of the aliases *names* that *source* has, by name."""
    statement = select(aliases).where(aliases.c.alias.in_(names), aliases.c.source == source)
    return {row.alias: row for row in connection.execute(statement)}


def held(connection: Connection, key: int) -> Row[Any]:
    """Return the release *key*."""
    return connection.execute(select(releases).where(releases.c.key == key)).one()


def wording(row: Row[Any]) -> Select[Any]:
    """Return the statement that reads the present wording of the release *row*."""
    return select(revisions).where(revisions.c.release == row.key, revisions.c.number == row.revision)
