"""Take a draft in: find the release it is, or mint its id; record its wording, its addresses, its links."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, select, update

from feeds import identity
from feeds.release import Change, Draft
from feeds.store.engine import named, upsert_of
from feeds.store.index import index, search_key_of, unindex
from feeds.store.rows import extras_of, shown_offset
from feeds.store.tables import aliases, fragments, links, memberships, releases, revisions

__all__ = ["put"]

# A date further ahead than any zone and any embargo is a slip; one before the web as well.
_AHEAD: Final = timedelta(hours=36)
_OLDEST: Final = datetime(1980, 1, 1, tzinfo=UTC)

# When published, numbered by its source?, the number, when first seen, and what settles the rest.
_Rank = tuple[datetime, bool, str, datetime, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrival:
    """A draft and what follows from it alone."""

    draft: Draft
    id: str
    local: str
    home: str  # the alias of the address it was read at
    names: tuple[str, ...]  # every alias it goes by, the surest first
    title_key: str
    digest: str
    published: datetime

    @property
    def numbered(self) -> bool:
        return bool(self.draft.native_id.strip())

    @property
    def rank(self) -> _Rank:
        """Of several addresses of one release that no publish has seen, the least rank names it."""
        number = self.local if self.numbered else ""
        return self.published, not self.numbered, number, self.draft.seen, self.local


def put(connection: Connection, draft: Draft, *, authority: str, now: datetime) -> tuple[Change, str]:
    """Record *draft* as read; return what it was found to be, and the id of its release."""
    if connection.dialect.name == "postgresql":  # two crawls of one source must not mint two ids for one release
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(draft.source))))
    new = _arrival(draft, authority, now)
    held = _find(connection, new)
    if held is None:
        return Change.NEW, _mint(connection, new)
    return _record(connection, new, held)


def _arrival(draft: Draft, authority: str, now: datetime) -> _Arrival:
    stated = draft.published
    if stated is not None and not _OLDEST <= stated <= now + _AHEAD:
        draft = replace(draft, published=None, repairs=(*draft.repairs, "impossible-date"))
    local = identity.local_part(draft.native_id, draft.url)
    home = alias_of(draft.url)
    names = [f"native:{local}"] if draft.native_id.strip() else []
    names += [home, *(alias_of(url) for url in draft.aliases)]
    return _Arrival(
        draft=draft,
        id=identity.release_id(authority, draft.source, local),
        local=local,
        home=home,
        names=tuple(dict.fromkeys(names)),
        title_key=identity.title_key(draft.title, draft.published, draft.language),
        digest=identity.material_digest(draft.title, draft.text),
        published=draft.published or draft.seen,
    )


def alias_of(url: str) -> str:
    """Return the alias that stands for *url* and all its variants.

    >>> alias_of("http://sc.isd.gov.hk/TuniS/www.info.gov.hk/gia/1.htm")
    'url:https://www.info.gov.hk/gia/1.htm zh-Hans'
    """
    address = identity.canonical(url)
    return f"url:{address.url} {address.language}".rstrip()


# -- which release is it? ------------------------------------------------------------------------------------------


def _find(connection: Connection, new: _Arrival) -> Row[Any] | None:
    """Climb the ladder: the source's own number, an address, the same title on the same day."""
    known = _known(connection, new.draft.source, new.names)
    for name in new.names:
        if name not in known:
            continue
        row = _held(connection, known[name].release)
        if name.startswith("native:") or not _is_other(connection, new, row):
            return row
    if not new.title_key:
        return None
    same_title = select(releases.c.key).where(
        releases.c.source == new.draft.source, releases.c.title_key == new.title_key
    )
    for key in connection.execute(same_title.order_by(releases.c.id)).scalars().all():
        row = _held(connection, key)
        if _is_same(connection, new, row):
            return row
    return None


def _is_other(connection: Connection, new: _Arrival, row: Row[Any]) -> bool:
    """Return whether *row*, known at the same address, is another release: other number, other text."""
    return new.numbered and row.numbered and row.native_id != new.local and not _is_same(connection, new, row)


