"""Every address of a release, and the other languages it names; both ends of a link show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Executable, bindparam, delete, select, update

from feeds.release import Sibling
from feeds.store.arrival import Arrival, alias_of
from feeds.store.ladder import Alias
from feeds.store.rows import CHUNK
from feeds.store.tables import aliases, fragments, links, releases

__all__ = ["link_rows", "pair", "relate", "renew_ends", "renew_origins"]

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


def relate(  # noqa: PLR0913 -- what is remembered, by name
    connection: Connection,
    new: Arrival,
    key: int,
    known: Mapping[str, Alias],
    *,
    said: str = "",
    with_links: bool = True,
) -> None:
    """Remember with the release *key* every address of *new*, what it *said*, and the other languages it names."""
    source, said = new.draft.source, said or new.digest
    added = [name for name in new.names if name not in known]
    if added:
        rows = [{"alias": name, "source": source, "release": key, "digest": said} for name in added]
        connection.execute(aliases.insert(), rows)
        renew_origins(connection, added)
    changed = [name for name, row in known.items() if row.release == key and row.digest != said]
    if changed:
        connection.execute(_SAY, {"names": changed, "of": source, "said": said})
    if with_links and new.draft.translations and (ends := _link(connection, new, key)):
        renew_ends(connection, [*ends, new.home])
    if with_links and new.draft.siblings:
        pair(connection, new, key)


def renew_origins(connection: Connection, names: Sequence[str]) -> None:
    """Let all be made again of the releases that link to one of *names*."""
    _renew(connection, _ORIGINS, names)


def renew_ends(connection: Connection, names: Sequence[str]) -> None:
    """Let all be made again of the releases that go by one of *names*."""
    _renew(connection, _ENDS, names)


def _renew(connection: Connection, statement: Executable, names: Sequence[str]) -> None:
    """Let all be made again of the releases that *statement* finds by *names*."""
    for start in range(0, len(names), CHUNK):
        if found := list(connection.execute(statement, {"names": names[start : start + CHUNK]}).scalars()):
            connection.execute(_FORGET, {"names": found})


def link_rows(new: Arrival) -> dict[str, dict[str, Any]]:
    """Return the links that the page of *new* shows, by language, as columns without the release."""
    return {
        item.language: {"alias": alias, "url": item.url, "place": place}
        for place, item in enumerate(new.draft.translations)
        if (alias := alias_of(item.url)) not in new.names
    }


def _link(connection: Connection, new: Arrival, key: int) -> list[str]:
    """Store the links of *new* to other languages; return the aliases at whose end something changed."""
    held = _held_links(connection, key)
    wanted = held | link_rows(new)  # a page that lost its link for a day does not unlink
    if wanted == held:
        return []
    connection.execute(delete(links).where(links.c.release == key))
    connection.execute(links.insert(), [{"release": key, "language": name, **item} for name, item in wanted.items()])
    return sorted({str(item["alias"]) for name, item in wanted.items() if held.get(name) != item})


def _held_links(connection: Connection, key: int) -> dict[str, dict[str, Any]]:
    rows = connection.execute(_LINKS, {"key": key})
    return {row.language: {"alias": row.alias, "url": row.url, "place": row.place} for row in rows}


def pair(connection: Connection, new: Arrival, key: int) -> None:
    """Link *new*, which is the release *key*, with those that its rules say are the same in other languages.

    A guess counts only where we hold what is there, and where no page shows a link; the
    one that comes second links both.
    """
    held = _held_links(connection, key)
    place = max((item["place"] for item in held.values()), default=-1)
    found = []
    for sibling in new.draft.siblings:
        url = "" if sibling.language in held else _held_at(connection, new, sibling)
        if url:
            place += 1
            found.append({"language": sibling.language, "alias": alias_of(url), "url": url, "place": place})
    if found:
        connection.execute(links.insert(), [{"release": key, **row} for row in found])
        renew_ends(connection, [*(str(row["alias"]) for row in found), new.home])


def _held_at(connection: Connection, new: Arrival, sibling: Sibling) -> str:
    """Return the address of the release that stands where *sibling* guesses, "" where we hold none."""
    name, where = alias_of(sibling.url), releases.c.source != new.draft.source
    if sibling.source:
        name, where = f"native:{new.local}" if new.numbered else "", releases.c.source == sibling.source
    if not name:
        return ""
    same = (
        select(releases.c.url)
        .join(aliases, (aliases.c.release == releases.c.key) & (aliases.c.source == releases.c.source))
        .where(aliases.c.alias == name, releases.c.language == sibling.language, where)
        .order_by(releases.c.id)
    )
    return connection.execute(same.limit(1)).scalar_one_or_none() or ""
