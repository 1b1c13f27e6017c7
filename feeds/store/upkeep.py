"""Upkeep: pages kept for another reading, validators, backup, checks, what is too old to keep."""

from __future__ import annotations

import os
import zlib
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, select, text

from feeds.error import StoreError
from feeds.store.arrival import alias_of
from feeds.store.base import Base
from feeds.store.engine import upsert_of
from feeds.store.rows import CHUNK
from feeds.store.state import KeptPage, PageKind, Validators
from feeds.store.tables import aliases, meta, pages, runs, validators

__all__ = ["Upkeep", "sync"]


class Upkeep(Base):
    """Pages and the care of the store itself."""

    def validators(self, url: str) -> Validators | None:
        """Return what to send with a conditional request for *url*, None before its first whole fetch."""
        rows = self._database.ask(select(validators).where(validators.c.url == url))
        if not rows:
            return None
        row = rows[0]
        return Validators(
            etag=row.etag, last_modified=row.last_modified, fetches=row.fetches, fetched_at=row.fetched_at
        )

    def known(self, source: str, urls: Collection[str]) -> frozenset[str]:
        """Return those of *urls* that lead to a release of *source* we hold, under any of its addresses."""
        by_alias: dict[str, list[str]] = {}
        for url in urls:
            by_alias.setdefault(alias_of(url), []).append(url)
        names = list(by_alias)
        found: list[str] = []
        for start in range(0, len(names), CHUNK):
            statement = select(aliases.c.alias).where(
                aliases.c.alias.in_(names[start : start + CHUNK]), aliases.c.source == source
            )
            for row in self._database.ask(statement):
                found.extend(by_alias[row.alias])
        return frozenset(found)

    def page(self, url: str) -> KeptPage | None:
        """Return the last page believed from *url*."""
        statement = select(pages).where(pages.c.url == url, pages.c.quarantine.is_(False))
        return next(iter(self._pages(statement)), None)

    def pages(
        self, source: str | None = None, limit: int | None = None, *, kind: PageKind | None = None
    ) -> tuple[KeptPage, ...]:
        """Return the last pages kept, newest first."""
        statement = select(pages).order_by(pages.c.fetched_at.desc(), pages.c.url).limit(limit)
        if source is not None:
            statement = statement.where(pages.c.source == source)
        if kind is not None:
            statement = statement.where(pages.c.kind == kind.value)
        return self._pages(statement)

    def prune_pages(self, *, before: datetime) -> int:
        """Forget pages fetched before *before*; return how many. Their validators stay."""
        with self._database.writing() as connection:
            return connection.execute(delete(pages).where(pages.c.fetched_at < before)).rowcount

    def prune_runs(self, *, before: datetime) -> int:
        """Forget runs started before *before*; return how many."""
        with self._database.writing() as connection:
            return connection.execute(delete(runs).where(runs.c.started < before)).rowcount

    def meta(self, key: str) -> str | None:
        """Return what was kept under *key*."""
        rows = self._database.ask(select(meta.c.value).where(meta.c.key == key))
        return rows[0].value if rows else None

    def set_meta(self, key: str, value: str) -> None:
        """Keep *value* under *key*."""

        def write(connection: Connection) -> None:
            kept = upsert_of(connection)(meta).values(key=key, value=value)
            connection.execute(kept.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": value}))

        self._database.write(write)

    def backup(self, target: Path) -> None:
        """Write a whole copy of the store to *target*, while others read and write; it is there whole or not at all.

        Raises StoreError on a full disk, or for PostgreSQL, whose own tools do this.
        """
        if not self._database.is_sqlite:
            raise StoreError(f"{self._database.name}: a server keeps its own backups: use pg_dump")
        part = target.with_name(f".{target.name}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            part.unlink(missing_ok=True)
            with self._database.guard(), self._database.engine.connect() as connection:
                raw = connection.connection.dbapi_connection
                if raw is None:
                    raise StoreError(f"{self._database.name}: closed: expected an open store")
                raw.execute("VACUUM INTO ?", (str(part),)).close()
            sync(part)
            part.replace(target)
            sync(target.parent)
        except OSError as error:
            raise StoreError(f"{target}: {error.strerror or error}: expected a place to write a backup to") from error
        finally:
            part.unlink(missing_ok=True)

    def quick_check(self) -> str | None:
        """Return what is wrong with the store, None where nothing is; reads all of it."""
        if not self._database.is_sqlite:
            return None
        try:
            with self._database.reading() as connection:
                said = connection.execute(text("PRAGMA quick_check(5)")).scalars().all()
        except StoreError as error:
            return str(error)
        if said == ["ok"]:
            return None
        told = " ".join(" ".join(said).split())
        return f"{self._database.name}: is damaged: put back a backup with `baywire restore` ({told})"

    def _pages(self, statement: Select[Any]) -> tuple[KeptPage, ...]:
        with self._database.reading() as connection:
            return tuple(_page(row) for row in connection.execute(statement))


def _page(row: Row[Any]) -> KeptPage:
    return KeptPage(
        source=row.source,
        url=row.url,
        fetched_at=row.fetched_at,
        status=row.status,
        body=zlib.decompress(row.body),
        kind=PageKind(row.kind),
        reason=row.reason,
        **row.headers,
    )


def sync(path: Path) -> None:
    """See to it that the file or folder *path* is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
