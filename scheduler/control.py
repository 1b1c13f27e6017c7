"""The control socket var/control: how a command hands its order to the daemon that holds the directory.

One JSON line in (the order), JSON lines out (what the command would have printed), the
last of which is ``{"exit": status}``. A Unix socket, mode 0600: only its owner may speak.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from feeds.error import BaywireError, ConfigError
from scheduler.line import Line
from scheduler.order import Order

__all__ = ["Perform", "hand_over", "listen"]

Perform = Callable[[Order, Callable[[Line], None]], Awaitable[int]]

_LONGEST = 16 << 20  # bytes of one line: a release with its text is some hundred kB at most
_TIME_S = 10.0  # to say what is wanted


def hand_over(var: Path, order: Order, tell: Callable[[Line], None]) -> int | None:
    """Give *order* to the daemon at ``var/control``; *tell* its lines; return its exit status, None if nobody listens.

    Raises BaywireError with what the daemon says is wrong with the order, or that it ended.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link, _short(var) as path:
        try:
            link.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        link.sendall(json.dumps(order.to_json()).encode() + b"\n")
        with link.makefile("rb") as lines, contextlib.suppress(ConnectionResetError):
            for raw in lines:
                line = json.loads(raw)
                if "exit" in line:
                    return int(line["exit"])
                if "error" in line:
                    raise ConfigError(str(line["error"]))
                tell(line)
    raise BaywireError("the daemon ended before it was done: see its log, then type the command again")


@asynccontextmanager
async def listen(var: Path, perform: Perform) -> AsyncIterator[None]:
    """Do what comes in at ``var/control`` by *perform*, for the length of the block."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await _serve(reader, writer, perform)

    (var / "control").unlink(missing_ok=True)  # whoever left it is dead: we hold the lock
    with _short(var) as path:
        mask = os.umask(0o177)
        try:
            server = await asyncio.start_unix_server(serve, path, limit=_LONGEST)
        finally:
            os.umask(mask)
    try:
        yield
    finally:
        server.close()
        (var / "control").unlink(missing_ok=True)
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, perform: Perform) -> None:
    def tell(line: Line) -> None:
        if not writer.is_closing():  # who asked may have left; what was asked for is done all the same
            writer.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    try:
        raw = await asyncio.wait_for(reader.readline(), _TIME_S)
        order = Order.from_json(json.loads(raw))
        tell({"exit": await perform(order, tell)})
    except (BaywireError, ValueError) as error:
        tell({"error": str(error)})
    except TimeoutError:
        tell({"error": "no order came"})
    finally:
        with contextlib.suppress(OSError):
            await writer.drain()
        writer.close()


@contextmanager
def _short(var: Path) -> Iterator[str]:
    """Yield a path of ``var/control`` that fits into the 107 bytes a socket's address may have."""
    path = str(var / "control")
    if len(os.fsencode(path)) < 100 or not Path("/proc/self/fd").is_dir():
        yield path
        return
    folder = os.open(var, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/control"
    finally:
        os.close(folder)
