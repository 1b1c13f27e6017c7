"""What no row lists: those who are told hang, are slow, are many or are told all at once; no crawl waits for them."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faults.rig import SOURCE

from feeds.store.state import Outcome, SourceState, State
from scheduler import alarm
from scheduler import daemon as daemon_module
from scheduler.alarm import sound_alarms
from scheduler.config import Config, load
from scheduler.daemon import Daemon
from scheduler.desk import Desk, open_desk

if TYPE_CHECKING:
    from faults.chaos import Chaos

NOON = datetime(2026, 4, 29, 12, tzinfo=UTC)


def sources(folder: Path, keys: list[str], url: str, more: str) -> None:
    """Write the files of sources, and a configuration."""
    (folder / "sources.d").mkdir()
    for key in keys:
        (folder / "sources.d" / f"{key}.toml").write_text(SOURCE.format(url=f"{url}?{key}"), encoding="utf-8")
    (folder / "baywire.toml").write_text(
        f'[sources]\nuse = {json.dumps(keys)}\n[publish]\nformats = ["atom"]\n[notify]\n{more}', encoding="utf-8"
    )


def a_bad_one_beside_a_well_one(folder: Path, chaos: Chaos, more: str) -> Config:
    """Write two sources, of which one fails; return the configuration."""
    sources(folder, ["bad", "well"], chaos.url("/list"), more)
    chaos.page("/list?well", '<a class="release" href="/r/1.htm">Release number one</a>')
    chaos.page("/list?bad", "no", 500)
    return load(folder, environ={})


async def twice(daemon: Daemon, now: list[datetime]) -> None:
    """Let the sources come due twice."""
    for _ in range(2):
        await daemon.tick()
        await until(lambda: not daemon._taken)
        now[0] += timedelta(minutes=3)


async def until(done: Callable[[], object]) -> None:
    async with asyncio.timeout(240):
        while not done():  # noqa: ASYNC110  # what is waited for knows of no event
            await asyncio.sleep(0.01)


def fail(desk: Desk, *, all_but: int = 0) -> list[str]:
    """Let the sources be failing, and return which."""
    keys = sorted(desk.sources)[all_but:]

    def write(writing: object) -> None:
        for key in keys:
            state = SourceState(
                key=key, state=State.FAILING, reason="HTTP 500", outcome=Outcome.FAILED, since=NOON, last_run=NOON
            )
            writing.set_state(state, now=NOON)  # type: ignore[attr-defined]

    desk.store.write(write)
    return keys


def test_a_hook_that_hangs_keeps_no_source_from_its_crawls_and_is_killed_with_its_children(
    tmp_path: Path, chaos: Chaos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_module, "_REST_S", 0.2)
    hook = 'hook = ["sh", "-c", "echo $$ >> pids; sleep 600 & echo $! >> pids; wait"]\n'
    config, now = a_bad_one_beside_a_well_one(tmp_path, chaos, hook), [NOON]

    async def live(desk: Desk) -> None:
        daemon = Daemon(desk, load=lambda: config)
        await twice(daemon, now)
        await until((tmp_path / "pids").exists)
        began = time.monotonic()
        await daemon._drain()
        assert time.monotonic() - began < alarm._HOOK_S - 5

    with open_desk(config, clock=lambda: now[0]) as desk:
        asyncio.run(live(desk))
    assert len(chaos.times("/list?well")) == 2
    pids = [int(pid) for pid in (tmp_path / "pids").read_text("utf-8").split()]
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists() and _state(pid) != "Z"]


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]


def test_one_alarm_that_its_hook_hangs_on_does_not_keep_the_others_from_being_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarm, "_HOOK_S", 0.3)
    monkeypatch.setattr(alarm, "_ROUND_S", 0.2)
    hook = 'hook = ["sh", "-c", "read line; case $line in *s00*) sleep 600;; esac; echo $line >> told"]\n'
    sources(tmp_path, [f"s0{n}" for n in range(6)], "http://a.example/", hook)
    config = load(tmp_path, environ={})
    with open_desk(config, clock=lambda: NOON) as desk:
        keys = fail(desk)
        for _ in range(240):
            asyncio.run(sound_alarms(desk))
            told = tmp_path / "told"
            lines = told.read_text("utf-8").splitlines() if told.exists() else []
            if len(lines) == len(keys) - 1:
                break
        asyncio.run(sound_alarms(desk))
    assert sorted(json.loads(line)["source"] for line in lines) == keys[1:]
    assert told.read_text("utf-8").splitlines() == lines, "told again"


@pytest.mark.parametrize("count", [60, pytest.param(2000, marks=pytest.mark.soak)])
def test_alarms_of_many_sources_at_once_are_each_told_once_and_survive_a_restart(tmp_path: Path, count: int) -> None:
    sources(tmp_path, [f"s{n}" for n in range(count)], "http://a.example/", 'hook = ["sh", "-c", "cat >> told"]\n')
    config = load(tmp_path, environ={})

    def told(desk: Desk) -> Counter[str]:
        asyncio.run(sound_alarms(desk))
        return Counter(json.loads(line)["source"] for line in (tmp_path / "told").read_text("utf-8").splitlines())

    with open_desk(config, clock=lambda: NOON) as desk:
        keys = fail(desk)
        while len(told(desk)) < count:
            pass
    with open_desk(config, clock=lambda: NOON) as desk:
        assert told(desk) == Counter(keys)


def test_a_webhook_that_answers_slowly_keeps_no_source_from_its_crawls(
    tmp_path: Path, chaos: Chaos, chaos_at: Callable[..., Chaos], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_module, "_REST_S", 0.2)
    monkeypatch.setattr("feeds.notify._TIMEOUT_S", 300)
    slow = chaos_at()
    slow.routes["/hook"] = lambda _: time.sleep(600)
    more = f'alert-webhooks = ["{slow.url("/hook")}"]\nwebhooks = ["{slow.url("/hook")}"]\n'
    config, now = a_bad_one_beside_a_well_one(tmp_path, chaos, more), [NOON]

    async def live(desk: Desk) -> None:
        daemon = Daemon(desk, load=lambda: config)
        await twice(daemon, now)
        await until(lambda: slow.asked)
        await daemon._drain()

    began = time.monotonic()
    with open_desk(config, clock=lambda: now[0]) as desk:
        asyncio.run(live(desk))
    assert time.monotonic() - began < 240, "waited for it"
    assert len(chaos.times("/list?well")) == 2
