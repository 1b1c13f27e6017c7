"""Requests that nobody would send, mutated from those that readers do, at the server and at search."""

from __future__ import annotations

import random
import socket
import time
import urllib.parse
from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.wire import Wire

# What readers, browsers and caches send.
SEEDS = (
    b'GET /feeds/all.atom HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip, deflate\r\nIf-None-Match: "abc"\r\n\r\n',
    b"GET /feeds/ai.en.rss?x=1 HTTP/1.1\r\nHost: a\r\nIf-Modified-Since: Sun, 22 Nov 2026 22:04:04 GMT\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: a\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\n",
    b'GET /feeds/archive/large/2020-01.atom HTTP/1.1\r\nHost: a\r\nRange: bytes=5-99\r\nIf-Range: "x"\r\n\r\n',
    b"GET /search?q=laboratory+topic%3Aai HTTP/1.1\r\nHost: a\r\nAccept-Language: zh-HK, en;q=0.5\r\n\r\n",
    b"GET /search.json?q=%E6%94%BF%E5%BA%9C&page=2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"OPTIONS /feeds/all.json HTTP/1.1\r\nHost: a\r\nOrigin: https://reader.example\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
    b"GET http://b/topics/ai HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
)
PIECES = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b":",
    b"%00",
    b"%",
    b"%2e%2e/",
    b"../",
    b"//",
    b"\\",
    b"\xff",
    b"\xe4\xb8\xad",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Host: b\r\n",
    b"Range: bytes=-1\r\n",
    b"HTTP/1.1",
    b"HTTP/9.9",
    b"If-None-Match: *\r\n",
    b'If-None-Match: W/"\r\n',
    b"Expect: 100-continue\r\n",
    b"Connection: close\r\n",
    b"0\r\n\r\n",
    b"A" * 5000,
    b"a: b\r\n" * 200,
    b"99999999999999999999",
    b"-1",
    b'"',
    b"?q=",
    b"&q=",
    b"#",
    b";",
    b",",
    b"*",
)
ASKED = (
    "laboratory",
    "政府",
    "港",
    "topic:ai",
    "-topic:ai",
    "source:harbour-en",
    "language:zh-hant",
    "language:en",
    "since:2026-01-01",
    "until:2026-12-31",
    "where:(",
    "where:(ai and not source:harbour-en)",
    "where:(ai or (not data))",
    'author:"Harbour Office"',
    "-laboratory",
    '-"of the"',
    '"artificial intelligence"',
    '"',
    "(",
    ")",
    "NOT",
    "OR",
    "NEAR(",
    "*",
    "a*",
    "^",
    ":",
    "-",
    "--",
    "words:",
    "marks:",
    "{words marks}:a",
    "'",
    "';DROP TABLE search;--",
    "\\",
    "%",
    "\0",
    "\ue000any",
    "𠮷",
    "é",
    "\u202e",
    "&",
    "!",
    "<->",
    "a & !b",
    "1",
    "99999999999999999999",
    "ﬁ",
    "Ａ",
    "İ",
    "ß",
    "\u0301",
    "x" * 150,
)


def mutated(one: random.Random) -> bytes:
    """Return a request with up to eight changes: bytes lost, doubled, swapped, put in; or two run together."""
    sent = bytearray(one.choice(SEEDS))
    for _ in range(one.randrange(9)):
        at = one.randrange(len(sent) + 1)
        match one.randrange(6):
            case 0:
                del sent[at : at + one.randrange(1, 20)]
            case 1:
                sent[at:at] = one.choice(PIECES)
            case 2:
                sent[at : at + 1] = bytes([one.randrange(256)])
            case 3:
                sent[at:at] = sent[at : at + one.randrange(1, 60)] * one.randrange(1, 4)
            case 4:
                sent += one.choice(SEEDS)
            case _:
                sent[at:at] = one.randbytes(one.randrange(1, 30))
    return bytes(sent)


def answers(wire: Wire, sent: bytes, pieces: int) -> bytes:
    """Return what comes back to *sent*, given in *pieces*, until the server closes or rests."""
    got = b""
    with socket.create_connection(("127.0.0.1", wire.port), timeout=5) as made:
        try:
            step = max(1, len(sent) // pieces)
            for at in range(0, len(sent), step):
                made.sendall(sent[at : at + step])
            made.shutdown(socket.SHUT_WR)
            while len(got) < 10_000_000 and (part := made.recv(262_144)):
                got += part
        except TimeoutError:
            raise AssertionError(f"left waiting by {sent!r}") from None
        except OSError:  # it may close at any byte
            return got
    return got


def asked_of_search(one: random.Random) -> str:
    words = [one.choice(ASKED) for _ in range(one.randrange(1, 7))]
    if one.random() < 0.3:
        words.append("".join(chr(one.choice((one.randrange(128), one.randrange(0x3000, 0xA000)))) for _ in range(6)))
    query = urllib.parse.quote(one.choice((" ", " ", "", "  ")).join(words).encode("utf-8", "replace"))
    return (
        f"/search{one.choice(('', '.atom', '.rss', '.json'))}?q={query}&page={one.choice(('1', '2', '20', '-1', 'x'))}"
    )


def fuzz(wire: Wire, *, seconds: float, seed: int) -> Counter[str]:
    """Send mutated requests and questions for *seconds*; return what was answered how often."""
    one = random.Random(seed)  # noqa: S311 -- to be repeated, not to be secret
    seen: Counter[str] = Counter()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        sent = mutated(one)
        got = answers(wire, sent, one.choice((1, 1, 2, 30)))
        assert got == b"" or got.startswith(b"HTTP/1.1 "), (seed, sent, got[:200])
        assert b"HTTP/1.1 500" not in got, (seed, sent)
        assert b"Traceback" not in got, (seed, sent)
        assert b"SQLite format" not in got, (seed, sent)
        seen[got[9:12].decode() or "closed"] += 1
        path = asked_of_search(one)
        begun = time.monotonic()
        reply = wire.ask(path)
        assert reply.status in {200, 400}, (seed, path, reply)
        assert b"<script" not in reply.body, (seed, path)
        assert time.monotonic() - begun < 5, (seed, path)
        seen[f"search {reply.status}"] += 1
    return seen


def survived(wire: Wire, seen: Counter[str], before: int) -> None:
    """Hold that it answers as ever, in as much memory, and that both good and bad was said."""
    assert seen["200"] > 10
    assert seen["400"] > 10
    assert seen["search 200"] > 10
    assert wire.ask("/feeds/all.atom").status == 200
    assert wire.ask("/search.atom?q=laboratory").body.count(b"<entry") == 25
    assert wire.descriptors() < 50
    assert wire.memory() - before < 64 * 1024 * 1024


def test_10_seconds_of_requests_that_nobody_would_send(wire: Wire) -> None:
    wire.ask("/search?q=laboratory")
    before = wire.memory()
    survived(wire, fuzz(wire, seconds=10, seed=random.SystemRandom().randrange(2**32)), before)


@pytest.mark.soak
def test_10_minutes_of_requests_that_nobody_would_send(wire: Wire) -> None:
    wire.ask("/search?q=laboratory")
    before = wire.memory()
    survived(wire, fuzz(wire, seconds=600, seed=random.SystemRandom().randrange(2**32)), before)
