"""Between rows and releases: what a release looks like in its tables, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, select

from feeds.release import Attachment, Draft, Facts, Photo, Release, Revision, Translation
from feeds.store.tables import aliases, links, releases, revisions
from feeds.tag import Evidence, Tag

__all__ = [
    "CHUNK",
    "extras_of",
    "read_releases",
    "release_select",
    "revision_from",
    "shown_offset",
    "tag_from",
    "tag_json",
]

# How many values one `IN (...)` takes; SQLite of old allows 999.
CHUNK: Final = 500


def extras_of(draft: Draft) -> dict[str, Any]:
    """Return what hangs on *draft*, as JSON values."""
    return {
        "photos": [{"url": photo.url, "caption": photo.caption} for photo in draft.photos],
        "attachments": [
            {"url": item.url, "title": item.title, "type": item.type, "length": item.length}
            for item in draft.attachments
        ],
        "facts": {key: value if isinstance(value, str) else list(value) for key, value in draft.facts.items()},
        "repairs": list(draft.repairs),
    }


def release_select() -> Select[Any]:
    """Return the statement that reads releases with their present wording."""
    present = (revisions.c.release == releases.c.key) & (revisions.c.number == releases.c.revision)
    return select(releases, revisions.c.text, revisions.c.html).join(revisions, present)


def read_releases(
    connection: Connection, statement: Select[Any], values: Mapping[str, Any] | None = None
) -> tuple[Release, ...]:
    """Return the releases that *statement*, made from `release_select`, finds with *values*."""
    rows = connection.execute(statement, values).all()
    linked = _translations(connection, [row.key for row in rows])
    return tuple(_release(row, linked.get(row.key, ())) for row in rows)


def tag_json(tag: Tag) -> dict[str, Any]:
    """Return *tag* as JSON values."""
    return {
        "topic": tag.topic,
        "score": tag.score,
        "threshold": tag.threshold,
        "digest": tag.digest,
        "passed": tag.passed,
        "why": tag.why,
        "evidence": [[getattr(item, name) for name in Evidence.__dataclass_fields__] for item in tag.evidence],
    }


def tag_from(kept: Mapping[str, Any]) -> Tag:
    """Return the tag that `tag_json` made *kept* of."""
    names = tuple(Evidence.__dataclass_fields__)
    evidence = tuple(Evidence(**dict(zip(names, item, strict=False))) for item in kept["evidence"])
    return Tag(**{**kept, "evidence": evidence})


def _release(row: Row[Any], translations: tuple[Translation, ...]) -> Release:
    zone = timezone(timedelta(seconds=row.published_offset)) if row.published_offset else UTC
    extras = row.extras
    return Release(
        id=row.id,
        source=row.source,
        native_id=row.native_id,
        url=row.url,
        language=row.language,
        title=row.title,
        author=row.author,
        published=row.published.astimezone(zone),
        updated=row.updated.astimezone(zone),
        first_seen=row.first_seen,
        summary=row.summary,
        text=row.text,
        html=row.html,
        photos=tuple(Photo(**photo) for photo in extras["photos"]),
        attachments=tuple(Attachment(**item) for item in extras["attachments"]),
        translations=translations,
        facts=_facts(extras["facts"]),
        repairs=tuple(extras["repairs"]),
        revision=row.revision,
        withdrawn=row.withdrawn,
    )


def _facts(kept: Mapping[str, str | list[str]]) -> Facts:
    return {key: value if isinstance(value, str) else tuple(value) for key, value in sorted(kept.items())}


_KEYS: Final[BindParameter[Any]] = bindparam("keys", expanding=True)
_OUT: Final = (
    select(links.c.release, links.c.language, links.c.url, releases.c.id, releases.c.language.label("theirs"))
    .outerjoin(aliases, aliases.c.alias == links.c.alias)
    .outerjoin(releases, releases.c.key == aliases.c.release)
    .where(links.c.release.in_(_KEYS))
    .order_by(links.c.release, links.c.place, releases.c.id)
)
_BACK: Final = (
    select(aliases.c.release, releases.c.language, releases.c.url, releases.c.id)
    .join(links, links.c.alias == aliases.c.alias)
    .join(releases, releases.c.key == links.c.release)
    .where(aliases.c.release.in_(_KEYS), releases.c.key != aliases.c.release)
    .order_by(aliases.c.release, releases.c.language, releases.c.id)
)


def _translations(connection: Connection, keys: Sequence[int]) -> dict[int, tuple[Translation, ...]]:
    """Return the other languages of each of *keys*: those it links to, then those that link to it."""
    found: dict[int, dict[str, Translation]] = {}
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        for key, language, url, id_, theirs in connection.execute(_OUT, {"keys": chunk}):
            mine = found.setdefault(key, {})
            is_it = id_ is not None and theirs in {language, "und"}
            if language not in mine or (is_it and mine[language].id is None):
                mine[language] = Translation(language=language, url=url, id=id_ if is_it else None)
        for key, language, url, id_ in connection.execute(_BACK, {"keys": chunk}):
            mine = found.setdefault(key, {})
            if language not in mine or mine[language].id is None:
                mine[language] = Translation(
                    language=language, url=mine[language].url if language in mine else url, id=id_
                )
    return {key: tuple(mine.values()) for key, mine in found.items()}


def shown_offset(moment: datetime) -> int:
    """Return how many seconds east of UTC *moment* is told: whole minutes, as RFC 3339 has them."""
    offset = moment.utcoffset()
    return int(offset.total_seconds()) // 60 * 60 if offset else 0


def revision_from(row: Row[Any]) -> Revision:
    """Return the wording in *row*, which has the release's `id` and the columns of `revisions`."""
    return Revision(release=row.id, number=row.number, seen=row.seen, title=row.title, text=row.text, html=row.html)
