"""baywire as installed, in a folder of its own, beside a newsroom on loopback, with readers that never look away."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import feedparser
import pytest
from faults.watch import FEED, Watch

if TYPE_CHECKING:
    from faults.chaos import Chaos, Wire

__all__ = ["FEED", "Answer", "Newsroom", "Rig", "Running", "until"]

COMMAND = Path(sys.executable).with_name("baywire")
FIRST = datetime(2026, 4, 1, 10, tzinfo=UTC)
START_S = 240.0  # cores that others keep busy; usually one second

SOURCE = """\
title     = "Chaos"
language  = "en"
time-zone = "Asia/Hong_Kong"
every     = "1m"
delay     = 0
allow-private = true
[listing]
url   = "{url}"
links = "a.release"
[release]
title     = "h1"
body      = "div.body"
published = "p.date"
"""


def until(look: Callable[[], object], what: str, *, within_s: float = START_S) -> None:
    """Wait until *look* says so."""
    end = time.monotonic() + within_s
    while not look():
        assert time.monotonic() < end, f"waited {within_s:.0f} s for {what}"
        time.sleep(0.02)


class Newsroom:
    """Releases 1 to *count* on a chaos server, all of them listed, newest first."""

    def __init__(self, server: Chaos, count: int = 3) -> None:
        self.server = server
        self.count = count
        self.down = False
        server.page("/robots.txt", "User-agent: *\nAllow: /\n", kind="text/plain")
        server.routes["/list"] = self._list
        self.says(0)

    def says(self, number: int = 1) -> None:
        """Put out *number* more releases."""
        for n in range(1, self.count + number + 1):
            self.server.routes.setdefault(f"/r/{n}.htm", lambda wire, n=n: self._release(wire, n))
        self.count += number

    def addresses(self) -> set[str]:
        """Return where its releases are."""
        return {self.server.url(f"/r/{n}.htm") for n in range(1, self.count + 1)}

    def _list(self, wire: Wire) -> None:
        links = "".join(
            f'<li><a class="release" href="/r/{n}.htm">Release number {n} of the department</a></li>'
            for n in range(self.count, 0, -1)
        )
        self._answer(wire, f"<html><head><title>Releases</title></head><body><ul>{links}</ul></body></html>")

    def _release(self, wire: Wire, n: int) -> None:
        body = f"The department said on Monday that number {n} had been released to the public. " * 3
        date = (FIRST + timedelta(minutes=10 * n)).strftime("%Y-%m-%d %H:%M")
        title = f"Release number {n} of the department"
        self._answer(
            wire,
            f'<html><body><h1>{title}</h1><p class="date">{date}</p><div class="body"><p>{body}</p></div></body>',
        )

    def _answer(self, wire: Wire, page: str) -> None:
        if self.down:
            wire.page("not now", 500)
        else:
            wire.page(page)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server said."""

    status: int
    body: bytes
    headers: dict[str, str]


@dataclass(slots=True, kw_only=True)
class Running:
    """A daemon under way."""

    rig: Rig
    process: subprocess.Popen[bytes]
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    @property
    def port(self) -> int:
        match = re.search(r"serving http://127\.0\.0\.1:(\d+)/", self.log)
        return int(match[1]) if match else 0

    def serving(self) -> Running:
        """Wait until it serves."""

        def ready() -> int:
            assert self.process.poll() is None, self.log
            return self.port

        until(ready, "the daemon to serve")
        return self

    def get(self, path: str, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_S)
        try:
            connection.request("GET", f"/{path}", headers=headers)
            answer = connection.getresponse()
            return Answer(status=answer.status, body=answer.read(), headers={**dict(answer.getheaders())})
        finally:
            connection.close()

    def descendants(self) -> list[int]:
        """Return the processes below it."""
        found, ask = [], [self.process.pid]
        while ask:
            for path in Path(f"/proc/{ask.pop()}/task").glob("*/children"):
                with contextlib.suppress(OSError):
                    below = [int(pid) for pid in path.read_text(encoding="ascii").split()]
                    found += below
                    ask += below
        return found

    def stop(self, number: int = signal.SIGTERM, *, within_s: float = START_S) -> int:
        self.process.send_signal(number)
        return self.process.wait(within_s)

    def kill(self) -> None:
        """End it as the kernel does when memory is short, and what it started with it."""
        self.process.kill()
        self.process.wait()


