"""A warm process that forks crawl children: no thread, no reactor, no connection of its own.

Started as `python -P -m crawler.zygote [server]` with one end of a socket pair as its standard
input. Messages are JSON datagrams: a batch comes in with two descriptors, where its
results and its standard error go; out go "ready", "started" and "ended". When the other
end is closed, every child's group is killed and the zygote leaves.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Mapping
from typing import Final

__all__ = ["MAX_MESSAGE", "WARM", "main", "warm"]

MAX_MESSAGE: Final = 128 * 1024
"""Longest datagram either side sends."""

WARM: Final = (
    "crawler.child",
    "crawler.extract",
    "crawler.normalise",
    "crawler.pipelines",
    "crawler.rehearsal",
    "crawler.replay",
    "crawler.spiders.fetch",
    "crawler.spiders.source",
    "crawler.straight",
    "crawler.middlewares.address",
    "crawler.middlewares.conditional",
    "crawler.middlewares.content",
    "crawler.middlewares.downloader",
    "crawler.middlewares.headers",
    "crawler.middlewares.redirect",
    "crawler.middlewares.robots",
    "feeds.store",
    "protego",
    "scrapy.addons",
    "scrapy.core.downloader.contextfactory",
    "scrapy.core.engine",
    "scrapy.core.scheduler",
    "scrapy.core.scraper",
    "scrapy.crawler",
    "scrapy.dupefilters",
    "scrapy.extensions.closespider",
    "scrapy.pipelines",
    "scrapy.pqueues",
    "scrapy.signalmanager",
    "scrapy.spiderloader",
    "scrapy.squeues",
    "scrapy.statscollectors",
    "scrapy.utils.reactorless",
    "scrapy.utils.signal",
    "sqlalchemy.dialects.sqlite",
    "twisted.internet.asyncioreactor",
)
"""What a child needs. A name that cannot be imported stops the zygote: cold children would cost ten times as much."""

_SERVER: Final = ("psycopg", "psycopg.types.json", "sqlalchemy.dialects.postgresql.psycopg")
"""What a child needs besides where the store is on a server; part of an extra, so imported when the first one asks."""

_COLLECT: Final = (20_000, 50, 50)
_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_GRACE_S: Final = 10.0  # after its wall limit a child that nobody stopped stops itself


def warm() -> int:
    """Import all that a crawl needs; return how many modules are loaded.

    RuntimeError if that left a thread or a reactor behind: neither survives a fork.
    """
    for name in WARM:
        importlib.import_module(name)
    from crawler.rehearsal import rehearse  # noqa: PLC0415 - this process is the one place where it is run

    try:
        rehearse()
    except Exception:  # noqa: BLE001 - a child that has to load something itself is better than none
        traceback.print_exc()
    if threading.active_count() != 1 or "twisted.internet.reactor" in sys.modules:
        raise RuntimeError(
            "zygote: a module started a thread or a reactor when imported: expected none before the fork"
        )
    gc.collect()
    # What is here stays, and a crawl leaves next to no cycles: going through all of it takes a tenth of its time.
    gc.freeze()
    gc.set_threshold(*_COLLECT)
    return len(sys.modules)


_LOOK_S: Final = 5.0  # after which children are looked at though nothing woke us: a signal can be lost


class _Zygote:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[int, int] = {}  # pid → batch
        self._wake_r, self._wake_w = socket.socketpair()
        self._wake_r.settimeout(0)
        self._wake_w.settimeout(0)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_w.fileno(), warn_on_full_buffer=False)

    def serve(self) -> None:
        """Fork for each batch until the other end of the control socket is closed."""
        while True:
            ready, _, _ = select.select([self._control, self._wake_r], [], [], _LOOK_S if self._children else None)
            if self._wake_r in ready:
                with contextlib.suppress(BlockingIOError):
                    self._wake_r.recv(4096)
            self._reap()
            if self._control in ready and not self._receive():
                break
        for pid in self._children:
            _kill_group(pid)
        self._close()

    def _close(self) -> None:
        signal.set_wakeup_fd(-1)
        for mine in (self._control, self._wake_r, self._wake_w):
            mine.close()

    def send(self, **message: object) -> None:
        # The parent may be gone: that shows as an end of file.
        with contextlib.suppress(OSError):
            self._control.send(json.dumps(message).encode())

    def _receive(self) -> bool:
        try:
            payload, descriptors, _, _ = socket.recv_fds(self._control, MAX_MESSAGE, 2)
        except OSError:
            return False
        if not payload:
            return False
        message = json.loads(payload)
        if "signal" in message:
            for pid in [pid for pid, batch in self._children.items() if batch == message["batch"]]:
                _signal(pid, message["signal"])
        else:
            self._fork(message, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        return True

    def _fork(self, message: Mapping[str, object], descriptors: list[int]) -> None:
        zygote = os.getpid()
        _warm_for(message["job"])
        try:
            pid = os.fork()
        except OSError as error:
            self.send(ended=message["batch"], code=os.EX_OSERR, errno=error.errno, reason=error.strerror)
            return
        if pid:
            self._children[pid] = int(str(message["batch"]))
            self.send(started=message["batch"], pid=pid)
            return
        code = os.EX_SOFTWARE
        try:
            self._close()
            _become_child(zygote, message, stderr=descriptors[1])
            code = _run(message, descriptors[0])
        except BaseException:  # noqa: BLE001 - the process boundary: nothing may return into the zygote's loop
            traceback.print_exc()
        finally:
            with contextlib.suppress(BaseException):
                sys.stderr.flush()
            os._exit(code)

    def _reap(self) -> None:
        while self._children:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                return
            # While it is not reaped its number is its own: only now may the rest of its group be killed.
            _kill_group(ended.si_pid)
            _, status = os.waitpid(ended.si_pid, 0)
            batch = self._children.pop(ended.si_pid, None)
            if batch is not None:
                self.send(ended=batch, code=os.waitstatus_to_exitcode(status))


def _warm_for(job: object) -> None:
    """Import what the store of *job* needs, once for all children: it takes each of them 70 ms."""
    if isinstance(job, dict) and str(job.get("store_url", "")).startswith("postgres"):
        with contextlib.suppress(ImportError):  # the child says what is missing
            for name in _SERVER:
                importlib.import_module(name)


def _become_child(zygote: int, message: Mapping[str, object], *, stderr: int) -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != zygote:
        os._exit(os.EX_TEMPFAIL)  # the zygote died between the fork and the line above
    os.setsid()
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    os.dup2(stderr, 2)
    faulthandler.enable()
    if memory_bytes := int(str(message["memory_bytes"])):
        _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CPU, int(str(message["cpu_s"])))
    _limit(resource.RLIMIT_CORE, 0)
    signal.setitimer(signal.ITIMER_REAL, float(str(message["wall_s"])) + _GRACE_S)
    # When memory is short the kernel should choose this process, not the daemon.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:  # noqa: PTH123
        score.write("500")


def _run(message: Mapping[str, object], results: int) -> int:
    from crawler.child import run_batch  # noqa: PLC0415 - loaded by warm(); here so that the shape of a fork stays in one file

    batch = message["job"]
    if not isinstance(batch, dict):
        raise TypeError("batch: expected a JSON object")
    return run_batch(batch, results)


def _limit(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    # The hard limit of CPU lies a little higher: there the kernel sends SIGKILL, at the soft one SIGXCPU, which tells.
    resource.setrlimit(
        what, (value, value + 5 if what == resource.RLIMIT_CPU and hard == resource.RLIM_INFINITY else value)
    )


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    _signal(pid, signal.SIGKILL)  # before its setsid() a child has no group of its own


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def main() -> int:
    """Serve the parent at the other end of standard input."""
    control = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    # Ctrl-C reaches the whole group of a terminal; what it means is for the parent to say, by closing the socket.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    zygote = _Zygote(control)
    modules = warm()
    if sys.argv[1:] == ["server"]:
        _warm_for({"store_url": "postgresql:"})
    zygote.send(ready=os.getpid(), modules=modules)
    zygote.serve()
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
