"""A server that misbehaves, a newsroom on it, and crawls in real children."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.run import Batch, Report, SourceOutcome, Zygote
from feeds.store import KeptPage, Run, SourceState, Store

if TYPE_CHECKING:
    from faults.chaos import Chaos
    from faults.rig import Rig


_chaos = importlib.import_module("faults.chaos")
_wire = importlib.import_module("faults.wire")
site, serve, wire, strict = _wire.site, _wire.serve, _wire.wire, _wire.strict  # fixtures
_office = importlib.import_module("faults.office")
empty, office = _office.empty, _office.office  # fixtures
_rig = importlib.import_module("faults.rig")

RULES = """\
title     = "Chaos"
language  = "en"
time-zone = "Asia/Hong_Kong"
every     = "10m"
delay     = 0
allow-private = true
{more}
[listing]
url   = "{url}"
links = "a.release"
{listing}
[release]
title     = "h1"
body      = "div.body"
published = "p.date"
"""

FEED_RULES = """\
title     = "Chaos feed"
kind      = "feed"
language  = "en"
time-zone = "Asia/Hong_Kong"
delay     = 0
allow-private = true
[listing]
url   = "{url}"
"""


def listing(*numbers: int, title: str = "Release number {n} of the department", more: str = "") -> str:
    """Return a listing page of releases by number."""
    links = "".join(f'<li><a class="release" href="/r/{n}.htm">{title.format(n=n)}</a></li>' for n in numbers)
    return f"<html><head><title>Releases</title></head><body><ul>{links}</ul>{more}</body></html>"


def release(n: int, *, text: str = "", title: str = "") -> str:
    """Return a release page."""
    body = text or f"The department said on Monday that number {n} had been released to the public. " * 3
    return (
        f"<html><head><title>{n}</title></head><body><h1>{title or f'Release number {n} of the department'}</h1>"
        f'<p class="date">2026-04-{n % 28 + 1:02d} 10:00</p><div class="body"><p>{body}</p></div></body></html>'
    )


@dataclass
class Desk:
    """Sources on a chaos server, a store, and crawls of them."""

    folder: Path
    zygote: Zygote
    runner: asyncio.Runner
    events: list[Mapping[str, object]] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/store.sqlite3"

    def source(self, key: str, url: str, *, rules: str = RULES, more: str = "", listing: str = "") -> None:
        """Write the file of a source whose listing is at *url*."""
        (self.folder / "sources.d").mkdir(exist_ok=True)
        text = rules.format(url=url, more=more, listing=listing)
        (self.folder / "sources.d" / f"{key}.toml").write_text(text, encoding="utf-8")

    def batch(self, *keys: str, **how: object) -> Batch:
        """Return a batch of sources, which the store gets to know."""
        from crawler.source import load_sources

        known = load_sources(self.folder / "sources.d")
        with self.store() as store:
            mine = [
                source.newsroom()
                for key, source in known.items()
                if (self.folder / "sources.d" / f"{key}.toml").exists()
            ]
            store.sync_sources(mine, now=datetime.now(UTC))
        defaults = {"run": "test", "store_url": self.url, "folders": (str(self.folder / "sources.d"),), "wall_s": 60.0}
        return Batch(**{**defaults, "sources": keys, **how})

    def crawl(self, *keys: str, **how: object) -> Report:
        """Crawl *keys* in a child of the zygote all tests share."""
        return self.run(self.batch(*keys, **how))

    def run(self, batch: Batch) -> Report:
        self.events.clear()
        report = self.runner.run(self.zygote.crawl(batch, self.events.append))
        self.reports.append(report)
        return report

    def outcome(self, key: str, **how: object) -> SourceOutcome:
        """Crawl one source and return its outcome."""
        report = self.crawl(key, **how)
        return next(outcome for outcome in report.outcomes if outcome.source == key)

    def store(self) -> Store:
        from feeds.store import open_store

        return open_store(self.url)

    def state(self, key: str) -> SourceState:
        with self.store() as store:
            state = store.source_state(key)
        assert state is not None
        return state

    def runs(self, key: str) -> tuple[Run, ...]:
        with self.store() as store:
            return store.runs(key)

    def count(self, key: str) -> int:
        with self.store() as store:
            return store.count(source=key)

    def titles(self, key: str) -> set[str]:
        with self.store() as store:
            return {held.title for held in store.releases(store.newest(source=key, limit=100)).values()}

    def quarantine(self, key: str) -> tuple[KeptPage, ...]:
        from feeds.store import PageKind

        with self.store() as store:
            return store.pages(key, kind=PageKind.QUARANTINE)


@pytest.fixture(scope="session")
def _warm() -> Iterator[tuple[asyncio.Runner, Zygote]]:
    with asyncio.Runner() as runner:
        zygote = Zygote()
        runner.run(zygote.start())
        yield runner, zygote
        zygote.close()


@pytest.fixture
def desk(tmp_path: Path, _warm: tuple[asyncio.Runner, Zygote]) -> Desk:
    """Return a folder for sources and a store, with a warm zygote."""
    runner, zygote = _warm
    return Desk(tmp_path, zygote, runner)


@pytest.fixture
def chaos_at() -> Iterator[Callable[..., Chaos]]:
    """Return a function that starts a chaos server at a host."""
    servers: list[Chaos] = []

    def start(host: str = "127.0.0.1", port: int = 0) -> Chaos:
        servers.append(_chaos.Chaos(host, port))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def chaos(chaos_at: Callable[..., Chaos]) -> Chaos:
    """Return a running chaos server with three good releases and a robots.txt that allows all."""
    server = chaos_at()
    server.page("/robots.txt", "User-agent: *\nAllow: /\n", kind="text/plain")
    server.page("/list", listing(1, 2, 3))
    for n in range(1, 60):
        server.page(f"/r/{n}.htm", release(n))
    return server


@pytest.fixture
def newsroom(desk: Desk, chaos: Chaos) -> Chaos:
    """Return the chaos server as the source "bad"."""
    desk.source("bad", chaos.url("/list"))
    return chaos


@pytest.fixture
def rig(tmp_path: Path, chaos_at: Callable[..., Chaos]) -> Iterator[Rig]:
    """Return a folder with the source "bad", whose newsroom has three releases, and what is typed in it."""
    made = _rig.Rig(tmp_path / "home", _rig.Newsroom(chaos_at()))
    yield made
    made.close()


@pytest.fixture(name="listing")
def _listing() -> Callable[..., str]:
    return listing


@pytest.fixture(name="release")
def _release() -> Callable[..., str]:
    return release


@pytest.fixture
def feed_rules() -> str:
    """Return the file of a source that is a feed."""
    return FEED_RULES
