"""A server on loopback that answers as it is told, badly where it is told to, and remembers what was asked."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

__all__ = ["Asked", "Chaos", "Wire"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Wire:
    """What a misbehaving answer writes to."""

    write: Callable[[bytes], None]
    asked: Asked
    reset: Callable[[], None]
    peer: int  # the port the request came from

    def head(
        self, status: int = 200, *lines: str, length: int | None = None, kind: str = "text/html; charset=utf-8"
    ) -> None:
        """Write a status line and headers."""
        stated = [] if length is None else [f"Content-Length: {length}"]
        head = [f"HTTP/1.1 {status} Chaos", f"Content-Type: {kind}", *lines, *stated, "Connection: close", "", ""]
        self.write("\r\n".join(head).encode())

    def page(self, body: bytes | str, status: int = 200, *lines: str, kind: str = "text/html; charset=utf-8") -> None:
        """Write a whole answer."""
        data = body.encode() if isinstance(body, str) else body
        self.head(status, *lines, length=len(data), kind=kind)
        self.write(data)


Answer = Callable[[Wire], None]


class Chaos:
    """The server; *routes* maps a path to its answer, and may change at any time."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen on *host*, an address."""
        self.routes: dict[str, Answer] = {}
        self.asked: list[Asked] = []
        self.connections = 0
        self.greeting = b""  # what it says to whoever connects, before it is asked
        chaos = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                chaos.connections += 1
                with contextlib.suppress(OSError):
                    self.wfile.write(chaos.greeting)
                    while chaos._one(self):
                        pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
            block_on_close = False

        self._server = Server((host, port), Handler)
        self.host, self.port = self._server.server_address[0], self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def url(self, path: str = "/") -> str:
        """Return the address of *path*."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{path}"

    def page(
        self, path: str, body: bytes | str, status: int = 200, *lines: str, kind: str = "text/html; charset=utf-8"
    ) -> None:
        """Answer *path* with a page."""
        self.routes[path] = lambda wire: wire.page(body, status, *lines, kind=kind)

    def tagged(self, path: str, body: str, etag: str) -> None:
        """Answer *path* with a page that has an ETag, and with 304 to those who know it."""

        def answer(wire: Wire) -> None:
            if wire.asked.headers.get("if-none-match") == etag:
                wire.write(f"HTTP/1.1 304 X\r\nETag: {etag}\r\nConnection: close\r\n\r\n".encode())
            else:
                wire.page(body, 200, f"ETag: {etag}")

        self.routes[path] = answer

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        """Answer *path* with a redirect."""
        self.page(path, "", status, f"Location: {to}")

    def times(self, path: str) -> list[Asked]:
        """Return the requests for *path*."""
        return [asked for asked in self.asked if asked.path == path]

    def secure(self, context: ssl.SSLContext) -> None:
        """Speak TLS from here on."""
        plain = self._server.get_request

        def get_request() -> tuple[socket.socket, object]:
            connection, address = plain()
            return context.wrap_socket(connection, server_side=True), address

        self._server.get_request = get_request

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _one(self, handler: socketserver.StreamRequestHandler) -> bool:
        first = handler.rfile.readline(65537).decode("latin-1").split()
        if len(first) < 3:
            return False
        headers = {}
        while (line := handler.rfile.readline(65537)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        body = handler.rfile.read(int(headers.get("content-length", 0)))
        asked = Asked(first[0], first[1], headers, body)
        self.asked.append(asked)

        def reset() -> None:
            linger = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.connection.close()

        def write(data: bytes) -> None:
            handler.wfile.write(data)
            handler.wfile.flush()

        answer = self.routes.get(asked.path, lambda wire: wire.page("nothing here", 404))
        answer(Wire(write, asked, reset, handler.client_address[1]))
        return False
