"""Backups of an embedded store: made while it is in use, put back whole, and taken up when it is found broken."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from feeds.error import ConfigError, StoreError
from feeds.publish.book import allow_loss
from feeds.store import Store, open_store
from scheduler.config import Config
from scheduler.desk import now_utc
from scheduler.lock import hold
from scheduler.perform import typed
from scheduler.upkeep import backups, name_of_backup

__all__ = ["back_up_to", "heal", "is_cut_off", "put_back", "rescue", "restore_from"]


def back_up_to(config: Config, target: Path | None) -> Path:
    """Write a copy of the store to *target*, or a dated file in var/backups; return where it is."""
    if not _file(config).exists():
        raise ConfigError(f"{_file(config)}: there is no store yet: type baywire crawl first")
    target = target or config.var / "backups" / name_of_backup(now_utc())
    with open_store(config.store.url) as store:
        if problem := store.quick_check():
            raise StoreError(f"{problem}: not backed up: type baywire restore")
        store.backup(target)
    return target


def restore_from(config: Config, source: Path | None) -> tuple[Path, Path | None]:
    """Put *source*, or the newest backup that is whole, in the place of the store.

    Return what was restored and where the former store is kept, None where there was
    none. A server takes the backup of an embedded store while it is empty. The next
    publication may lose entries that came after the backup: who restores means that.
    Raises HeldError while a daemon or another command works here.
    """
    with hold(config.var, command=typed(), now=now_utc()):
        chosen = source or next(_whole(config), None)
        if chosen is None:
            raise ConfigError(f"{config.var / 'backups'}: no backup that is whole: name a file")
        if problem := _problem(chosen):
            raise ConfigError(f"{chosen}: is no whole store: {problem}: expected a file that baywire backup wrote")
        aside = None
        if config.store.url.startswith("sqlite"):
            aside = put_back(config, chosen)
        else:
            from feeds.store.copying import copy_into  # noqa: PLC0415  # few ever move

            copy_into(chosen, config.store.url)
        with open_store(config.store.url) as store:
            allow_loss(store)
        return chosen, aside


def heal(config: Config) -> str | None:
    """Put the newest whole backup in the place of a store that is broken; return what was done, None where all is well.

    To be called by whoever holds the lock, before the store is opened. Without a backup
    a broken store is kept aside and a new one begins: ids do not depend on it. A store
    that is not there, though backups of it are, was lost. One that only cannot be read
    now (a full disk, no right to) is left alone.
    """
    if not config.store.url.startswith("sqlite:///"):
        return None
    lost = not _file(config).exists()
    problem = "the store was gone" if lost else _damage(_file(config))
    if problem is None:
        return None
    chosen = next(_whole(config), None)
    if lost and chosen is None:
        return None
    aside = put_back(config, chosen)
    kept = f"kept as {aside}; " if aside else ""
    return f"{problem}: {kept}{f'restored from {chosen}' if chosen else 'no backup: a new store begins'}"


def is_cut_off(config: Config) -> bool:
    """Return whether a file of the store was removed that this process has open: what it writes, nobody else reads."""
    if not config.store.url.startswith("sqlite:///"):
        return False
    place = _file(config).resolve()
    gone = {f"{place}{ending} (deleted)" for ending in ("", "-wal", "-shm")}
    try:
        descriptors = os.listdir("/proc/self/fd")  # noqa: PTH208 - each second
    except OSError:  # none is left to look with; or not Linux, where nobody can tell
        return False
    return any(_target(descriptor) in gone for descriptor in descriptors)


def _target(descriptor: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - each second
    except OSError:  # closed since
        return ""


def rescue(config: Config, store: Store) -> str:
    """Put what *store*, whose files were removed beneath it, still reads in their place; return what was done.

    Whoever has a removed file open has all of it. Where the copy is not whole, as when
    somebody wrote to what is left of the files meanwhile, a backup takes the place.
    """
    place = _file(config)
    copy = place.with_name(f".{place.name}.rescued")
    try:
        store.backup(copy)
        problem = _problem(copy)
    except StoreError as error:
        problem = str(error)
    store.close()
    try:
        chosen = next(_whole(config), None) if problem else copy
        put_back(config, chosen)
    finally:
        copy.unlink(missing_ok=True)
    if not problem:
        return "its files were removed: written anew, nothing lost"
    return f"its files were removed: {problem}: {f'restored from {chosen}' if chosen else 'a new store begins'}"


def put_back(config: Config, source: Path | None) -> Path | None:
    """Keep the store aside and let a copy of *source* take its place, or nothing; return where it is kept."""
    place = _file(config)
    part = place.with_name(f".{place.name}.part")
    aside = None
    if source is not None:  # first: whatever goes wrong with it, the store is where it was
        shutil.copyfile(source, part)
        _sync(part)
    if place.exists():
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        aside = place.with_name(f"{place.name}.aside-{stamp}")
        for ending in ("-wal", "-shm"):
            beside = place.with_name(place.name + ending)
            if beside.exists():
                beside.replace(aside.with_name(aside.name + ending))
        place.replace(aside)
    if source is not None:
        part.replace(place)
    _sync(place.parent)
    return aside


def _whole(config: Config) -> Iterator[Path]:
    return (path for path in backups(config.var / "backups") if _problem(path) is None)


def _damage(path: Path) -> str | None:
    """Return what is broken in the store in *path*; None too where it cannot be told, by whom it cannot be read."""
    import sqlite3  # noqa: PLC0415  # as below

    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as connection:
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()
            if not tables and path.stat().st_size:
                return None  # it was about to be made
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        return str(error) if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) else None
    return _problem(path)


def _problem(path: Path) -> str | None:
    """Return what is wrong with the store in *path*; it is looked at through a copy-free, read-only connection."""
    import sqlite3  # noqa: PLC0415  # a look from outside: opening it as a store would write to it

    if not path.is_file():
        return "no such file"
    if path.stat().st_size == 0:
        return "empty"
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as connection:
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            connection.execute("SELECT count(*) FROM releases").fetchone()
    except sqlite3.Error as error:
        return str(error)
    return None if said == "ok" else str(said)


def _file(config: Config) -> Path:
    if not config.store.url.startswith("sqlite:///"):
        raise ConfigError(f"{config.store.shown}: a server keeps its own backups: use pg_dump and pg_restore")
    return Path(config.store.url.removeprefix("sqlite:///"))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
