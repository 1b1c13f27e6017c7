"""A connection that asks one thing after the other, by HTTP/1.1, and takes answers of a bounded size."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from httptools import HttpParserError, HttpResponseParser
from scrapy.exceptions import DownloadCancelledError, DownloadFailedError, ResponseDataLossError
from twisted.internet.protocol import Protocol

from crawler.middlewares.head import legible

if TYPE_CHECKING:
    from twisted.python.failure import Failure

__all__ = ["Answer", "Line", "UnansweredError"]

_LONGEST: Final = 1 << 17  # bytes of a head, the largest that browsers take; and of what is no body, between two parts
_END: Final = re.compile(rb"\n\r?\n")
_EMPTY: Final = frozenset([204, 304])  # which have no body, whatever they say of its length (RFC 9112 §6.3)
# What is said of the connection and not of the page.
_OF_CONNECTION: Final = frozenset([
    b"Connection", b"Content-Length", b"Keep-Alive", b"Proxy-Connection", b"Te", b"Trailers", b"Transfer-Encoding",
    b"Upgrade",
])  # fmt: skip


class UnansweredError(DownloadFailedError):
    """No answer came, or none to us: one that had rested may have been closed meanwhile, or be out of step."""


@dataclass(slots=True)
class Answer:
    """What came back; *whole* is False where nobody said how long the body is, or said so wrongly."""

    status: int
    headers: dict[bytes, list[bytes]]
    protocol: str
    body: bytes = b""
    whole: bool = True


@dataclass(slots=True)
class _Heard:
    """What llhttp hears of one answer: it calls the methods, all but the first two with what they are named for."""

    headers: dict[bytes, list[bytes]] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    begun: int = 0
    told: bool = False  # the head is complete: what comes as headers behind it are trailers
    done: bool = False

    def on_message_begin(self) -> None:
        self.begun += 1

    def on_message_complete(self) -> None:
        self.done = True

    def on_headers_complete(self) -> None:
        self.told = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.told:
            self.headers.setdefault(name.title(), []).append(value)

    def on_body(self, body: bytes) -> None:
        if not self.done:
            self.body += body


class Line(Protocol):
    """One connection; *limit* is the largest body it takes, *bare* says that its transport is TCP and nothing else.

    Heads are made legible and read by llhttp (httptools), and so are lengths and chunks:
    five times as fast as by Twisted's client, of which a page passed eleven objects.
    """

    def __init__(self, limit: int, *, bare: bool = False) -> None:
        """Begin without a transport: Twisted brings it."""
        self._limit = limit
        self._bare = bare  # to be told: transports of TLS have the names of what they wrap
        self._asked: asyncio.Future[Answer] | None = None
        self._head = bytearray()
        self._parser: HttpResponseParser | None = None
        self._heard = _Heard()
        self._answer: Answer | None = None
        self._ends_with_connection = False
        self._keeps = False
        self._idle = 0  # bytes since the last of the body
        self._head_only = False
        self._open = False
        self.usable = False
        self.rested = 0.0  # since when, monotonic

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        """Be ready."""
        self.usable = self._open = True

    async def ask(self, said: bytes, *, head_only: bool = False) -> Answer:
        """Send the request *said* and return its answer; *head_only* where the answer has no body (HEAD).

        DownloadCancelledError where it is larger than we take, ResponseDataLossError where
        less comes than was promised, UnansweredError and DownloadFailedError where none
        comes. Who gives up waiting ends the connection.
        """
        self._asked = asyncio.get_running_loop().create_future()
        self._head, self._parser, self._answer = bytearray(), None, None
        self._ends_with_connection, self._idle, self._head_only = False, 0, head_only
        self._send(said)
        try:
            return await self._asked
        except BaseException:
            self.end()
            raise
        finally:
            self._asked = None
            self.rested = monotonic()

    def _send(self, said: bytes) -> None:
        """Send at once what the socket takes: it is empty, and to wait for it takes two calls of the kernel more."""
        transport: Any = self.transport
        sent = transport.writeSomeData(said) if self._bare else 0
        if not isinstance(sent, int) or sent < len(said):
            transport.write(said[sent:] if isinstance(sent, int) else said)  # what is wrong with it will be told

    def end(self) -> None:
        """Break the connection off."""
        self.usable = False
        transport: Any = self.transport
        if self._open:
            transport.abortConnection()

    # what Twisted tells -------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Take *data* in."""
        if self._asked is None or self._asked.done():
            self.end()  # nobody asked: it would be taken for the next answer
            return
        try:
            if self._answer is None:
                looked = max(0, len(self._head) - 2)
                self._head += data
                if not self._head[:5].upper().startswith(b"HTTP/"[: len(self._head)]):
                    # Out of step, or a page without a head, of which no end could be found.
                    self._fail(UnansweredError(f"its answer is no HTTP: begins with {bytes(self._head[:60])!r}"))
                    return
                self._read_heads(looked)
            else:
                self._read_body(data)
        except (ValueError, HttpParserError) as error:
            self._fail(
                DownloadFailedError(f"its answer is no HTTP: {error}")
                if self._answer is None
                else ResponseDataLossError(str(error))
            )

    def connectionLost(self, reason: Failure | None = None) -> None:  # noqa: N802 - Twisted's name
        """End what was asked."""
        self.usable = self._open = False
        if self._asked is None or self._asked.done():
            return
        said = "" if reason is None else str(reason.value)
        if self._answer is None:
            self._fail(DownloadFailedError(said) if self._head else UnansweredError(said))
        elif self._ends_with_connection:
            self._finish(whole=False)
        else:
            self._fail(ResponseDataLossError(said))

    # reading ------------------------------------------------------------------------------

    def _read_heads(self, looked: int) -> None:
        """Read the head of the answer, of which as much was *looked* through before.

        Those of what only says that there will be an answer are left out (RFC 9110 §15.2).
        """
        while (end := _END.search(self._head, looked)) is not None:
            head, rest = bytes(self._head[: end.start()]), self._head[end.end() :]
            heard = _Heard()
            parser = HttpResponseParser(heard)
            parser.feed_data(legible(head))
            status = parser.get_status_code()
            self._head, looked = rest, 0
            if status >= 200:
                self._begin(parser, heard, status, bytes(rest))
                return
            if status == 101:
                raise ValueError("speaks another protocol now, unasked")
        if len(self._head) > _LONGEST:
            raise ValueError(f"a head of more than {_LONGEST} bytes")

    def _begin(self, parser: HttpResponseParser, heard: _Heard, status: int, rest: bytes) -> None:
        """Find out how long the body is."""
        headers = heard.headers
        coding, length = headers.get(b"Transfer-Encoding"), headers.get(b"Content-Length")
        if coding and coding[-1].lower() != b"chunked":
            raise ValueError(f"packed for its way as {coding[-1][:40]!r}: expected chunked")
        kept = {name: values for name, values in headers.items() if name not in _OF_CONNECTION}
        if length:
            kept[b"Content-Length"] = length
        self._parser, self._heard = parser, heard
        said = b",".join(headers.get(b"Connection", ())).lower()
        protocol = f"HTTP/{parser.get_http_version()}"
        self._keeps = b"close" not in said and (protocol != "HTTP/1.0" or b"keep-alive" in said)
        self._ends_with_connection = not (coding or length or heard.done or self._head_only)
        self._answer = Answer(status, kept, protocol)
        if status in _EMPTY or self._head_only:
            heard.done = True
        elif length and int(length[0]) > self._limit:
            self._fail(DownloadCancelledError(f"{int(length[0])} bytes are more than {self._limit}"))
            return
        if heard.done:
            self._finish(rest=bool(rest))
        elif rest:
            self._read_body(rest)

    def _read_body(self, data: bytes) -> None:
        heard, parser = self._heard, self._parser
        before, begun, rest = len(heard.body), heard.begun, False
        try:
            if parser is not None:
                parser.feed_data(data)
        except HttpParserError:
            if not heard.done:
                raise
            rest = True  # what came behind the answer is none
        self._idle = 0 if len(heard.body) > before else self._idle + len(data)
        if len(heard.body) > self._limit:
            self._fail(DownloadCancelledError(f"more than {self._limit} bytes"))
        elif heard.done:
            self._finish(rest=rest or heard.begun > begun)
        elif self._idle > _LONGEST:
            raise ValueError(f"{_LONGEST} bytes without any of its body")

    def _finish(self, *, whole: bool = True, rest: bool = False) -> None:
        """Hand the answer over; where a *rest* came behind it, unasked, its length was no length."""
        answer = self._answer
        if answer is None or self._asked is None or self._asked.done():
            return
        answer.body = bytes(self._heard.body)
        answer.whole = whole and not (rest and bool(answer.body) and b"Content-Length" in answer.headers)
        if rest or not answer.whole or not self._keeps:
            self.usable = False
            transport: Any = self.transport
            transport.loseConnection()
        self._heard = _Heard()
        self._asked.set_result(answer)

    def _fail(self, error: Exception) -> None:
        self.usable = False
        self._heard = _Heard()
        if self._asked is not None and not self._asked.done():
            self._asked.set_exception(error)
