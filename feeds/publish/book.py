"""The book of a publication: what each file was made from, so that what did not change is not made again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from feeds.publish.hoard import Hoard
from feeds.publish.target import Target

if TYPE_CHECKING:  # the store loads SQLAlchemy
    from feeds.store import Head, Store

__all__ = ["Book", "Leaf", "allow_loss", "may_lose", "signature"]

_DAY = timedelta(days=1)
_LOSS = "publish loss"  # in the store: "meant" until a publication was closed
_HEADS = 10_000  # that a daemon remembers from one publication to the next: some 10 MB


def signature(*parts: object) -> str:
    """Return a short hash of what *parts* print.

    >>> signature("a", 1) == signature("a", 1), signature("a", 1) == signature("a", 2)
    (True, False)
    """
    return blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def allow_loss(store: Store) -> None:
    """Let the next publication of *store*, which is an older one put back, lose entries that the files still have."""
    store.set_meta(_LOSS, "meant")


def may_lose(store: Store) -> bool:
    """Return whether the next publication of *store* may lose entries."""
    return store.meta(_LOSS) == "meant"


@dataclass(slots=True)
class Leaf:
    """What is known of files that are made together: of each its sign, stamp and size; and what else was *told*."""

    files: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Memory:
    """What a process that published keeps until it publishes again: it is right while the serial is."""

    serial: int
    leaves: dict[str, Leaf]
    heads: dict[str, Head]
    hoard: Hoard


_MEMORIES: WeakKeyDictionary[Store, dict[str, _Memory]] = WeakKeyDictionary()


class Book:
    """What is known of the files at *target*; kept in the store, so that losing it only costs work.

    Its *mark* is the last change that was looked at, *arrival* the last release that had
    come, None where that is not known; *settings* stands for all that is no release. It
    *may_lose* entries once, after `allow_loss`.
    """

    def __init__(self, store: Store, target: Target, *, trusting: bool = True) -> None:
        """Read what the last publication to *target* left; not *trusting*, take nothing for current."""
        self._store = store
        self._target = target
        self._trusting = trusting
        head = store.book_head(target.name)
        self._serial: int = head.get("serial", 0)
        self.mark: int = head.get("mark", 0)
        self.arrival: int | None = head.get("arrival")
        self.settings: str = head.get("settings", "")
        self._full_at: str = head.get("full", "")
        self.may_lose = may_lose(store)
        memory = _MEMORIES.setdefault(store, {}).get(target.name)
        if memory is None or memory.serial != self._serial:
            told = store.book(target.name)
            leaves = {name: _read(one) for name, one in told.items() if name}
            memory = _Memory(self._serial, leaves, {}, Hoard())
        self._before = memory.leaves
        self.heads = memory.heads
        self.hoard = memory.hoard
        self._now: dict[str, Leaf] = {}
        self._kept: set[str] = set()
        self._pending: list[tuple[Leaf, str]] = []
        self.current = 0

    def leaf(self, name: str) -> Leaf | None:
        """Return what was known of *name* before this publication."""
        return self._before.get(name)

    def leaves(self) -> Iterable[tuple[str, Leaf]]:
        """Return what is known of every name, by what this publication noted so far."""
        for name in sorted(self._kept | self._now.keys()):
            yield name, self._now.get(name) or self._before[name]

    def is_intact(self, name: str) -> bool:
        """Return whether *name* has files that nobody touched since they were written."""
        leaf = self._before.get(name)
        if leaf is None or not self._trusting:
            return False
        stamp = self._target.stamp
        for path, told in leaf.files.items():  # noqa: SIM110 -- asked of every file there is: a generator takes longer
            if stamp(path) != told[1]:
                return False
        return True

    def keep(self, name: str) -> Leaf:
        """Leave *name* as it is, and return what is known of it."""
        self._kept.add(name)
        self.current += len(self._before[name].files)
        return self._before[name]

    def open(self, name: str) -> Leaf:
        """Return a clean leaf for *name*."""
        self._now[name] = leaf = Leaf()
        return leaf

    def known(self, name: str, path: str) -> tuple[str, int] | None:
        """Return sign and size of *path* as it was made with *name*, None where it is not that file any more."""
        leaf = self._before.get(name)
        known = leaf.files.get(path) if leaf is not None else None
        if known is None or not self._trusting or not known[1] or self._target.stamp(path) != known[1]:
            return None
        return known[0], known[2]

    def carry(self, name: str, path: str) -> None:
        """Take over what was known of *path* to the clean leaf of *name*: it stays as it is."""
        self._now[name].files[path] = self._before[name].files[path]
        self.current += 1

    def note(self, name: str, path: str, sign: str, size: int) -> None:
        """Remember that *path*, made with *name*, is made from what *sign* stands for."""
        leaf = self._now[name]
        leaf.files[path] = (sign, "", size)
        self._pending.append((leaf, path))

    def refuse(self, name: str, path: str) -> None:
        """Remember that there is a *path* which must be looked at again next time."""
        self._now[name].files[path] = ("", "", 0)

    def stamp(self) -> None:
        """Ask for the stamps of what was noted, which is settled now."""
        for leaf, path in self._pending:
            sign, _, size = leaf.files[path]
            leaf.files[path] = (sign, self._target.stamp(path), size)
        self._pending.clear()

    def gone(self) -> list[str]:
        """Return the files that were made before and were not now."""
        now = {path for leaf in self._now.values() for path in leaf.files}
        gone: set[str] = set()
        for name, leaf in self._before.items():
            if name not in self._kept:
                gone.update(path for path in leaf.files if path not in now)
        return sorted(gone)

    def turned(self) -> Iterator[tuple[str, Leaf, Leaf | None]]:
        """Yield the names that were known before and not kept, with what was known and what is, if anything."""
        for name, leaf in self._before.items():
            if name not in self._kept:
                yield name, leaf, self._now.get(name)

    def is_turned(self) -> bool:
        """Return whether any file is another than before, by its sign."""
        for _, before, after in self.turned():
            then = {path: told[0] for path, told in before.files.items()}
            if after is not None and {path: told[0] for path, told in after.files.items()} != then:
                return True
        return not self._now.keys() <= self._before.keys()

    def dropped(self) -> list[str]:
        """Return the names that were known before and are not now."""
        return sorted(self._before.keys() - self._kept - self._now.keys())

    def is_full_due(self, settings: str, now: datetime) -> bool:
        """Return whether the page of every release has to be looked at.

        It has where *settings* differ, where none is there, and once a day.
        """
        if self.settings != settings or not self._full_at or not self._trusting:
            return True
        return abs(now - datetime.fromisoformat(self._full_at)) >= _DAY

    def close(self, *, mark: int, arrival: int, settings: str, full: datetime | None) -> None:
        """Keep the book; not where another publication to the same place ended meanwhile: then the next one looks."""
        changed = {name: leaf for name, leaf in self._now.items() if self._before.get(name) != leaf}
        dropped = self.dropped()
        full_at = full.isoformat() if full else self._full_at
        told = (mark, arrival, settings, full_at)
        serial = self._serial
        if changed or dropped or told != (self.mark, self.arrival, self.settings, self._full_at):
            serial += 1
            head = {"serial": serial, "mark": mark, "arrival": arrival, "settings": settings, "full": full_at}
            pages = {name: [leaf.files, leaf.told] for name, leaf in changed.items()}
            if not self._store.put_book(self._target.name, head, pages, dropped, serial=self._serial):
                _MEMORIES.get(self._store, {}).pop(self._target.name, None)
                return
        if self.may_lose:
            self._store.set_meta(_LOSS, "")
        self.hoard.rest()
        leaves = dict(self.leaves())
        heads = self.heads if len(self.heads) <= _HEADS else {}
        _MEMORIES.setdefault(self._store, {})[self._target.name] = _Memory(serial, leaves, heads, self.hoard)

    def forget(self, ids: Collection[str]) -> None:
        """Forget what is at hand of *ids*: they changed."""
        for id_ in ids:
            self.heads.pop(id_, None)
        self.hoard.forget(frozenset(ids))

    def forget_all(self) -> None:
        """Forget what is at hand of every release."""
        self.heads.clear()
        self.hoard.clear()


def _read(told: tuple[Mapping[str, tuple[str, str, int]], dict[str, Any]]) -> Leaf:
    files, more = told
    return Leaf({path: (sign, stamp, size) for path, (sign, stamp, size) in files.items()}, more)
