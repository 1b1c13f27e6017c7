"""Rows D8 and N16 under a clock that is told what time it is: a thousand cycles, a day without a network."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faults.rig import SOURCE

from scheduler.config import load
from scheduler.daemon import Daemon
from scheduler.desk import open_desk

if TYPE_CHECKING:
    from faults.chaos import Chaos

Page = Callable[..., str]
START = datetime(2026, 4, 29, tzinfo=UTC)


def live(folder: Path, url: str, life: Callable[[Callable[[timedelta], Awaitable[None]]], Awaitable[None]]) -> None:
    """Let a daemon of one source live as *life* says, which is given what lets time go by."""
    (folder / "sources.d").mkdir()
    (folder / "sources.d/bad.toml").write_text(SOURCE.format(url=url), encoding="utf-8")
    hook = '[notify]\nhook = ["sh", "-c", "cat >> told"]\n'
    (folder / "baywire.toml").write_text(f'[sources]\nuse = ["bad"]\n[publish]\nformats = ["atom"]\n{hook}', "utf-8")
    now = [START]
    config = load(folder, environ={})

    async def run(daemon: Daemon) -> None:
        async def wait(time: timedelta) -> None:
            now[0] += time
            await daemon.tick()
            while daemon._tasks:
                await asyncio.wait(set(daemon._tasks))
            if daemon.desk.stale:
                await daemon._publish()

        await life(wait)

    with open_desk(config, clock=lambda: now[0]) as desk:
        asyncio.run(run(Daemon(desk, load=lambda: config)))


def held() -> tuple[int, int]:
    """Return how many descriptors are open, and how many pages of memory are in use."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return len(list(Path("/proc/self/fd").iterdir())), pages


def feed(folder: Path) -> bytes:
    return (folder / "public/feeds/source/bad.atom").read_bytes()


@pytest.mark.soak
def test_d8_a_thousand_cycles_leave_no_descriptor_and_no_memory_behind(
    tmp_path: Path, chaos: Chaos, listing: Page
) -> None:
    used: list[tuple[int, int]] = []

    async def life(wait: Callable[[timedelta], Awaitable[None]]) -> None:
        for cycle in range(1050):
            if cycle % 50 == 0:
                chaos.page("/list", listing(*range(3 + cycle // 50, 0, -1)))
            if cycle % 50 == 25:
                chaos.page("/list", "no", 500)
            if cycle % 50 == 30:
                chaos.page("/list", listing(*range(3 + cycle // 50, 0, -1)))
            chaos.asked.clear()
            await wait(timedelta(hours=7) if 25 <= cycle % 50 < 32 else timedelta(minutes=2))
            assert len([one for one in chaos.asked if one.path == "/list"]) == 1, cycle
            if cycle % 10 == 9:
                gc.collect()
                used.append(held())

    live(tmp_path, chaos.url("/list"), life)
    descriptors, pages = [one[0] for one in used], [one[1] for one in used]
    slope = (sum(pages[-20:]) - sum(pages[20:40])) / 20 / (len(pages) - 40) / 10 * 4096
    print(f"{slope:.0f} bytes a cycle; {min(descriptors)} to {max(descriptors)} descriptors")  # noqa: T201
    assert max(descriptors[5:]) <= min(descriptors[5:]) + 3
    assert slope < 2048
    assert feed(tmp_path).count(b"<entry") == 23


def test_n16_after_a_day_without_a_network_the_source_is_asked_once_and_nothing_is_lost(
    tmp_path: Path, chaos_at: Callable[..., Chaos], listing: Page, release: Page
) -> None:
    servers = [chaos_at()]

    def opens(count: int) -> Chaos:
        server = chaos_at("127.0.0.1", servers[0].port) if servers[0].asked else servers[0]
        server.page("/robots.txt", "User-agent: *\nAllow: /\n", kind="text/plain")
        server.page("/list", listing(*range(count, 0, -1)))
        for n in range(1, count + 1):
            server.page(f"/r/{n}.htm", release(n))
        return server

    async def life(wait: Callable[[timedelta], Awaitable[None]]) -> None:
        opens(4)
        await wait(timedelta(minutes=2))
        before = feed(tmp_path)
        assert before.count(b"<entry") == 4
        servers[0]._server.shutdown()
        servers[0]._server.server_close()
        for _ in range(24 * 6):
            await wait(timedelta(minutes=10))
            assert feed(tmp_path) == before
        again = opens(9)
        for _ in range(7 * 6):
            await wait(timedelta(minutes=10))
            if again.times("/list"):
                break
        assert len(again.times("/list")) == 1
        assert feed(tmp_path).count(b"<entry") == 9

    live(tmp_path, servers[0].url("/list"), life)
    told = [json.loads(line)["alarm"] for line in (tmp_path / "told").read_text("utf-8").splitlines()]
    assert told in (["failing", "recovered"], ["failing", "reminder", "recovered"])
