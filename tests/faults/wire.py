"""A published site, and servers of it in processes of their own, each with limits of its own."""

from __future__ import annotations

import http.client
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feeds import topic
from feeds.publish import publish
from feeds.release import Draft, Newsroom
from feeds.site import Site
from feeds.store import open_store

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
FEED = "/feeds/all.atom"
LARGE = "/feeds/archive/large/2020-01.atom"

# A server in a process of its own, as `baywire serve` starts it, with limits of a test.
SERVER = """
import asyncio, json, sys
from pathlib import Path
from feeds.serve import Search, application
from feeds.serve.limit import Limits
from feeds.site import Site
from feeds.store import open_store
from feeds import topic
from scheduler.server import Server, bind
folder, port, base, limits = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], Limits(**json.loads(sys.argv[4]))
site = Site(base_url=base, authority="news.example,2026", moved={"old": "ai"}, retired=("gone",))
with open_store(f"sqlite:///{folder}/store.sqlite3", authority=site.authority) as store:
    search = Search(store, site, topic.load().topics)
    server = Server(application(folder / "public", site=site, search=search), limits=limits)
    asyncio.run(server.serve(sockets=[bind("127.0.0.1", port)]))
"""


@dataclass(frozen=True)
class Reply:
    """What came back on a raw connection, to its end."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Wire:
    """A published site and the port it is served on."""

    folder: Path
    port: int
    pid: int

    def ask(self, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Reply:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)) as made:
            made.putrequest(method, path, skip_host="Host" in (headers or {}), skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                made.putheader(name, value)
            made.endheaders()
            got = made.getresponse()
            return Reply(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())

    def say(self, *pieces: bytes, wait: float = 5.0) -> bytes:
        """Return all that comes back to *pieces* until the server closes or says nothing for *wait* seconds."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as made:
            got = bytearray()
            try:
                for piece in pieces:
                    made.sendall(piece)
                while part := made.recv(65536):
                    got += part
            except (TimeoutError, ConnectionError):
                pass
            return bytes(got)

    def memory(self) -> int:
        """Return how many bytes it holds."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024

    def descriptors(self) -> int:
        """Return how many files and connections it has open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def wait(self, is_right: Callable[[int], bool], seconds: float) -> None:
        """Wait until the number of its descriptors *is_right*."""
        deadline = time.monotonic() + seconds
        while not is_right(self.descriptors()):
            assert time.monotonic() < deadline, self.descriptors()
            time.sleep(0.05)


def drafts() -> list[Draft]:
    text = "The harbour office opened an artificial intelligence laboratory. " * 60
    return [
        Draft(
            source="harbour-en",
            url=f"https://harbour.example/{number}",
            native_id=f"R{number}",
            title=f"Laboratory notice {number}",
            seen=NOW,
            language="en",
            author="Harbour Office",
            published=NOW - timedelta(hours=number),
            text=f"{number} {text}",
            html=f"<p>{number} {text}</p>",
        )
        for number in range(60)
    ]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """Return the folder of a published site, and the port that its addresses name."""
    folder = tmp_path_factory.mktemp("wire")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = Site(base_url=f"http://127.0.0.1:{port}/", title="Example wire", authority="news.example,2026")
    with open_store(f"sqlite:///{folder}/store.sqlite3", authority=made.authority) as store:
        store.sync_sources([Newsroom(key="harbour-en", title="Harbour Office", language="en")], now=NOW)
        with store.writing() as writing:
            for one in drafts():
                writing.put(one, now=NOW)
        publish(store, topic.load(), made, folder / "public", now=NOW)
    large = folder / f"public{LARGE}"
    large.parent.mkdir(parents=True)
    large.write_bytes(b"<feed>" + os.urandom(2_000_000).hex().encode() + b"</feed>")
    return folder, port


Serve = Callable[..., Wire]


@pytest.fixture(scope="session")
def serve(site: tuple[Path, int]) -> Iterator[Serve]:
    """Return what starts a server of the site with some limits of its own."""
    import json
    import subprocess

    started: list[subprocess.Popen[bytes]] = []

    def start(**limits: float) -> Wire:
        folder, port = site
        if started:  # the first has the port that the site's addresses name
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
        base = f"http://127.0.0.1:{site[1]}/"
        command = [sys.executable, "-c", SERVER, str(folder), str(port), base, json.dumps(limits)]
        started.append(subprocess.Popen(command))
        for _ in range(400):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return Wire(folder, port, started[-1].pid)
            time.sleep(0.05)
        raise AssertionError("the server does not listen")

    yield start
    for one in started:
        one.terminate()
        one.wait(10)


@pytest.fixture(scope="session")
def wire(serve: Serve) -> Wire:
    return serve()


@pytest.fixture(scope="session")
def strict(serve: Serve) -> Wire:
    """Return a server that waits for nobody long."""
    return serve(idle_s=3, head_s=2, answer_s=5, bytes_per_s=4_000_000, connections=600)
