"""The daemon's end of the socket to the zygote: launch a batch, hear its child, know its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from crawler.batch import Batch, Event
from crawler.zygote import MAX_MESSAGE
from feeds.error import SourceError

__all__ = ["Link"]

_START_S: Final = 60.0  # imports take a second; a loaded machine, some
_CLOSE_S: Final = 2.0
_CHUNK: Final = 1 << 16
# The tree of a page is thousands of small pieces, given back at once and asked for again with the next page: glibc
# keeps seven of a size at hand and hands the rest to the kernel, which takes a fifth of the time of a parse.
_ALLOCATOR: Final = "glibc.malloc.tcache_count=2000:glibc.malloc.trim_threshold=67108864"


@dataclass(slots=True)
class _Child:
    hear: Callable[[Event], None]
    results: int
    ended: asyncio.Future[int]
    pid: int = 0
    buffer: bytearray = field(default_factory=bytearray)
    code: int | None = None
    open: bool = True
    error: Exception | None = None


class Link:
    """One zygote process and the children it runs for us."""

    def __init__(
        self, process: subprocess.Popen[bytes], control: socket.socket, loop: asyncio.AbstractEventLoop
    ) -> None:
        """Take over a started *process* at the other end of *control*."""
        self._process = process
        self._control = control
        self._loop = loop
        self._children: dict[int, _Child] = {}
        self._ready: asyncio.Future[None] = loop.create_future()
        self.alive = True
        loop.add_reader(control.fileno(), self._on_control)

    @classmethod
    async def open(cls, *, on_server: bool = False) -> Link:
        """Start a zygote and wait until it is warm; SourceError with its last words if it cannot be.

        *on_server* warms it up for a store on a server, too.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(0)
        with theirs:
            process = subprocess.Popen(  # noqa: ASYNC220, S603 - our own interpreter; starting takes 4 ms
                [sys.executable, "-P", "-m", "crawler.zygote", *(["server"] if on_server else [])],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,
            )
        link = cls(process, ours, asyncio.get_running_loop())
        try:
            await asyncio.wait_for(asyncio.shield(link._ready), _START_S)
        except (TimeoutError, SourceError):
            link.close()
            raise SourceError("crawl: the zygote did not start: expected it to say so; see standard error") from None
        except BaseException:
            link.close()
            raise
        return link

    @property
    def pid(self) -> int:
        """The process of the zygote."""
        return self._process.pid

    @property
    def children(self) -> tuple[int, ...]:
        """The processes under way."""
        return tuple(child.pid for child in self._children.values() if child.pid)

    def launch(self, number: int, batch: Batch, hear: Callable[[Event], None]) -> asyncio.Future[int]:
        """Start *batch* under *number*; the future is its exit status, negative for a signal."""
        results, theirs = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(results, False)
        child = _Child(hear=hear, results=results, ended=self._loop.create_future())
        self._children[number] = child
        self._loop.add_reader(results, self._on_results, number)
        message = {
            "batch": number,
            "wall_s": batch.wall_s,
            "cpu_s": batch.cpu_s,
            "memory_bytes": 0 if batch.render else batch.memory_bytes,
            "job": batch.to_json(),
        }
        try:
            payload = json.dumps(message).encode()
            if len(payload) > MAX_MESSAGE:
                raise SourceError(f"crawl: a batch of {len(payload)} bytes: expected at most {MAX_MESSAGE}")
            socket.send_fds(self._control, [payload], [theirs, _standard_error()])
        except OSError:
            self._die()
        finally:
            os.close(theirs)
        return child.ended

    def child(self, number: int) -> asyncio.Future[int]:
        """Return the end of batch *number*, which may lie behind us."""
        child = self._children.get(number)
        if child is not None:
            return child.ended
        over: asyncio.Future[int] = self._loop.create_future()
        over.set_result(0)
        return over

    def signal(self, number: int, what: int) -> None:
        """Send *what* to the child of batch *number*; only the zygote knows that its process is still the same."""
        if number in self._children and self.alive:
            with contextlib.suppress(OSError):
                self._control.send(json.dumps({"batch": number, "signal": what}).encode())

    def close(self) -> None:
        """Close the socket, at which the zygote kills its children and leaves, and wait for it."""
        self._die()
        if self._process.poll() is None and not _ends(self._process.pid, _CLOSE_S):
            self._process.kill()  # its children go by their own death signal
        self._process.wait()

    def _on_control(self) -> None:
        while True:
            try:
                payload = self._control.recv(MAX_MESSAGE)
            except BlockingIOError:
                return
            except OSError:
                payload = b""
            if not payload:
                self._die()
                return
            message = json.loads(payload)
            if "ready" in message:
                self._ready.set_result(None)
            elif "started" in message:
                if (child := self._children.get(message["started"])) is not None:
                    child.pid = message["pid"]
            elif "ended" in message and (child := self._children.get(message["ended"])) is not None:
                child.code = message["code"]
                if "reason" in message:  # it never began: ours to mend, no failure of its sources
                    child.error = OSError(message["errno"], f"crawl: no process for the batch: {message['reason']}")
                self._on_results(message["ended"])
                self._settle(message["ended"])

    def _on_results(self, number: int) -> None:
        child = self._children.get(number)
        while child is not None and child.open:
            try:
                chunk = os.read(child.results, _CHUNK)
            except BlockingIOError:
                return
            if not chunk:
                self._close_results(child)
                break
            child.buffer += chunk
            if b"\n" not in chunk:
                continue
            *lines, rest = child.buffer.split(b"\n")
            child.buffer = bytearray(rest)
            for line in lines:
                self._hear(number, child, bytes(line))
        self._settle(number)

    def _hear(self, number: int, child: _Child, line: bytes) -> None:
        if child.error is not None:
            return
        try:
            child.hear(json.loads(line))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever awaits the crawl
            child.error = error
            self.signal(number, signal.SIGKILL)

    def _settle(self, number: int) -> None:
        """End a child once the zygote says so: its group is dead, and its pipe holds all it wrote."""
        child = self._children.get(number)
        if child is None or child.code is None:
            return
        self._close_results(child)
        del self._children[number]
        if child.ended.done():
            return
        if child.error is not None:
            child.ended.set_exception(child.error)
        else:
            child.ended.set_result(child.code)

    def _close_results(self, child: _Child) -> None:
        if child.open:
            child.open = False
            self._loop.remove_reader(child.results)
            os.close(child.results)

    def _die(self) -> None:
        """Give up the zygote, which is gone or has to go; its children go by their own death signal."""
        if not self.alive:
            return
        self.alive = False
        self._loop.remove_reader(self._control.fileno())
        self._control.close()
        if not self._ready.done():
            self._ready.set_exception(SourceError("crawl: the zygote died while it started"))
            self._ready.exception()  # nobody may be waiting any more
        for number, child in list(self._children.items()):
            if child.pid:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(child.pid, signal.SIGKILL)
            self._on_results(number)
            child.code = -signal.SIGKILL
            self._settle(number)


def _ends(pid: int, within_s: float) -> bool:
    """Return whether *pid*, a child of ours that was not waited for, ends in time; False where we cannot watch it.

    `Popen.wait` with a limit naps between looks: here we are told at once.
    """
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:  # no descriptor left
        return False
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(within_s * 1000))
    finally:
        os.close(descriptor)


@lru_cache(maxsize=1)
def _standard_error() -> int:
    """Return our standard error, or where the results go if it is closed."""
    try:
        os.fstat(2)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)
    return 2


def _environment() -> dict[str, str]:
    """Return our environment without what would let the working directory into the import path."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONSTARTUP", "PYTHONINSPECT")}
    paths = [path for path in environment.pop("PYTHONPATH", "").split(os.pathsep) if path.startswith("/")]
    if paths:
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    told = [environment.get("GLIBC_TUNABLES", ""), _ALLOCATOR]
    environment["GLIBC_TUNABLES"] = ":".join(filter(None, told))
    return environment
