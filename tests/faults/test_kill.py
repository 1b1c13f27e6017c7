"""Death and signals of the daemon as it is installed: whatever is killed, nothing is lost, doubled or torn."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.chaos import Wire
    from faults.rig import Rig, Running


@pytest.mark.parametrize("times", [3, pytest.param(200, marks=pytest.mark.soak)])
def test_k1_killed_at_any_time_nothing_is_lost_doubled_or_torn(rig: Rig, times: int) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201  # pytest shows it with a failure
    chance = random.Random(seed)  # noqa: S311  # it guards nothing
    now: list[Running] = []
    with rig.watch(lambda: now[-1].port if now else 0) as watch:
        for _ in range(times):
            now.append(rig.start())
            end = time.monotonic() + chance.uniform(0, 3)
            while time.monotonic() < end:
                rig.newsroom.says(chance.random() < 0.1)
                rig.hurry()
                time.sleep(0.1)
            _kill(now[-1], chance)
        now.append(rig.start().serving())
        rig.newsroom.says()
        rig.until(lambda: rig.hurry() or not watch.lost(), "all releases")
        assert now[-1].stop() == 0
    assert watch.faults() == 0, watch.told()
    assert watch.looks["file"] > 100 * times
    assert watch.looks["http"] > times
    assert sorted(rig.ids().items()) == sorted(watch.seen.items())
    with contextlib.closing(sqlite3.connect(rig.store_file)) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert rig.typed("publish", "--check").returncode == 0
    assert not [path for path in rig.public.glob("**/.*.part") if path.is_file()], "left over by a killed publication"


def _kill(running: Running, chance: random.Random) -> None:
    """Kill the daemon, and sometimes its zygote, its children or both with it, or long before it."""
    if chance.random() < 0.4:
        below = running.descendants()
        for pid in chance.sample(below, chance.randint(0, len(below))):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(chance.choice([0, 0, 0.5]))
    running.kill()


def test_k6_sigterm_in_a_crawl_ends_in_time_and_the_next_start_goes_on(rig: Rig) -> None:
    rig.newsroom.says(10)
    routes = rig.newsroom.server.routes
    prompt = routes["/r/3.htm"]

    def slow(wire: Wire) -> None:
        time.sleep(3)
        prompt(wire)

    routes["/r/3.htm"] = slow
    running = rig.start().serving()
    rig.until(lambda: rig.newsroom.server.times("/r/3.htm"), "the crawl")
    below = running.descendants()
    began = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - began < 60, "30 on a machine that has time for it"
    assert not any(_is_alive(pid) for pid in below)
    assert "Traceback" not in running.log
    routes["/r/3.htm"] = prompt
    with rig.watch() as watch:
        rig.crawl()
    assert watch.faults() == 0, watch.told()


def test_k7_sighup_with_a_broken_configuration_keeps_the_old_one_and_says_where(rig: Rig) -> None:
    running = rig.start().serving()
    rig.until(lambda: rig.state() == "healthy", "the first crawl")
    good = (rig.folder / "baywire.toml").read_text(encoding="utf-8")
    for wrong, told in (
        ('[site]\ntitel = "x"\n', "baywire.toml:2: site.titel: is not a key"),
        ("[site\n", "baywire.toml:"),
        ("\xff\n", "baywire.toml"),
        ('[sources]\nuse = ["nobody"]\n', "nobody"),
    ):
        (rig.folder / "baywire.toml").write_bytes(wrong.encode("latin-1"))
        said = running.log.count("the old one stays")
        running.process.send_signal(signal.SIGHUP)
        rig.until(lambda said=said: running.log.count("the old one stays") > said, f"the refusal of {wrong!r}")
        assert told in running.log
    (rig.folder / "baywire.toml").unlink()
    (rig.folder / "baywire.toml").mkdir()
    running.process.send_signal(signal.SIGHUP)
    rig.until(lambda: "Is a directory" in running.log, "the refusal of a folder")
    assert "Traceback" not in running.log
    assert running.get("feeds/source/bad.atom").status == 200
    (rig.folder / "baywire.toml").rmdir()
    (rig.folder / "baywire.toml").write_text(good + '[site]\ntitle = "Bay watch"\n', encoding="utf-8")
    running.process.send_signal(signal.SIGHUP)
    rig.until(lambda: b"Bay watch" in running.get("feeds/all.atom").body, "the new title")
    rig.newsroom.says()
    rig.until(lambda: rig.hurry() or len(rig.feed()) == rig.newsroom.count, "a release under the new one")


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="ascii") as stat:  # noqa: PTH123
        return stat.read().rpartition(")")[2].split()[0] != "Z"
    return False
