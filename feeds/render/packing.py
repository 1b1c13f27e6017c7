"""Brotli, behind three functions: a body packed, its beginning, and what a packed file holds."""

from __future__ import annotations

from hashlib import blake2b
from typing import BinaryIO

import brotli  # type: ignore[import-untyped]  # it ships no types

__all__ = ["packed", "start_of", "unpacked"]

_QUALITY = 5  # of 11; 9 takes four times as long for a twentieth less
_PIECE = 64 * 1024


def packed(body: bytes) -> bytes:
    """Return *body*, which is text, as brotli (RFC 7932): the same bytes each time."""
    return bytes(brotli.compress(body, mode=brotli.MODE_TEXT, quality=_QUALITY))


def start_of(packed: bytes, size: int) -> bytes:
    """Return about as much as *size* bytes of the beginning of what is *packed*.

    >>> start_of(packed(b"abc"), 4096)
    b'abc'
    """
    return bytes(brotli.Decompressor().process(packed, output_buffer_limit=size))


def unpacked(file: BinaryIO) -> str:
    """Return the hash, as in an ETag, of what *file* unpacks to; "" where it is no whole file of brotli.

    Brotli has no checksum, so this tells whether it is a copy of some bytes. It is read
    piece by piece, so that a small file that unpacks to much takes no memory.

    >>> from io import BytesIO
    >>> unpacked(BytesIO(packed(b"abc"))) == blake2b(b"abc", digest_size=12).hexdigest()
    True
    >>> unpacked(BytesIO(packed(b"abc")[:-1])), unpacked(BytesIO(b"abc"))
    ('', '')
    """
    maker, digest = brotli.Decompressor(), blake2b(digest_size=12)
    try:
        while piece := file.read(_PIECE):
            digest.update(maker.process(piece, output_buffer_limit=_PIECE))
            while not maker.can_accept_more_data():
                digest.update(maker.process(b"", output_buffer_limit=_PIECE))
    except brotli.error:
        return ""
    return digest.hexdigest() if maker.is_finished() else ""
