from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feeds.store import open_store
from scheduler.config import load
from scheduler.daemon import Daemon
from scheduler.desk import open_desk
from scheduler.server import bind

NOON = datetime(2026, 4, 14, 12, tzinfo=UTC)
START_S = 240.0  # cores that others keep busy; usually 4


def command(*words: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "scheduler", *words]


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("BAYWIRE_")} | more


def typed(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), cwd=folder, env=environment(), capture_output=True, text=True, check=False, timeout=START_S
    )


def wait_for(look: Callable[[], object], what: str) -> None:
    until = time.monotonic() + START_S
    while not look():
        assert time.monotonic() < until, f"waited {START_S:.0f} s for {what}"
        time.sleep(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    folder: Path
    process: subprocess.Popen[str]
    port: int

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_S)
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.body = response.read()  # type: ignore[attr-defined]  # kept for the test to look at
        connection.close()
        return response

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")

    def descendants(self) -> list[int]:
        found, ask = [], [self.process.pid]
        while ask:
            for path in Path(f"/proc/{ask.pop()}/task").glob("*/children"):
                below = [int(pid) for pid in path.read_text(encoding="ascii").split()]
                found += below
                ask += below
        return found

    def stands(self, key: str, state: str) -> bool:
        with open_store(f"sqlite:///{self.folder}/var/baywire.sqlite3") as store:
            found = store.source_state(key)
        return found is not None and found.state == state


@contextmanager
def daemon(folder: Path, shared: Path, *words: str, **environ: str) -> Iterator[Running]:
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command("run", "--replay", str(shared / "pages"), "--port", "0", *words),
            cwd=folder,
            env=environment(**environ),
            stderr=log,
            text=True,
        )
    try:
        told = re.compile(r"serving http://127\.0\.0\.1:(\d+)/")

        def serving() -> re.Match[str] | None:
            assert process.poll() is None, (folder / "log").read_text(encoding="utf-8")
            return told.search((folder / "log").read_text(encoding="utf-8"))

        wait_for(serving, "the daemon to serve")
        match = serving()
        assert match is not None
        yield Running(folder=folder, process=process, port=int(match[1]))
    except BaseException:
        sys.stderr.write((folder / "log").read_text(encoding="utf-8"))  # what pytest shows of a failure
        raise
    finally:
        process.kill()
        process.wait()


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_it_crawls_by_itself_serves_and_ends_in_time(tmp_path: Path, shared: Path) -> None:
    with daemon(tmp_path, shared) as running:
        wait_for(lambda: running.get("/feeds/greater-bay-area.atom").status == 200, "a feed")
        wait_for(lambda: b"Outline Development Plan" in running.get("/feeds/greater-bay-area.atom").body, "a release")  # type: ignore[attr-defined]
        whole = running.get("/feeds/greater-bay-area.atom")
        etag = whole.getheader("ETag")
        assert etag
        assert running.get("/feeds/greater-bay-area.atom", **{"If-None-Match": etag}).status == 304
        assert running.get("/healthz").status == 200

        second = typed(tmp_path, "run")
        assert second.returncode == 75
        assert f"pid {running.process.pid}" in second.stderr
        assert second.stderr.count("\n") == 1

        below = running.descendants()
        began = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0
        assert time.monotonic() - began < 30
        assert not any(alive(pid) for pid in below)
        assert "Traceback" not in running.log
    assert typed(tmp_path, "publish", "--check").returncode == 0


def test_an_order_beside_the_daemon_is_handed_to_it_and_prints_the_same(tmp_path: Path, shared: Path) -> None:
    with daemon(tmp_path, shared) as running:
        wait_for(lambda: running.stands("mo-gcs-zh", "healthy"), "the first crawl")
        done = typed(tmp_path, "crawl", "mo-gcs-zh", "--json")
        assert done.returncode == 0, done.stderr
        (line,) = map(json.loads, done.stdout.splitlines())
        assert (line["kind"], line["source"], line["outcome"]) == ("crawl", "mo-gcs-zh", "unchanged")
        assert typed(tmp_path, "publish", "--check").returncode == 0
        unknown = typed(tmp_path, "crawl", "nobody")
        assert (unknown.returncode, unknown.stdout) == (2, "")
        assert unknown.stderr.startswith("baywire: nobody: unknown source")
        assert running.process.poll() is None


def test_what_an_operator_does_to_a_source_reaches_a_running_daemon(tmp_path: Path, shared: Path) -> None:
    (tmp_path / "sources.d").mkdir()
    rules = 'title = "Mine"\nkind = "feed"\nevery = "24h"\n[listing]\nurl = "https://mine.example/feed"\n'
    (tmp_path / "sources.d" / "mine.toml").write_text(rules, encoding="utf-8")
    with daemon(tmp_path, shared) as running:
        wait_for(lambda: running.stands("mo-gcs-zh", "healthy"), "the first crawl")

        def published() -> dict[str, str]:
            told = json.loads(running.get("/status.json").body)  # type: ignore[attr-defined]
            return {one["source"]: one["state"] for one in told["_baywire"]["sources"]}

        wait_for(lambda: published().get("mo-gcs-zh") == "healthy", "its state to be published")
        assert typed(tmp_path, "disable", "mo-gcs-zh").returncode == 0
        wait_for(lambda: published().get("mo-gcs-zh") == "disabled", "its new state to be published")
        assert typed(tmp_path, "remove", "mine").returncode == 0
        wait_for(lambda: "mine" not in published(), "the source to be gone")
        assert "unknown source mine" not in running.log


