"""One answer of the server: its status, headers and body, and its head as it goes over a connection."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import BinaryIO

__all__ = ["BRIEFLY", "NO_STORE", "Header", "Reply", "make", "say"]

Header = tuple[bytes, bytes]

NO_STORE: Header = (b"cache-control", b"no-store")
BRIEFLY: Header = (b"cache-control", b"public, max-age=60")
_PLAIN = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
)
_LINE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]+")  # what would end a header, or is none of its characters


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent: *body*, or *count* bytes of *file* where it stands, which whoever sends it closes.

    *head* is the status line and the headers without Date, Connection and the empty line.
    """

    status: int
    headers: tuple[Header, ...]
    body: bytes
    head: bytes
    file: BinaryIO | None = None
    count: int = 0


def make(
    status: int, headers: Iterable[Header], body: bytes = b"", file: BinaryIO | None = None, count: int = 0
) -> Reply:
    r"""Return the reply of these parts; *headers* state the length.

    >>> make(304, [(b"etag", b'"a"\r\nx: y')]).head
    b'HTTP/1.1 304 Not Modified\r\netag: "a" x: y\r\n'
    """
    told = tuple(headers)
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
    lines += [b"%b: %b" % (name, _LINE.sub(b" ", value)) for name, value in told]
    return Reply(status, told, body, b"".join(b"%b\r\n" % line for line in lines), file, count)


def say(status: int, text: str, *headers: Header) -> Reply:
    r"""Return a reply of one line of plain text.

    >>> say(404, "Nothing here").body
    b'Nothing here\n'
    """
    body = f"{text}\n".encode("utf-8", "replace")
    return make(status, (*_PLAIN, *headers, (b"content-length", b"%d" % len(body))), body)
