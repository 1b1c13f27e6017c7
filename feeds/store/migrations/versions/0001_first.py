"""The first tables."""

from __future__ import annotations

from alembic import op

from feeds.store.tables import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    metadata.create_all(op.get_bind())
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE search USING fts5(words, marks, content='', tokenize='unicode61 remove_diacritics 0')"
        )
    else:
        op.execute(
            "CREATE TABLE search (search_key BIGINT PRIMARY KEY, words TSVECTOR NOT NULL, marks TSVECTOR NOT NULL)"
        )
        op.execute("CREATE INDEX search_words ON search USING gin (words)")
        op.execute("CREATE INDEX search_marks ON search USING gin (marks)")


def downgrade() -> None:
    """Drop every table."""
    op.execute("DROP TABLE search")
    metadata.drop_all(op.get_bind())
