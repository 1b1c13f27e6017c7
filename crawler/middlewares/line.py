"""A connection that asks one thing after the other, by HTTP/1.1 (RFC 9112), and takes answers of a bounded size."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from scrapy.exceptions import DownloadCancelledError, DownloadFailedError, ResponseDataLossError
from twisted.internet.protocol import Protocol
from twisted.web.http import _ChunkedTransferDecoder, _MalformedChunkedDataError  # strict; public under no name

if TYPE_CHECKING:
    from twisted.python.failure import Failure

__all__ = ["Answer", "Line", "UnansweredError"]

_LONGEST_HEAD: Final = 1 << 17  # bytes: the largest that browsers take
_SMALL: Final = 1024
_END: Final = re.compile(rb"\n\r?\n")
_STATUS: Final = re.compile(rb"([A-Za-z]+)/(\d+)\.(\d+) ([1-9]\d\d)(?: .*)?", re.DOTALL)
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
    """What came back; *whole* is False where nobody said how long the body is, and the connection ended."""

    status: int
    headers: dict[bytes, list[bytes]]
    protocol: str
    body: bytes = b""
    whole: bool = True


class Line(Protocol):
    """One connection; *limit* is the largest body it takes."""

    def __init__(self, limit: int) -> None:
        """Begin without a transport: Twisted brings it."""
        self._limit = limit
        self._asked: asyncio.Future[Answer] | None = None
        self._answer: Answer | None = None
        self._head = bytearray()
        self._parts: list[bytes | bytearray] = []
        self._size = 0
        self._length: int | None = None  # None: it ends with the connection, or by its last chunk
        self._chunks: _ChunkedTransferDecoder | None = None
        self._head_only = False
        self._keeps = True
        self._open = False
        self.usable = False
        self.rested = 0.0  # since when, monotonic

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        """Be ready."""
        self.usable = self._open = True

    async def ask(self, said: bytes, *, head_only: bool = False) -> Answer:
        """Send the request *said* and return its answer; *head_only* where the answer has no body (HEAD).

        DownloadCancelledError where it is larger than we take, ResponseDataLossError where
        less comes than was promised, UnansweredError and DownloadFailedError where none comes.
        Who gives up waiting ends the connection.
        """
        transport: Any = self.transport
        self._asked = asyncio.get_running_loop().create_future()
        self._answer, self._head, self._parts, self._size = None, bytearray(), [], 0
        self._length, self._chunks, self._head_only, self._keeps = None, None, head_only, True
        transport.write(said)
        try:
            return await self._asked
        except BaseException:
            self.end()
            raise
        finally:
            self._asked = None
            self.rested = monotonic()

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
        except (ValueError, RuntimeError, _MalformedChunkedDataError) as error:
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
        elif self._chunks is None and self._length is None:
            self._answer.whole = False
            self._finish(b"")
        else:
            self._fail(ResponseDataLossError(said))

    # reading ------------------------------------------------------------------------------

    def _read_heads(self, looked: int) -> None:
        """Read the head of the answer, of which as much was *looked* through before.

        Those of what only says that there will be an answer are left out (RFC 9110 §15.2).
        """
        while (end := _END.search(self._head, looked)) is not None:
            head, rest = bytes(self._head[: end.start()]), self._head[end.end() :]
            status, headers, protocol = _read_head(head)
            self._head, looked = rest, 0
            if status >= 200:
                self._begin(status, headers, protocol, bytes(rest))
                return
        if len(self._head) > _LONGEST_HEAD:
            raise ValueError(f"a head of more than {_LONGEST_HEAD} bytes")

    def _begin(self, status: int, headers: dict[bytes, list[bytes]], protocol: str, rest: bytes) -> None:
        """Find out how long the body is."""
        coding = headers.get(b"Transfer-Encoding")
        length = headers.get(b"Content-Length")
        said = b",".join(headers.get(b"Connection", ())).lower()
        self._keeps = b"close" not in said and (protocol != "HTTP/1.0" or b"keep-alive" in said)
        kept = {name: values for name, values in headers.items() if name not in _OF_CONNECTION}
        if self._head_only or status in _EMPTY:
            self._length = 0
        elif coding:
            if coding[0].lower() != b"chunked":
                raise ValueError(f"packed for its way as {coding[0][:40]!r}: expected chunked")
            self._chunks = _ChunkedTransferDecoder(self._take, self._finish)
        elif length:
            if len(length) > 1 or not length[0].isdigit():
                raise ValueError(f"a length of {length[:3]}: expected one number")
            self._length = int(length[0])
            kept[b"Content-Length"] = length
            if self._length > self._limit:
                self._fail(DownloadCancelledError(f"{self._length} bytes are more than {self._limit}"))
                return
        self._answer = Answer(status, kept, protocol)
        if self._length == 0:
            self._finish(rest)
        elif rest:
            self._read_body(rest)

    def _read_body(self, data: bytes) -> None:
        if self._chunks is not None:
            self._chunks.dataReceived(data)
        elif self._length is None:
            self._take(data)
        else:
            wanted = self._length - self._size
            self._take(data if len(data) <= wanted else data[:wanted])
            if self._size == self._length:
                self._finish(data[wanted:])

    def _take(self, data: bytes) -> None:
        if len(data) >= _SMALL or not self._parts:
            self._parts.append(data)
        else:
            if not isinstance(self._parts[-1], bytearray):
                self._parts.append(bytearray())
            self._parts[-1] += data  # an object for each of many small ones would be larger than they are
        self._size += len(data)
        if self._size > self._limit:
            self._fail(DownloadCancelledError(f"more than {self._limit} bytes"))

    def _finish(self, rest: bytes) -> None:
        """Hand the answer over; *rest* came behind it, unasked: then its length was no length."""
        if self._answer is None or self._asked is None or self._asked.done():
            return
        parts, self._parts = self._parts, []
        self._answer.body = parts[0] if len(parts) == 1 and isinstance(parts[0], bytes) else b"".join(parts)
        self._answer.whole = self._answer.whole and not (rest and self._length)
        if rest or not self._keeps or not self._answer.whole:
            self.usable = False
            transport: Any = self.transport
            transport.loseConnection()
        self._asked.set_result(self._answer)

    def _fail(self, error: Exception) -> None:
        self.usable = False
        self._parts = []
        if self._asked is not None and not self._asked.done():
            self._asked.set_exception(error)


def _read_head(head: bytes) -> tuple[int, dict[bytes, list[bytes]], str]:
    r"""Return the status, the headers and the protocol that *head* says; lines that are no header are left out.

    >>> _read_head(b"HTTP/1.1 200 OK\r\nServer: a\r\n b\r\nno header\r\nserver:c")
    (200, {b'Server': [b'a b', b'c']}, 'HTTP/1.1')
    """
    lines = [line.removesuffix(b"\r") for line in head.split(b"\n")]
    found = _STATUS.fullmatch(lines[0])
    if found is None:
        raise ValueError(f"begins with {lines[0][:60]!r}")
    headers: dict[bytes, list[bytes]] = {}
    last: list[bytes] = []
    for line in lines[1:]:
        if line[:1] in {b" ", b"\t"}:  # goes on with the one before, as once was allowed
            if last:
                last[-1] = b" ".join((last[-1], line.strip())).strip()
            continue
        name, colon, value = line.partition(b":")
        last = headers.setdefault(name.strip().title(), []) if colon else []
        if colon:
            last.append(value.strip())
    return int(found[4]), headers, f"{found[1].decode()}/{int(found[2])}.{int(found[3])}"
