"""The bundled newsroom on a loopback port: a web server like many, with ETags."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from scheduler.newsroom.page import pages

__all__ = ["Newsroom"]

LOOPBACK = "127.0.0.1"


class Newsroom:
    """A server of the bundled site; *start* is when its story begins, *clock* says what time it is.

    *port* is taken if it is free, else another. Used in a `with` statement; it serves
    from a thread of its own, so that a crawl finds it whatever the daemon is doing.
    """

    def __init__(self, *, start: datetime, clock: Callable[[], datetime], port: int = 0) -> None:
        """Take a port; nothing is served yet."""
        self.start = start
        self.clock = clock
        try:
            self._server = ThreadingHTTPServer((LOOPBACK, port), self._handler())
        except OSError:
            self._server = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="newsroom", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.server_port

    @property
    def base(self) -> str:
        """The address of the site, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}"

    def __enter__(self) -> Self:
        """Serve until the `with` statement ends."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        newsroom = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30  # a connection that says nothing for so long is closed

            def do_GET(self) -> None:
                page = pages(newsroom.base, newsroom.start, newsroom.clock()).get(self.path.partition("?")[0])
                if page is None:
                    self.send_error(HTTPStatus.NOT_FOUND)
                    return
                etag = f'"{hashlib.sha256(page.body).hexdigest()[:16]}"'
                same = self.headers.get("If-None-Match") == etag
                self.send_response(HTTPStatus.NOT_MODIFIED if same else HTTPStatus.OK)
                self.send_header("ETag", etag)
                self.send_header("Content-Type", page.content_type)
                self.send_header("Content-Length", "0" if same else str(len(page.body)))
                self.end_headers()
                if not same and self.command != "HEAD":
                    self.wfile.write(page.body)

            def do_HEAD(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None:
                """Say nothing: the daemon's log is the one to read."""

        return Handler
