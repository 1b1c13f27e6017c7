"""The book of a publication: what each file was made from, so that what did not change is not made again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the store loads SQLAlchemy
    from feeds.store import Store

__all__ = ["Book", "signature"]

_KEY = "published"
_DAY = timedelta(days=1)


def signature(*parts: object) -> str:
    """Return a short hash of what *parts* print.

    >>> signature("a", 1) == signature("a", 1), signature("a", 1) == signature("a", 2)
    (True, False)
    """
    return blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


class Book:
    """What is known of the files below *directory*; kept in the store, so that losing it only costs work."""

    def __init__(self, store: Store, directory: Path, *, trusting: bool = True) -> None:
        """Read what the last publication into *directory* left; not *trusting*, take nothing for current."""
        self._store = store
        self._trusting = trusting
        self._directory = directory
        self._key = f"{_KEY}:{directory.absolute()}"
        kept = json.loads(store.meta(self._key) or "{}")
        self.rules: str = kept.get("rules", "")
        self._settings: str = kept.get("settings", "")
        self._full_at: str = kept.get("full", "")
        self._archives: dict[str, dict[str, Any]] = kept.get("archives", {})
        self._before: dict[str, list[str | int]] = kept.get("files", {})
        self._now: dict[str, list[str | int]] = {}
        self.current = 0

    def is_current(self, path: str, sign: str) -> bool:
        """Return whether *path* was made from what *sign* stands for, and nobody touched it since."""
        known = self._before.get(path)
        if not self._trusting or known is None or known[0] != sign or self._stat(path) != known[1:]:
            return False
        self._now[path] = known
        self.current += 1
        return True

    def note(self, path: str, sign: str) -> None:
        """Remember that *path* was made from what *sign* stands for."""
        self._now[path] = [sign, *self._stat(path)]

    def keep(self, path: str) -> None:
        """Remember of *path* what was known before: it stays as it is."""
        self._now[path] = self._before.get(path, ["", 0, 0])

    def gone(self) -> Iterable[str]:
        """Return the files that the last publication made and this one did not."""
        return sorted(set(self._before).difference(self._now))

    def archive(self, key: str) -> dict[str, Any]:
        """Return what is finished of the past of the feed *key*."""
        return self._archives.get(key, {})

    def keep_archive(self, key: str, told: dict[str, Any]) -> None:
        """Remember what is finished of the past of the feed *key*."""
        self._archives[key] = told

    def is_full_due(self, settings: str, now: datetime) -> bool:
        """Return whether every page has to be looked at.

        It has where *settings* differ, where none is there, and once a day.
        """
        if self._settings != settings or not self._full_at or not (self._directory / "releases").is_dir():
            return True
        return abs(now - datetime.fromisoformat(self._full_at)) >= _DAY

    def full(self, settings: str, now: datetime) -> None:
        """Remember that every page was looked at *now*."""
        if self.is_full_due(settings, now):
            self._settings, self._full_at = settings, now.isoformat()

    def close(self, rules: str) -> None:
        """Keep the book, with the digest of the topics that decided what is where."""
        kept = {
            "rules": rules,
            "settings": self._settings,
            "full": self._full_at,
            "archives": self._archives,
            "files": self._now,
        }
        text = json.dumps(kept, separators=(",", ":"), sort_keys=True)
        if text != self._store.meta(self._key):
            self._store.set_meta(self._key, text)

    def _stat(self, path: str) -> list[str | int]:
        try:
            found = (self._directory / path).stat()
        except OSError:
            return [0, 0]
        return [found.st_size, found.st_mtime_ns]
