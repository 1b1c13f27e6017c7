"""The tables of the store, the same on SQLite and PostgreSQL.

Instants are integers: microseconds since 1970, UTC. A release has a `key` of ours for
joins, and an `id` that the world sees; the key never leaves the store.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

__all__ = [
    "Instant",
    "Plain",
    "aliases",
    "book",
    "events",
    "fragments",
    "hosts",
    "legal",
    "links",
    "memberships",
    "meta",
    "metadata",
    "microseconds",
    "moment",
    "pages",
    "releases",
    "revisions",
    "runs",
    "sources",
    "tags",
    "validators",
]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

_CONTROLS: Final = bytes([*range(9), 11, 12, *range(14, 32)])
_FFFE: Final = "\ufffe".encode()
_FFFF: Final = "\uffff".encode()
_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# SQLite gives a rowid only to a column that is exactly INTEGER.
_Key = BigInteger().with_variant(Integer, "sqlite")
_Json = JSON().with_variant(JSONB(), "postgresql")


class Instant(TypeDecorator[datetime]):
    """An aware datetime kept as microseconds UTC; naive ones are refused."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Return *value* as microseconds since 1970."""
        del dialect
        if value is None:
            return None
        return microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC."""
        del dialect
        return None if value is None else moment(value)


def microseconds(value: datetime) -> int:
    """Return *value* as microseconds since 1970; raises ValueError where it has no zone.

    >>> microseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    if value.tzinfo is None:
        raise ValueError(f"instant without a zone: {value!r}: expected an aware datetime")
    return (value - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """Return the instant *value* microseconds after 1970, in UTC.

    >>> moment(1000000).isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    return _EPOCH + timedelta(microseconds=value)


class Plain(TypeDecorator[str]):
    """Text without what a database or XML 1.0 refuses (NUL, lone surrogates, …): the last wall, not the normaliser."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return *value* with each such character as U+FFFD."""
        del dialect
        return None if value is None else legal(value)


def legal(text: str) -> str:
    r"""Return *text* with every character that XML 1.0 has no place for as U+FFFD.

    >>> legal("a\x00b\ud800c")
    'a�b�c'
    """
    # Nothing illegal can be printed; most text can but for its line ends, which is seen in a third of the time.
    if text.isprintable() or text.replace("\n", "").isprintable():
        return text
    try:
        packed = text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
    # Bytes are looked through four times as fast as characters.
    if len(packed.translate(None, _CONTROLS)) == len(packed) and _FFFE not in packed and _FFFF not in packed:
        return text
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)


metadata = MetaData()

meta = Table("meta", metadata, Column("key", Plain, primary_key=True), Column("value", Plain, nullable=False))

