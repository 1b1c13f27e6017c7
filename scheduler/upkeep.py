"""Nightly care of the store: a backup, seven kept; pages and runs that are too old forgotten."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feeds.error import StoreError
from scheduler.desk import Desk

__all__ = ["back_up", "backups", "last_backup", "name_of_backup", "prune"]

_KEPT = 7
_RUNS_KEPT = timedelta(days=90)
_NAME = "baywire-%Y%m%dT%H%M%SZ.sqlite3"

log = logging.getLogger(__name__)


def backups(folder: Path) -> tuple[Path, ...]:
    """Return the backups in *folder*, newest first."""
    return tuple(sorted(folder.glob("baywire-*.sqlite3"), reverse=True))


def name_of_backup(now: datetime) -> str:
    """Return the name of a backup made *now*; names sort by age.

    >>> name_of_backup(datetime(2026, 4, 14, 12, tzinfo=UTC))
    'baywire-20260414T120000Z.sqlite3'
    """
    return now.astimezone(UTC).strftime(_NAME)


def last_backup(folder: Path) -> datetime | None:
    """Return when the newest backup in *folder* was made."""
    for path in backups(folder):
        try:
            return datetime.strptime(path.name, _NAME).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def back_up(desk: Desk) -> Path | None:
    """Write a backup of the store, forget all but seven; return it, None for a server that keeps its own."""
    if not desk.config.store.url.startswith("sqlite"):
        return None
    problem = desk.store.quick_check()
    if problem is not None:
        raise StoreError(f"{problem}: not backed up, the backups there stay: see baywire doctor")
    folder = desk.config.var / "backups"
    target = folder / name_of_backup(desk.clock())
    desk.store.backup(target)
    for old in backups(folder)[_KEPT:]:
        old.unlink(missing_ok=True)
    log.info("store backed up", extra={"file": target.name})
    return target


def prune(desk: Desk) -> None:
    """Forget pages older than `[store] keep-pages` and runs older than 90 days."""
    now = desk.clock()
    pages = desk.store.prune_pages(before=now - desk.config.store.keep_pages)
    runs = desk.store.prune_runs(before=now - _RUNS_KEPT)
    if pages or runs:
        log.info("store pruned", extra={"pages": pages, "runs": runs})
