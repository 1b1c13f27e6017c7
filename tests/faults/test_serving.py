"""Rows S1 to S5: what readers, slow ones, many at once and hostile ones get from the server."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import re
import socket
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from feeds.serve.limit import LIMITS, Limits

if TYPE_CHECKING:
    from faults.wire import Reply, Wire

FEED = "/feeds/all.atom"
LARGE = "/feeds/archive/large/2020-01.atom"


# S1


async def poll(  # noqa: PLR0913 -- what it does, and where it notes what came of it
    wire: Wire, tag: str, *, polls: int, every_s: float, seen: Counter[int], late: list[float]
) -> None:
    """Ask *polls* times whether the feed has changed, as a reader does that keeps its connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    try:
        for number in range(polls):
            if number:
                await asyncio.sleep(every_s)
            begun = time.monotonic()
            told = f"Host: news.example\r\nAccept-Encoding: gzip\r\nIf-None-Match: {tag}\r\n"
            writer.write(f"GET {FEED} HTTP/1.1\r\n{told}\r\n".encode())
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 120)).decode()
            headers = dict(line.split(": ", 1) for line in head.lower().splitlines()[1:] if line)
            if length := int(headers.get("content-length", "0")):
                body = await reader.readexactly(length)
                assert gzip.decompress(body).rstrip().endswith(b"</feed>")
            late.append(time.monotonic() - begun)
            seen[int(head.split()[1])] += 1
            tag = headers["etag"]
    finally:
        writer.close()


def rush(wire: Wire, *, pollers: int, polls: int, every_s: float) -> tuple[Counter[int], list[float]]:
    """Let *pollers* ask at the same second, again and again, while the feed is replaced once."""
    seen: Counter[int] = Counter()
    late: list[float] = []
    tag = wire.ask(FEED, {"Accept-Encoding": "gzip"}).headers["etag"]
    path = wire.folder / f"public{FEED}"
    whole = path.read_bytes()

    async def main() -> None:
        everybody = [
            asyncio.create_task(poll(wire, tag, polls=polls, every_s=every_s, seen=seen, late=late))
            for _ in range(pollers)
        ]
        await asyncio.sleep(every_s * (polls - 1) * 0.5)
        other = path.with_suffix(".new")
        other.write_bytes(whole.replace(b"</feed>", b"<!-- news --></feed>"))
        other.replace(path)
        await asyncio.gather(*everybody)

    try:
        asyncio.run(main())
    finally:
        path.write_bytes(whole)
    return seen, late


def held(seen: Counter[int], late: list[float], *, asked: int, share: float) -> None:
    assert set(seen) == {200, 304}, seen
    assert seen.total() == asked
    assert seen[304] >= share * asked, seen
    assert sorted(late)[int(len(late) * 0.99)] < 20.0


def test_s1_2000_pollers_at_the_same_second_are_all_answered(wire: Wire) -> None:
    seen, late = rush(wire, pollers=2000, polls=21, every_s=0.4)
    held(seen, late, asked=2000 * 21, share=0.95)


@pytest.mark.soak
def test_s1_2000_pollers_for_three_minutes(wire: Wire) -> None:
    before = wire.memory()
    seen, late = rush(wire, pollers=2000, polls=30, every_s=6)
    held(seen, late, asked=2000 * 30, share=0.95)
    assert wire.memory() - before < 64 * 1024 * 1024


# S2


