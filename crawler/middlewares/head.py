"""The head of an answer as servers write it, made such that a strict reader reads what browsers read."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["legible"]

_NAME: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ODD: Final = bytes(byte for byte in range(0x20) if byte != 9) + b"\x7f"
_AS_SPACE: Final = bytes.maketrans(_ODD, b" " * len(_ODD))


def legible(head: bytes) -> bytes:
    r"""Return *head*, of an answer, without what strict readers refuse and browsers pass over.

    Lines end in CRLF; one that goes on with the one before is part of it; what is no
    header is left out. A length that is said more than once, and always the same, is said
    once; beside chunks none is. ValueError where lengths differ or are none.

    >>> legible(b"HTTP/1.1 200 OK\nServer: a\n b\nno header\nContent-Length: 5, 5\nContent-Length: 5")
    b'HTTP/1.1 200 OK\r\nServer: a b\r\nContent-Length: 5\r\n\r\n'
    """
    first, *lines = (line.removesuffix(b"\r") for line in head.split(b"\n"))
    told: list[tuple[bytes, bytes]] = []
    lengths: list[bytes] = []
    coded = False
    for line in _unfolded(lines):
        name, colon, value = line.partition(b":")
        name, value = name.strip(), value.translate(_AS_SPACE).strip()
        if not colon or _NAME.fullmatch(name) is None:
            continue
        kind = name.lower()
        coded = coded or kind == b"transfer-encoding"
        if kind == b"content-length":
            lengths += (part.strip() for part in value.split(b","))
        else:
            told.append((name, value))
    if lengths and not coded:
        if len(set(lengths)) > 1 or not lengths[0].isdigit() or len(lengths[0]) > 18:
            raise ValueError(f"a length of {lengths[:3]}: expected one number")
        told.append((b"Content-Length", lengths[0]))
    status = first.translate(_AS_SPACE).strip()
    status = status[:4].upper() + status[4:]
    return b"\r\n".join([status, *(b"%b: %b" % pair for pair in told), b"", b""])


def _unfolded(lines: list[bytes]) -> list[bytes]:
    """Return *lines*, those that begin with a space as parts of those before them."""
    found: list[bytes] = []
    for line in lines:
        if line[:1] not in {b" ", b"\t"}:
            found.append(line)
        elif found:
            found[-1] = b" ".join((found[-1], line.strip()))
    return found
