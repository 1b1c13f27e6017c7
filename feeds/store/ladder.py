"""The ladder of identity: by number, by address, by the same title on the same day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, bindparam, or_, select

from feeds import identity
from feeds.store.arrival import NEAR, Arrival, alias_of
from feeds.store.index import free_search_key, search_key_of
from feeds.store.tables import aliases, releases, revisions

__all__ = ["Alias", "Place", "ReusedAddressError", "SharedNumberError", "find", "held"]

_ALIASES: Final = select(aliases.c.alias, aliases.c.release, aliases.c.digest).where(
    aliases.c.alias.in_(bindparam("names", expanding=True)), aliases.c.source == bindparam("source")
)
# A release with its present wording.
_HELD: Final = (
    select(releases, *(revisions.c[name] for name in ("digest", "page", "seen", "text", "html")))
    .join(revisions, (revisions.c.release == releases.c.key) & (revisions.c.number == releases.c.revision))
    .where(releases.c.key == bindparam("key"))
)
_NEAR: Final = (
    select(releases.c.key, releases.c.title_key, releases.c.search_key)
    .where(
        or_(
            (releases.c.source == bindparam("source")) & (releases.c.title_key == bindparam("title_key")),
            releases.c.search_key == bindparam("search_key"),
        )
    )
    .order_by(releases.c.id)
)
_ANOTHER_DAY: Final = timedelta(hours=12)
_NO_TITLE: Final = "-"  # which no key is


class SharedNumberError(Exception):
    """The number of a draft belongs to a release that it cannot be: its number says nothing."""


class Alias(NamedTuple):
    """To which release a name leads, and the digest of what it delivered last."""

    release: int
    digest: str


class Place(NamedTuple):
    """Where a draft belongs: the release it is, if any; which of its aliases are known; its number in search."""

    row: Row[Any] | None
    names: Mapping[str, Alias]
    search_key: int = 0


class ReusedAddressError(Exception):
    """What stood at the address of a draft is another release: it needs a name of its own."""


def find(connection: Connection, new: Arrival, *, renamed: bool = False) -> Place:
    """Return where *new* belongs.

    Raises SharedNumberError when its number must be left out, ReusedAddressError when its
    address says nothing, unless it was *renamed* for that.
    """
    source = new.draft.source
    known = connection.execute(_ALIASES, {"names": new.names, "source": source})
    names = {alias: Alias(release, digest) for alias, release, digest in known}
    for name in new.names:
        if name in names and _is_led(new, row := held(connection, names[name].release), name, renamed=renamed):
            return Place(row, names)
    search_key = search_key_of(new.id, new.published)
    asked = {"source": source, "title_key": new.title_key or _NO_TITLE, "search_key": search_key}
    near = connection.execute(_NEAR, asked).all()
    rows = (held(connection, key) for key, title_key, _ in near if title_key == new.title_key)
    if again := [row for row in rows if _is_told_again(new, row)]:
        closest = max(again, key=lambda row: identity.closeness(row.text, new.draft.text)) if again[1:] else again[0]
        return Place(closest, names)
    if any(taken == search_key for _, _, taken in near):
        search_key = free_search_key(connection, new.id, new.published)
    return Place(None, names, search_key)


def held(connection: Connection, key: int) -> Row[Any]:
    """Return the release *key* with its present wording."""
    return connection.execute(_HELD, {"key": key}).one()


def _is_led(new: Arrival, row: Row[Any], name: str, *, renamed: bool) -> bool:
    """Return whether *name*, which is that of *row*, leads *new* to it; raises as `find` does."""
    if name.startswith(NEAR):
        return _is_near(new, row)
    if name.startswith("native:") and _is_alien(new, row):
        raise SharedNumberError
    if _is_later(new, row):
        if not renamed:
            raise ReusedAddressError
        return False
    return name.startswith("native:") or not _is_other(new, row)


def _is_alien(new: Arrival, row: Row[Any]) -> bool:
    """Return whether *row* has the number of *new* and nothing else of it: some feeds give all items one number."""
    if new.home == alias_of(row.url) or not (row.text and new.draft.text):
        return False
    return identity.is_unlike(row.title, new.draft.title) and identity.is_unlike(row.text, new.draft.text)


def _is_later(new: Arrival, row: Row[Any]) -> bool:
    """Return whether *new* took the place of *row* at one address: of another day, and nothing in it is the same.

    A newsroom that shows its latest release at one address, or gives numbers anew, publishes
    another one there. A correction keeps the day or words.
    """
    stated = new.draft.published
    if stated is None or not row.dated or abs(stated - row.published) < _ANOTHER_DAY:
        return False
    if not (row.text and new.draft.text) or new.draft.language != row.language:
        return False
    return identity.is_unlike(row.title, new.draft.title) and identity.is_unlike(row.text, new.draft.text)


def _is_other(new: Arrival, row: Row[Any]) -> bool:
    """Return whether *row*, known at the same address, is another release: other number, other text."""
    return new.numbered and row.numbered and row.native_id != new.local and not _is_same(new, row)


def _is_told_again(new: Arrival, row: Row[Any]) -> bool:
    """Return whether *row*, of the same title and day, or of none that is stated, is the same release."""
    if new.draft.published is None:
        return bool(new.digest == row.digest and new.draft.text)
    return _is_same(new, row)


def _is_near(new: Arrival, row: Row[Any]) -> bool:
    """Return whether *row*, at what may be another address of the same page, is the same release by what it says."""
    if row.text and new.draft.text and not identity.is_unlike(row.text, new.draft.text):
        return True
    return not identity.is_unlike(row.title, new.draft.title) and not (row.text and new.draft.text)


def _is_moved(new: Arrival, row: Row[Any]) -> bool:
    """Return whether *new* may be *row* at another address: elsewhere on the site, and not at two times of the day.

    Of a page that moved the numbers may be others, as those of who has seen it. Beside the
    page that we know stands another release, told in the same words.
    """
    if (new.numbered and row.numbered) or identity.is_beside(new.draft.url, row.url):
        return False
    held_at = row.published + timedelta(seconds=row.published_offset)
    return new.published == row.published or _is_day(new.published) or _is_day(held_at)


def _is_day(moment: datetime) -> bool:
    """Return whether *moment* is a day without a time, where it was published."""
    return not (moment.hour or moment.minute)


def _is_same(new: Arrival, row: Row[Any]) -> bool:
    """Return whether *row*, of the same title and day, is the same release."""
    if new.draft.source != row.source:
        return False
    unnumbered = not (new.numbered and row.numbered)
    if unnumbered and not (row.text and new.draft.text):
        return True
    corrects = identity.is_marked_correction(new.draft.title) and new.published >= row.published
    marked = corrects or (identity.is_marked_correction(row.title) and new.published <= row.published)
    return identity.is_reissue(row.text, new.draft.text, marked=marked or _is_moved(new, row))
