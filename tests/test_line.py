"""A connection takes whole answers, in whatever pieces they arrive, and none that is torn, too large or no HTTP."""

from __future__ import annotations

import asyncio

import pytest
from scrapy.exceptions import DownloadCancelledError, DownloadFailedError, ResponseDataLossError
from twisted.internet.testing import StringTransport

from crawler.middlewares.certificate import Certificates
from crawler.middlewares.line import Answer, Line, UnansweredError
from crawler.middlewares.lines import Lines

LIMIT = 1000
ASKED = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"


class Wire(StringTransport):
    """A transport that tells its protocol when it is cut."""

    ended = False

    def abortConnection(self) -> None:  # noqa: N802 - Twisted's name
        """End."""
        self.ended = True


def connected() -> tuple[Line, Wire]:
    """Return a line and its end."""
    line, wire = Line(LIMIT), Wire()  # type: ignore[no-untyped-call]
    line.makeConnection(wire)  # type: ignore[no-untyped-call]
    return line, wire


def answer(said: bytes, *, pieces: int, ends: bool = False, head_only: bool = False) -> tuple[Answer, Line, Wire]:
    """Return what a line makes of *said*, which arrives by *pieces* bytes; then the connection *ends*."""

    async def run() -> tuple[Answer, Line, Wire]:
        line, wire = connected()
        asked = asyncio.ensure_future(line.ask(ASKED, head_only=head_only))
        await asyncio.sleep(0)
        assert wire.io.getvalue() == ASKED
        for start in range(0, len(said), pieces):
            line.dataReceived(said[start : start + pieces])
        if ends:
            line.connectionLost(None)
        return await asyncio.wait_for(asked, 120), line, wire

    return asyncio.run(run())


PIECES = (1, 2, 7, 64, 10_000)
WHOLE = {
    "length": (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, b"hello", True),
    "chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nhe\r\n3;x=1\r\nllo\r\n0\r\nA: b\r\n\r\n",
        200,
        b"hello",
        True,
    ),
    "nothing": (b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", 200, b"", True),
    "not modified": (b'HTTP/1.1 304 Not Modified\r\nETag: "7"\r\nContent-Length: 70\r\n\r\n', 304, b"", True),
    "news before": (
        b"HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 404\r\nContent-Length: 1\r\n\r\n.",
        404,
        b".",
        True,
    ),
    "bare line ends": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, b"ok", True),
    "in small letters": (b"http/1.1 200 ok\r\ncontent-length: 2\r\n\r\nok", 200, b"ok", True),
    "one length, said twice": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2, 2\r\n\r\nok",
        200,
        b"ok",
        True,
    ),
    "chunks and a length": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        200,
        b"ok",
        True,
    ),
    "spaces in a name": (b"HTTP/1.1 200 OK\r\nA B: c\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", True),
    "a control": (b"HTTP/1.1 200 OK\r\nA: b\0c\x01\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", True),
    "bytes of long ago": (b"HTTP/1.1 200 \xa6n\r\nA: \xa4\xa4\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", True),
    "a storm of news": (
        b"HTTP/1.1 102 On\r\n\r\n" * 200 + b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
        200,
        b"ok",
        True,
    ),
    "another version": (b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", True),
    "nothing with a body": (b"HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nok", 204, b"", False),
    "closes": (b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", False),
    "of old": (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", False),
}


@pytest.mark.parametrize("pieces", PIECES)
@pytest.mark.parametrize("name", WHOLE)
def test_an_answer_is_the_same_in_whatever_pieces_it_arrives(name: str, pieces: int) -> None:
    said, status, body, usable = WHOLE[name]
    found, line, wire = answer(said, pieces=pieces)
    assert (found.status, found.body, found.whole) == (status, body, True)
    assert line.usable is usable
    assert wire.disconnecting is not usable or wire.ended


def test_an_answer_without_a_length_ends_with_the_connection_and_says_so() -> None:
    found, line, _ = answer(b"HTTP/1.1 200 OK\r\n\r\n<html>", pieces=3, ends=True)
    assert (found.body, found.whole, line.usable) == (b"<html>", False, False)


def test_the_answer_to_a_look_has_no_body() -> None:
    found, line, _ = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", pieces=9, head_only=True)
    assert (found.body, line.usable) == (b"", True)


def test_headers_are_read_as_servers_write_them() -> None:
    said = b"HTTP/1.1 204 OK\r\nset-cookie: a\r\nno header at all\r\nSet-Cookie:b\r\nX: 1\r\n\t2\r\n\r\n"
    found, _, _ = answer(said, pieces=5)
    assert found.headers == {b"Set-Cookie": [b"a", b"b"], b"X": [b"1 2"]}


BROKEN: dict[str, tuple[bytes, type[Exception]]] = {
    "nothing": (b"", UnansweredError),
    "half a head": (b"HTTP/1.1 200 OK\r\nA: b", DownloadFailedError),
    "no HTTP": (b"220 mail.example ESMTP\r\n\r\n", UnansweredError),
    "speaks of old": (b"<html>no head</html>", UnansweredError),
    "another protocol": (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", DownloadFailedError),
    "no number": (b"HTTP/1.1 2xx OK\r\n\r\n", DownloadFailedError),
    "an endless head": (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 30_000, DownloadFailedError),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", DownloadFailedError),
    "a length below nothing": (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", DownloadFailedError),
    "a length with a sign": (b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello", DownloadFailedError),
    "a length of Arabia": ("HTTP/1.1 200 OK\r\nContent-Length: ٥\r\n\r\nhello".encode(), DownloadFailedError),
    "a length beyond numbers": (b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 99 + b"\r\n\r\n", DownloadFailedError),
    "chunks beyond numbers": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\nx",
        ResponseDataLossError,
    ),
    "endless words to a chunk": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;" + b"x" * 200_000,
        ResponseDataLossError,
    ),
    "endless trailers": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n" + b"A: b\r\n" * 30_000,
        ResponseDataLossError,
    ),
    "packed for its way": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx", DownloadFailedError),
    "cut off": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", ResponseDataLossError),
    "chunks cut off": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", ResponseDataLossError),
    "no chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhalf\r\n", ResponseDataLossError),
    "too large, said": (b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", DownloadCancelledError),
    "too large, not said": (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001, DownloadCancelledError),
    "too large in chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1001,
        DownloadCancelledError,
    ),
}  # fmt: skip


@pytest.mark.parametrize("pieces", [97, 10_000_000])
@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_no_answer_and_ends_the_connection(name: str, pieces: int) -> None:
    said, error = BROKEN[name]
    with pytest.raises(error) as caught:
        answer(said, pieces=pieces, ends=True)
    assert type(caught.value) is error


def test_what_is_longer_than_was_said_is_not_whole() -> None:
    found, line, _ = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n", pieces=64)
    assert (found.body, found.whole, line.usable) == (b"ok", False, False)


def test_what_comes_unasked_ends_the_connection() -> None:
    line, wire = connected()
    line.dataReceived(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert not line.usable
    assert wire.ended


def test_no_more_lines_rest_than_a_process_has_descriptors_for() -> None:
    lines = Lines(Certificates(None), limit=LIMIT)
    made = [connected() for _ in range(120)]
    for number, (line, _) in enumerate(made):
        line.rested = float(number)
        lines.keep(f"http://h{number % 60}.example", line)
    assert [line.usable for line, _ in made] == [False] * 20 + [True] * 100
    lines.close()
    assert all(wire.ended for _, wire in made)
