"""Where readers come in: connections are taken as far as descriptors last, and what is short elsewhere is not taken."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Collection

__all__ = ["Door"]

log = logging.getLogger(__name__)

_TOGETHER = 16  # taken in one turn of the loop: others want theirs
_REST_S = 0.2  # when there is no descriptor or no memory left for one more
_SHORT = frozenset([errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])


class Door:
    """Takes connections from a listening socket, at most *most* at once; looks like an `asyncio.Server` to uvicorn.

    asyncio's own takes a whole backlog before anybody hears of the first, and where
    descriptors run out it tries 2,048 times, then plans 2,048 new attempts (Python 3.11,
    `BaseSelectorEventLoop._accept_connection`): the store, the files and the crawl
    children get none any more.
    """

    def __init__(
        self, listener: socket.socket, protocol: Callable[[], asyncio.Protocol], within: Collection[object], most: int
    ) -> None:
        """Open: *protocol* makes what hears a connection, *within* holds those that are open."""
        self._loop = asyncio.get_running_loop()
        self._listener = listener
        self._protocol = protocol
        self._within = within
        self._most = most
        self._entering: set[asyncio.Task[object]] = set()
        self._again: asyncio.TimerHandle | None = None
        listener.setblocking(False)  # noqa: FBT003  # as the library has it
        self._open()

    def close(self) -> None:
        """Let nobody in any more; who is within stays."""
        if self._again is not None:
            self._again.cancel()
        self._loop.remove_reader(self._listener)

    async def wait_closed(self) -> None:
        """Wait for those who were on the threshold."""
        await asyncio.gather(*self._entering, return_exceptions=True)

    def _open(self) -> None:
        self._loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        for _ in range(_TOGETHER):
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _SHORT:
                    raise
                log.warning("no more readers for a moment: %s", error.strerror)
                self._loop.remove_reader(self._listener)
                self._again = self._loop.call_later(_REST_S, self._open)
                return
            if len(self._within) + len(self._entering) >= self._most:
                connection.close()
                continue
            task = self._loop.create_task(self._enter(connection))
            self._entering.add(task)
            task.add_done_callback(self._entering.discard)

    async def _enter(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._protocol, connection)
        except OSError as error:
            connection.close()
            log.debug("a reader left at once", extra={"error": str(error)})
