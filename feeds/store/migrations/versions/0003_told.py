"""Which publication saw a release first: of one text from several bodies, the first told keeps telling it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["downgrade", "upgrade"]

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the number in place of the yes or no; all that were told before have one number."""
    op.add_column("releases", sa.Column("told", sa.BigInteger(), nullable=True))
    op.execute("UPDATE releases SET told = 0 WHERE once_tagged")
    op.drop_column("releases", "once_tagged")


def downgrade() -> None:
    """Put the yes or no back."""
    op.add_column("releases", sa.Column("once_tagged", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE releases SET once_tagged = (told IS NOT NULL)")
    op.drop_column("releases", "told")
