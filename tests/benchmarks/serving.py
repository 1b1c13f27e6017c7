"""Measure the built-in server against nginx, in one run: `python tests/benchmarks/serving.py`. Needs nginx and wrk.

Both serve one folder of feeds over loopback, one process each; wrk asks. What is read is
the CPU time of the server for a request (/proc/PID/stat), as a ratio to nginx's.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from urllib.request import Request, urlopen

BASE = "https://news.example/"
FEED = "feeds/ai.en.atom"
LARGE = "feeds/large.atom"
GOAL = 0.3

# As `baywire serve` and the daemon do, without a store: an application on a Server in a plain loop.
OURS = """
import asyncio, sys
from pathlib import Path
from feeds.serve import application
from feeds.site import Site
from scheduler.server import Server, bind
listener = bind("127.0.0.1", int(sys.argv[2]))
server = Server(application(Path(sys.argv[1]), site=Site(base_url=sys.argv[3])))
asyncio.run(server.serve(sockets=[listener]))
"""


def fill(folder: Path) -> None:
    """Write two feeds: one of 50 entries of some 5 kB as it is published, .gz beside it, and one of 4 MB."""
    random = Random(1)  # noqa: S311 -- the same words in every run
    words = ["".join(random.choices("etaoinshrdlu", k=random.randint(2, 9))) for _ in range(800)]
    (folder / "feeds").mkdir(parents=True)
    for path, entries in ((FEED, 50), (LARGE, 800)):
        entry = (f"<entry><content>{' '.join(random.choices(words, k=800))}</content></entry>" for _ in range(entries))
        body = f"<feed>{''.join(entry)}</feed>".encode()
        (folder / path).write_bytes(body)
        (folder / f"{path}.gz").write_bytes(gzip.compress(body, 6, mtime=0))


class Running:
    """A server in a process of its own."""

    def __init__(self, command: list[str], port: int) -> None:
        self.port = port
        self._process = subprocess.Popen(command)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        raise SystemExit(f"{command[0]} does not listen")

    def ticks(self) -> int:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def etag(self, path: str, coding: str) -> str:
        request = Request(f"http://127.0.0.1:{self.port}/{path}", headers={"Accept-Encoding": coding})
        with urlopen(request, timeout=10) as answer:  # noqa: S310 -- loopback
            return str(answer.headers["ETag"])

    def load(self, path: str, headers: list[str], *, seconds: int, connections: int) -> float:
        """Return how many microseconds of CPU it takes for a request."""
        before = self.ticks()
        options = [option for header in headers for option in ("-H", header)]
        url = f"http://127.0.0.1:{self.port}/{path}"
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *options, url]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        requests = next(int(line.split()[0]) for line in done.stdout.splitlines() if "requests in" in line)
        if "Socket errors" in done.stdout or "Non-2xx" in done.stdout:
            raise SystemExit(done.stdout)
        return (self.ticks() - before) * 10_000 / requests


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def servers(work: Path) -> Iterator[tuple[Running, Running]]:
    """Yield ours and nginx, both serving *work*/public."""
    folder = work / "public"
    port = free_port()
    config = work / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; worker_processes 1; pid {work}/pid; error_log stderr crit; user root;\n"
        "events { worker_connections 1024; }\n"
        "http { access_log off; sendfile on; gzip_static on; open_file_cache max=1000; keepalive_requests 1000000;\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    )
    theirs = Running(["nginx", "-c", str(config)], port)
    mine = free_port()
    ours = Running([sys.executable, "-c", OURS, str(folder), str(mine), BASE], mine)
    try:
        yield ours, theirs
    finally:
        ours.close()
        theirs.close()


def measure(work: Path, *, seconds: int, connections: int) -> list[tuple[str, float, float]]:
    """Return for each kind of answer how many microseconds ours and nginx's took."""
    fill(work / "public")
    found = []
    with servers(work) as (ours, theirs):
        for name, path, coding, again in (
            ("304", FEED, "gzip", True),
            ("200 gzip", FEED, "gzip", False),
            ("200 plain, 250 kB", FEED, "identity", False),
            ("200 plain, 4 MB", LARGE, "identity", False),
        ):
            spent = []
            for one in (ours, theirs):
                asks = [f"Accept-Encoding: {coding}"]
                if again:
                    asks.append(f"If-None-Match: {one.etag(path, coding)}")
                spent.append(one.load(path, asks, seconds=seconds, connections=connections))
            found.append((name, spent[0], spent[1]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=32)
    asked = parser.parse_args()
    if missing := [name for name in ("nginx", "wrk") if not shutil.which(name)]:
        raise SystemExit(f"needs {' and '.join(missing)}")
    work = Path(tempfile.mkdtemp(prefix="baywire-bench-"))
    work.chmod(0o755)
    try:
        for name, ours, theirs in measure(work, seconds=asked.seconds, connections=asked.connections):
            took = f"baywire {ours:7.1f} us, nginx {theirs:7.1f} us CPU a request"
            sys.stdout.write(f"{name:18} {took}: {theirs / ours:.2f} x nginx (goal {GOAL})\n")
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
