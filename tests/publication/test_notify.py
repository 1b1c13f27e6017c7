"""Who is told of changed feeds, how often, and that nothing is forgotten."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from feeds.notify import Hook, Notifier, signature_of

if TYPE_CHECKING:
    from conftest import Press

HUB, HOOK = "https://hub.example/", "https://hook.example/in"


class Wire:
    """Takes requests, and answers *statuses* in turn."""

    def __init__(self, *statuses: int | OSError) -> None:
        self.statuses = list(statuses)
        self.sent: list[tuple[str, bytes, Mapping[str, str]]] = []

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.sent.append((url, body, headers))
        answer = self.statuses.pop(0) if self.statuses else 204
        if isinstance(answer, OSError):
            raise answer
        return answer


def test_a_hub_is_told_of_each_changed_feed_once(press: Press) -> None:
    wire = Wire()
    notifier = Notifier(press.store, hub=HUB, post=wire)
    notifier.queue(["https://a/1", "https://a/2"], now=press.now)
    notifier.queue(["https://a/2"], now=press.now)
    (delivery,) = notifier.deliver(now=press.now)
    assert delivery.feeds == ("https://a/1", "https://a/2")
    assert parse_qs(wire.sent[0][1].decode()) == {"hub.mode": ["publish"], "hub.url": ["https://a/1", "https://a/2"]}
    assert notifier.deliver(now=press.now) == ()
    assert notifier.next_due() is None


def test_a_webhook_is_signed(press: Press) -> None:
    wire = Wire()
    notifier = Notifier(press.store, hooks=[Hook(url=HOOK, secret="s3cret")], post=wire)  # noqa: S106 -- of no one
    notifier.queue(["https://a/1"], now=press.now)
    notifier.deliver(now=press.now)
    url, body, headers = wire.sent[0]
    assert (url, json.loads(body)["feeds"]) == (HOOK, ["https://a/1"])
    assert headers["X-Hub-Signature-256"] == signature_of("s3cret", body)


def test_what_failed_is_told_later_by_whoever_runs_then(press: Press) -> None:
    wire = Wire(503, OSError("refused"), 202)
    Notifier(press.store, hub=HUB, post=wire).queue(["https://a/1"], now=press.now)
    (first,) = Notifier(press.store, hub=HUB, post=wire).deliver(now=press.now)
    assert (first.problem, first.given_up) == ("answered 503", False)
    notifier = Notifier(press.store, hub=HUB, post=wire)
    assert notifier.deliver(now=press.now + timedelta(seconds=59)) == ()
    assert notifier.next_due() == press.now + timedelta(minutes=1)
    notifier.queue(["https://a/2"], now=press.now)
    (second,) = notifier.deliver(now=press.now + timedelta(minutes=1))
    assert second.problem == "refused"
    (third,) = notifier.deliver(now=press.now + timedelta(minutes=6))
    assert (third.problem, third.feeds) == ("", ("https://a/1", "https://a/2"))


def test_what_nobody_takes_is_given_up_within_a_day_or_so(press: Press) -> None:
    notifier = Notifier(press.store, hub=HUB, post=Wire(*[500] * 20))
    notifier.queue(["https://a/1"], now=press.now)
    last = press.now
    while (due := notifier.next_due()) is not None:
        last = due
        notifier.deliver(now=due)
    assert timedelta(hours=12) < last - press.now < timedelta(days=1)


def test_a_target_taken_out_of_the_configuration_is_forgotten(press: Press) -> None:
    Notifier(press.store, hub=HUB, post=Wire(500)).queue(["https://a/1"], now=press.now)
    wire = Wire()
    notifier = Notifier(press.store, hooks=[Hook(url=HOOK)], post=wire)
    assert notifier.deliver(now=press.now) == ()
    assert (wire.sent, notifier.next_due()) == ([], None)


@contextmanager
def receiver(status: int) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    seen: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hub", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_real_hub_gets_a_real_request(press: Press) -> None:
    for status, problem in ((204, ""), (302, "answered 302"), (500, "answered 500")):
        with receiver(status) as (url, seen):
            notifier = Notifier(press.store, hub=url)
            notifier.queue(["https://a/1"], now=press.now)
            (delivery,) = notifier.deliver(now=press.now)
            assert delivery.problem == problem
            assert [path for path, _ in seen] == ["/hub"]
    notifier = Notifier(press.store, hub="http://127.0.0.1:1/")
    notifier.queue(["https://a/1"], now=press.now)
    assert "refused" in notifier.deliver(now=press.now)[0].problem
    notifier = Notifier(press.store, hub="file:///etc/passwd")
    notifier.queue(["https://a/1"], now=press.now)
    assert "expected an http" in notifier.deliver(now=press.now)[0].problem
