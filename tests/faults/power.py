"""A disk that keeps only what was synced: the calls of a program played to a point, and what is left there."""

from __future__ import annotations

import random
import re
from pathlib import Path

__all__ = ["Disk"]

_CALL = re.compile(rb"([WSRUMTC]) ([^\t\n]*)(?:\t([^\t\n]*))?(?:\t([^\n]*))?\n")


class _File:
    def __init__(self, body: bytes = b"") -> None:
        self.synced = body
        self.all = bytearray(body)

    def torn(self, chance: random.Random) -> bytes:
        """Return a state between the two: each page is of one or the other."""
        size = chance.choice([len(self.synced), len(self.all)])
        pages = []
        for start in range(0, size, 4096):
            old, new = self.synced[start : start + 4096], bytes(self.all[start : start + 4096])
            pages.append(chance.choice([old, new]).ljust(min(4096, size - start), b"\0"))
        return b"".join(pages)


class Disk:
    """The files below *folder*, which began as *base* is; *calls* is what fault.so wrote down."""

    def __init__(self, base: Path, folder: Path, calls: bytes) -> None:
        self._folder = folder
        self._touched: set[str] = set()
        self._files: dict[str, _File] = {}
        self._base = base
        self._synced: dict[str, _File | None] = {}
        self._all: dict[str, _File | None] = {}
        self._calls = list(_read(calls))
        self._at = 0

    @property
    def length(self) -> int:
        return len(self._calls)

    def advance(self) -> None:
        """Play one more call."""
        kind, path, other, rest, body = self._calls[self._at]
        self._at += 1
        match kind:
            case "W":
                file = self._get(path)
                if file is not None:
                    start = int(other)
                    file.all.extend(bytes(max(0, start + len(body) - len(file.all))))
                    file.all[start : start + len(body)] = body
            case "T":
                if (file := self._get(path)) is not None:
                    size = int(other)
                    file.all = file.all[:size] + bytearray(max(0, size - len(file.all)))
            case "C":
                self._all[path] = _File()
                self._synced.setdefault(path, self._before(path))
            case "R":
                moved = self._get(path)
                self._get(other)
                self._all[path], self._all[other] = None, moved
                self._synced.setdefault(other, self._before(other))
                self._synced.setdefault(path, None)
            case "U":
                self._get(path)
                self._all[path] = None
            case "S":
                self._sync(path)
        del rest

    def leave(self, *, names: str, data: str, chance: random.Random) -> None:
        """Let the folder, which is as it was at first, be what the power failure left of it."""
        for path, file in (self._synced if names == "synced" else self._all).items():
            target = Path(path)
            if file is None:
                target.unlink(missing_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            body = {"synced": file.synced, "all": bytes(file.all)}.get(data)
            target.write_bytes(file.torn(chance) if body is None else body)

    def _sync(self, path: str) -> None:
        file = self._all.get(path)
        if file is not None:
            file.synced = bytes(file.all)
            if self._synced.get(path) is None:  # a new file that is synced has its name (ext4, XFS, btrfs)
                self._synced[path] = file
            return
        for name, now in self._all.items():  # a folder: the names in it
            if str(Path(name).parent) == path:
                self._synced[name] = now

    def _get(self, path: str) -> _File | None:
        if path not in self._all:
            self._all[path] = self._synced[path] = self._before(path)
        return self._all[path]

    def _before(self, path: str) -> _File | None:
        if path not in self._files:
            file = self._base / Path(path).relative_to(self._folder)
            if not file.is_file():
                return None
            self._files[path] = _File(file.read_bytes())
        return self._files[path]


def _read(calls: bytes) -> list[tuple[str, str, str, str, bytes]]:
    read, at = [], 0
    while match := _CALL.match(calls, at):
        kind, path, other, rest = (part.decode() if part else "" for part in match.groups())
        at = match.end()
        body = calls[at : at + int(rest)] if kind == "W" else b""
        at += len(body)
        read.append((kind, path, other, rest, body))
    assert at == len(calls), calls[at : at + 200]
    return read
