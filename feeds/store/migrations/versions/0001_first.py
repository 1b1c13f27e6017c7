"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

__all__ = ["downgrade", "upgrade"]

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
NEWEST: sa.ColumnClause[int] = sa.literal_column("published DESC")
TABLES = (
    "sources",
    "hosts",
    "runs",
    "events",
    "validators",
    "pages",
    "meta",
    "releases",
    "revisions",
    "aliases",
    "links",
    "tags",
    "memberships",
    "fragments",
)


def upgrade() -> None:
    """Create every table."""
    _create_sources()
    _create_releases()
    _create_derived()
    _create_search()


def downgrade() -> None:
    """Drop every table."""
    for name in ("search", *reversed(TABLES)):
        op.drop_table(name)


def _create_sources() -> None:
    op.create_table(
        "sources",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("newsroom", JSON, nullable=False),
        sa.Column("host", sa.Text(), server_default="", nullable=False),
        sa.Column("configured", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("last_run", sa.BigInteger(), nullable=True),
        sa.Column("last_good", sa.BigInteger(), nullable=True),
        sa.Column("next_due", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("listed_median", sa.Float(), nullable=True),
        sa.Column("learnt", JSON, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index(
        "sources_due",
        "sources",
        ["next_due", "key"],
        sqlite_where=sa.text("enabled IS 1 AND configured IS 1"),
        postgresql_where=sa.text("enabled IS true AND configured IS true"),
    )
    op.create_table(
        "hosts",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("open_until", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retry_after", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("host"),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("errors", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("runs_source", "runs", ["source", "started"])
    op.create_index("runs_started", "runs", ["started"])
    op.create_table(
        "events",
        sa.Column("key", KEY, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("events_since", "events", ["since"])
    op.create_table(
        "validators",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.Column("fetches", sa.Integer(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("url"),
    )
    op.create_table(
        "pages",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("quarantine", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", JSON, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("url", "quarantine"),
    )
    op.create_index("pages_fetched", "pages", ["fetched_at"])
    op.create_index("pages_source", "pages", ["source", "fetched_at"])
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def _create_releases() -> None:
    op.create_table(
        "releases",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("numbered", sa.Boolean(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_key", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("published", sa.BigInteger(), nullable=False),
        sa.Column("published_offset", sa.Integer(), nullable=False),
        sa.Column("dated", sa.Boolean(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn", sa.BigInteger(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("extras", JSON, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("tagged", sa.Text(), server_default="", nullable=False),
        sa.Column("once_tagged", sa.Boolean(), nullable=False),
        sa.Column("search_key", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("releases_language", "releases", ["language", NEWEST, "id"])
    op.create_index("releases_native", "releases", ["native_id"])
    op.create_index("releases_newest", "releases", [NEWEST, "id"])
    op.create_index("releases_search", "releases", ["search_key"], unique=True)
    op.create_index("releases_source", "releases", ["source", NEWEST, "id"])
    op.create_index("releases_tagged", "releases", ["tagged"])
    op.create_index("releases_title", "releases", ["source", "title_key"])
    op.create_table(
        "revisions",
        sa.Column("release", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["release"], ["releases.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("release", "number"),
    )
    op.create_index(
        "revisions_corrected",
        "revisions",
        ["seen"],
        sqlite_where=sa.text("number > 1"),
        postgresql_where=sa.text("number > 1"),
    )
    op.create_table(
        "aliases",
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("release", KEY, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["release"], ["releases.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alias", "source"),
        sqlite_with_rowid=False,
    )
    op.create_index("aliases_release", "aliases", ["release"])
    op.create_table(
        "links",
        sa.Column("release", KEY, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["release"], ["releases.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("release", "language"),
        sqlite_with_rowid=False,
    )
    op.create_index("links_alias", "links", ["alias"])


def _create_derived() -> None:
    op.create_table(
        "tags",
        sa.Column("release", KEY, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("tag", JSON, nullable=False),
        sa.ForeignKeyConstraint(["release"], ["releases.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("release", "place"),
        sa.UniqueConstraint("release", "topic", name="tags_topic"),
    )
    op.create_table(
        "memberships",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("published", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "topic"),
        sqlite_with_rowid=False,
    )
    op.create_index("memberships_language", "memberships", ["topic", "language", NEWEST, "id"])
    op.create_index("memberships_newest", "memberships", ["topic", NEWEST, "id"])
    op.create_table(
        "fragments",
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("release", "format"),
    )


def _create_search() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # Words by our own rules; the prefix index is for one Chinese character.
        words = "words, marks, content='', prefix='1', tokenize='unicode61 remove_diacritics 0'"
        op.execute(f"CREATE VIRTUAL TABLE search USING fts5({words})")
        return
    op.create_table(
        "search",
        sa.Column("search_key", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("words", TSVECTOR(), nullable=False),
        sa.Column("marks", TSVECTOR(), nullable=False),
    )
    op.create_index("search_words", "search", ["words"], postgresql_using="gin")
    op.create_index("search_marks", "search", ["marks"], postgresql_using="gin")
