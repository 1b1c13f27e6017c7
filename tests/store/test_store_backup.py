"""Backups of the store, and what is put back from them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from feeds.error import StoreError
from feeds.release import Draft
from feeds.store import Store, open_store, restore

Put = Callable[..., None]
Numbered = Callable[[int], Draft]
Publish = Callable[[Store], None]


def test_a_backup_is_whole_while_others_write(
    file: Path, tmp_path: Path, put: Put, numbered: Numbered, publish: Publish
) -> None:
    target = tmp_path / "backups" / "today.sqlite3"
    with open_store(f"sqlite:///{file}") as store:
        stop = threading.Event()

        def write() -> None:
            number = 1000
            while not stop.is_set():
                put(store, numbered(number))
                number += 1

        thread = threading.Thread(target=write)
        thread.start()
        for _ in range(3):
            store.backup(target)
        stop.set()
        thread.join()
    with open_store(f"sqlite:///{target}") as copy:
        assert copy.quick_check() is None
        assert copy.count() >= 50
        publish(copy)
        assert copy.search("words").total == copy.count()
    assert sorted(path.name for path in target.parent.iterdir() if path.name.startswith(".")) == []


def test_a_backup_to_nowhere_is_told(file: Path) -> None:
    with open_store(f"sqlite:///{file}") as store, pytest.raises(StoreError, match="expected a place"):
        store.backup(Path("/proc/nowhere/backup"))


@pytest.mark.parametrize("damage", ["noise", "cut", "gone", "none", "empty"])
def test_a_backup_put_back_has_the_same_ids(
    file: Path, tmp_path: Path, damage: str, put: Put, numbered: Numbered
) -> None:
    backup = tmp_path / "backup.sqlite3"
    with open_store(f"sqlite:///{file}") as store:
        store.backup(backup)
        ids = store.newest(limit=None)
        put(store, numbered(77))
    match damage:
        case "noise":
            file.write_bytes(os.urandom(file.stat().st_size))
        case "cut":
            os.truncate(file, 5000)
        case "gone":
            file.unlink()
        case "empty":
            os.truncate(file, 0)
    aside = restore(backup, f"sqlite:///{file}")
    assert (aside is None) == (damage == "gone")
    with open_store(f"sqlite:///{file}") as store:
        assert store.newest(limit=None) == ids
        put(store, *(numbered(number) for number in range(50)), numbered(77))
        assert set(store.newest(limit=None)) > set(ids)
        assert store.count() == 51
    if damage == "none":
        with open_store(f"sqlite:///{aside}") as store:
            assert store.count() == 51
    assert not [path for path in file.parent.iterdir() if path.name.startswith(".")]


def test_what_is_no_backup_is_not_put_back(file: Path, tmp_path: Path) -> None:
    for content in (b"", os.urandom(9000)):
        (tmp_path / "bad").write_bytes(content)
        with pytest.raises(StoreError, match="bad: "):
            restore(tmp_path / "bad", f"sqlite:///{file}")
    with pytest.raises(StoreError, match="absent"):
        restore(tmp_path / "absent", f"sqlite:///{file}")
    with open_store(f"sqlite:///{file}") as store:
        assert store.count() == 50
    with pytest.raises(StoreError, match="pg_restore"):
        restore(tmp_path / "bad", "postgresql://a@b/c")
