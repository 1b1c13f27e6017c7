"""What a monitor is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scheduler import metrics
from scheduler.config import load
from scheduler.cycle import crawl_batch
from scheduler.desk import Desk, open_desk
from scheduler.metrics import metrics_text
from scheduler.order import Order

NOON = datetime(2026, 4, 14, 4, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(load(tmp_path, environ={}), clock=lambda: NOON) as desk:
        yield desk


async def crawled(desk: Desk, shared: Path) -> None:
    order = Order(verb="crawl", sources=("mo-gcs-zh",), replay=str(shared / "pages"))
    try:
        await crawl_batch(desk, ("mo-gcs-zh",), order, lambda _: None)
    finally:
        desk.zygote.close()


def test_a_monitor_is_told_of_runs_releases_and_bytes(desk: Desk, shared: Path) -> None:
    asyncio.run(crawled(desk, shared))
    lines = dict(line.rsplit(" ", 1) for line in metrics_text(desk).splitlines() if line[0] != "#")
    assert lines['baywire_runs_total{source="mo-gcs-zh",outcome="new"}'] == "1"
    assert lines['baywire_items_total{source="mo-gcs-zh",change="new"}'] == "24"
    assert int(lines['baywire_fetch_bytes_total{source="mo-gcs-zh"}']) > 2_000


def test_labels_are_of_what_is_configured_and_no_more_than_a_monitor_keeps(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.counts["runs", "gone", "new"] += 1
    for key in desk.sources:
        desk.counts["runs", key, "new"] += 1
    assert 'source="gone"' not in metrics_text(desk)
    monkeypatch.setattr(metrics, "_MOST", 3)
    told = [line for line in metrics_text(desk).splitlines() if "runs_total{" in line]
    assert len(told) == 3
    assert f"# baywire: {len(desk.sources) - 3} more are left out" in metrics_text(desk)


def test_the_size_of_a_store_is_told_with_its_log_and_a_lost_one_silences_nothing(desk: Desk, tmp_path: Path) -> None:
    def told() -> float:
        lines = dict(line.rsplit(" ", 1) for line in metrics_text(desk).splitlines() if line[0] != "#")
        return float(lines["baywire_db_bytes"])

    file = tmp_path / "var" / "baywire.sqlite3"
    desk.store.set_meta("long", "x" * 100_000)
    assert told() >= 100_000
    file.rename(tmp_path / "away")
    assert told() >= 0
