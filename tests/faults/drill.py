"""The drill: one source lives through all that befalls a newsroom, and loses, doubles and invents nothing.

Run it: ``python tests/faults/drill.py [-v]``. A real server on loopback, real crawl children, the real store and
publisher; only the clock is told what time it is, and goes from one due time to the next.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from crawler.batch import Batch, SourceOutcome
from crawler.run import Zygote
from crawler.source import load_sources
from feeds import topic
from feeds.publish import publish
from feeds.site import Site
from feeds.store import State, Store, open_store

if TYPE_CHECKING:
    from faults.chaos import Chaos
    from faults.drill_newsroom import Newsroom

KEY = "drill"
START = datetime(2026, 4, 14, 1, 0, tzinfo=UTC)  # as drill_newsroom has it
EVERY = timedelta(minutes=10)
BAD = {State.SUSPICIOUS, State.FAILING, State.BLOCKED, State.GONE}
WELL = {State.PENDING, State.HEALTHY}
RULES = """\
title     = "Drill"
language  = "en"
time-zone = "Asia/Hong_Kong"
every     = "10m"
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


@dataclass(slots=True, kw_only=True)
class Row:
    """What one fault did."""

    fault: str
    crawls: int = 0
    state: str = ""
    alerts: int = 0
    expected_alerts: int = 0
    recoveries: int = 0
    published: int = 0  # releases the newsroom put out meanwhile
    new: int = 0
    changed: int = 0
    expected_changed: int = 0
    lost: int = 0
    doubled: int = 0
    falsely_new: int = 0
    feeds: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether all was as it has to be."""
        counts = (self.lost, self.doubled, self.falsely_new, self.changed - self.expected_changed)
        return not any(counts) and self.alerts == self.expected_alerts and self.feeds != "CHANGED" and not self.notes


class Drill:
    """Plays the faults, one after the other, on one source."""

    def __init__(self, folder: Path, zygote: Zygote, runner: asyncio.Runner, server: Chaos) -> None:
        self.folder = folder
        self.zygote = zygote
        self.runner = runner
        self.newsroom: Newsroom = _load("drill_newsroom").Newsroom(server, folder)
        self.now = START
        self.rows: list[Row] = []
        self.verbose = False
        self.topics = topic.load()
        self.site = Site(base_url="https://news.example/", title="Drill")
        (folder / "sources.d").mkdir()
        (folder / "sources.d" / f"{KEY}.toml").write_text(RULES.format(url=server.url("/list")), encoding="utf-8")
        source = load_sources(folder / "sources.d", use=[KEY])[KEY]
        with self.store() as store:
            store.sync_sources([source.newsroom()], now=self.now)
        self.newsroom.says(self.now, 0)

    def store(self) -> Store:
        return open_store(f"sqlite:///{self.folder}/store.sqlite3")

    def crawl(self) -> SourceOutcome:
        """Crawl when the source is next due, and publish."""
        batch = Batch(
            run="drill",
            sources=(KEY,),
            folders=(str(self.folder / "sources.d"),),
            store_url=f"sqlite:///{self.folder}/store.sqlite3",
            now=self.now.isoformat(),
            wall_s=60.0,
        )
        report = self.runner.run(self.zygote.crawl(batch, lambda _: None))
        with self.store() as store:
            publish(store, self.topics, self.site, self.folder / "public", now=self.now)
            state = store.source_state(KEY)
        due = state.next_due if state is not None and state.next_due is not None else self.now
        self.now = max(self.now + EVERY, due) + timedelta(seconds=1)
        return report.outcomes[0]

    def feeds(self) -> str:
        """Return a digest of every content feed as it is published."""
        found = hashlib.sha256()
        for path in sorted((self.folder / "public" / "feeds").rglob("*.*")):
            found.update(path.name.encode() + path.read_bytes())
        return found.hexdigest()

    def play(  # noqa: PLR0913 - what a fault is, by name
        self,
        fault: str,
        *,
        crawls: int = 3,
        outage: bool = False,
        says: int = 1,
        alerts: int = 0,
        state: str = "",
        changed: int = 0,
        until: timedelta | None = None,
    ) -> Row:
        """Crawl through *fault*, during which the newsroom says something; take down what came of it."""
        row = Row(fault=fault, expected_alerts=alerts, expected_changed=changed, published=says)
        with self.store() as store:
            before = {event.since for event in store.events(limit=500, source=KEY)}
        feeds, end = self.feeds() if self.rows else "", None if until is None else self.now + until
        held, told = self._held(), self.told()
        self.newsroom.says(self.now, says)
        while row.crawls < crawls or (end is not None and self.now < end):
            outcome = self.crawl()
            row.crawls += 1
            if self.verbose:
                sys.stderr.write(f"{fault}: {outcome}\n")
            row.new += outcome.new
            row.changed += outcome.changed
            if outage and self.feeds() != feeds:
                row.feeds = "CHANGED"
        if outage:
            row.feeds = row.feeds or "unchanged"
        with self.store() as store:
            fresh = [event for event in store.events(limit=500, source=KEY) if event.since not in before]
            now = store.source_state(KEY)
        row.alerts = sum(
            event.state in BAD or (event.state is State.REPAIRED and event.previous in WELL) for event in fresh
        )
        row.recoveries = sum(event.state in {*WELL, State.REPAIRED} and event.previous in BAD for event in fresh)
        if len(self.told() - told) != len(fresh):
            row.notes.append(f"status.atom tells {len(self.told() - told)} of {len(fresh)} changes of state")
        row.state = now.state.value if now is not None else "none"
        if state and row.state != state:
            row.notes.append(f"state is {row.state}, not {state}")
        self._count(row, held, outage=outage)
        self.rows.append(row)
        return row

    def told(self) -> set[str]:
        """Return the ids of the entries that operators were told in status.atom."""
        file = self.folder / "public" / "status.atom"
        entries = file.read_text(encoding="utf-8").partition("<entry")[2] if file.exists() else ""
        return set(re.findall(r"<id>([^<]+)</id>", entries))

    def _held(self) -> list[int]:
        """Return the numbers of the releases in the store, each as often as it is held."""
        with self.store() as store:
            ids = store.newest(source=KEY, limit=1000)
            return [int(release.url.rpartition("/")[2].partition(".")[0]) for release in store.releases(ids).values()]

    def _count(self, row: Row, before: list[int], *, outage: bool) -> None:
        held = self._held()
        row.doubled = len(held) - len(set(held))
        row.falsely_new = row.new - len(set(held) - set(before))
        row.lost = 0 if outage else len(set(range(1, self.newsroom.count + 1)) - set(held))
        with self.store() as store:
            titles = {release.title for release in store.releases(store.newest(source=KEY, limit=1000)).values()}
        wrong = titles - {self.newsroom.title(n) for n in range(1, self.newsroom.count + 1)}
        row.notes += [f"a title is wrong: {title}" for title in sorted(wrong)[:1]]


def play_all(drill: Drill) -> None:
    """Play every fault, each with its recovery."""
    room, server = drill.newsroom, drill.newsroom.server
    usual = server.routes["/list"]
    drill.play("calm", crawls=4, state="healthy")

    room.modern = True
    drill.play("redesign", alerts=1, says=2, state="repaired")

    room.shown = lambda: "<title>Maintenance</title><p>The site is under maintenance. 系統維護</p>"
    drill.play("maintenance page, 200", outage=True, alerts=1, state="suspicious")
    room.shown = None
    _recovery(drill)

    server.page("/list", "broken", 500)
    drill.play("500 for hours", outage=True, alerts=1, state="failing", until=timedelta(hours=3))
    server.routes["/list"] = usual
    _recovery(drill)

    room.shown = lambda: room.list_page([])
    drill.play("empty list", outage=True, alerts=1, state="suspicious")
    room.shown = None
    _recovery(drill)

    room.shown = lambda: room.list_page(room.newest(3))
    drill.play("shrunken list", outage=True, alerts=1, state="suspicious")
    room.shown = None
    _recovery(drill)

    room.titles[15] = "Corrected title of report no. 15, with another sum"
    drill.play("corrected title", changed=1, state="repaired")

    room.scheme = "https"
    drill.play("addresses move to https", state="repaired")

    room.header = "text/html; charset=big5"
    drill.play("lying header", state="repaired")
    room.header = "text/html; charset=utf-8"

    asked = len(server.asked)
    server.page("/list", "slow down", 429, "Retry-After: 7200")
    row = drill.play("429, Retry-After 2 h", outage=True, alerts=1, state="blocked", until=timedelta(hours=4))
    if len(server.asked) - asked > 3:
        row.notes.append(f"asked {len(server.asked) - asked} times in 4 h")
    server.routes["/list"] = usual
    _recovery(drill)

    room.modern, room.shown = False, None
    drill.play("the old design returns", state="healthy")


def _recovery(drill: Drill) -> None:
    """Let the site be well again: what was said meanwhile arrives, and the source stands as it stood."""
    row = drill.play("  and recovers", crawls=2, says=0, state="repaired")
    if row.recoveries != 1:
        row.notes.append(f"{row.recoveries} notes that it is back, not one")


def table(rows: Sequence[Row]) -> str:
    """Return *rows* as a table."""
    heads = ("fault", "crawls", "state then", "alerts", "said", "new", "corrected", "lost", "doubled", "falsely new")
    lines = [(*heads, "feeds meanwhile", "")]
    lines += [
        (
            row.fault,
            str(row.crawls),
            row.state,
            str(row.alerts),
            str(row.published),
            str(row.new),
            str(row.changed),
            str(row.lost),
            str(row.doubled),
            str(row.falsely_new),
            row.feeds or "-",
            "holds" if row.holds else f"FAILS {'; '.join(row.notes)}".strip(),
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _load(name: str) -> ModuleType:
    """Return the module *name* beside this one, which is run by hand or is one of the tests'."""
    return importlib.import_module(f"{__package__}.{name}" if __package__ else name)


def run(folder: Path, *, verbose: bool = False) -> tuple[Row, ...]:
    """Play the drill in *folder* and return its rows; *verbose* tells every crawl on stderr."""
    server = _load("chaos").Chaos()
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(folder / "site.pem")  # the zygote trusts the site of this drill
    zygote = Zygote()
    try:
        with asyncio.Runner() as runner:
            drill = Drill(folder, zygote, runner, server)
            drill.verbose = verbose
            play_all(drill)
            zygote.close()
    finally:
        os.environ.pop("SSL_CERT_FILE")
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before
        server.close()
    return tuple(drill.rows)


def main() -> int:
    """Play the drill and print its table; 1 where a promise does not hold."""
    with tempfile.TemporaryDirectory(prefix="baywire-drill-") as folder:
        rows = run(Path(folder), verbose="-v" in sys.argv)
    print(table(rows))  # noqa: T201 - what this command is for
    return int(not all(row.holds for row in rows))


if __name__ == "__main__":
    sys.exit(main())
