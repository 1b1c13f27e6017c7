"""Row N4 on connections that are kept: closed, reset or polluted between two requests, or answered with too little."""

from __future__ import annotations

import contextlib
import gzip
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.conftest import Desk

Page = Callable[..., str]
Answer = Callable[[socket.socket, str, int, bytes], bool]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"


def said(body: bytes, *lines: bytes, length: int | None = None) -> bytes:
    stated = b"Content-Length: %d\r\n" % (len(body) if length is None else length)
    return HEAD + stated + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


def chunked(body: bytes, *, size: int = 100, end: bytes = b"0\r\n\r\n") -> bytes:
    parts = (body[at : at + size] for at in range(0, len(body), size))
    packed = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + packed + end


class Kept:
    """A server that keeps its connections: *answer* gets the connection, the path, how many it answered, the page."""

    def __init__(self, pages: dict[str, bytes], answer: Answer) -> None:
        self.pages = pages
        self.answer = answer
        self.asked: list[str] = []
        self.connections = 0
        kept = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                kept.connections += 1
                with contextlib.suppress(OSError):
                    kept._talk(self)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/list"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _talk(self, handler: socketserver.StreamRequestHandler) -> None:
        count = 0
        while line := handler.rfile.readline(65537):
            while handler.rfile.readline(65537) not in (b"\r\n", b""):
                pass
            path = line.decode("latin-1").split()[1]
            self.asked.append(path)
            page = self.pages.get(path)
            if page is None:
                handler.connection.sendall(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
            elif not self.answer(handler.connection, path, count, page):
                return
            count += 1


@pytest.fixture
def kept_at(desk: Desk, listing: Page, release: Page) -> Iterator[Callable[[Answer], Kept]]:
    """Return what starts such a server as the source "bad", with three releases."""
    servers: list[Kept] = []

    def start(answer: Answer) -> Kept:
        pages = {f"/r/{n}.htm": release(n).encode() + b"</html>" for n in (1, 2, 3)}
        pages |= {"/robots.txt": b"User-agent: *\nAllow: /\n", "/list": listing(1, 2, 3).encode()}
        servers.append(Kept(pages, answer))
        desk.source("bad", servers[-1].url)
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def _reset(connection: socket.socket) -> bool:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, (1).to_bytes(4, "little") + bytes(4))
    return False


def _closes_at_once(connection: socket.socket, path: str, count: int, page: bytes) -> bool:
    del path, count
    connection.sendall(said(page))
    return False


def _closes_at_the_second(connection: socket.socket, path: str, count: int, page: bytes) -> bool:
    del path
    if count:
        return False
    connection.sendall(said(page))
    return True


def _resets_at_the_second(connection: socket.socket, path: str, count: int, page: bytes) -> bool:
    return _closes_at_the_second(connection, path, count, page) or _reset(connection)


def _sends_a_late_tail(connection: socket.socket, path: str, count: int, page: bytes) -> bool:
    del path, count
    connection.sendall(said(page))
    time.sleep(0.02)
    connection.sendall(b"<!-- served by cache 7 -->\r\n")
    return True


def _hints_first(connection: socket.socket, path: str, count: int, page: bytes) -> bool:
    del path, count
    connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + said(page))
    return True


def _is_of_1996(connection: socket.socket, path: str, count: int, page: bytes) -> bool:
    del path, count
    connection.sendall(said(page).replace(b"HTTP/1.1 200 OK", b"HTTP/1.0 200", 1).replace(b"\r\n", b"\n", 3))
    return False


def _packs_and_trails(connection: socket.socket, path: str, count: int, page: bytes) -> bool:
    del path, count
    connection.sendall(chunked(page, end=b"0;last=yes\r\nX-Sum: 7\r\n\r\n"))
    return True


@pytest.mark.parametrize(
    "answer",
    [
        _closes_at_once,
        _closes_at_the_second,
        _resets_at_the_second,
        _sends_a_late_tail,
        _hints_first,
        _is_of_1996,
        _packs_and_trails,
    ],
    ids=lambda answer: answer.__name__.strip("_"),
)
def test_n4_a_connection_that_is_not_what_it_seemed_loses_nothing(
    desk: Desk, kept_at: Callable[[Answer], Kept], answer: Answer
) -> None:
    server = kept_at(answer)
    for outcome in ("new", "unchanged"):
        ended = desk.outcome("bad")
        assert (ended.outcome, ended.reason) == (outcome, "")
    assert desk.count("bad") == 3
    assert len(server.asked) <= 2 * 5 + 4, "asked again and again"