sources = Table(
    "sources",
    metadata,
    Column("key", Plain, primary_key=True),
    Column("newsroom", _Json, nullable=False),
    Column("host", Plain, nullable=False, server_default=""),
    Column("configured", Boolean, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("state", Plain, nullable=False),
    Column("reason", Plain, nullable=False, server_default=""),
    Column("since", Instant),
    Column("outcome", Plain),
    Column("last_run", Instant),
    Column("last_good", Instant),
    Column("next_due", Instant),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("listed_median", Float),
    Column("learnt", _Json, nullable=False),
)
# Only what can come due is in the index, in the order in which it does.
_ACTIVE = sources.c.enabled.is_(True) & sources.c.configured.is_(True)
Index("sources_due", sources.c.next_due, sources.c.key, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE)

hosts = Table(
    "hosts",
    metadata,
    Column("host", Plain, primary_key=True),
    Column("open_until", Instant),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("retry_after", Instant),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Plain, primary_key=True),
    Column("source", Plain, nullable=False),
    Column("started", Instant, nullable=False),
    Column("ended", Instant, nullable=False),
    Column("outcome", Plain, nullable=False),
    Column("listed", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("reason", Plain, nullable=False),
    Column("errors", _Json, nullable=False),
)
Index("runs_source", runs.c.source, runs.c.started)
Index("runs_started", runs.c.started)

events = Table(
    "events",
    metadata,
    Column("key", _Key, primary_key=True),
    Column("source", Plain, nullable=False),
    Column("state", Plain, nullable=False),
    Column("since", Instant, nullable=False),
    Column("reason", Plain, nullable=False),
    Column("previous", Plain),
)
Index("events_since", events.c.since)

validators = Table(
    "validators",
    metadata,
    Column("url", Plain, primary_key=True),
    Column("etag", Plain, nullable=False),
    Column("last_modified", Plain, nullable=False),
    Column("fetches", Integer, nullable=False),
    Column("fetched_at", Instant, nullable=False),
)

pages = Table(
    "pages",
    metadata,
    Column("url", Plain, primary_key=True),
    Column("quarantine", Boolean, primary_key=True),
    Column("kind", Plain, nullable=False),
    Column("source", Plain, nullable=False),
    Column("fetched_at", Instant, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", _Json, nullable=False),
    Column("reason", Plain, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
Index("pages_source", pages.c.source, pages.c.fetched_at)
Index("pages_fetched", pages.c.fetched_at)

releases = Table(
    "releases",
    metadata,
    Column("key", _Key, primary_key=True),
    Column("id", Plain, nullable=False, unique=True),
    Column("source", Plain, nullable=False),
    Column("native_id", Plain, nullable=False),
    Column("numbered", Boolean, nullable=False),  # by its source; else native_id is a hash of the address
    Column("url", Plain, nullable=False),
    Column("language", Plain, nullable=False),
    Column("title", Plain, nullable=False),
    Column("title_key", Plain, nullable=False),
    Column("author", Plain, nullable=False),
    Column("published", Instant, nullable=False),
    Column("published_offset", Integer, nullable=False),  # seconds east of UTC, as the page implies
    Column("dated", Boolean, nullable=False),  # the page states a date; else published is first_seen
    Column("updated", Instant, nullable=False),
    Column("first_seen", Instant, nullable=False),
    Column("withdrawn", Instant),
    Column("summary", Plain, nullable=False),
    Column("extras", _Json, nullable=False),  # photos, attachments, facts, repairs
    Column("revision", Integer, nullable=False),
    Column("tagged", Plain, nullable=False, server_default=""),  # digest of the topics that tagged this wording
    # Which publication saw its id first, later ones have higher numbers: from then on the id is fixed.
    Column("told", BigInteger),
    Column("search_key", BigInteger, nullable=False),
    # Which tagging saw it last: a publication looks at those with a higher number than it knows.
    Column("changed", BigInteger, nullable=False, server_default="0"),
)
Index("releases_newest", releases.c.published.desc(), releases.c.id)
Index("releases_language", releases.c.language, releases.c.published.desc(), releases.c.id)
Index("releases_source", releases.c.source, releases.c.published.desc(), releases.c.id)
Index("releases_title", releases.c.source, releases.c.title_key)
Index("releases_native", releases.c.native_id)
Index("releases_tagged", releases.c.tagged)
Index("releases_search", releases.c.search_key, unique=True)
Index("releases_changed", releases.c.changed)

revisions = Table(
    "revisions",
    metadata,
    Column("release", _Key, ForeignKey("releases.key", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("seen", Instant, nullable=False),
    Column("digest", Plain, nullable=False),  # of the material text
    Column("page", Plain, nullable=False),  # of the bytes it was read from
    Column("title", Plain, nullable=False),
    Column("text", Plain, nullable=False),
    Column("html", Plain, nullable=False),
)
_CORRECTED = revisions.c.number > text("1")
Index("revisions_corrected", revisions.c.seen, sqlite_where=_CORRECTED, postgresql_where=_CORRECTED)

aliases = Table(
    "aliases",
    metadata,
    Column("alias", Plain, primary_key=True),
    Column("source", Plain, primary_key=True),
    Column("release", _Key, ForeignKey("releases.key", ondelete="CASCADE"), nullable=False),
    Column("digest", Plain, nullable=False),  # of what it delivered last
    sqlite_with_rowid=False,
)
Index("aliases_release", aliases.c.release)

links = Table(
    "links",
    metadata,
    Column("release", _Key, ForeignKey("releases.key", ondelete="CASCADE"), primary_key=True),
    Column("language", Plain, primary_key=True),
    Column("alias", Plain, nullable=False),
    Column("url", Plain, nullable=False),
    Column("place", Integer, nullable=False),
    sqlite_with_rowid=False,
)
Index("links_alias", links.c.alias)

tags = Table(
    "tags",
    metadata,
    Column("release", _Key, ForeignKey("releases.key", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("topic", Plain, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("tag", _Json, nullable=False),
    UniqueConstraint("release", "topic", name="tags_topic"),
)

# What a feed asks for, and nothing else, in the order in which it asks: newest-50 is one walk of an index.
memberships = Table(
    "memberships",
    metadata,
    Column("id", Plain, primary_key=True),
    Column("topic", Plain, primary_key=True),
    Column("language", Plain, nullable=False),
    Column("source", Plain, nullable=False),
    Column("published", Instant, nullable=False),
    sqlite_with_rowid=False,
)
Index(
    "memberships_language",
    memberships.c.topic,
    memberships.c.language,
    memberships.c.published.desc(),
    memberships.c.id,
)
Index("memberships_newest", memberships.c.topic, memberships.c.published.desc(), memberships.c.id)

fragments = Table(
    "fragments",
    metadata,
    Column("release", Plain, primary_key=True),
    Column("format", Plain, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("digest", Plain, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

# What each published file was made of, by the place it was published to.
book = Table(
    "book",
    metadata,
    Column("place", Plain, primary_key=True),
    Column("name", Plain, primary_key=True),
    Column("told", Plain, nullable=False),
    sqlite_with_rowid=False,
)
