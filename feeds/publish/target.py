"""Targets: where published files go; a directory here, an object store by the same interface."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

from feeds.error import PublishError

__all__ = ["Body", "DirectoryTarget", "Target", "size_of", "whole"]

_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
_FEW = 8  # files that are asked for one by one
_AT_ONCE = 1000  # parts that writev(2) takes

Body = bytes | Sequence[bytes]  # of a file: whole, or in parts that need not be copied to be written


def size_of(body: Body) -> int:
    """Return how many bytes *body* has.

    >>> size_of(b"abc"), size_of([b"ab", b"c"])
    (3, 3)
    """
    return len(body) if isinstance(body, bytes) else sum(map(len, body))


def whole(body: Body) -> bytes:
    """Return *body* in one part.

    >>> whole([b"ab", b"c"])
    b'abc'
    """
    return body if isinstance(body, bytes) else b"".join(body)


class Target(Protocol):
    """A place for files with paths such as "feeds/ai.en.atom", all below one root.

    A publication writes in stages, and settles after each: release pages and archives,
    then the feeds that lead to them, then pages, then lists of feeds; last it removes
    what nothing leads to any more. So a reader who follows what is there always arrives,
    and a publication that dies leaves what is whole.
    Every method raises PublishError, with the path, where the place does not answer.
    """

    @property
    def name(self) -> str:
        """What tells this place from every other ("/srv/public", "s3://bucket/prefix"): the store remembers by it."""

    def read(self, path: str) -> bytes | None:
        """Return the bytes at *path* as they were settled, None where there is nothing."""

    def stamp(self, path: str) -> str:
        """Return what changes when anybody changes the bytes at *path* (a size and time, an ETag), "" for nothing.

        Asked for each file that a publication leaves alone, and after `settle` for each it
        wrote: it must be cheap. A place where it is not may list once and answer from that.
        """

    def write(self, path: str, body: Body, *, lasting: bool = True) -> None:
        """Let *path* hold *body*, whole, from the next `settle` on at the latest; until it does, what was there.

        What is not *lasting* need not outlast a power failure: a later look finds out.
        """

    def settle(self) -> None:
        """Return when all that was written is there for every reader and outlasts a power failure.

        Nothing that is written after it may be seen before what was written before it.
        """

    def remove(self, path: str) -> None:
        """Let *path* be gone; it is no error if it was."""

    def paths(self, prefix: str = "") -> Iterator[str]:
        """Yield every path that starts with *prefix*, a folder ("feeds/archive/") or "" for all, in any order."""


class DirectoryTarget:
    """Files below *directory*: each appears by a rename, after its bytes are on the disk."""

    def __init__(self, directory: Path) -> None:
        """Write below *directory*, which is made with the first file."""
        self.directory = directory
        self._root = str(directory)
        self._waiting: dict[str, str] = {}
        self._touched: set[str] = set()

    @property
    def name(self) -> str:
        """The absolute path of the directory."""
        return str(self.directory.absolute())

    def read(self, path: str) -> bytes | None:
        """Return the bytes at *path*, None where there is no file."""
        try:
            descriptor = os.open(f"{self._root}/{path}", os.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(f"{self._root}/{path}", error) from error
        try:
            return _read(descriptor)
        except OSError as error:
            raise _unreadable(f"{self._root}/{path}", error) from error
        finally:
            os.close(descriptor)

    def stamp(self, path: str) -> str:
        """Return size and time of the last change of *path*."""
        try:
            found = os.stat(f"{self._root}/{path}")  # noqa: PTH116 -- asked of thousands of files: half the cost
        except OSError:
            return ""
        return f"{found.st_size:x}-{found.st_mtime_ns:x}"

    def write(self, path: str, body: Body, *, lasting: bool = True) -> None:
        """Write *body* beside *path*; put it in place now, or where it is *lasting* when the disk has it."""
        folder, _, name = f"{self._root}/{path}".rpartition("/")
        part = f"{folder}/.{name}.part"
        try:
            try:
                descriptor = os.open(part, _NEW, 0o644)
            except FileNotFoundError:  # asked of the disk: a million pages have a million folders to remember
                Path(folder).mkdir(parents=True, exist_ok=True)
                descriptor = os.open(part, _NEW, 0o644)
            try:
                _write(descriptor, body)
            finally:
                os.close(descriptor)
            if lasting:
                self._waiting[part] = f"{folder}/{name}"
            else:
                os.replace(part, f"{folder}/{name}")  # noqa: PTH105 -- as above
        except OSError as error:
            with contextlib.suppress(OSError):
                Path(part).unlink(missing_ok=True)
            raise _unwritable(f"{folder}/{name}", error) from error

    def settle(self) -> None:
        """Put every file in place, in the order of writing, once its bytes are on the disk."""
        many = len(self._waiting) > _FEW and _sync_all(self._root)
        for part, target in self._waiting.items():
            try:
                if not many:
                    _sync(part, os.O_RDONLY)
                os.replace(part, target)  # noqa: PTH105 -- as above
            except OSError as error:
                raise _unwritable(target, error) from error
            self._touched.add(target.rpartition("/")[0])
        self._waiting.clear()
        for folder in sorted(self._touched):
            with contextlib.suppress(OSError):  # a folder removed since; or a file system that cannot
                _sync(folder, os.O_RDONLY | os.O_DIRECTORY)
        self._touched.clear()

    def remove(self, path: str) -> None:
        """Let *path* be gone, and its folder where nothing else is in it."""
        target = self.directory / path
        try:
            target.unlink(missing_ok=True)
        except OSError as error:
            raise PublishError(f"{target}: {error.strerror}: expected a file we may remove") from error
        self._touched.add(str(target.parent))
        with contextlib.suppress(OSError):
            target.parent.rmdir()

    def paths(self, prefix: str = "") -> Iterator[str]:
        """Yield what is below the folder *prefix*, without hidden and unfinished files."""
        for folder, folders, names in os.walk(self.directory / prefix):
            folders[:] = sorted(one for one in folders if not one.startswith("."))
            inner = Path(folder).relative_to(self.directory).as_posix()
            yield from (f"{inner}/{name}".removeprefix("./") for name in sorted(names) if not name.startswith("."))


def _write(descriptor: int, body: Body) -> None:
    if isinstance(body, bytes):
        _write_rest(descriptor, memoryview(body))
        return
    for start in range(0, len(body), _AT_ONCE):
        some = body[start : start + _AT_ONCE]
        done = os.writev(descriptor, some)
        if done < size_of(some):
            _write_rest(descriptor, memoryview(whole(some))[done:])


def _write_rest(descriptor: int, rest: memoryview) -> None:
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _read(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    parts = [part := os.read(descriptor, size + 1)]
    while part:
        parts.append(part := os.read(descriptor, 65536))
    return b"".join(parts)


def _sync(path: str, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_all(folder: str) -> bool:
    """See to it that all of the file system of *folder* is on the disk; False where the system cannot say so.

    For many files it takes half of what asking for each does (measured on ext4).
    """
    syncfs = _syncfs()
    if syncfs is None:
        return False
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return bool(syncfs(descriptor) == 0)
    finally:
        os.close(descriptor)


@cache
def _syncfs() -> Callable[[int], int] | None:
    """Return Linux's syncfs(2), which Python has no name for."""
    import ctypes  # noqa: PLC0415 -- only who publishes many files needs it

    try:
        return ctypes.CDLL(None).syncfs
    except (AttributeError, OSError):
        return None


def _unreadable(target: str, error: OSError) -> PublishError:
    return PublishError(f"{target}: {error.strerror}: expected a file of ours")


def _unwritable(target: str, error: OSError) -> PublishError:
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    expected = "make room, then type baywire publish" if full else "expected a folder we may write in"
    return PublishError(f"{target}: {error.strerror}: {expected}")
