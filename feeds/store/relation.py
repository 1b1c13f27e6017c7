"""Every address of a release, and the other languages it names; both ends of a link show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Executable, bindparam, delete, select, update

from feeds.store.arrival import Arrival, alias_of
from feeds.store.ladder import Alias
from feeds.store.tables import aliases, fragments, links, releases

__all__ = ["relate"]

_NAMES: Final[BindParameter[Any]] = bindparam("names", expanding=True)
_SAY: Final = (
    update(aliases)
    .where(aliases.c.alias.in_(_NAMES), aliases.c.source == bindparam("of"))
    .values(digest=bindparam("said"))
)
_LINKS: Final = select(links).where(links.c.release == bindparam("key")).order_by(links.c.place)
# Those at the other end of a link, in either direction, and the release itself: publishing looks at them again.
_ORIGINS: Final = (
    update(releases)
    .where(releases.c.key.in_(select(links.c.release).where(links.c.alias.in_(_NAMES))))
    .values(tagged="")
    .returning(releases.c.id)
)
_ENDS: Final = (
    update(releases)
    .where(releases.c.key.in_(select(aliases.c.release).where(aliases.c.alias.in_(_NAMES))))
    .values(tagged="")
    .returning(releases.c.id)
)
_FORGET: Final = delete(fragments).where(fragments.c.release.in_(_NAMES))


def relate(
    connection: Connection, new: Arrival, key: int, known: Mapping[str, Alias], *, with_links: bool = True
) -> None:
    """Remember every address of *new*, and the other languages it names, with the release *key*."""
    source = new.draft.source
    added = [name for name in new.names if name not in known]
    if added:
        rows = [{"alias": name, "source": source, "release": key, "digest": new.digest} for name in added]
        connection.execute(aliases.insert(), rows)
        _renew(connection, _ORIGINS, added)
    changed = [name for name, row in known.items() if row.release == key and row.digest != new.digest]
    if changed:
        connection.execute(_SAY, {"names": changed, "of": source, "said": new.digest})
    if with_links and new.draft.translations and (ends := _link(connection, new, key)):
        _renew(connection, _ENDS, [*ends, new.home])


def _renew(connection: Connection, statement: Executable, names: list[str]) -> None:
    """Let all be made again of the releases that *statement* finds by *names*."""
    if found := list(connection.execute(statement, {"names": names}).scalars()):
        connection.execute(_FORGET, {"names": found})


def _link(connection: Connection, new: Arrival, key: int) -> list[str]:
    """Store the links of *new* to other languages; return the aliases at whose end something changed."""
    rows = connection.execute(_LINKS, {"key": key})
    held = {row.language: {"alias": row.alias, "url": row.url, "place": row.place} for row in rows}
    told = {
        item.language: {"alias": alias, "url": item.url, "place": place}
        for place, item in enumerate(new.draft.translations)
        if (alias := alias_of(item.url)) not in new.names
    }
    wanted = held | told  # a page that lost its link for a day does not unlink
    if wanted == held:
        return []
    connection.execute(delete(links).where(links.c.release == key))
    connection.execute(links.insert(), [{"release": key, "language": name, **item} for name, item in wanted.items()])
    return sorted({str(item["alias"]) for name, item in wanted.items() if held.get(name) != item})
