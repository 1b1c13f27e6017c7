"""Encodings as software misreads them: text back to the bytes it came from, strictly."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping

__all__ = ["READERS", "WRITERS", "utf8_of"]

_Encode = Callable[[str], bytes | None]


def _single(codec: str, *, latin: bool = False) -> dict[int, int]:
    """Return character → byte of a one-byte *codec*; bytes it leaves out are C1 controls, as in browsers."""
    table = {chr(byte): byte for byte in range(0x80)}
    if latin:
        table.update({chr(byte): byte for byte in range(0x80, 0x100)})
    for byte in range(0x80, 0x100):
        table[bytes([byte]).decode(codec, "ignore") or chr(byte)] = byte
    return {ord(char): byte for char, byte in table.items()}


def _charmap(table: Mapping[int, int]) -> _Encode:
    def encode(text: str) -> bytes | None:
        try:
            return codecs.charmap_encode(text, "strict", dict(table) if not isinstance(table, dict) else table)[0]
        except UnicodeEncodeError:
            return None

    return encode


def _gb18030(text: str) -> bytes | None:
    try:
        return text.encode("gb18030")
    except UnicodeEncodeError:
        return None


# What WHATWG readers give where CPython's codec knows another character for the same code.
_AS_CPYTHON = str.maketrans("‧﹑¯～⊕⊙∕﹨￥￠￡", "•､‾∼♁☉／＼¥¢£")


def _big5(text: str) -> bytes | None:
    try:
        return text.encode("big5hkscs")
    except UnicodeEncodeError:
        pass
    try:
        return text.translate(_AS_CPYTHON).encode("big5hkscs")
    except UnicodeEncodeError:
        return None


# Text that was read as the key, back to its bytes; None where it cannot have been.
WRITERS: dict[str, _Encode] = {
    "windows-1252": _charmap(_single("cp1252", latin=True)),
    "windows-1251": _charmap(_single("cp1251")),
    "macintosh": _charmap(_single("mac_roman")),
    "ibm437": _charmap(_single("cp437")),
    "gb18030": _gb18030,
    "big5": _big5,
}


def utf8_of(body: bytes) -> str | None:
    """Return *body* as UTF-8, None where it is not."""
    return _read(body, "utf-8")


def _read(body: bytes, codec: str) -> str | None:
    try:
        return body.decode(codec)
    except UnicodeDecodeError:
        return None


# Bytes as the key reads them, None where they make no sense.
READERS: dict[str, Callable[[bytes], str | None]] = {
    "utf-8": utf8_of,
    "gb18030": lambda body: _read(body, "gb18030"),
    "big5": lambda body: _read(body, "big5hkscs"),
    "windows-1252": lambda body: _read(body, "cp1252"),
}