def test_s2_500_slow_readers_hold_up_nobody_and_are_dropped(strict: Wire) -> None:
    before = strict.memory()
    slow = []
    for _ in range(500):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        one.connect(("127.0.0.1", strict.port))
        one.sendall(f"GET {LARGE} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        slow.append(one)
    strict.wait(lambda open_: open_ >= 500, 60)
    took: list[float] = []
    for _ in range(20):
        begun = time.monotonic()
        assert strict.ask(FEED).status == 200
        took.append(time.monotonic() - begun)
        slow[len(took)].recv(10)
    assert sorted(took)[10] < 2.0
    assert strict.memory() - before < 100 * 1024 * 1024
    strict.wait(lambda open_: open_ < 50, 120)  # 5 s, one for 4 MB, and a look at the clock once a second
    for one in slow:
        one.close()


def test_s2_500_slow_writers_are_told_and_dropped(strict: Wire) -> None:
    slow = [socket.create_connection(("127.0.0.1", strict.port)) for _ in range(500)]
    for one in slow:
        one.sendall(b"GET / HT")
    assert strict.ask(FEED).status == 200
    for one in slow:
        one.settimeout(60)
        assert one.recv(100).startswith(b"HTTP/1.1 408 ")
        one.close()


def test_s2_a_connection_that_asks_for_nothing_is_closed(strict: Wire) -> None:
    begun = time.monotonic()
    assert strict.say(wait=60) == b""
    assert strict.say(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", wait=60).endswith(b"ok\n")
    assert time.monotonic() - begun < 60


def test_s2_readers_beyond_the_limit_are_told_to_come_back(strict: Wire) -> None:
    held_open = [socket.create_connection(("127.0.0.1", strict.port)) for _ in range(620)]
    try:
        for one in held_open[600:]:
            one.settimeout(60)
        answers = [one.recv(12) for one in held_open[600:]]
    finally:
        for one in held_open:
            one.close()
    assert set(answers) == {b"HTTP/1.1 503"}
    strict.wait(lambda open_: open_ < 50, 5)
    assert strict.ask(FEED).status == 200


# S3


@pytest.mark.parametrize(
    "path",
    [
        "/../store.sqlite3", "/feeds/../../store.sqlite3", "/%2e%2e/store.sqlite3",
        "/feeds/%2e%2e%2f%2e%2e/store.sqlite3",
        "/..%2fstore.sqlite3", "/..%5cstore.sqlite3", "/..\\store.sqlite3", "//etc/passwd", "///etc/passwd",
        "/feeds/%00", "/feeds/all.atom%00", "/feeds//all.atom", "/feeds/./all.atom", "/.hidden", "/feeds/.hidden",
        "/link/store.sqlite3", "/link.sqlite3", "/%252e%252e/store.sqlite3", "/%c0%ae%c0%ae/store.sqlite3",
        "/feeds/all.atom/", "/feeds/all.atom/..", "/feeds", "/feeds/", "/%ff%fe", "/" + "a/" * 2000,
        "file:///etc/passwd", "/etc/passwd", "/~root/", "/feeds/all.atom.gz/../../../store.sqlite3",
    ],
)  # fmt: skip
def test_s3_nothing_outside_what_is_published_comes_out(wire: Wire, path: str) -> None:
    public = wire.folder / "public"
    (public / ".hidden").write_text("secret")
    (public / "feeds/.hidden").write_text("secret")
    for name, target in (("link", wire.folder), ("link.sqlite3", wire.folder / "store.sqlite3")):
        if not (public / name).is_symlink():
            (public / name).symlink_to(target)
    got = wire.say(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode("latin-1"))
    assert got[9:12] in {b"404", b"400"}, got[:200]
    assert b"SQLite" not in got
    assert b"root:" not in got
    assert b"secret" not in got


# S4


@pytest.mark.parametrize(
    "path", ["/", FEED, "/search?q=laboratory", "/search.atom?q=laboratory", "/nowhere", "/topics/ai"]
)
def test_s4_no_name_that_a_client_calls_us_changes_anything(wire: Wire, path: str) -> None:
    def plain(reply: Reply) -> tuple[int, dict[str, str], bytes]:
        return reply.status, {name: value for name, value in reply.headers.items() if name != "date"}, reply.body

    right = plain(wire.ask(path, {"Host": "news.example"}))
    abuses: tuple[dict[str, str], ...] = (
        {"Host": "evil.example"},
        {"Host": "evil.example:80", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"},
        {"Host": "a", "Forwarded": "host=evil.example", "X-Original-URL": "/readyz", "X-Rewrite-URL": "/readyz"},
        {"Host": "a", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Prefix": "/evil.example"},
    )  # fmt: skip
    for headers in abuses:
        assert plain(wire.ask(path, headers)) == right
    assert plain(wire.ask(f"http://evil.example{path}", {"Host": "evil.example"})) == right
    assert b"evil.example" not in right[2]


# S5

SMUGGLED = b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 0\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n folded: yes\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
        b"GET / HTTP/1.1\rHost: a\r\r",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: no host\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/0.9\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
        b"\r\n" * 200_000,
    ],
    ids=lambda sent: repr(sent[:70])[2:-1],
)  # fmt: skip
def test_s5_what_two_servers_could_read_in_two_ways_is_refused_and_closed(wire: Wire, request_: bytes) -> None:
    got = wire.say(request_ + SMUGGLED)
    assert got[:10] == b"HTTP/1.1 4" or got.startswith(b"HTTP/1.1 505"), got[:200]
    assert len(re.findall(rb"HTTP/1\.1 \d", got)) == 1
    assert b"\r\nconnection: close\r\n" in got
    assert b"ready" not in got


def test_s5_requests_sent_ahead_are_answered_in_order(wire: Wire) -> None:
    paths = [FEED, "/healthz", "/nowhere", "/search.atom?q=laboratory", "/readyz", LARGE, "/healthz"]
    sent = [f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for path in paths]
    alone = [wire.ask(path) for path in paths]
    for pieces in ((b"".join(sent),), tuple(b"".join(sent)[at : at + 7] for at in range(0, len(b"".join(sent)), 7))):
        with socket.create_connection(("127.0.0.1", wire.port), timeout=20) as made:
            for piece in pieces:
                made.sendall(piece)
            with made.makefile("rb") as answers:
                for one in alone:
                    status = int(answers.readline().split()[1])
                    headers = http.client.parse_headers(answers)
                    assert (status, answers.read(int(headers["content-length"]))) == (one.status, one.body)


def test_s5_too_many_requests_sent_ahead_end_the_connection(wire: Wire) -> None:
    one = f"GET {FEED} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    got = wire.say(one * 2000, wait=20)
    assert 1 <= got.count(b"HTTP/1.1 200 OK") <= LIMITS.waiting + 1


def test_s5_a_client_that_closes_its_side_is_answered_whole(wire: Wire) -> None:
    whole = wire.ask(LARGE).body
    with socket.create_connection(("127.0.0.1", wire.port), timeout=20) as made:
        made.sendall(f"GET {LARGE} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        made.shutdown(socket.SHUT_WR)
        got = b""
        while part := made.recv(1_000_000):
            got += part
    assert got.endswith(whole)


def test_s5_a_wish_for_another_protocol_is_not_heard(wire: Wire) -> None:
    got = wire.say(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + SMUGGLED)
    assert got.startswith(b"HTTP/1.1 200 OK")
    assert len(re.findall(rb"HTTP/1\.1 \d", got)) == 1


def test_a_question_as_it_was_typed_is_understood(wire: Wire) -> None:
    got = wire.say("GET /search.atom?q=實驗 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    assert got.startswith(b"HTTP/1.1 200 OK")
    assert "實驗".encode() in got


@pytest.mark.parametrize(
    "path", ["/" + "a" * 5000, "/feeds/" + "中" * 90, "/" + "a/" * 600, "/topics/" + "é" * 200 + "/"]
)
def test_s3_names_that_no_disk_can_hold_are_not_there(wire: Wire, path: str) -> None:
    got = wire.say(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    assert got.startswith(b"HTTP/1.1 404 "), got[:100]


def test_s5_an_old_client_keeps_its_connection_if_it_asks_to(wire: Wire) -> None:
    got = wire.say(b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /healthz HTTP/1.0\r\n\r\n")
    assert got.count(b"HTTP/1.1 200 OK") == 2
    assert b"\r\nconnection: keep-alive\r\n" in got
    assert got.index(b"connection: close") > got.index(b"ok\n")


def test_a_reader_gets_the_whole_old_file_or_the_whole_new_one(wire: Wire) -> None:
    path = wire.folder / f"public{LARGE}"
    old = path.read_bytes()
    with socket.create_connection(("127.0.0.1", wire.port), timeout=20) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        made.sendall(f"GET {LARGE} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        got = made.recv(1000)
        new = path.with_suffix(".new")
        new.write_bytes(old[::-1])
        new.replace(path)
        while part := made.recv(1_000_000):
            got += part
    assert got.endswith(old)
    assert wire.ask(LARGE).body == old[::-1]


def test_limits_are_what_they_are() -> None:
    assert Limits(connections=4096, idle_s=20, head_s=10, answer_s=60, head_bytes=16_384) == LIMITS
