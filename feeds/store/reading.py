"""What the store holds of releases: one, some, the newest, their wordings, their months."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, FromClause, Select, bindparam, func, or_, select

from feeds.release import Release, Revision
from feeds.store.arrival import alias_of
from feeds.store.base import Base
from feeds.store.quick import Quick
from feeds.store.rows import CHUNK, read_releases, release_select, revision_from
from feeds.store.state import NEVER, Head
from feeds.store.tables import aliases, memberships, microseconds, moment, releases, revisions
from feeds.view import VIEW

__all__ = ["Reading"]

_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
_BY_ID: Final = release_select().where(releases.c.id.in_(_IDS))
_TOPICS_OF: Final = Quick(
    select(memberships.c.id, memberships.c.topic)
    .where(memberships.c.id.in_(_IDS))
    .order_by(memberships.c.id, memberships.c.topic)
)
_HEADS: Final = Quick(
    select(*(releases.c[name] for name in Head._fields if name not in ("topics", "views"))).where(
        releases.c.id.in_(_IDS)
    )
)
_LATELY: Final = Quick(
    select(releases.c.url, releases.c.first_seen)
    .where(releases.c.source == bindparam("source"), releases.c.published >= bindparam("since"))
    .where(releases.c.withdrawn.is_(None))
    .order_by(releases.c.published.desc(), releases.c.id)
    .limit(bindparam("most"))
)


class Reading(Base):
    """Releases, as publishing and the command line read them."""

    def release(self, id: str) -> Release | None:  # noqa: A002 -- what everybody calls it
        """Return the release *id*."""
        return self.releases([id]).get(id)

    def releases(self, ids: Sequence[str]) -> dict[str, Release]:
        """Return the releases *ids* by id, in the order asked for; unknown ones are left out."""
        found: dict[str, Release] = {}

        def read() -> None:
            with self._database.reading() as connection:
                for start in range(0, len(ids), CHUNK):
                    named_so = {"ids": ids[start : start + CHUNK]}
                    found.update((release.id, release) for release in read_releases(connection, _BY_ID, named_so))

        if ids:
            self._database.again(read)
        return {id_: found[id_] for id_ in ids if id_ in found}

    def heads(self, ids: Sequence[str]) -> dict[str, Head]:
        """Return what orders and selects the releases *ids*, without their text, in the order asked for."""
        found: dict[str, Head] = {}
        topics: dict[str, list[str]] = {}
        with self._database.reading() as connection:
            for start in range(0, len(ids), CHUNK):
                chunk = ids[start : start + CHUNK]
                for id_, topic in _TOPICS_OF.rows(connection, chunk):
                    topics.setdefault(id_, []).append(topic)
                for row in _HEADS.rows(connection, chunk):
                    found[row[0]] = _head(row, topics.get(row[0], ()))
        return {id_: found[id_] for id_ in ids if id_ in found}

    def find(self, text: str) -> tuple[Release, ...]:
        """Return the releases that *text* may mean: an id, a number, an address, a unique end of an id.

        More than one where a number or an address is known in several sources; at most 50.
        """
        asked = text.strip()
        alias = select(aliases.c.release).where(
            or_(aliases.c.alias == alias_of(asked), aliases.c.alias == f"native:{asked}")
        )
        tries: list[ColumnElement[bool]] = [releases.c.id == asked, releases.c.native_id == asked]
        tries += [releases.c.key.in_(alias)]
        if len(asked) >= 3:
            tries.append(releases.c.id.endswith(asked, autoescape=True))
        with self._database.reading() as connection:
            for attempt in tries:
                statement = release_select().where(attempt).order_by(releases.c.published.desc(), releases.c.id)
                if found := read_releases(connection, statement.limit(50)):
                    return found
        return ()

    def revisions(self, id: str) -> tuple[Revision, ...]:  # noqa: A002 -- what everybody calls it
        """Return every wording of the release *id*, the first one first."""
        statement = (
            select(releases.c.id, revisions)
            .join(revisions, revisions.c.release == releases.c.key)
            .where(releases.c.id == id)
            .order_by(revisions.c.number)
        )
        with self._database.reading() as connection:
            return tuple(revision_from(row) for row in connection.execute(statement))

    def corrections(self, *, limit: int) -> tuple[tuple[Release, Revision, Revision], ...]:
        """Return the last corrections, newest first: the release as it stands, the wording before, the one after."""
        after, before = revisions.alias("after"), revisions.alias("before")
        statement = (
            select(releases.c.id, after, before)
            .join(releases, releases.c.key == after.c.release)
            .join(before, (before.c.release == after.c.release) & (before.c.number == after.c.number - 1))
            .where(after.c.number > 1)
            .order_by(after.c.seen.desc(), releases.c.id, after.c.number.desc())
            .limit(limit)
        )
        with self._database.reading() as connection:
            rows = connection.execute(statement).all()
        found = self.releases([row[0] for row in rows])
        width = len(revisions.c)
        return tuple(
            (found[row[0]], _wording(row[0], row[1 + width :]), _wording(row[0], row[1 : 1 + width])) for row in rows
        )

    def newest(
        self,
        *,
        topic: str | None = None,
        source: str | None = None,
        language: str | None = None,
        limit: int | None,
        since: datetime | None = None,
    ) -> tuple[str, ...]:
        """Return ids, newest first and by id where published at one moment, at most *limit*, none before *since*."""
        values = {"topic": topic, "source": source, "language": language, "since": since}
        asked: dict[str, object] = {name: value for name, value in values.items() if value is not None}
        statement = _newest(tuple(asked), is_limited=limit is not None)
        if since is not None:
            asked["since"] = microseconds(since)
        if limit is not None:
            asked["most"] = limit
        rows = self._database.again(lambda: statement.ask(self._database, (), **asked))
        return tuple(row[0] for row in rows)

    def lately(self, source: str, *, since: datetime, limit: int) -> tuple[tuple[str, datetime], ...]:
        """Return address and first sight of what *source* published *since* and let stand, newest first."""
        rows = _LATELY.ask(self._database, source=source, since=microseconds(since), most=limit)
        return tuple((url, moment(first_seen)) for url, first_seen in rows)

    def count(self, *, topic: str | None = None, source: str | None = None, language: str | None = None) -> int:
        """Return how many releases there are."""
        _, statement = _selected(topic, source, language)
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(statement.subquery())).scalar_one()

    def months(
        self, *, topic: str | None = None, source: str | None = None, language: str | None = None
    ) -> tuple[str, ...]:
        """Return the months (UTC) in which something was published, newest first: "2026-10"."""
        table, _ = _selected(topic, source, language)
        _, statement = _selected(topic, source, language, column="published")
        statement = statement.order_by(table.c.published.desc()).limit(1)
        found: list[str] = []
        with self._database.reading() as connection:
            newest = connection.execute(statement).scalar_one_or_none()
            while newest is not None:
                found.append(f"{newest:%Y-%m}")
                start = newest.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
                newest = connection.execute(statement.where(table.c.published < start)).scalar_one_or_none()
        return tuple(found)

    def month(
        self, month: str, *, topic: str | None = None, source: str | None = None, language: str | None = None
    ) -> tuple[str, ...]:
        """Return the ids published in *month* ("2026-10", UTC), newest first."""
        start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
        end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
        table, statement = _selected(topic, source, language)
        statement = statement.where(table.c.published >= start, table.c.published < end)
        return self._ids(statement.order_by(table.c.published.desc(), table.c.id))

    def _ids(self, statement: Select[Any]) -> tuple[str, ...]:
        with self._database.reading() as connection:
            return tuple(connection.execute(statement).scalars().all())


def _selected(
    topic: str | None, source: str | None, language: str | None, *, column: str = "id"
) -> tuple[FromClause, Select[Any]]:
    table = releases if topic is None else memberships
    statement = select(table.c[column])
    if topic is not None:
        statement = statement.where(memberships.c.topic == topic)
    if source is not None:
        statement = statement.where(table.c.source == source)
    if language is not None:
        statement = statement.where(table.c.language == language)
    return table, statement


def _belongings(held: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the topics and the views that the memberships *held* stand for."""
    views = tuple(one for one in held if one.startswith(VIEW))
    if not views:
        return tuple(held), ()
    return tuple(one for one in held if one not in views), tuple(one.removeprefix(VIEW) for one in views)


@cache  # of thirty-two shapes: building one takes longer than asking it
def _newest(asked: tuple[str, ...], *, is_limited: bool) -> Quick:
    """Return the statement of `newest` with a parameter for each name in *asked*."""
    table = memberships if "topic" in asked else releases
    statement = select(table.c.id).order_by(table.c.published.desc(), table.c.id)
    for name in asked:
        if name == "since":
            statement = statement.where(table.c.published >= bindparam(name))
        else:
            statement = statement.where(table.c[name] == bindparam(name))
    return Quick(statement.limit(bindparam("most")) if is_limited else statement)


def _head(row: Sequence[Any], held: Sequence[str]) -> Head:
    """Return the head in *row*, which has its columns in their order, and is a member of what it *held*."""
    id_, source, language, author, title, url, published, updated, revision, withdrawn, told = row
    gone = None if withdrawn is None else moment(withdrawn)
    topics, views = _belongings(held)
    first = NEVER if told is None else told
    when = moment(published), moment(updated)
    return Head(id_, source, language, author, title, url, *when, revision, gone, first, topics, views)


def _wording(id_: str, values: Sequence[Any]) -> Revision:
    named = dict(zip(revisions.c.keys(), values, strict=True))
    return Revision(release=id_, **{name: named[name] for name in ("number", "seen", "title", "text", "html")})