def _is_same(connection: Connection, new: _Arrival, row: Row[Any]) -> bool:
    text = connection.execute(_wording(row)).one().text
    if not (new.numbered and row.numbered) and not (text and new.draft.text):
        return True
    marked = identity.is_marked_correction(new.draft.title) or identity.is_marked_correction(row.title)
    marked = marked or not (new.numbered and row.numbered)
    return identity.is_reissue(text, new.draft.text, marked=marked)


def _known(connection: Connection, source: str, names: Collection[str]) -> Mapping[str, Row[Any]]:
    statement = select(aliases).where(aliases.c.alias.in_(names), aliases.c.source == source)
    return {row.alias: row for row in connection.execute(statement)}


def _held(connection: Connection, key: int) -> Row[Any]:
    return connection.execute(select(releases).where(releases.c.key == key)).one()


def _wording(row: Row[Any]) -> Any:  # noqa: ANN401 -- a Select of whatever columns the table has
    return select(revisions).where(revisions.c.release == row.key, revisions.c.number == row.revision)


# -- a new one -----------------------------------------------------------------------------------------------------


def _mint(connection: Connection, new: _Arrival) -> str:
    draft = new.draft
    key = connection.execute(
        releases.insert()
        .values(
            **_values(new),
            id=new.id,
            native_id=new.local,
            numbered=new.numbered,
            published=new.published,
            published_offset=shown_offset(new.published),
            dated=draft.published is not None,
            updated=new.published,
            first_seen=draft.seen,
            revision=1,
            tagged="",
            once_tagged=False,
            search_key=search_key_of(connection, new.id, new.published),
        )
        .returning(releases.c.key)
    ).scalar_one()
    _word(connection, new, key, number=1)
    index(connection, _held(connection, key), draft.text)
    _relate(connection, new, key)
    return new.id


def _values(new: _Arrival) -> dict[str, Any]:
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


def _word(connection: Connection, new: _Arrival, key: int, *, number: int) -> None:
    draft = new.draft
    connection.execute(
        revisions.insert().values(
            release=key,
            number=number,
            seen=draft.seen,
            digest=new.digest,
            page=draft.page,
            title=draft.title,
            text=draft.text,
            html=draft.html,
        )
    )


# -- one that we hold ----------------------------------------------------------------------------------------------


def _record(connection: Connection, new: _Arrival, row: Row[Any]) -> tuple[Change, str]:
    wording = connection.execute(_wording(row)).one()
    known = _known(connection, row.source, new.names)
    told = known[new.home] if new.home in known and known[new.home].release == row.key else None
    elder = not row.once_tagged and new.id != row.id and new.rank < _rank(row)
    at_home = elder or new.local == row.native_id or new.home == alias_of(row.url)
    same = new.digest == wording.digest
    change = Change.SEEN
    if same or (new.draft.page and new.draft.page == wording.page):
        if at_home:
            row = _polish(connection, new, row, wording, elder=elder)
    elif elder:
        row = _predate(connection, new, row, wording)
    elif (told is None and _was_said(connection, row, new.digest)) or (told is not None and told.digest == new.digest):
        pass  # an address that says what it always said changes nothing, whatever another says
    else:
        row = _reword(connection, new, row, wording, at_home=at_home)
        change = Change.CHANGED
    _relate(connection, new, row.key, with_links=at_home or change is Change.CHANGED)
    return change, row.id


def _rank(row: Row[Any]) -> _Rank:
    return row.published, not row.numbered, row.native_id if row.numbered else "", row.first_seen, row.native_id


def _was_said(connection: Connection, row: Row[Any], digest: str) -> bool:
    said = select(revisions.c.number).where(revisions.c.release == row.key, revisions.c.digest == digest).limit(1)
    return connection.execute(said).first() is not None


def _reword(connection: Connection, new: _Arrival, row: Row[Any], wording: Row[Any], *, at_home: bool) -> Row[Any]:
    """Record a material change: a revision more, `updated` moves, the topics must look again."""
    values = _values(new) | {"revision": row.revision + 1, "updated": max(row.updated, new.draft.seen)}
    values |= _dating(new, row) if at_home else {}
    if not row.once_tagged and not at_home:
        values["url"] = row.url
    _word(connection, new, row.key, number=row.revision + 1)
    return _rewrite(connection, row, wording, values, text=new.draft.text)


