"""One writer: a lock on var/lock that lives and dies with its process, and says who holds it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from feeds.error import BaywireError, ConfigError

__all__ = ["HeldError", "Holder", "hold", "holder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a lock: *pid*, *since* (ISO 8601) and the *command* as typed."""

    pid: int
    since: str
    command: str

    def tell(self) -> str:
        """Return it as a person reads it."""
        return f"pid {self.pid}, since {self.since}: {self.command}"


class HeldError(BaywireError):
    """Another baywire works in this directory."""


@contextmanager
def hold(var: Path, *, command: str, now: datetime) -> Iterator[None]:
    """Hold ``var/lock`` for the length of the block; *var* is made where it is missing.

    The lock is the kernel's (flock): it ends with the process, however that ends, so
    there is no stale lock; the file itself stays. Children do not inherit it.
    Raises HeldError, or ConfigError where the folder cannot be written.
    """
    try:
        var.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(var / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        folder = os.open(var, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigError(f"{var}: cannot be written: {error.strerror}: choose another folder with -C") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)  # which nobody removes for a stale lock
        except BlockingIOError:
            who = holder(var)
            told = who.tell() if who else "it has only just started"
            raise HeldError(f"{var.parent}: another baywire holds this directory: {told}") from None
        who = Holder(pid=os.getpid(), since=now.isoformat(timespec="seconds"), command=command)
        with contextlib.suppress(OSError):  # a full disk: the lock holds without a name in it
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(asdict(who)).encode() + b"\n", 0)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, 0)
            # Not by closing alone: a child that is just being started has a copy until its exec is through.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            fcntl.flock(folder, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)
        os.close(folder)


def holder(var: Path) -> Holder | None:
    """Return who wrote itself into ``var/lock`` last, None where nobody did."""
    try:
        text = (var / "lock").read_text(encoding="utf-8", errors="replace")
        return Holder(**json.loads(text))
    except (OSError, ValueError, TypeError):
        return None
