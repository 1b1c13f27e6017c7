"""Every address of a release, and the other languages it names; both ends of a link show it."""

from __future__ import annotations

from sqlalchemy import Connection, Select, delete, select, update

from feeds.store.arrival import Arrival, alias_of
from feeds.store.engine import upsert_of
from feeds.store.ladder import known
from feeds.store.tables import aliases, fragments, links, releases

__all__ = ["relate"]


def relate(connection: Connection, new: Arrival, key: int, *, with_links: bool = True) -> None:
    """Remember every address of the draft, and the other languages it names; both ends show the link."""
    held = known(connection, new.draft.source, new.names)
    insert = upsert_of(connection)
    added = []
    for name in new.names:
        said = {"digest": new.digest, "page": new.draft.page}
        if name not in held:
            added.append(name)
            connection.execute(insert(aliases).values(alias=name, source=new.draft.source, release=key, **said))
        elif held[name].release == key and held[name].digest != new.digest:
            here = (aliases.c.alias == name) & (aliases.c.source == new.draft.source)
            connection.execute(update(aliases).where(here).values(**said))
    ends = _link(connection, new, key) if with_links else []
    if ends:
        target = (
            select(releases.c.id).join(aliases, aliases.c.release == releases.c.key).where(aliases.c.alias.in_(ends))
        )
        _forget_fragments(connection, target)
        _forget_fragments(connection, select(releases.c.id).where(releases.c.key == key))
    if added:
        origin = select(releases.c.id).join(links, links.c.release == releases.c.key).where(links.c.alias.in_(added))
        _forget_fragments(connection, origin)


def _link(connection: Connection, new: Arrival, key: int) -> list[str]:
    """Store the links of *new* to other languages; return the aliases at whose end something changed."""
    wanted = {
        item.language: {"alias": alias_of(item.url), "url": item.url, "place": place}
        for place, item in enumerate(new.draft.translations)
        if alias_of(item.url) not in new.names
    }
    rows = connection.execute(select(links).where(links.c.release == key)).all()
    held = {row.language: {"alias": row.alias, "url": row.url, "place": row.place} for row in rows}
    wanted = held | wanted  # a page that lost its link for a day does not unlink
    if wanted == held:
        return []
    connection.execute(delete(links).where(links.c.release == key))
    connection.execute(links.insert(), [{"release": key, "language": name, **item} for name, item in wanted.items()])
    return sorted({str(item["alias"]) for name, item in wanted.items() if held.get(name) != item})


def _forget_fragments(connection: Connection, ids: Select[str]) -> None:
    connection.execute(delete(fragments).where(fragments.c.release.in_(ids)))