def _polish(connection: Connection, new: _Arrival, row: Row[Any], wording: Row[Any], *, elder: bool) -> Row[Any]:
    """Put our better reading of the same wording in place of the older one; `updated` does not move."""
    draft = new.draft
    values = _values(new) | _dating(new, row) | (_elder(new, row) if elder else {})
    if not elder and row.url.startswith("https:"):
        values.pop("url")  # a listing that mixes http and https must not make the address swing
    if row.revision == 1 and "published" in values:
        values["updated"] = values["published"]
    text = {"title": draft.title, "text": draft.text, "html": draft.html, "page": draft.page, "digest": new.digest}
    same_text = all(named(wording)[name] == value for name, value in text.items() if name != "page")
    if same_text and all(named(row)[name] == value for name, value in values.items()):
        return row
    connection.execute(
        update(revisions).where(revisions.c.release == row.key, revisions.c.number == row.revision).values(**text)
    )
    return _rewrite(connection, row, wording, values, text=draft.text)


def _predate(connection: Connection, new: _Arrival, row: Row[Any], wording: Row[Any]) -> Row[Any]:
    """Put the wording of an elder address before those we hold: as if it had come first, as it should."""
    for number in range(row.revision, 0, -1):
        moved = update(revisions).where(revisions.c.release == row.key, revisions.c.number == number)
        connection.execute(moved.values(number=number + 1))
    _word(connection, new, row.key, number=1)
    values = _elder(new, row) | {"revision": row.revision + 1, "updated": max(new.published, wording.seen)}
    values["url"] = identity.clean_address(new.draft.url)
    return _rewrite(connection, row, wording, values, text=wording.text)


def _elder(new: _Arrival, row: Row[Any]) -> dict[str, Any]:
    dated = {
        "published": new.published,
        "published_offset": shown_offset(new.published),
        "dated": new.draft.published is not None,
        "first_seen": min(row.first_seen, new.draft.seen),
    }
    return dated | {"id": new.id, "native_id": new.local, "numbered": new.numbered}


def _dating(new: _Arrival, row: Row[Any]) -> dict[str, Any]:
    """Return the columns of the date that the page states; a fallback never replaces a date."""
    stated = new.draft.published
    if stated is None:
        return {}
    if row.published == stated and row.published_offset == shown_offset(stated) and row.dated:
        return {}
    return {"published": stated, "published_offset": shown_offset(stated), "dated": True}


def _rewrite(
    connection: Connection, row: Row[Any], wording: Row[Any], values: dict[str, Any], *, text: str
) -> Row[Any]:
    """Write *values* into the release of *row*, and let everything made of it be made again."""
    values = {**values, "tagged": ""}
    unindex(connection, row, wording.text)
    if "published" in values or "id" in values:
        values["search_key"] = search_key_of(
            connection, values.get("id", row.id), values.get("published", row.published), but=row.key
        )
    connection.execute(update(releases).where(releases.c.key == row.key).values(**values))
    fresh = _held(connection, row.key)
    moved = {"published": fresh.published, "language": fresh.language, "source": fresh.source}
    connection.execute(update(memberships).where(memberships.c.id == row.id).values(**moved))
    connection.execute(delete(fragments).where(fragments.c.release == row.id))
    index(connection, fresh, text)
    return fresh


# -- addresses and languages ---------------------------------------------------------------------------------------


def _relate(connection: Connection, new: _Arrival, key: int, *, with_links: bool = True) -> None:
    """Remember every address of the draft, and the other languages it names; both ends show the link."""
    known = _known(connection, new.draft.source, new.names)
    insert = upsert_of(connection)
    added = []
    for name in new.names:
        said = {"digest": new.digest, "page": new.draft.page}
        if name not in known:
            added.append(name)
            connection.execute(insert(aliases).values(alias=name, source=new.draft.source, release=key, **said))
        elif known[name].release == key and known[name].digest != new.digest:
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


def _link(connection: Connection, new: _Arrival, key: int) -> list[str]:
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


def _forget_fragments(connection: Connection, ids: Any) -> None:  # noqa: ANN401 -- a Select of one column
    connection.execute(delete(fragments).where(fragments.c.release.in_(ids)))
