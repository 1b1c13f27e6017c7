from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from feeds.notify import signature_of
from scheduler.alarm import sound_alarms
from scheduler.config import load
from scheduler.desk import Desk, open_desk
from scheduler.line import Line
from scheduler.order import Order
from scheduler.perform import perform

NOON = datetime(2026, 4, 14, 12, tzinfo=UTC)
WRITES = '["sh", "-c", "cat >> told"]'


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Heard:
    port: int = 0
    requests: list[tuple[str, str, bytes, str]] = field(default_factory=list)
    known: list[str] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _, _ in self.requests]


@contextmanager
def listening() -> Iterator[Heard]:
    heard = Heard()

    class Listener(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            signature = self.headers.get("X-Hub-Signature-256", "")
            heard.known.append(self.headers.get("Authorization", ""))
            heard.requests.append((self.command, self.path, body, signature))
            self.send_response(204)
            self.end_headers()

        do_GET = do_POST = _take  # noqa: N815  # as http.server wants them

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        heard.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield heard
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def desk_with(folder: Path, clock: Clock, configuration: str) -> Iterator[Desk]:
    (folder / "baywire.toml").write_text(configuration, encoding="utf-8")
    with open_desk(load(folder, environ={}), clock=clock) as desk:
        yield desk


def crawl(desk: Desk, pages: Path) -> None:
    async def work() -> None:
        lines: list[Line] = []
        try:
            await perform(desk, Order(verb="crawl", sources=("mo-gcs-zh",), replay=str(pages)), lines.append)
        finally:
            desk.zygote.close()

    asyncio.run(work())


def told(folder: Path) -> list[tuple[str, str]]:
    if not (folder / "told").exists():
        return []
    lines = map(json.loads, (folder / "told").read_text(encoding="utf-8").splitlines())
    return [(line["source"], line["alarm"]) for line in lines]


@pytest.fixture
def nothing(tmp_path: Path) -> Path:
    folder = tmp_path / "nothing"
    folder.mkdir()
    (folder / "index.tsv").write_text("file\toriginal_url\n", encoding="utf-8")
    return folder


def test_an_outage_is_told_once_reminded_daily_and_its_end_told(tmp_path: Path, shared: Path, nothing: Path) -> None:
    clock = Clock()
    with desk_with(tmp_path, clock, f"[notify]\nhook = {WRITES}\n") as desk:
        crawl(desk, shared / "pages")
        assert told(tmp_path) == []
        for _ in range(3):
            crawl(desk, nothing)
        assert told(tmp_path) == [("mo-gcs-zh", "failing")]
        clock.now += timedelta(hours=25)
        crawl(desk, nothing)
        crawl(desk, nothing)
        assert told(tmp_path)[1:] == [("mo-gcs-zh", "reminder")]
        crawl(desk, shared / "pages")
        crawl(desk, shared / "pages")
        assert told(tmp_path)[2:] == [("mo-gcs-zh", "recovered")]


def test_nobody_is_late_at_the_moment_of_waking_up(tmp_path: Path, shared: Path) -> None:
    """Alarms may be looked at before the tick that sees how long we slept."""
    clock = Clock()
    with desk_with(tmp_path, clock, f"[notify]\nhook = {WRITES}\n") as desk:
        crawl(desk, shared / "pages")
        desk.awake_since = NOON - timedelta(days=1)
        desk.ticked_at = NOON
        clock.now += timedelta(hours=8)
        asyncio.run(sound_alarms(desk))
        assert told(tmp_path) == []
        desk.ticked_at = clock.now
        asyncio.run(sound_alarms(desk))
        assert len(told(tmp_path)) == 1, "who was awake all the time tells it"


def test_a_hook_that_fails_is_tried_again(tmp_path: Path, nothing: Path, caplog: pytest.LogCaptureFixture) -> None:
    with desk_with(tmp_path, Clock(), '[notify]\nhook = ["no-such-program"]\n') as desk:
        crawl(desk, nothing)
    assert "notify.hook: no-such-program: No such file or directory" in caplog.text
    with desk_with(tmp_path, Clock(), f"[notify]\nhook = {WRITES}\n") as desk:
        crawl(desk, nothing)
    assert told(tmp_path) == [("mo-gcs-zh", "failing")]


def test_a_hook_is_told_no_secret(tmp_path: Path, nothing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAYWIRE_NOTIFY_HEARTBEAT_URL", "https://secret.example/")
    with desk_with(tmp_path, Clock(), '[notify]\nhook = ["sh", "-c", "env > environ"]\n') as desk:
        crawl(desk, nothing)
    assert "secret.example" not in (tmp_path / "environ").read_text(encoding="utf-8")


def test_each_way_to_the_operator_is_told_once(tmp_path: Path, nothing: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n", encoding="utf-8")
    with listening() as heard:
        configuration = (
            f'[notify]\nhook = {WRITES}\nwebhook-secret-file = "secret"\n'
            f'alert-webhooks = ["http://127.0.0.1:9/nobody", "http://127.0.0.1:{heard.port}/alert"]\n'
        )
        with desk_with(tmp_path, Clock(), configuration) as desk:
            crawl(desk, nothing)
            crawl(desk, nothing)
        ((_, path, body, signature),) = heard.requests
        assert (path, signature) == ("/alert", signature_of("s3cret", body))
        alert = json.loads(body)
        assert (alert["source"], alert["alarm"], alert["state"]) == ("mo-gcs-zh", "failing", "failing")
        assert alert["reason"]
        assert told(tmp_path) == [("mo-gcs-zh", "failing")]


def test_hub_and_webhooks_hear_of_changed_feeds_and_of_no_others(tmp_path: Path, shared: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n", encoding="utf-8")
    with listening() as heard:
        configuration = (
            f'[notify]\nhub = "http://127.0.0.1:{heard.port}/hub"\nwebhooks = ["http://127.0.0.1:{heard.port}/hook"]\n'
            'webhook-secret-file = "secret"\n'
        )
        with desk_with(tmp_path, Clock(), configuration) as desk:
            crawl(desk, shared / "pages")
            assert {"/hub", "/hook"} == set(heard.paths)
            hooked = [(body, signature) for _, path, body, signature in heard.requests if path == "/hook"]
            assert all(signature == signature_of("s3cret", body) for body, signature in hooked)
            feeds = [feed for body, _ in hooked for feed in json.loads(body)["feeds"]]
            assert "http://127.0.0.1:8000/feeds/source/mo-gcs-zh.atom" in feeds
            heard.requests.clear()
            crawl(desk, shared / "pages")
            assert heard.requests == []


def test_the_heart_beats_after_healthy_cycles_only(tmp_path: Path, shared: Path, nothing: Path) -> None:
    clock = Clock()
    with listening() as heard:
        configuration = f'[notify]\nheartbeat-url = "http://127.0.0.1:{heard.port}/beat"\n'
        with desk_with(tmp_path, clock, configuration) as desk:
            crawl(desk, nothing)
            assert heard.paths == []
            crawl(desk, shared / "pages")
            crawl(desk, shared / "pages")  # within a minute
            assert heard.paths == ["/beat"]
            clock.now += timedelta(minutes=2)
            crawl(desk, shared / "pages")
            assert heard.paths == ["/beat", "/beat"]


def test_nobody_listening_harms_no_cycle(tmp_path: Path, shared: Path) -> None:
    configuration = '[notify]\nhub = "http://127.0.0.1:9/"\nheartbeat-url = "http://127.0.0.1:9/"\n'
    with desk_with(tmp_path, Clock(), configuration) as desk:
        crawl(desk, shared / "pages")
        assert not desk.trouble
    assert (tmp_path / "public" / "feeds" / "all.atom").exists()


def test_a_password_in_an_address_goes_to_whom_it_is_for_and_nowhere_else(
    tmp_path: Path, shared: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with listening() as heard:
        told = f"http://desk:s%40cr3t@127.0.0.1:{heard.port}"
        more = f'[notify]\nheartbeat-url = "{told}/beat/é"\nwebhooks = ["{told}/hook"]\n'
        with desk_with(tmp_path, Clock(), more) as desk:
            crawl(desk, shared / "pages")
        assert set(heard.paths) == {"/beat/%C3%A9", "/hook"}
        assert set(heard.known) == {"Basic ZGVzazpzQGNyM3Q="}
    (tmp_path / "later").mkdir()
    with desk_with(tmp_path / "later", Clock(), more) as desk:  # nobody listens any more
        crawl(desk, shared / "pages")
    assert "heartbeat not heard" in caplog.text
    assert "cr3t" not in caplog.text
