"""Which tagging saw a release last, and a book of what was published where."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["downgrade", "upgrade"]

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the number and the book; the book that was kept in one piece is made anew by the next publication."""
    op.add_column("releases", sa.Column("changed", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index("releases_changed", "releases", ["changed"])
    op.create_table(
        "book",
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place", "name"),
        sqlite_with_rowid=False,
    )
    op.execute("DELETE FROM meta WHERE key LIKE 'published:%'")


def downgrade() -> None:
    """Drop both."""
    op.drop_table("book")
    op.drop_index("releases_changed", "releases")
    op.drop_column("releases", "changed")
