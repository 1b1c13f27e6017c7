"""Outbox: files that appear whole or not at all, and only when their bytes are new."""

from __future__ import annotations

from collections.abc import Callable

from feeds.publish.target import Body, Target, size_of, whole

__all__ = ["Objection", "Outbox"]

Objection = Callable[[bytes], str]

_LISTED = 10_000  # pages of releases that are told by name; a first publication may have a million


class Outbox:
    """What one publication writes to *target*; with *check* it only compares.

    *more* counts the pages of releases that were written and are not in *written*.
    """

    def __init__(self, target: Target, *, check: bool = False) -> None:
        """Write nothing yet."""
        self.target = target
        self.check = check
        self.written: list[str] = []
        self.removed: list[str] = []
        self.refused: list[tuple[str, str]] = []
        self.unchanged = 0
        self.more = 0
        self._pages = 0

    def put(self, path: str, body: Body, objection: Objection | None = None, *, size: int | None = None) -> bool:
        """Let *path* hold *body*; return whether it does now.

        An *objection* looks at the bytes that would be replaced and says why they should
        stay, or "". They are read for it, and where they might be *body*: a *size* that
        they are known to have saves that. Raises PublishError where nothing can be written.
        """
        length = size_of(body)
        if objection is not None or size is None or size == length:
            old = self.target.read(path)
            if old is not None and len(old) == length and old == whole(body):
                self.unchanged += 1
                return True
            if old is not None and objection is not None and (reason := objection(old)):
                self.refused.append((path, reason))
                return False
        if not self.check:
            self.target.write(path, body)
        self.written.append(path)
        return True

    def put_page(self, path: str, body: bytes) -> None:
        """Let *path*, the page of a release, hold *body*, which need not outlast a power failure."""
        if self.target.read(path) == body:
            self.unchanged += 1
            return
        if not self.check:
            self.target.write(path, body, lasting=False)
        self._pages += 1
        if self._pages <= _LISTED:
            self.written.append(path)
        else:
            self.more += 1

    def remove(self, path: str) -> None:
        """Let *path* be gone."""
        if not self.target.stamp(path):
            return
        if not self.check:
            self.target.remove(path)
        self.removed.append(path)

    def settle(self) -> None:
        """Make what was written so far visible, before anything that is written later."""
        if not self.check:
            self.target.settle()
