"""Outbox: files that appear whole or not at all, and only when their bytes are new."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from feeds.error import PublishError

__all__ = ["Objection", "Outbox"]

Objection = Callable[[bytes], str]


class Outbox:
    """What one publication writes below *directory*; with *check* it only compares."""

    def __init__(self, directory: Path, *, check: bool = False) -> None:
        """Make *directory* if it is absent."""
        self.directory = directory
        self.check = check
        self.written: list[str] = []
        self.removed: list[str] = []
        self.refused: list[tuple[str, str]] = []
        self.unchanged = 0
        self._folders: set[Path] = set()
        self._touched: set[Path] = set()

    def put(self, path: str, body: bytes, objection: Objection | None = None, *, lasting: bool = True) -> bool:
        """Let *path* hold *body*; return whether it does now.

        What is not *lasting* need not outlast a power failure: a later look finds out.

        An *objection* looks at the bytes that would be replaced and says why they should
        stay, or "". Raises PublishError where the folder cannot be written.
        """
        target = self.directory / path
        try:
            old = target.read_bytes()
        except FileNotFoundError:
            old = None
        except OSError as error:
            raise PublishError(f"{target}: {error.strerror}: expected a file of ours") from error
        if old == body:
            self.unchanged += 1
            return True
        if old is not None and objection is not None and (reason := objection(old)):
            self.refused.append((path, reason))
            return False
        if not self.check:
            self._write(target, body, lasting=lasting)
        self.written.append(path)
        return True

    def remove(self, path: str) -> None:
        """Let *path* be gone, and its folder where nothing else is in it."""
        target = self.directory / path
        if not target.exists():
            return
        if not self.check:
            try:
                target.unlink()
                self._touched.add(target.parent)
                with contextlib.suppress(OSError):
                    target.parent.rmdir()
                    self._touched.discard(target.parent)
            except OSError as error:
                raise PublishError(f"{target}: {error.strerror}: expected a file we may remove") from error
        self.removed.append(path)

    def settle(self) -> None:
        """Make what was written outlast a power failure."""
        for folder in sorted(self._touched):
            with contextlib.suppress(OSError):  # a folder removed since; or a file system that cannot
                _sync(folder)
        self._touched.clear()

    def _write(self, target: Path, body: bytes, *, lasting: bool) -> None:
        folder = target.parent
        part = folder / f".{target.name}.part"
        try:
            if folder not in self._folders:
                folder.mkdir(parents=True, exist_ok=True)
                self._folders.add(folder)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
            with os.fdopen(descriptor, "wb") as file:
                file.write(body)
                if lasting:
                    file.flush()
                    os.fsync(file.fileno())
            part.replace(target)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise PublishError(f"{target}: {error.strerror}: expected a folder we may write in") from error
        if lasting:
            self._touched.add(folder)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
