"""The built-in server in the daemon's own loop: a socket bound early, signals left to others."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from email.utils import formatdate
from typing import Any

import uvicorn

from feeds.error import ConfigError

__all__ = ["Application", "Message", "Receive", "Send", "Server", "bind"]

Message = MutableMapping[str, Any]  # what ASGI passes
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

_CONNECTIONS = 4096  # more at once are answered 503
_IDLE_S = 20  # a kept-alive connection that asks for nothing


def bind(host: str, port: int, *, key: str = "serve.port") -> socket.socket:
    """Return a listening socket at *host* and *port* (0: a free one); ConfigError says in one line why not."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(2048)
            listener.settimeout(0)
        except BaseException:
            listener.close()
            raise
    except socket.gaierror:
        raise ConfigError(f"serve.host: {host}: is no address of this machine") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            other = "choose another with --port" if key == "serve.port" else f"choose another {key}"
            raise ConfigError(f"{key}: {port} on {host} is in use: {other}") from None
        raise ConfigError(f"serve: cannot listen on {host}:{port}: {error.strerror}") from None
    return listener


class Server(uvicorn.Server):
    """uvicorn as a part of another program: it takes no signals, logs nothing, and wakes once a second."""

    def __init__(self, application: Application) -> None:
        """Serve *application*."""
        super().__init__(
            uvicorn.Config(
                application,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=_CONNECTIONS,
                timeout_keep_alive=_IDLE_S,
                timeout_graceful_shutdown=5,
                h11_max_incomplete_event_size=16_384,
            )
        )
        self._stop = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program."""
        yield

    async def main_loop(self) -> None:
        """Keep the Date header right, once a second rather than ten times, until told to stop."""
        while not self._stop.is_set():
            self.server_state.default_headers = [
                (b"date", formatdate(time.time(), usegmt=True).encode()),
                *self.config.encoded_headers,
            ]
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), 1.0)

    def stop(self) -> None:
        """Accept nothing more, finish what is under way."""
        self.should_exit = True
        self._stop.set()
