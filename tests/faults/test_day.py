"""A day of 200 sources under a clock that is told what time it is, with faults drawn by lot."""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import feedparser
import pytest

from scheduler.config import load
from scheduler.daemon import Daemon
from scheduler.desk import open_desk

if TYPE_CHECKING:
    from faults.chaos import Chaos, Wire

SOURCES, HOSTS = 200, 20
HOURS = 24 + 26  # a source that answered 404 is looked at once a day
SOURCE = """\
title     = "Source {n}"
language  = "en"
time-zone = "Asia/Hong_Kong"
every     = "1h"
delay     = 0
allow-private = true
[listing]
url   = "http://127.0.0.{host}:{port}/s{n}/list"
links = "a.release"
[release]
title     = "h1"
body      = "div.body"
published = "p.date"
"""


class Newsrooms:
    """All newsrooms on one server; each hour some publish, and some are out of order."""

    def __init__(self, server: Chaos, chance: random.Random) -> None:
        self.server = server
        self.chance = chance
        self.counts = [3] * SOURCES
        self.faults: dict[int, str] = {}
        server.page("/robots.txt", "User-agent: *\nAllow: /\n", kind="text/plain")
        for n in range(SOURCES):
            server.routes[f"/s{n}/list"] = lambda wire, n=n: self._list(wire, n)
        self._tell()

    def hour(self, *, well: bool) -> None:
        """Let an hour go by."""
        kinds = ("500", "empty", "reset", "maintenance", "404")
        lots = {n: self.chance.choice(kinds) for n in range(SOURCES) if self.chance.random() < 0.1}
        self.faults = {} if well else lots
        for n in range(SOURCES):
            self.counts[n] += not well and self.chance.random() < 0.1
        self._tell()

    def addresses(self) -> set[str]:
        return {f"/s{n}/r/{k}.htm" for n in range(SOURCES) for k in range(1, self.counts[n] + 1)}

    def _tell(self) -> None:
        for n in range(SOURCES):
            for k in range(1, self.counts[n] + 1):
                self.server.routes.setdefault(f"/s{n}/r/{k}.htm", lambda wire, n=n, k=k: self._release(wire, n, k))

    def _list(self, wire: Wire, n: int) -> None:
        match self.faults.get(n, ""):
            case "500":
                wire.page("no", 500)
            case "404":
                wire.page("no", 404)
            case "reset":
                wire.reset()
            case "empty":
                wire.page("<html><body><ul></ul></body></html>")
            case "maintenance":
                wire.page("<html><title>Maintenance</title><body><h1>Under maintenance</h1></body></html>")
            case _:
                rows = range(self.counts[n], 0, -1)
                links = "".join(f'<li><a class="release" href="/s{n}/r/{k}.htm">{_title(n, k)}</a></li>' for k in rows)
                wire.page(f"<html><body><ul>{links}</ul></body></html>")

    def _release(self, wire: Wire, n: int, k: int) -> None:
        body = f"The department of {n} said on Monday that number {k} had been released to the public. " * 2
        date = f"2026-04-{k % 28 + 1:02d} 10:00"
        wire.page(f'<html><body><h1>{_title(n, k)}</h1><p class="date">{date}</p><div class="body"><p>{body}</p></div>')


def _title(n: int, k: int) -> str:
    return f"Release number {k} of department {n}"


def _pages(pid: int | str) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.soak
def test_n3_a_day_of_200_sources_with_faults_by_lot(tmp_path: Path) -> None:
    from faults.chaos import Chaos

    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201  # pytest shows it with a failure
    server = Chaos("0.0.0.0")  # noqa: S104  # twenty hosts of loopback
    rooms = Newsrooms(server, random.Random(seed))  # noqa: S311  # it guards nothing
    (tmp_path / "sources.d").mkdir()
    for n in range(SOURCES):
        text = SOURCE.format(n=n, host=n % HOSTS + 1, port=server.port)
        (tmp_path / "sources.d" / f"s{n}.toml").write_text(text, encoding="utf-8")
    keys = [f"s{n}" for n in range(SOURCES)]
    (tmp_path / "baywire.toml").write_text(f'[sources]\nuse = {keys!r}\n[publish]\nformats = ["atom"]\n', "utf-8")
    now = [datetime(2026, 4, 29, tzinfo=UTC)]
    used: list[tuple[int, int]] = []
    known: dict[str, str] = {}
    asked: Counter[str] = Counter()

    async def live(daemon: Daemon) -> None:
        for hour in range(HOURS):
            rooms.hour(well=hour >= 24)
            now[0] += timedelta(hours=1)
            before = Counter(one.path for one in server.asked if one.path.endswith("/list"))
            await daemon.tick()
            while daemon._tasks:
                await asyncio.wait(set(daemon._tasks))
            if daemon.desk.stale:
                await daemon._publish()
            after = Counter(one.path for one in server.asked if one.path.endswith("/list"))
            asked.update({path: after[path] - before[path] for path in after})
            assert max((after - before).values(), default=0) <= 2, "asked too often in an hour"
            gc.collect()
            used.append((_pages("self"), _descriptors()))

    config = load(tmp_path, environ={})
    spent = time.process_time()
    with open_desk(config, clock=lambda: now[0]) as desk:
        asyncio.run(live(Daemon(desk, load=lambda: config)))
        ids = {release: desk.store.release(release) for release in desk.store.newest(limit=None)}
    spent = time.process_time() - spent
    for n in range(SOURCES):
        for entry in feedparser.parse((tmp_path / f"public/feeds/source/s{n}.atom").read_bytes()).entries:
            assert known.setdefault(entry.id, entry.link) == entry.link
    held = Counter(release.url.partition(f":{server.port}")[2] for release in ids.values() if release is not None)
    server.close()
    assert rooms.addresses() - set(held) == set(), "lost"
    assert [url for url, times in held.items() if times > 1] == [], "doubled"
    assert set(known) == set(ids), "in the store and in no feed"
    pages, descriptors = [one[0] for one in used], [one[1] for one in used]
    slope = (sum(pages[-6:]) - sum(pages[12:18])) / 6 / 18 * 4096
    print(f"{spent:.0f} CPU seconds of daemon, publisher and newsrooms; {slope:.0f} bytes an hour")  # noqa: T201
    assert max(descriptors[12:]) <= min(descriptors[12:]) + 4
    assert slope < 256 * 1024
    assert spent < 0.005 * HOURS * 3600
