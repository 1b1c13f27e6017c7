"""The zygote: what it loads, and what it must not hold when it forks."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.run import Batch, Report, Zygote, crawl
from crawler.zygote import WARM
from feeds.error import SourceError

STATE = """
import sys, threading, os
from crawler.zygote import warm
before = {int(n) for n in os.listdir("/proc/self/fd")}
warm()
from crawler.rehearsal import rehearse
rehearse()
assert threading.active_count() == 1, threading.enumerate()
assert "twisted.internet.reactor" not in sys.modules
assert not {"scrapy.extensions.telnet", "scrapy.extensions.remote_control"} & set(sys.modules)
left = {int(n) for n in os.listdir("/proc/self/fd")} - before
assert len(left) <= 1, left
"""


def test_a_warm_zygote_holds_no_thread_no_reactor_and_no_connection() -> None:
    subprocess.run([sys.executable, "-P", "-W", "error", "-c", STATE], check=True)


def test_a_child_imports_next_to_nothing_that_the_zygote_has_not(tmp_path: Path, shared: Path) -> None:
    from crawler.source import load_sources
    from feeds.store import open_store

    url = f"sqlite:///{tmp_path}/store.sqlite3"
    with open_store(url) as store:
        newsrooms = [source.newsroom() for source in load_sources(use=["hk-gia-en", "mo-gcs-zh"]).values()]
        store.sync_sources(newsrooms, now=datetime.now(UTC))
    batch = Batch(run="r", sources=("hk-gia-en", "mo-gcs-zh"), store_url=url, replay=str(shared / "pages"))

    async def once() -> Report:
        zygote = Zygote()
        try:
            return await zygote.crawl(batch, lambda _: None)
        finally:
            zygote.close()

    report = asyncio.run(once())
    assert report.ended == "ok"
    assert set(report.cold) <= {"twisted.internet.reactor"}


def test_every_warm_module_is_ours_or_installed() -> None:
    import importlib.util

    missing = [name for name in WARM if importlib.util.find_spec(name) is None]
    assert not missing


def test_a_zygote_that_cannot_warm_up_is_told_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "crawler").mkdir()
    broken = tmp_path / "crawler"
    (broken / "__init__.py").write_text("", encoding="utf-8")
    (broken / "zygote.py").write_text("raise SystemExit(3)\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    async def start() -> None:
        zygote = Zygote()
        try:
            await zygote.start()
        finally:
            zygote.close()

    began = time.monotonic()
    with pytest.raises(SourceError, match="did not start"):
        asyncio.run(start())
    assert time.monotonic() - began < 10


def test_a_zygote_closes_itself_when_idle_and_starts_again() -> None:
    async def rest() -> tuple[int | None, int | None, int | None]:
        zygote = Zygote(idle_s=0.2)
        batch = Batch(run="r", urls=("http://127.0.0.1:9/",), wall_s=20)
        await zygote.crawl(batch, lambda _: None)
        warm = zygote.pid
        await asyncio.sleep(0.8)
        cold = zygote.pid
        await zygote.crawl(batch, lambda _: None)
        again = zygote.pid
        zygote.close()
        return warm, cold, again

    warm, cold, again = asyncio.run(rest())
    assert warm is not None
    assert cold is None
    assert again not in (None, warm)


def test_a_batch_without_a_store_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    batch = Batch(run="r", sources=("hk-gia-en",), store_url=f"sqlite:///{tmp_path}/file/store.sqlite3")
    report = crawl(batch, lambda _: None)
    assert [outcome.outcome for outcome in report.outcomes] == ["failed"]
    assert "store.sqlite3" in report.outcomes[0].reason
