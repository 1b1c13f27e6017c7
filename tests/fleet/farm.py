"""A fleet on one machine: newsrooms on loopback addresses, PostgreSQL, a scheduler and workers, each a process.

Run as a program it is the newsrooms' server: ``farm.py LOG LATENCY_S RELEASES`` prints its port.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

START_S = 240.0  # of a busy machine
_FIRST = datetime(2026, 3, 1, 9, tzinfo=UTC)
_SUBJECTS = (
    "Artificial intelligence laboratory opens",
    "Ferry services on Sunday",
    "政府公布人工智能發展計劃",
    "Vaccination programme extended",
    "粵港澳大灣區合作會議",
)


# the newsrooms ---------------------------------------------------------------------------


def address(host: int) -> str:
    """Return the address of newsroom server *host*, one of 127.0.0.0/8."""
    return f"127.77.{host // 250}.{host % 250 + 1}"


def page(path: str, releases: int) -> str | None:
    """Return what stands at *path*: ``/s7/`` lists, ``/s7/3.htm`` is a release."""
    source, _, name = path.strip("/").partition("/")
    if not source.startswith("s") or not source[1:].isdigit():
        return None
    if not name:
        items = "".join(f'<li><a href="/{source}/{n}.htm">{_title(source, n)}</a></li>' for n in range(releases, 0, -1))
        return f"<html><head><title>Releases</title></head><body><ul class='list'>{items}</ul></body></html>"
    number = name.removesuffix(".htm")
    if not number.isdigit() or not 1 <= int(number) <= releases:
        return None
    moment = _FIRST + timedelta(hours=int(number), minutes=int(source[1:]) % 60)
    text = f"{_title(source, int(number))}. The department said so today. 有關部門今日公布上述消息。" * 6
    return (
        f"<html><head><title>Release</title></head><body><h1>{_title(source, int(number))}</h1>"
        f"<p class='date'>{moment:%Y-%m-%d %H:%M}</p><div class='body'><p>{text}</p><p>Ends</p></div></body></html>"
    )


def _title(source: str, number: int) -> str:
    return f"{_SUBJECTS[(number + int(source[1:])) % len(_SUBJECTS)]} {source}-{number}"


async def _serve(log: Path, latency_s: float, releases: int) -> None:
    with log.open("w", buffering=1, encoding="ascii") as file:

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while head := await reader.readuntil(b"\r\n\r\n"):
                    path = head.split(b" ", 2)[1].decode("ascii")
                    host = writer.get_extra_info("sockname")[0]
                    file.write(f"{time.time():.6f}\t{host}\t{path}\n")
                    await asyncio.sleep(latency_s)
                    found = page(path, releases)
                    body = (found or "none").encode()
                    kind = "text/html; charset=utf-8" if found else "text/plain"
                    status = "200 OK" if found else "404 Not Found"
                    told = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
                    writer.write(told.encode() + body)
                    await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=1000)  # noqa: S104 -- all of 127.0.0.0/8
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await server.serve_forever()


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as a newsroom saw it."""

    at: float
    host: str
    path: str


class Newsrooms:
    """The server of all newsrooms, in a process of its own."""

    def __init__(self, folder: Path, *, releases: int, latency_s: float = 0.0) -> None:
        self.releases = releases
        self._log = folder / "asked"
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(self._log), str(latency_s), str(releases)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def asked(self) -> list[Asked]:
        lines = self._log.read_text(encoding="ascii").splitlines()
        return [Asked(float(at), host, path) for at, host, path in (line.split("\t") for line in lines)]

    def nearest(self) -> float:
        """Return the shortest time between two requests to one host, in seconds."""
        return nearest_of(self.asked())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def nearest_of(asked: Sequence[Asked]) -> float:
    """Return the shortest time between two of the requests *asked* of one host, in seconds."""
    by_host = defaultdict(list)
    for one in asked:
        by_host[one.host].append(one.at)
    return min((b - a for times in by_host.values() for a, b in pairwise(times)), default=float("inf"))


# PostgreSQL ------------------------------------------------------------------------------


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