@pytest.mark.soak
def test_it_works_on_when_every_descendant_is_killed(tmp_path: Path, shared: Path) -> None:
    with daemon(tmp_path, shared) as running:
        wait_for(lambda: running.stands("hk-gia-en", "healthy"), "the first crawl")
        for _ in range(3):
            for pid in running.descendants():
                with suppress(ProcessLookupError):  # it had just ended by itself
                    os.kill(pid, signal.SIGKILL)
            assert running.get("/feeds/all.atom").status == 200
            done = typed(tmp_path, "crawl", "hk-gia-en", "mo-gcs-zh", "--json")
            assert done.returncode == 0, done.stderr + running.log
        with subprocess.Popen(command("crawl", "hk-gia-en", "-q"), cwd=tmp_path, env=environment()) as crawling:
            while crawling.poll() is None:  # during the crawl too
                for pid in running.descendants():
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                    time.sleep(0.2)
        assert running.get("/feeds/all.atom").status == 200
        assert running.process.poll() is None
        assert typed(tmp_path, "crawl", "hk-gia-en").returncode == 0
        assert "Traceback" not in running.log


def test_its_own_death_leaves_no_crawl_behind(tmp_path: Path, shared: Path) -> None:
    with daemon(tmp_path, shared) as running:
        wait_for(running.descendants, "a zygote")
        below = running.descendants()
        running.process.kill()
        running.process.wait()
        wait_for(lambda: not any(alive(pid) for pid in below), "its descendants to end")
    with daemon(tmp_path, shared) as again:  # no stale lock, no stale socket
        assert again.get("/healthz").status == 200


def test_a_hangup_reloads_and_a_bad_configuration_keeps_the_old_one(tmp_path: Path, shared: Path) -> None:
    with daemon(tmp_path, shared) as running:
        (tmp_path / "baywire.toml").write_text('[site]\ntitel = "x"\n', encoding="utf-8")
        running.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "the old one stays" in running.log, "the refusal")
        assert 'baywire.toml:2: site.titel: is not a key (did you mean "title"?)' in running.log
        assert running.get("/feeds/all.atom").status == 200
        (tmp_path / "baywire.toml").write_text('[site]\ntitle = "Bay watch"\n', encoding="utf-8")
        running.process.send_signal(signal.SIGHUP)
        wait_for(lambda: b"Bay watch" in running.get("/feeds/all.atom").body, "the new title")  # type: ignore[attr-defined]


@pytest.mark.soak
def test_topic_files_are_followed_and_a_bad_one_keeps_the_old_topics(tmp_path: Path, shared: Path) -> None:
    file = tmp_path / "topics.d" / "sun.toml"
    file.parent.mkdir()
    with daemon(tmp_path, shared) as running:
        file.write_text('[[topic]]\nid = "sun"\nname = { en = "Sun" }\nterm = ["sun"]\n', encoding="utf-8")
        wait_for(lambda: "the old one stays" in running.log, "the refusal")
        assert 'sun.toml:4: topic[0].term: unknown key (did you mean "terms"?)' in running.log
        assert running.get("/feeds/ai.atom").status == 200
        file.write_text('[[topic]]\nid = "sun"\nname = { en = "Sun" }\nterms = ["sun"]\n', encoding="utf-8")
        wait_for(lambda: running.get("/feeds/sun.atom").status == 200, "the new topic")


def test_the_service_manager_is_told(tmp_path: Path, shared: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(START_S)
        told: list[bytes] = []
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000"}
        with daemon(tmp_path, shared, **environ) as running:
            while b"WATCHDOG=1" not in told:
                told.append(manager.recv(1000))
            running.process.send_signal(signal.SIGHUP)
            while not told[-1].startswith(b"RELOADING=1"):
                told.append(manager.recv(1000))
            running.process.send_signal(signal.SIGTERM)
            assert running.process.wait(30) == 0
            while b"STOPPING=1" not in told:
                told.append(manager.recv(1000))
    assert told[0] == b"READY=1"


def test_a_port_in_use_is_told_in_one_line_and_changes_nothing(tmp_path: Path) -> None:
    with bind("127.0.0.1", 0) as taken:
        done = typed(tmp_path, "run", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert done.stderr.endswith("is in use: choose another with --port\n")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "public").exists()
    assert not (tmp_path / "var" / "baywire.sqlite3").exists()


def test_it_can_log_as_json(tmp_path: Path, shared: Path) -> None:
    with daemon(tmp_path, shared, BAYWIRE_LOG_FORMAT="json") as running:
        wait_for(lambda: "crawl ended" in running.log, "a line of log")
        lines = [json.loads(line) for line in running.log.splitlines() if line.startswith("{")]
    ended = next(line for line in lines if line["event"].startswith("crawl ended"))
    assert set(ended) >= {"ts", "level", "logger", "event", "source", "run", "seconds"}


def test_due_times_that_a_wrong_clock_put_far_ahead_come_back(tmp_path: Path) -> None:
    clock = [NOON + timedelta(days=3650)]
    with open_desk(load(tmp_path, environ={}), clock=lambda: clock[0]) as desk:
        key = next(iter(desk.sources))
        desk.store.set_next_due(key, clock[0])

        async def ticks() -> None:
            daemon = Daemon(desk, load=lambda: desk.config)
            clock[0] = NOON
            await daemon.tick()

        asyncio.run(ticks())
        state = desk.store.source_state(key)
        assert state is not None
        assert state.next_due is not None
        assert NOON < state.next_due <= NOON + desk.sources[key].every
