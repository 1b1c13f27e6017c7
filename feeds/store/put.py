"""Take a draft in: find the release it is, or mint its id; record its wording."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, select, text, update

from feeds import identity
from feeds.release import Change, Draft
from feeds.store.arrival import Arrival, Rank, alias_of, arrive
from feeds.store.engine import named
from feeds.store.index import free_search_key, unindex
from feeds.store.ladder import Alias, Place, ReusedAddressError, SharedNumberError, find, held
from feeds.store.relation import relate
from feeds.store.rows import extras_of, shown_offset
from feeds.store.tables import fragments, memberships, releases, revisions

__all__ = ["fresh_row", "lock", "put", "take", "wording"]


# Taken over every put of one source at once: two crawls must not mint two ids for one release. Puts of several
# sources go on side by side, but not while a tagging goes through the releases: each would wait for the other's rows.
_LOCK: Final = text(
    "SELECT pg_advisory_xact_lock_shared(7231912), count(pg_advisory_xact_lock(one))"
    " FROM unnest(CAST(:keys AS bigint[])) AS one"
)
_DOUBTED: Final = "?"  # before the digest of a wording that an address delivered, and that was not believed
_MINT: Final = releases.insert().returning(releases.c.key)
_WORD: Final = revisions.insert()


def put(connection: Connection, draft: Draft, *, authority: str, now: datetime) -> tuple[Change, str]:
    """Record *draft* as read; return what it was found to be, and the id of its release."""
    lock(connection, [draft.source])
    return take(connection, arrive(draft, authority=authority, now=now), authority=authority, now=now)


def lock(connection: Connection, sources: Collection[str]) -> None:
    """Wait until nobody else puts releases of *sources*: in one order, so that no two wait for each other."""
    if connection.dialect.name == "postgresql":
        names = (blake2b(source.encode("utf-8", "surrogatepass"), digest_size=8).digest() for source in sources)
        keys = sorted(int.from_bytes(name, signed=True) for name in names)
        connection.execute(_LOCK, {"keys": keys})


def take(connection: Connection, new: Arrival, *, authority: str, now: datetime) -> tuple[Change, str]:
    """Record *new*, whose source is locked; return what it was found to be, and the id of its release."""
    place, renamed = None, False
    while place is None:
        try:
            place = find(connection, new, renamed=renamed)
        except SharedNumberError:
            new = arrive(replace(new.draft, native_id=""), authority=authority, now=now)
        except ReusedAddressError:
            name, renamed = f"{new.local} {new.published:%Y-%m-%d}", True
            new = arrive(replace(new.draft, native_id=name), authority=authority, now=now)
    if place.row is None:
        return Change.NEW, _mint(connection, new, place)
    return _record(connection, new, place.row, place.names)


def _mint(connection: Connection, new: Arrival, place: Place) -> str:
    row = connection.execute(_MINT, fresh_row(new, place.search_key)).one()
    _word(connection, new, row.key, number=1)
    relate(connection, new, row.key, place.names)
    return new.id


def fresh_row(new: Arrival, search_key: int) -> dict[str, Any]:
    """Return the columns of a release that was not there before, its key left out."""
    draft = new.draft
    return {
        **_values(new),
        "id": new.id,
        "native_id": new.local,
        "numbered": new.numbered,
        "search_key": search_key,
        "published": new.published,
        "published_offset": shown_offset(new.published),
        "updated": new.published,
        "dated": draft.published is not None,
        "first_seen": draft.seen,
        "revision": 1,
        "tagged": "",
        "told": None,
        "withdrawn": None,
    }


def _values(new: Arrival) -> dict[str, Any]:
    """Return the columns of a release that each reading may improve."""
    draft = new.draft
    return {
        "source": draft.source,
        "url": identity.clean_address(draft.url),
        "language": draft.language,
        "title": draft.title,
        "title_key": new.title_key,
        "author": draft.author,
        "summary": draft.summary,
        "extras": extras_of(draft),
    }


def wording(new: Arrival, key: int, *, number: int) -> dict[str, Any]:
    """Return the columns of the wording that *new* brings to the release *key*."""
    draft = new.draft
    told = {"title": draft.title, "text": draft.text, "html": draft.html}
    return {"release": key, "number": number, "seen": draft.seen, "digest": new.digest, "page": draft.page, **told}


def _word(connection: Connection, new: Arrival, key: int, *, number: int) -> None:
    connection.execute(_WORD, wording(new, key, number=number))


def _record(connection: Connection, new: Arrival, row: Row[Any], names: Mapping[str, Alias]) -> tuple[Change, str]:
    """Tell what *new* changes of the release *row*."""
    told = names.get(new.home)
    told = told if told is not None and told.release == row.key else None
    elder = row.told is None and new.id != row.id and new.rank < _rank(row)
    at_home = elder or new.local == row.native_id or new.home == alias_of(row.url)
    ours = bool(new.draft.page) and new.draft.page == row.page
    change, doubts = Change.SEEN, 0
    if at_home and (ours or new.digest == row.digest):
        row = _polish(connection, new, row, elder=elder, ours=ours)
    elif new.digest == row.digest or ours or _said_before(connection, new, row, told):
        # An address that says what it always said changes nothing, whatever another says.
        row = _readdress(connection, new, row, elder=elder, at_home=at_home, moved=told is None)
    elif elder:
        row = _predate(connection, new, row)
    elif not (doubts := _doubts(connection, new, row, told)):
        row = _reword(connection, new, row, at_home=at_home)
        change = Change.CHANGED
    said = _DOUBTED * doubts + new.digest
    relate(connection, new, row.key, names, said=said, with_links=at_home or change is Change.CHANGED)
    return change, row.id


def _rank(row: Row[Any]) -> Rank:
    return row.published, not row.numbered, row.native_id if row.numbered else "", row.first_seen, row.native_id


def _said_before(connection: Connection, new: Arrival, row: Row[Any], told: Alias | None) -> bool:
    if told is not None:
        return bool(told.digest == new.digest)
    return new.digest in _wordings(connection, row)


def _doubts(connection: Connection, new: Arrival, row: Row[Any], told: Alias | None) -> int:
    """Return how often in a row an old wording of *row* was said, now by *new*; 0 where it is to be believed.

    Behind one address two servers may differ, and banners take turns. An old wording is
    a correction taken back when it is said twice in a row, the next time eight times,
    then 32 times: what swings for ever makes few corrections, and what stays is told.
    """
    wordings = _wordings(connection, row)
    if told is None or new.digest not in wordings:
        return 0
    before = len(told.digest) - len(new.digest) if told.digest.lstrip(_DOUBTED) == new.digest else 0
    returns = len(wordings) - len(set(wordings))
    return before + 1 if before + 1 < 2 * 4**returns else 0


def _wordings(connection: Connection, row: Row[Any]) -> list[str]:
    """Return the digests of all that the release *row* ever said."""
    return list(connection.execute(select(revisions.c.digest).where(revisions.c.release == row.key)).scalars())


def _polish(connection: Connection, new: Arrival, row: Row[Any], *, elder: bool, ours: bool) -> Row[Any]:
    """Put a better reading of the same wording in place of the older one; `updated` does not move."""
    draft = new.draft
    values = _values(new) | _dating(new, row, trusted=ours or row.told is None)
    if elder:
        values |= _elder(new, row, corrected=row.seen if row.revision > 1 else None)
    elif row.url.startswith("https:"):
        values.pop("url")  # a listing that mixes http and https must not make the address swing
    if row.revision == 1 and not elder and "published" in values:
        values["updated"] = values["published"]
    text = {"title": draft.title, "text": draft.text, "html": draft.html, "page": draft.page, "digest": new.digest}
    same_text = all(named(row)[name] == value for name, value in text.items() if name != "page")
    if same_text and all(named(row)[name] == value for name, value in values.items()):
        return row
    here = (revisions.c.release == row.key) & (revisions.c.number == row.revision)
    connection.execute(update(revisions).where(here).values(**text))
    return _rewrite(connection, row, values)


def _readdress(  # noqa: PLR0913 -- the three flags say what the address is
    connection: Connection,
    new: Arrival,
    row: Row[Any],
    *,
    elder: bool,
    at_home: bool,
    moved: bool,
) -> Row[Any]:
    """Follow a page that moved after it was published, to https too; let an elder name what was not published yet."""
    url = identity.clean_address(new.draft.url)
    if elder:
        values = _elder(new, row, corrected=row.seen if row.revision > 1 else None)
    elif (moved and row.told is not None) or (at_home and row.url.startswith("http:") and url.startswith("https:")):
        values = {"url": url}
    else:
        return row
    return _rewrite(connection, row, values)


def _reword(connection: Connection, new: Arrival, row: Row[Any], *, at_home: bool) -> Row[Any]:
    """Record a material change: a revision more, `updated` moves, the topics must look again."""
    values = _values(new) | {"revision": row.revision + 1, "updated": max(row.updated, new.draft.seen)}
    if at_home:
        values |= _dating(new, row, trusted=False)
    elif row.told is None:
        values["url"] = row.url
    _word(connection, new, row.key, number=row.revision + 1)
    return _rewrite(connection, row, values)


def _predate(connection: Connection, new: Arrival, row: Row[Any]) -> Row[Any]:
    """Put the wording of an elder address before those we hold: as if it had come first, as it should."""
    for number in range(row.revision, 0, -1):
        here = (revisions.c.release == row.key) & (revisions.c.number == number)
        connection.execute(update(revisions).where(here).values(number=number + 1))
    _word(connection, new, row.key, number=1)
    values = _elder(new, row, corrected=row.seen) | {"revision": row.revision + 1}
    return _rewrite(connection, row, values)


def _elder(new: Arrival, row: Row[Any], *, corrected: datetime | None) -> dict[str, Any]:
    """Return the columns of a name that comes too late to be first, but no publish was told another."""
    return {
        "id": new.id,
        "native_id": new.local,
        "numbered": new.numbered,
        "url": identity.clean_address(new.draft.url),
        "updated": max(new.published, corrected) if corrected else new.published,
        "published": new.published,
        "published_offset": shown_offset(new.published),
        "dated": new.draft.published is not None,
        "first_seen": min(row.first_seen, new.draft.seen),
    }


def _dating(new: Arrival, row: Row[Any], *, trusted: bool) -> dict[str, Any]:
    """Return the columns of the date that the page states; over another date only where *trusted*."""
    stated = new.draft.published
    if stated is None or (row.dated and not trusted):
        return {}
    return {"published": stated, "published_offset": shown_offset(stated), "dated": True}


def _rewrite(connection: Connection, row: Row[Any], values: dict[str, Any]) -> Row[Any]:
    """Write *values* into the release of *row*, and let everything made of it be made again: search, by its tagging."""
    values = {**values, "tagged": ""}
    unindex(connection, row, row.text)
    if "published" in values or "id" in values:
        values["search_key"] = free_search_key(
            connection, values.get("id", row.id), values.get("published", row.published), but=row.key
        )
    connection.execute(update(releases).where(releases.c.key == row.key).values(**values))
    fresh = held(connection, row.key)
    moved = {"published": fresh.published, "language": fresh.language, "source": fresh.source}
    connection.execute(update(memberships).where(memberships.c.id == row.id).values(**moved))
    connection.execute(delete(fragments).where(fragments.c.release == row.id))
    return fresh
