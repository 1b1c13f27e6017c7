"""An office: one source that is crawled and published under a clock of its own, and what readers and operators get."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import feedparser
import pytest
from faults.rig import SOURCE

from crawler.contract import _USUAL_RUNS
from scheduler.config import load
from scheduler.desk import Desk, open_desk
from scheduler.order import Order
from scheduler.perform import perform

if TYPE_CHECKING:
    from faults.chaos import Chaos

    from crawler.run import Zygote

Page = Callable[..., str]
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HELD = range(10, 0, -1)


class Office:
    """One source that is crawled and published, and what its operator was told."""

    def __init__(self, folder: Path, chaos: Chaos, warm: tuple[asyncio.Runner, Zygote]) -> None:
        self.folder, self.now = folder, NOON
        self.runner, self.zygote = warm
        (folder / "sources.d").mkdir()
        (folder / "sources.d/bad.toml").write_text(SOURCE.format(url=chaos.url("/list")), encoding="utf-8")
        hook = 'hook = ["sh", "-c", "cat >> told"]\n'
        (folder / "baywire.toml").write_text(f'[sources]\nuse = ["bad"]\n[notify]\n{hook}', encoding="utf-8")

    def crawl(self, hours: float = 1) -> str:
        """Crawl and publish as the daemon does, *hours* later; return the outcome."""
        self.now += timedelta(hours=hours)
        outcomes: list[str] = []

        def hear(line: object) -> None:
            if isinstance(line, dict) and line["kind"] == "crawl":
                outcomes.append(line["outcome"])

        async def work(desk: Desk) -> None:
            await perform(desk, Order(verb="crawl", sources=("bad",)), hear)

        with open_desk(load(self.folder, environ={}), clock=lambda: self.now) as desk:
            own, desk.zygote = desk.zygote, self.zygote  # which is warm, and outlives the desk
            try:
                self.runner.run(work(desk))
            finally:
                desk.zygote = own
        return outcomes[-1]

    def feeds(self) -> dict[str, bytes]:
        """Return the bytes of all that readers poll."""
        paths = sorted((self.folder / "public/feeds").rglob("*"))
        return {str(path): path.read_bytes() for path in paths if path.suffix in {".atom", ".rss", ".json", ".gz"}}

    def entries(self) -> dict[str, str]:
        """Return id → address of the source's feed, in which nothing stands twice."""
        parsed = feedparser.parse((self.folder / "public/feeds/source/bad.atom").read_bytes())
        assert not parsed.bozo
        found = {entry.id: entry.link for entry in parsed.entries}
        assert len(found) == len(set(found.values())) == len(parsed.entries)
        return found

    def told(self) -> list[str]:
        """Return the alarms that went out, in their order."""
        file = self.folder / "told"
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        assert all(json.loads(line)["reason"] or json.loads(line)["alarm"] == "recovered" for line in lines)
        return [json.loads(line)["alarm"] for line in lines]


@pytest.fixture
def empty(tmp_path: Path, chaos: Chaos, _warm: tuple[asyncio.Runner, Zygote]) -> Office:
    """Return an office that has never been crawled."""
    return Office(tmp_path, chaos, _warm)


@pytest.fixture
def office(empty: Office, chaos: Chaos, listing: Page) -> Office:
    """Return an office with ten releases, all of them published."""
    chaos.page("/list", listing(*HELD))
    made = empty
    assert [made.crawl() for _ in range(_USUAL_RUNS + 1)] == ["new", *["unchanged"] * _USUAL_RUNS]
    assert len(made.entries()) == len(HELD)
    return made
