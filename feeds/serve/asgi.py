"""How any ASGI server is spoken to: types, beginning and end, an answer as messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from feeds.serve.reply import Reply

__all__ = ["Application", "Message", "Receive", "Send", "lifespan", "send_reply"]

Message = MutableMapping[str, Any]  # what ASGI passes
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

_PIECE = 256 * 1024


async def lifespan(receive: Receive, send: Send) -> None:
    """Agree to begin and to end."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def send_reply(reply: Reply, method: str, send: Send) -> None:
    """Send *reply*, its file piece by piece, without a body where *method* is HEAD."""
    await send({"type": "http.response.start", "status": reply.status, "headers": list(reply.headers)})
    if reply.file is not None:
        with reply.file as file:
            left = reply.count if method != "HEAD" else 0
            while left and (piece := file.read(min(left, _PIECE))):
                left -= len(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else reply.body})
