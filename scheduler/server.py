"""The built-in server in the daemon's own loop: a socket bound early, signals left to others."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import resource
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from email.utils import formatdate

import uvicorn

from feeds.error import ConfigError
from feeds.serve.asgi import Application, Message, Receive, Send
from feeds.serve.connection import Connection, connections
from feeds.serve.limit import LIMITS, Limits
from scheduler.door import Door

__all__ = ["Application", "Message", "Receive", "Send", "Server", "bind"]

_SPARE = 64  # descriptors that the store, the files and the crawl children need
_EACH = 2  # a connection, and the file it is sent
_LEAST = 8


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

    def __init__(self, application: Application, *, limits: Limits = LIMITS) -> None:
        """Serve *application* within *limits*, and within what the process may open."""
        most = max(_LEAST, min(limits.connections, (_descriptors() - _SPARE) // _EACH))
        kept = replace(limits, connections=most, refused=min(limits.refused, most // 4))
        self._most = kept.connections + kept.refused
        super().__init__(
            uvicorn.Config(
                application,
                http=connections(kept),
                ws="none",
                interface="asgi3",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=5,
            )
        )
        self._stop = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open a door at each of *sockets*."""
        await self.lifespan.startup()
        within = self.server_state.connections
        self.servers = [Door(one, self._connection, within, self._most) for one in sockets or ()]  # type: ignore[misc]  # takes an asyncio.Server's place
        self.started = True

    def _connection(self) -> asyncio.Protocol:
        made = self.config.http_protocol_class
        assert not isinstance(made, str)  # noqa: S101  # we gave a class
        return made(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)  # type: ignore[call-arg]  # Connection's

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program."""
        yield

    async def main_loop(self) -> None:
        """Keep the Date header right and end what lasts too long, once a second, until told to stop."""
        loop = asyncio.get_running_loop()
        while not self._stop.is_set():
            self.server_state.default_headers = [
                (b"date", formatdate(time.time(), usegmt=True).encode()),
                *self.config.encoded_headers,
            ]
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.expire(loop.time())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), 1.0)

    def stop(self) -> None:
        """Accept nothing more, finish what is under way."""
        self.should_exit = True
        self._stop.set()


def _descriptors() -> int:
    """Return how many files may be open, after asking for as many as we could use."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _SPARE + _EACH * LIMITS.connections
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed
