"""Tags and fragments: what publishing derives from releases and keeps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Executable, bindparam, delete, func, select, update

from feeds.release import Release
from feeds.store.base import Base
from feeds.store.engine import upsert_of
from feeds.store.index import forget, index, topics_of
from feeds.store.quick import Quick
from feeds.store.rows import CHUNK, read_releases, release_select, tag_from, tag_json
from feeds.store.state import FragmentKey
from feeds.store.tables import fragments, memberships, releases, tags
from feeds.tag import Tag
from feeds.view import VIEW, membership

__all__ = ["Tagging"]

_MARK: Final = (
    update(releases)
    .where(releases.c.id == bindparam("of"), releases.c.revision == bindparam("at"))
    .values(
        tagged=bindparam("by"), told=func.coalesce(releases.c.told, bindparam("first")), changed=bindparam("number")
    )
    .returning(releases.c.key, releases.c.language, releases.c.source, releases.c.published)
)
_HELD: Final = select(tags.c.tag).where(tags.c.release == bindparam("of")).order_by(tags.c.place)
_FORGET: Final = delete(fragments).where(fragments.c.release == bindparam("of"))
_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
# What changes a release drops what was rendered of it; this drops what a publication rendered at that moment.
_FORGET_CHANGED: Final = delete(fragments).where(
    fragments.c.release.in_(select(releases.c.id).where(releases.c.id.in_(_IDS), releases.c.tagged == ""))
)
_NUMBER: Final = select(func.coalesce(func.max(releases.c.changed), 0) + 1)
# Taken over taggings at once, so that their numbers are seen in the order of counting.
_LOCK: Final = select(func.pg_advisory_xact_lock(7231912))
# Two ranges beside the one value, so that the index finds them however many are tagged.
_UNTAGGED: Final = tuple(
    release_select().where(beside).order_by(releases.c.tagged).limit(bindparam("most"))
    for beside in (releases.c.tagged < bindparam("digest"), releases.c.tagged > bindparam("digest"))
)
_IS_UNTAGGED: Final = Quick(
    select(releases.c.key)
    .where((releases.c.tagged < bindparam("digest")) | (releases.c.tagged > bindparam("digest")))
    .limit(bindparam("most"))
)
_KEPT: Final = Quick(
    select(fragments.c.release, fragments.c.revision, fragments.c.digest, fragments.c.body).where(
        fragments.c.format == bindparam("form"), fragments.c.release.in_(_IDS)
    )
)
_IS_VIEW: Final = memberships.c.topic.startswith(VIEW)


class Tagging(Base):
    """Tags with their evidence, membership of topics, rendered fragments."""

    def untagged(self, digest: str, *, limit: int) -> tuple[Release, ...]:
        """Return releases whose present wording the topics of *digest* have not tagged, at most *limit*."""
        found: tuple[Release, ...] = ()
        if not _IS_UNTAGGED.ask(self._database, digest=digest, most=1):  # most often: in a fifth of the time
            return found
        with self._database.reading() as connection:
            for statement in _UNTAGGED:
                if limit > len(found):
                    found += read_releases(connection, statement, {"digest": digest, "most": limit - len(found)})
        return found

    def put_tags(
        self,
        tagged: Iterable[tuple[Release, tuple[Tag, ...]]],
        *,
        digest: str,
        views: Mapping[str, Collection[str]] | None = None,
        told: int | None = None,
    ) -> None:
        """Keep what the topics of *digest* said of each release, in one transaction.

        Tags that passed make it a member of their topics; the others are kept with their
        evidence, as near misses. *views* are the keys of the views that each release, by
        id, belongs to; None where there are none at all. A release that got a new wording
        meanwhile is left for the next time. All get the next number of `last_change`, and
        search finds them from here on. Those that are tagged for the first time keep *told*,
        the number of the publication they come with, or that number.
        """
        tagged = tuple(tagged)
        with self._database.writing() as connection:
            if not self._database.is_sqlite:
                connection.execute(_LOCK)
            number = connection.execute(_NUMBER).scalar_one()
            for start in range(0, len(tagged), CHUNK):
                ids = [release.id for release, _ in tagged[start : start + CHUNK]]
                connection.execute(_FORGET_CHANGED, {"ids": ids})
            before: dict[str, frozenset[str]] = {}
            for start in range(0, len(tagged), CHUNK):
                before |= topics_of(connection, [release.id for release, _ in tagged[start : start + CHUNK]])
            marks = {"by": digest, "number": number, "first": number if told is None else told}
            keys = [self._put_tags(connection, release, said, marks) for release, said in tagged]
            current = [release for (release, _), key in zip(tagged, keys, strict=True) if key is not None]
            now_held = [key for key in keys if key is not None]
            if views is not None:
                _put_views(connection, current, views)
            for start in range(0, len(now_held), CHUNK):
                forget(connection, now_held[start : start + CHUNK], before)
                index(connection, now_held[start : start + CHUNK])

    def tags(self, ids: Sequence[str]) -> dict[str, tuple[Tag, ...]]:
        """Return what the topics said of each of *ids*, near misses too, in the order of `put_tags`."""
        found: dict[str, list[Tag]] = {}
        with self._database.reading() as connection:
            for start in range(0, len(ids), CHUNK):
                statement = (
                    select(releases.c.id, tags.c.tag)
                    .join(tags, tags.c.release == releases.c.key)
                    .where(releases.c.id.in_(ids[start : start + CHUNK]))
                    .order_by(releases.c.id, tags.c.place)
                )
                for id_, kept in connection.execute(statement):
                    found.setdefault(id_, []).append(tag_from(kept))
        return {id_: tuple(found.get(id_, ())) for id_ in ids}

    def kept(self, form: str, ids: Sequence[str]) -> list[tuple[str, int, str, bytes]]:
        """Return what is kept in *form* of the releases *ids*: of each its id, the revision and digest, the bytes."""
        found: list[tuple[str, int, str, bytes]] = []
        for start in range(0, len(ids), CHUNK):
            found += _KEPT.ask(self._database, ids[start : start + CHUNK], form=form)
        return found

    def fragments(self, keys: Sequence[FragmentKey]) -> dict[FragmentKey, bytes]:
        """Return what is kept for *keys*; whatever changed a release has dropped its fragments."""
        wanted = set(keys)
        found: dict[FragmentKey, bytes] = {}
        by_format: dict[str, list[str]] = {}
        for key in keys:
            by_format.setdefault(key.format, []).append(key.release)
        with self._database.reading() as connection:
            # One format at a time: SQLite answers a list of pairs by reading the whole table.
            for form, ids in by_format.items():
                for start in range(0, len(ids), CHUNK):
                    rows = _KEPT.rows(connection, ids[start : start + CHUNK], form=form)
                    for release, revision, digest, body in rows:
                        key = FragmentKey(release, revision, form, digest)
                        if key in wanted:
                            found[key] = body
        return found

    def put_fragments(self, items: Mapping[FragmentKey, bytes]) -> None:
        """Keep rendered *items*, each in place of what its release and format had before."""
        if not items:
            return
        rows = [{**key._asdict(), "body": body} for key, body in items.items()]
        with self._database.writing() as connection:
            connection.execute(_keep(upsert_of(connection)), rows)

    def _put_tags(
        self, connection: Connection, release: Release, said: tuple[Tag, ...], marks: Mapping[str, object]
    ) -> int | None:
        """Keep what was *said* of *release*, and *marks* of when; return its key if it stands as it was read."""
        row = connection.execute(_MARK, {"of": release.id, "at": release.revision, **marks}).one_or_none()
        if row is None:
            return None
        kept = [tag_json(tag) for tag in said if tag.passed or tag.evidence]
        held = list(connection.execute(_HELD, {"of": row.key}).scalars())
        if held == kept:
            return int(row.key)
        connection.execute(_FORGET, {"of": release.id})
        if held:
            connection.execute(delete(tags).where(tags.c.release == row.key))
            connection.execute(delete(memberships).where(memberships.c.id == release.id, ~_IS_VIEW))
        if kept:
            connection.execute(
                tags.insert(),
                [
                    {"release": row.key, "place": place, "topic": tag["topic"], "passed": tag["passed"], "tag": tag}
                    for place, tag in enumerate(kept)
                ],
            )
        member = {"id": release.id, "language": row.language, "source": row.source, "published": row.published}
        if topics := [tag.topic for tag in said if tag.passed]:
            connection.execute(memberships.insert(), [{**member, "topic": topic} for topic in topics])
        return int(row.key)


@cache  # of two dialects: it takes longer to say than to do
def _keep(insert: Any) -> Executable:  # noqa: ANN401 -- the two dialects' inserts share no type
    statement = insert(fragments)
    new = {name: statement.excluded[name] for name in ("revision", "digest", "body")}
    unique = [fragments.c.release, fragments.c.format]
    kept: Executable = statement.on_conflict_do_update(index_elements=unique, set_=new)
    return kept


def _put_views(connection: Connection, tagged: Sequence[Release], views: Mapping[str, Collection[str]]) -> None:
    """Let each of *tagged* belong to its *views* and to no other."""
    wanted = {(one.id, membership(key)): one for one in tagged for key in views.get(one.id, ())}
    held = set()
    for start in range(0, len(tagged), CHUNK):
        ids = [one.id for one in tagged[start : start + CHUNK]]
        among = select(memberships.c.id, memberships.c.topic).where(memberships.c.id.in_(ids), _IS_VIEW)
        held |= {(id_, topic) for id_, topic in connection.execute(among)}
    for id_, topic in sorted(held - wanted.keys()):
        connection.execute(delete(memberships).where(memberships.c.id == id_, memberships.c.topic == topic))
    rows = [
        {"id": id_, "topic": topic, **{name: getattr(one, name) for name in ("language", "source", "published")}}
        for (id_, topic), one in wanted.items()
        if (id_, topic) not in held
    ]
    if rows:
        connection.execute(memberships.insert(), rows)