class Server:
    """A PostgreSQL of our own, reached by a socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder  # a short path: that of a socket has 107 characters
        found = programs()
        assert found is not None
        self._programs = found
        self._user = "postgres" if os.geteuid() == 0 else None  # which refuses to run as root
        folder.mkdir(mode=0o755)
        if self._user:
            shutil.chown(folder, self._user)
        db = str(folder / "db")
        self._run("initdb", "-D", db, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        self.start()

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off -c max_connections=200"
        self._control("-o", options, "-l", f"{self.folder}/log", "-w", "start")

    def stop(self, how: str = "fast") -> None:
        self._control("-m", how, "-w", "stop")

    def url(self, name: str, role: str = "postgres") -> str:
        return f"postgresql://{role}@/{name}?host={self.folder}"

    @property
    def pid(self) -> int:
        """The process all others of it descend from."""
        return int((self.folder / "db" / "postmaster.pid").read_text().split()[0])

    def run_sql(self, name: str, statements: str) -> None:
        """Let psql run *statements*, as an operator would."""
        subprocess.run(
            [self._programs / "psql", "-v", "ON_ERROR_STOP=1", "-q", "-h", self.folder, "-U", "postgres", "-d", name],
            input=statements.encode(), check=True, timeout=60,
        )  # fmt: skip

    def remove(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _control(self, *words: str) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "db"), *words)

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [self._programs / program, *words], user=self._user, check=True, cwd="/", timeout=300,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


# the fleet -------------------------------------------------------------------------------


def write_project(  # noqa: PLR0913 -- what a test may choose
    folder: Path, newsrooms: Newsrooms, *, hosts: int, each: int, delay_s: float, every: str
) -> None:
    """Write a project with *each* sources on each of *hosts* loopback addresses."""
    (folder / "sources.d").mkdir(parents=True)
    keys = []
    for n in range(hosts * each):
        key = f"farm-{n:04d}"
        keys.append(f'"{key}"')
        (folder / "sources.d" / f"{key}.toml").write_text(
            f'title = "Newsroom {n}"\nlanguage = "en"\ntime-zone = "Asia/Hong_Kong"\nevery = "{every}"\n'
            f"allow-private = true\ndelay = {delay_s}\n"
            f'[listing]\nurl = "http://{address(n // each)}:{newsrooms.port}/s{n}/"\nlinks = "ul.list a"\n'
            'native-id = "\\\\d+(?=\\\\.htm)"\n'
            '[release]\ntitle = "h1"\nbody = "div.body"\npublished = { css = "p.date", zone = "Asia/Hong_Kong" }\n',
            encoding="utf-8",
        )
    (folder / "baywire.toml").write_text(
        f'[sources]\nuse = [{", ".join(keys)}]\n[fleet]\nheartbeat = "1s"\n[log]\nlevel = "info"\n', encoding="utf-8"
    )


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("BAYWIRE_")} | more


@dataclass(slots=True)
class Fleet:
    """The processes of one fleet, all working in *folder* on the database *url*."""

    folder: Path
    url: str
    more: dict[str, str] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    count: int = 0

    def type(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(*words), cwd=self.folder, env=self._environment(), capture_output=True, text=True,
            check=False, timeout=300,
        )  # fmt: skip

    def start(self, name: str, *words: str, folder: Path | None = None) -> subprocess.Popen[bytes]:
        self.count += 1
        with (self.folder / f"log.{name}").open("ab") as log:
            process = subprocess.Popen(
                self._command(*words), cwd=folder or self.folder, env=self._environment(), stderr=log, stdout=log
            )
        self.running[name] = process
        return process

    def scheduler(self, name: str = "scheduler", folder: Path | None = None) -> None:
        self.start(name, "run", "--fleet", "--no-serve", folder=folder)

    def worker(self, name: str, *words: str) -> None:
        self.start(name, "worker", *words)

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        process = self.running.pop(name)
        process.send_signal(number)
        return process.wait(120)

    def log(self, name: str) -> str:
        return (self.folder / f"log.{name}").read_text(encoding="utf-8", errors="replace")

    def logs(self) -> str:
        return "\n".join(
            f"== {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in sorted(self.folder.glob("log.*"))
        )

    def close(self) -> None:
        for name in list(self.running):
            with contextlib.suppress(ProcessLookupError):
                self.kill(name)

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-W", "error", "-m", "scheduler", *words]

    def _environment(self) -> dict[str, str]:
        return environment(BAYWIRE_STORE_URL=self.url, **self.more)


def wait_for(look: Callable[[], object], what: str, seconds: float = START_S, tell: Callable[[], str] = str) -> None:
    until = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < until, f"waited {seconds:.0f} s for {what}\n{tell()}"
        time.sleep(0.1)


def files_of(folder: Path, *below: str) -> dict[str, bytes]:
    """Return what is published in *folder* below the given folders."""
    found: Iterator[Path] = (path for part in below for path in (folder / part).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def main(words: Sequence[str]) -> None:
    log, latency_s, releases = words
    asyncio.run(_serve(Path(log), float(latency_s), int(releases)))


if __name__ == "__main__":
    main(sys.argv[1:])
