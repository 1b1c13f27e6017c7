"""Put a backup back in place of a store that is damaged or lost; what was there is kept beside it."""

from __future__ import annotations

import os
import shutil
from itertools import count
from pathlib import Path

from feeds.error import StoreError
from feeds.store.engine import Database
from feeds.store.store import open_store
from feeds.store.upkeep import sync

__all__ = ["restore"]


def restore(backup: Path, url: str) -> Path | None:
    """Put *backup* where *url* says; return where what was there is now, None when nothing was.

    Nobody may have the store open: hold the lock. At every moment the old file or the
    whole new one is there. Raises StoreError when *backup* is no sound store: then nothing moved.
    """
    database = Database(url)
    database.close()
    if database.path is None:
        raise StoreError(f"{database.name}: a server keeps its own backups: use pg_restore")
    target = database.path
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(backup, part)
        _check(part, backup)
        sync(part)
        aside = _set_aside(target)
        part.replace(target)
        sync(target.parent)
    except OSError as error:
        raise StoreError(
            f"{error.filename or target}: {error.strerror}: expected a backup, and a store to write"
        ) from error
    finally:
        for rest in (part, *_companions(part)):
            rest.unlink(missing_ok=True)
    return aside


def _check(part: Path, backup: Path) -> None:
    try:
        with open_store(f"sqlite:///{part}") as store:
            problem = "holds nothing" if store.is_new else store.quick_check()
    except StoreError as error:
        raise StoreError(str(error).replace(str(part), str(backup))) from error
    if problem:
        raise StoreError(f"{backup}: {problem}: expected a backup of a store")


def _set_aside(target: Path) -> Path | None:
    if not target.exists():
        return None
    aside = next(path for number in count(1) if not (path := target.with_name(f"{target.name}.old-{number}")).exists())
    # Its log must go first: SQLite would play it into whatever file stands here.
    for mine, theirs in zip(_companions(target), _companions(aside), strict=True):
        if mine.exists():
            mine.replace(theirs)
    os.link(target, aside)
    return aside


def _companions(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")