class Rig:
    """A folder with one source, "bad", and what is typed in it."""

    def __init__(self, folder: Path, newsroom: Newsroom) -> None:
        self.folder = folder
        self.newsroom = newsroom
        self.processes: list[subprocess.Popen[bytes]] = []
        self._runs = itertools.count(1)
        (folder / "sources.d").mkdir(parents=True, exist_ok=True)
        self.source("bad")
        self.configure()

    def source(self, key: str, *, path: str = "/list", text: str = SOURCE) -> None:
        """Write the file of a source."""
        rules = text.format(url=self.newsroom.server.url(path))
        (self.folder / "sources.d" / f"{key}.toml").write_text(rules, encoding="utf-8")

    def configure(self, more: str = "", *, use: Sequence[str] = ("bad",)) -> None:
        """Write baywire.toml."""
        text = f'[sources]\nuse = {json.dumps(list(use))}\n[publish]\nformats = ["atom"]\n{more}'
        (self.folder / "baywire.toml").write_text(text, encoding="utf-8")

    @property
    def public(self) -> Path:
        return self.folder / "public"

    @property
    def var(self) -> Path:
        return self.folder / "var"

    @property
    def store_file(self) -> Path:
        return self.var / "baywire.sqlite3"

    def environment(self, **more: str) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not name.startswith("BAYWIRE_")} | more

    def command(self, *words: str) -> list[str]:
        """Return what is typed."""
        return [str(COMMAND), *words]

    def typed(
        self, *words: str, before: Sequence[str] = (), timeout_s: float = START_S, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Type a command to its end; *before* is what is typed in front of it."""
        return subprocess.run(
            [*before, *self.command(*words)],
            cwd=self.folder,
            env=self.environment(**environ),
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )

    def crawl(self) -> None:
        """Crawl and publish, which must do well."""
        done = self.typed("crawl")
        assert done.returncode == 0, done.stderr

    def start(self, *words: str, verb: str = "run", before: Sequence[str] = (), **environ: str) -> Running:
        """Start the daemon, or the server alone by the *verb* "serve"."""
        log_file = self.folder.parent / f"{self.folder.name}-{next(self._runs)}.log"
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                [*before, *self.command(verb, "--port", "0", *words)],
                cwd=self.folder,
                env=self.environment(**environ),
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return Running(rig=self, process=process, log_file=log_file)

    def hurry(self, *keys: str) -> None:
        """Let sources be due now: the shortest interval that a source may have is a minute."""
        with contextlib.suppress(sqlite3.Error), contextlib.closing(self._look()) as store, store:
            rows = "1=1" if not keys else f"key IN ({','.join('?' * len(keys))})"
            store.execute(f"UPDATE sources SET next_due = 1000000 WHERE {rows}", keys)  # noqa: S608  # no value in it

    def state(self, key: str = "bad") -> str:
        """Return how a source stands, "" where nobody knows."""
        with contextlib.suppress(sqlite3.Error), contextlib.closing(self._look()) as store:
            row = store.execute("SELECT state FROM sources WHERE key = ?", [key]).fetchone()
            return str(row[0]) if row else ""
        return ""

    def ids(self) -> dict[str, str]:
        """Return the releases of the store: id → address."""
        with contextlib.closing(self._look()) as store:
            return dict(store.execute("SELECT id, url FROM releases").fetchall())

    def feed(self, path: str = FEED) -> dict[str, str]:
        """Return the entries of a feed as a reader sees them: id → address."""
        parsed = feedparser.parse((self.public / path).read_bytes())
        assert not parsed.bozo, parsed.get("bozo_exception")
        return {entry.id: entry.link for entry in parsed.entries}

    def pictures(self, pattern: str = "feeds/**/*") -> dict[str, bytes]:
        """Return the bytes of what is published."""
        return {
            str(path.relative_to(self.public)): path.read_bytes()
            for path in sorted(self.public.glob(pattern))
            if path.is_file() and not path.name.startswith(".")
        }

    def watch(self, ask: Callable[[], int] = lambda: 0) -> Watch:
        """Return readers of what is published; *ask* says at which port it is served, 0 for none."""
        return Watch(self, ask)

    def tmpfs(self, folder: Path, options: str) -> contextlib.AbstractContextManager[None]:
        """Hold a file system of its own at *folder*, or skip the test where this machine does not let us."""
        return mounted(folder, options)

    def until(self, look: Callable[[], object], what: str, *, within_s: float = START_S) -> None:
        until(look, what, within_s=within_s)

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()

    def _look(self) -> sqlite3.Connection:
        if not self.store_file.exists():
            raise sqlite3.OperationalError("no store yet")
        return sqlite3.connect(f"file:{self.store_file}?mode=rw", uri=True, timeout=5)


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """Hold a tmpfs at *folder*; skip the test where this machine does not let us."""
    folder.mkdir(parents=True, exist_ok=True)
    program = shutil.which("mount")
    done = program and subprocess.run(
        [program, "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if not done or done.returncode:
        pytest.skip(f"needs the right to mount: {done.stderr.strip() if done else 'no mount here'}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
