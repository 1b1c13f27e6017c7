"""What every part of a store stands on."""

from __future__ import annotations

from feeds.store.engine import Database

__all__ = ["Base"]


class Base:
    """A database, and under which authority ids are minted."""

    def __init__(self, database: Database, authority: str) -> None:
        """Work on *database*."""
        self._database = database
        self._authority = authority
