"""A request as a connection has read it, and what it means to the application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from feeds.serve.asgi import Application, Message
from feeds.serve.reply import Reply, make

__all__ = ["Asked", "called", "parts"]


class Asked(NamedTuple):
    """One request, its head read; *refusal* is what is wrong with it."""

    method: str
    target: bytes
    headers: Mapping[bytes, bytes]
    keep: bool
    refusal: Reply | None
    old: bool  # HTTP/1.0, which must be told that its connection is kept


def parts(target: bytes) -> tuple[str, bytes]:
    """Return the path of a request's target, decoded, and its query.

    >>> parts(b"/feeds/ai.atom?x=1"), parts(b"http://evil.example/a%20b"), parts(b"*")
    (('/feeds/ai.atom', b'x=1'), ('/a b', b''), ('/*', b''))
    """
    path, _, query = target.partition(b"?")
    if path[:1] != b"/":  # an absolute form: whose name it says does not count
        _, mark, rest = path.partition(b"://")
        path = b"/" + (rest.partition(b"/")[2] if mark else path)
    path = path.partition(b"#")[0]
    if b"%" in path:
        path = unquote_to_bytes(path)
    return path.decode("utf-8", "replace"), query


async def called(application: Application, asked: Asked, path: str, query: bytes) -> Reply:
    """Return what an ASGI application answers, whole."""
    scope: Message = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "path": path,
        "raw_path": asked.target.partition(b"?")[0],
        "query_string": query,
        "root_path": "",
        "headers": [*asked.headers.items()],
        "client": None,
        "server": None,
    }
    told: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        told.append(message)

    await application(scope, receive, send)
    start, *rest = told
    body = b"".join(message.get("body", b"") for message in rest)
    headers = [*start.get("headers", ())]
    if not any(name.lower() == b"content-length" for name, _ in headers):
        headers.append((b"content-length", b"%d" % len(body)))
    return make(start["status"], headers, body)