def _short(page: bytes) -> bytes:
    return said(page, length=len(page) // 2)


def _half_gzip(page: bytes) -> bytes:
    packed = gzip.compress(page * 20)
    return said(packed[: len(packed) // 2], b"Content-Encoding: gzip")


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "a length too short": _short,
    "half a gzip": _half_gzip,
    "nothing": lambda _: said(b""),
    "nothing in chunks": lambda _: chunked(b""),
    "spaces": lambda _: said(b" \r\n" * 99),
    "no page but no content": lambda _: b"HTTP/1.1 204 No Content\r\n\r\n",
    "two lengths": lambda page: said(page, b"Content-Length: 7"),
    "a length below nothing": lambda page: said(page, length=-5),
    "a chunk of no number": lambda page: chunked(page, end=b"-1\r\n\r\n"),
    "no HTTP": lambda page: page,
    "brotli that nobody asked for": lambda page: said(page, b"Content-Encoding: br"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_n4_a_listing_answered_with_too_little_is_never_a_shorter_list(
    desk: Desk, kept_at: Callable[[Answer], Kept], how: str
) -> None:
    broken = [False]

    def answer(connection: socket.socket, path: str, count: int, page: bytes) -> bool:
        del count
        connection.sendall(BROKEN[how](page) if broken[0] and path == "/list" else said(page))
        return True

    server = kept_at(answer)
    assert desk.outcome("bad").new == 3
    broken[0] = True
    for _ in range(2):
        ended = desk.outcome("bad", explicit=True)
        assert ended.outcome in {"failed", "suspicious"}, ended
        assert ended.reason
    server.pages["/list"] = server.pages["/list"].replace(b"<ul>", b"<ul> ")
    broken[0] = False
    assert desk.outcome("bad", explicit=True).outcome == "unchanged"
    assert desk.count("bad") == 3


@pytest.mark.parametrize("how", BROKEN)
def test_n4_a_release_answered_with_too_little_is_had_when_it_is_there(
    desk: Desk, kept_at: Callable[[Answer], Kept], how: str
) -> None:
    broken = [True]

    def answer(connection: socket.socket, path: str, count: int, page: bytes) -> bool:
        del count
        connection.sendall(BROKEN[how](page) if broken[0] and path == "/r/2.htm" else said(page))
        return True

    kept_at(answer)
    ended = desk.outcome("bad")
    assert (ended.new, desk.count("bad")) == (2, 2), ended
    assert ended.reason
    broken[0] = False
    assert desk.outcome("bad", explicit=True).new == 1


@pytest.mark.soak
def test_n5_chunks_that_never_end_are_cut(desk: Desk, kept_at: Callable[[Answer], Kept]) -> None:
    def answer(connection: socket.socket, path: str, count: int, page: bytes) -> bool:
        del count
        if path != "/list":
            connection.sendall(said(page))
            return True
        connection.sendall(chunked(page, end=b""))
        time.sleep(600)
        return False

    kept_at(answer)
    ended = desk.outcome("bad", wall_s=120.0)
    assert ended.outcome == "failed"
    assert "in time" in ended.reason


@pytest.mark.soak
def test_n6_eight_mib_in_chunks_of_two_bytes_cost_no_memory(desk: Desk, kept_at: Callable[[Answer], Kept]) -> None:
    def answer(connection: socket.socket, path: str, count: int, page: bytes) -> bool:
        del count
        if path != "/list":
            connection.sendall(said(page))
            return True
        connection.sendall(chunked(b"", end=b""))
        while True:
            connection.sendall(b"2\r\nxx\r\n" * 8192)

    kept_at(answer)
    report = desk.crawl("bad", wall_s=120.0)
    assert report.outcomes[0].outcome == "failed"
    assert report.rss_bytes < 150 << 20
