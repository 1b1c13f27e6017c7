"""One connection of a reader: HTTP/1.1 as httptools reads it, no bodies, every wait bounded.

What is published is answered between two looks at the network, without a task or a scope
of its own; what takes longer, a search or another ASGI application, becomes a task.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from typing import Any, Final

import httptools
from uvicorn import Config
from uvicorn.server import ServerState

from feeds.serve.answer import READ, Front, Serving
from feeds.serve.asgi import Application
from feeds.serve.limit import LIMITS, Limits
from feeds.serve.reply import Reply, say
from feeds.serve.request import Asked, called, parts

__all__ = ["Connection", "connections"]

log = logging.getLogger(__name__)

_TOGETHER: Final = 65_536  # bytes sent in one piece with their head
_PIECE: Final = 262_144
_SHORT: Final = 1024
_KNOWN: Final = 2048
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_LINGER_S: Final = 2.0  # for a refused client to read why before its unread bytes reset the connection


def connections(limits: Limits = LIMITS) -> type[Connection]:
    """Return an HTTP protocol for `uvicorn.Config(http=…)` that keeps to *limits*."""
    return type("Connection", (Connection,), {"limits": limits, "_known": {}})


class Connection(asyncio.Protocol):
    """A connection; whoever serves calls its `expire` about once a second."""

    limits: Limits = LIMITS
    _known: dict[bytes, Asked]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Answer from the application of *config*, as uvicorn makes its protocols."""
        del app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._application: Application = config.loaded_app
        # ProxyHeaders and the like would be none of ours: what is configured is what is asked.
        self._direct = config.app if isinstance(config.app, Serving | Front) else None
        self._state = server_state
        self._everyone: set[Any] = server_state.connections
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._queue: deque[Asked] = deque()
        self._task: asyncio.Task[None] | None = None
        self._rest: memoryview | None = None
        self._is_full = False  # the reader takes what we send more slowly than we do
        self._keep = True
        self._is_over = False  # nothing more is read
        self._in_head = False
        self._is_clean = True  # what comes next begins a request
        self._fed = 0
        self._begun = 0
        self.deadline = 0.0
        self.on_message_begin()

    # What the network says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, unless there are too many."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- a stream's protocol gets no other
        self._transport = transport
        self._everyone.add(self)
        self.deadline = self._loop.time() + self.limits.idle_s
        over = len(self._everyone) - self.limits.connections
        if over > self.limits.refused:
            transport.abort()
        elif over > 0:
            self._refuse(say(503, "Too many readers at once: try again in a few seconds.", (b"retry-after", b"5")))

    def data_received(self, data: bytes) -> None:
        """Read requests; answer those that can be answered at once."""
        if self._is_over:
            return
        if self._is_clean and (known := self._known.get(data)) is not None and not self._is_busy and not self._queue:
            self._answer(known)
            return
        if not self._in_head:
            self._in_head = True
            if not self._is_busy:
                self.deadline = self._loop.time() + self.limits.head_s
        whole = self._is_clean
        asked = data if data.isascii() or not whole else _escaped(data)
        self._begun = 0
        self._fed += len(data)
        try:
            self._parser.feed_data(asked)
        except httptools.HttpParserUpgrade:  # answered as if it had not been asked for
            self._is_over = True
        except httptools.HttpParserError:
            self._enqueue(say(400, "This is no HTTP/1.1 request."))
        if self._in_head and self._fed > self.limits.head_bytes:
            self._enqueue(say(431, "The head of this request is too large."))
        self._is_clean = not self._in_head and data.endswith(b"\r\n\r\n")
        if whole and self._is_clean and self._begun == 1 and self._latest is not None and len(data) <= _SHORT:
            self._remember(data, self._latest)
        if self._queue:
            self._go()

    def _remember(self, data: bytes, asked: Asked) -> None:
        """Know *data* again: readers ask in the same words every time, and parsing is a third of a 304."""
        if len(self._known) >= _KNOWN:
            self._known.clear()
        self._known[data] = asked

    def eof_received(self) -> bool:
        """Let what is under way be sent to a client that says nothing more."""
        self._is_over = True
        self._keep = False
        return self._is_busy

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        del exc
        self._everyone.discard(self)
        self._is_over = True
        self._rest = None
        self._queue.clear()
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        """Wait for the reader."""
        self._is_full = True

    def resume_writing(self) -> None:
        """Go on."""
        self._is_full = False
        self._pump()
        self._go()

    # What the clock and the server say

    def expire(self, now: float) -> None:
        """End what has lasted too long: with a reason where a request was begun."""
        if now < self.deadline:
            return
        if self._is_busy or self._is_over or self._transport.is_closing():
            self._abort()
        elif self._in_head:
            self._refuse(say(408, "This request took too long to arrive."))
        else:
            self._transport.close()

    def shutdown(self) -> None:
        """Finish what is under way, then close."""
        self._is_over = True
        self._keep = False
        if not self._is_busy:
            self._transport.close()

    # What httptools says

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._begun += 1
        self._latest: Asked | None = None
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._size = 0
        self._count = 0
        self._hosts = 0
        self._has_body = False

    def on_url(self, url: bytes) -> None:
        """Take the target of the request, or a part of it."""
        self._target += url
        self._size += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep the header if anybody reads it."""
        self._size += len(name) + len(value)
        self._count += 1
        name = name.lower()
        if name in READ:
            held = self._headers.get(name)
            self._headers[name] = value if held is None else b"%b, %b" % (held, value)
        elif name == b"host":
            self._hosts += 1
        elif name == b"transfer-encoding" or (name == b"content-length" and value.strip(b" \t0")):
            self._has_body = True

    def on_headers_complete(self) -> None:
        """Answer: nobody waits for a body."""
        if self._is_over:
            return
        self._in_head = False
        self._fed = 0
        parser = self._parser
        version = parser.get_http_version()
        asked = Asked(
            method=parser.get_method().decode("latin-1"),
            target=self._target,
            headers=self._headers,
            keep=parser.should_keep_alive() and not parser.should_upgrade(),
            refusal=self._refusal(version),
            old=version == "1.0",
        )
        if asked.refusal is not None or not asked.keep:
            self._is_over = True
        else:
            self._latest = asked
        if self._is_busy or self._queue:
            self._queue.append(asked)
            if len(self._queue) >= self.limits.waiting:
                self._is_over = True
            return
        self._answer(asked)

    def _refusal(self, version: str) -> Reply | None:
        if version not in ("1.1", "1.0"):
            return say(505, "HTTP/1.1 is spoken here.")
        if self._size > self.limits.head_bytes or self._count > self.limits.headers:
            return say(431, "The head of this request is too large.")
        if self._hosts > 1 or (version == "1.1" and not self._hosts):  # RFC 9112 §3.2
            return say(400, "Expected one Host header.")
        if self._has_body:
            return say(413, "No request has a body here.", (b"allow", b"GET, HEAD, OPTIONS"))
        return None

    # Answers, one after the other

    @property
    def _is_busy(self) -> bool:
        return self._task is not None or self._rest is not None or self._is_full

    def _enqueue(self, reply: Reply) -> None:
        """Answer *reply* after what was asked before, and hear nothing more."""
        if self._is_over:
            return
        self._is_over = True
        self._queue.append(Asked("GET", b"", {}, keep=False, refusal=reply, old=False))

    def _go(self) -> None:
        while self._queue and not self._is_busy and not self._transport.is_closing():
            self._answer(self._queue.popleft())

    def _answer(self, asked: Asked) -> None:
        self._keep = asked.keep and self._keep
        self.deadline = self._loop.time() + self.limits.answer_s
        if asked.refusal is not None:
            self._refuse(asked.refusal, asked.method)
            return
        path, query = parts(asked.target)
        reply = None
        if self._direct is not None:
            try:
                reply = self._direct.reply(asked.method, path, query, asked.headers)
            except Exception:
                log.exception("request failed", extra={"path": path})
                reply = say(500, "This went wrong here.")
        if reply is not None:
            self._send(reply, asked)
        else:
            self._task = self._loop.create_task(self._ask(asked, path, query))
            self._task.add_done_callback(self._done)

    async def _ask(self, asked: Asked, path: str, query: bytes) -> None:
        try:
            if self._direct is not None:
                reply = await self._direct.ask(asked.method, path, query, asked.headers)
            else:
                reply = await called(self._application, asked, path, query)
        except Exception:
            log.exception("request failed", extra={"path": path})
            reply = say(500, "This went wrong here.")
        self._send(reply, asked)

    def _send(self, reply: Reply, asked: Asked) -> None:
        if self._transport.is_closing():
            if reply.file is not None:
                reply.file.close()
            return
        date = self._date()
        if not self._keep:
            self._is_over = True
            end = b"connection: close\r\n\r\n"
        else:
            end = b"connection: keep-alive\r\n\r\n" if asked.old else b"\r\n"
        body = b"" if asked.method == "HEAD" else reply.body
        if reply.file is not None:
            self._transport.write(reply.head + date + end)
            self.deadline += reply.count / self.limits.bytes_per_s
            self._task = self._loop.create_task(self._send_file(reply))
            self._task.add_done_callback(self._done)
            return
        self._transport.write(b"".join((reply.head, date, end, body[:_TOGETHER])))
        if len(body) > _TOGETHER:
            self._rest = memoryview(body)[_TOGETHER:]
            self.deadline += len(body) / self.limits.bytes_per_s
            self._pump()
        elif self._task is None:
            self._end()

    async def _send_file(self, reply: Reply) -> None:
        assert reply.file is not None  # noqa: S101 -- who calls has looked
        with reply.file as file:
            sent = await self._loop.sendfile(self._transport, file, file.tell(), reply.count)
        if sent != reply.count:  # cut short while it was read: the reader must not take it for whole
            self._abort()

    def _done(self, task: asyncio.Task[None]) -> None:
        if self._task is task:
            self._task = None
        if task.cancelled():
            return
        if (error := task.exception()) is not None:  # the reader went away, for all that sendfile says
            log.debug("an answer was not taken", extra={"error": str(error)})
            self._abort()
        if not self._is_busy:
            self._end()
            self._go()

    def _pump(self) -> None:
        while self._rest is not None and not self._is_full:
            self._transport.write(self._rest[:_PIECE])
            self._rest = self._rest[_PIECE:] if len(self._rest) > _PIECE else None
            if self._rest is None:
                self._end()

    def _end(self) -> None:
        """Wait for the next request after an answer, or close."""
        if not self._keep or (self._is_over and not self._queue):
            self._transport.close()
        elif not self._transport.get_write_buffer_size():  # else its time runs on
            self.deadline = self._loop.time() + self.limits.idle_s

    def _date(self) -> bytes:
        headers = self._state.default_headers
        return b"date: %b\r\n" % headers[0][1] if headers else b""

    def _refuse(self, reply: Reply, method: str = "GET") -> None:
        """Say *reply*, hear nothing more, and close once the client has had the time to read it."""
        self._is_over = True
        self._keep = False
        self._queue.clear()
        if self._transport.is_closing():
            return
        body = b"" if method == "HEAD" else reply.body
        self._transport.write(b"%b%bconnection: close\r\n\r\n%b" % (reply.head, self._date(), body))
        self.deadline = self._loop.time() + _LINGER_S
        try:
            self._transport.write_eof()
        except OSError:  # it has left already
            self._transport.abort()

    def _abort(self) -> None:
        if self._task is not None:
            self._task.cancel()  # sendfile waits on a descriptor that closing would take from under it
        self._transport.abort()


def _escaped(data: bytes) -> bytes:
    """Return *data* with the target of its request escaped: curl, and so newsboat, sends Chinese as it was typed.

    >>> _escaped("GET /search?q=港 HTTP/1.1".encode())
    b'GET /search?q=%E6%B8%AF HTTP/1.1'
    """
    line, end, rest = data.partition(b"\r\n")
    return b"".join((_HIGH.sub(lambda found: b"%%%02X" % found[0][0], line), end, rest))
