"""Run by Alembic: migrate over the connection, and in the transaction, that feeds.store.upgrade hands over."""

from __future__ import annotations

from alembic import context

from feeds.store.tables import metadata

__all__ = ["migrate"]


def migrate() -> None:
    """Run the migrations that Alembic was asked for."""
    context.configure(
        connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True
    )
    with context.begin_transaction():
        context.run_migrations()


if hasattr(context, "config"):  # imported by anybody but Alembic, this file does nothing
    migrate()
