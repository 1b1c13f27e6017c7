"""Little of everything: few descriptors, no network for a day, only IPv6, names that answer late or never."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.rig import Rig


def descriptors(pid: int) -> list[int]:
    """Return the descriptors that a process has open."""
    return [int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir()]


def test_d8_with_64_descriptors_it_serves_less_and_loses_nothing(rig: Rig) -> None:
    if shutil.which("prlimit") is None:
        pytest.skip("needs prlimit: install util-linux")
    running = rig.start(before=("prlimit", "--nofile=64")).serving()
    rig.until(lambda: len(rig.feed()) == 3, "the first publication")
    with contextlib.ExitStack() as many:
        for _ in range(120):
            with contextlib.suppress(OSError):
                many.enter_context(socket.create_connection(("127.0.0.1", running.port), timeout=1))
        rig.newsroom.says()
        rig.until(lambda: rig.hurry() or len(rig.feed()) == rig.newsroom.count, "the release, in the flood")
        assert len(descriptors(running.process.pid)) <= 64 - 8, "nothing is left for the store and the crawl"

    def is_served() -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):  # while the last of the flood is let out
            return running.get("feeds/source/bad.atom").status == http.client.OK
        return False

    rig.until(is_served, "an answer")
    assert running.process.poll() is None
    assert running.stop() == 0
    assert "Too many open files" not in running.log


def test_d8_a_cycle_that_found_no_descriptor_is_tried_again_soon(rig: Rig) -> None:
    if shutil.which("prlimit") is None:
        pytest.skip("needs prlimit: install util-linux")
    running = rig.start().serving()
    rig.until(lambda: len(rig.feed()) == 3, "the first publication")

    def limit(soft: str) -> None:
        subprocess.run(["prlimit", "--pid", str(running.process.pid), f"--nofile={soft}:"], check=True)

    limit("3")  # none is left, whichever are open now
    rig.newsroom.says()
    rig.until(lambda: rig.hurry() or "failed: [Errno 24]" in running.log, "a cycle that finds none left")
    limit("256")
    rig.until(lambda: rig.hurry() or len(rig.feed()) == rig.newsroom.count, "the release")
    assert rig.state() == "healthy"  # it was not the source that failed
    assert "Traceback" not in running.log
    assert running.stop() == 0


@pytest.mark.parametrize("cycles", [pytest.param(100, marks=pytest.mark.soak)])
def test_d8_cycles_leave_no_descriptor_behind(rig: Rig, cycles: int) -> None:
    running = rig.start().serving()

    def ended() -> int:
        return len(rig.newsroom.server.times("/list"))

    def run(number: int) -> None:
        goal = ended() + number
        rig.until(lambda: rig.hurry() or ended() >= goal, f"{number} cycles", within_s=900)

    run(5)
    before = len(descriptors(running.process.pid))
    run(cycles)
    assert len(descriptors(running.process.pid)) <= before + 3
    assert running.stop() == 0


@contextlib.contextmanager
def namespace(name: str) -> Iterator[Callable[..., list[str]]]:
    """Hold a network of its own; yields what to type before a command that is to be in it."""
    if shutil.which("ip") is None or subprocess.run(["ip", "netns", "add", name], check=False).returncode:
        pytest.skip("needs network namespaces: install iproute2, and be root")
    inside = ["ip", "netns", "exec", name]
    try:
        yield lambda *words: [*inside, *words]
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False)


@pytest.mark.soak
def test_n16_without_a_network_feeds_are_served_and_afterwards_every_source_is_asked_once(rig: Rig) -> None:
    """The daemon lives in a network of its own, whose only way to the newsroom is taken down and up again."""
    with namespace("bw16") as inside:
        for words in (
            ["ip", "link", "add", "bw16a", "type", "veth", "peer", "name", "bw16b", "netns", "bw16"],
            ["ip", "addr", "add", "10.216.0.1/24", "dev", "bw16a"],
            ["ip", "link", "set", "bw16a", "up"],
            inside("ip", "addr", "add", "10.216.0.2/24", "dev", "bw16b"),
            inside("ip", "link", "set", "lo", "up"),
            inside("ip", "link", "set", "bw16b", "up"),
        ):
            assert subprocess.run(words, check=False).returncode == 0
        from faults.chaos import Chaos
        from faults.rig import Newsroom

        server = Chaos("10.216.0.1")
        rig.newsroom = Newsroom(server)
        rig.source("bad")
        running = rig.start(before=inside())
        rig.until(lambda: (rig.public / "feeds/source/bad.atom").exists() and len(rig.feed()) == 3, "a publication")
        feeds = rig.pictures()
        subprocess.run(["ip", "link", "set", "bw16a", "down"], check=True)
        rig.newsroom.says(2)
        rig.until(lambda: rig.hurry() or rig.state() == "failing", "the failure")
        assert rig.pictures() == feeds
        answer = subprocess.run(
            inside("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", f"http://127.0.0.1:{running.port}/healthz"),
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.stdout == "200", answer.stderr
        asked = len(server.times("/list"))
        subprocess.run(["ip", "link", "set", "bw16a", "up"], check=True)
        rig.hurry()
        rig.until(lambda: rig.hurry() or len(rig.feed()) == 5, "what was said meanwhile")
        assert 1 <= len(server.times("/list")) - asked <= 3
        assert running.process.poll() is None
        running.kill()
        server.close()


def test_n13_a_newsroom_that_has_only_ipv6_is_read(rig: Rig) -> None:
    from faults.chaos import Chaos
    from faults.rig import Newsroom

    if not socket.has_ipv6:
        pytest.skip("needs IPv6 on loopback")
    server = Chaos("::1")
    rig.newsroom = Newsroom(server)
    rig.source("bad")
    rig.crawl()
    assert len(rig.feed()) == 3
    server.close()


def test_n12_a_name_that_cannot_be_resolved_fails_soon_and_the_others_are_on_time(rig: Rig) -> None:
    text = (rig.folder / "sources.d" / "bad.toml").read_text(encoding="utf-8")
    for key in ("lost", "gone"):
        other = text.replace(rig.newsroom.server.url("/list"), f"http://{key}.invalid/list")
        (rig.folder / "sources.d" / f"{key}.toml").write_text(other, encoding="utf-8")
    rig.configure(use=["bad", "lost", "gone"])
    done = rig.typed("crawl", "--json", timeout_s=240)
    assert done.returncode == 1, done.stderr
    assert rig.state("bad") == "healthy"
    assert [rig.state(key) for key in ("lost", "gone")] == ["failing", "failing"]
    assert len(rig.feed()) == 3
