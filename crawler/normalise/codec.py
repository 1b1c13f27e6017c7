"""Bytes to text exactly as the WHATWG Encoding Standard says, at the speed of the C codecs."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files

from crawler.normalise.label import CODECS

__all__ = ["beyond_ascii", "decode_as"]

_Handler = Callable[[UnicodeError], tuple[str, int]]
_PAIR = re.compile(rb"[\x81-\xfe].|.", re.DOTALL)
# big5: two codes whose character CPython gives to another code as well, so that its text cannot tell them apart.
_TWINS = (b"\xa2\x41", b"\xa2\x42")
_SECONDS = frozenset(twin[1:] for twin in _TWINS)
_REAL_U_FFFD = b"\x84\x31\xa4\x37"  # gb18030 has a code for the replacement character itself


def decode_as(body: bytes, encoding: str) -> tuple[str, int]:
    r"""Return the text of *body* in *encoding*, a WHATWG name in small letters, and how many times it made no sense.

    What makes no sense becomes U+FFFD, and never swallows an ASCII byte. A BOM is
    left in. Every code reads as in the standard's index files of September 2024.

    >>> decode_as(b"\xa1\x45", "big5"), decode_as(b"\x80", "gb18030"), decode_as(b"a\x81", "windows-1252")
    (('‧', 0), ('€', 0), ('a\x81', 0))
    """
    if encoding == "big5":
        if _has_twin(body):
            return _big5_twins(body)
        return _table(body, "big5hkscs", "big5", _big5_error)
    if encoding in {"gb18030", "gbk"}:
        text, errors = _table(body, "gb18030", "gb18030", _gb18030_error)
        return text, max(0, errors - body.count(_REAL_U_FFFD))
    if encoding in _SINGLE:
        return _with_handler(body, CODECS[encoding], _single_error)
    body = body[:1].replace(body[:1], b"\xff") if encoding == "replacement" else body  # unreadable by definition
    text = body.decode(CODECS[encoding], "replace")
    if encoding == "x-user-defined":
        return text.translate({code: code + 0xF700 for code in range(0x80, 0x100)}), 0
    return text, text.count("\ufffd")


_SINGLE = frozenset(name for name in CODECS if name.startswith(("windows-", "iso-8859", "koi8", "mac", "x-mac", "ibm")))


@cache
def _overlay(encoding: str) -> dict[bytes, str]:
    """Return the codes of *encoding* that CPython 3.11 reads otherwise, with what the standard says."""
    rows = (line.split() for line in (files("crawler.normalise") / "codec.txt").read_text("ascii").splitlines())
    return {
        bytes.fromhex(code): bytes.fromhex(text).decode("utf-16-be") for name, code, text in rows if name == encoding
    }


@cache
def _exchange(encoding: str, codec: str) -> tuple[re.Pattern[str], dict[int, str]]:
    """Return how to put right the codes that this CPython reads, but not as the standard says."""
    exchange: dict[int, str] = {}
    for code, char in _overlay(encoding).items():
        if code in _TWINS:
            continue
        try:
            exchange[ord(code.decode(codec))] = char
        except UnicodeDecodeError:  # one that CPython lacks: the error handlers know it
            continue
    if encoding == "gb18030" and b"\x81\x35\xf4\x37".decode(codec) == "ḿ":
        exchange[ord("ḿ")] = "\ue7c7"  # the two changed places in GB 18030-2022
    return re.compile("[" + "".join(map(chr, exchange)) + "]"), exchange


def _table(body: bytes, codec: str, encoding: str, handler: _Handler) -> tuple[str, int]:
    start, end = _bounds(body)
    text, errors = _with_handler(body[start:end], codec, handler)
    wrong, exchange = _exchange(encoding, codec)
    if exchange and wrong.search(beyond_ascii(text)):
        text = text.translate(exchange)
    return "".join((body[:start].decode("ascii"), text, body[end:].decode("ascii"))), errors


def _bounds(body: bytes) -> tuple[int, int]:
    """Return where in *body* what is not ASCII begins and ends, about: before and after it a page has but tags.

    The codecs of two bytes take fifty times as long for ASCII as that of ASCII does. Behind the end of it stand as many
    bytes as an error of it may be about.
    """
    start, end = 0, len(body)
    while start < end and body[start : start + _STEP].isascii():
        start += _STEP
    while end - _STEP > start and body[end - _STEP : end].isascii():
        end -= _STEP
    return min(start, end), min(end + 4, len(body))


def beyond_ascii(text: str) -> str:
    """Return *text* without its ASCII, lone surrogates and all else that UTF-8 has no bytes for: fast.

    What looks for a character beyond ASCII in a page of tags has a tenth left to look through.

    >>> beyond_ascii("<p>數碼港 AI</p>")
    '數碼港'
    """
    if len(text) > 2 * _STEP:
        parts = [text[start : start + _STEP] for start in range(0, len(text), _STEP)]
        text = "".join([part for part in parts if not part.isascii()])
    return text.encode("utf-8", "ignore").translate(None, _ASCII).decode("utf-8")


_STEP = 1024
_ASCII = bytes(range(0x80))


def _has_twin(body: bytes) -> bool:
    """Return whether the two codes may be in *body*; their first byte is found fast, and is rare."""
    place = -1
    for _ in range(_STEP):
        place = body.find(b"\xa2", place + 1)
        if place < 0:
            return False
        if body[place + 1 : place + 2] in _SECONDS:
            return True
    return any(twin in body for twin in _TWINS)


def _big5_twins(body: bytes) -> tuple[str, int]:
    """Decode around the two codes, which are found where they stand as whole pairs."""
    parts: list[str] = []
    errors = start = 0
    for pair in _PAIR.finditer(body):
        if pair[0] in _TWINS:
            text, wrong = _table(body[start : pair.start()], "big5hkscs", "big5", _big5_error)
            parts += [text, _overlay("big5")[pair[0]]]
            errors += wrong
            start = pair.end()
    text, wrong = _table(body[start:], "big5hkscs", "big5", _big5_error)
    return "".join([*parts, text]), errors + wrong


def _with_handler(body: bytes, codec: str, handler: _Handler) -> tuple[str, int]:
    try:
        return body.decode(codec), 0
    except UnicodeDecodeError:
        name = f"{__name__}.{handler.__name__}"
        codecs.register_error(
            name, handler
        )  # a handler is known by its name only; registering it again changes nothing
        text = body.decode(codec, name)
        return text, text.count("\ufffd")


def _big5_error(error: UnicodeError) -> tuple[str, int]:
    body, start = _place(error)
    if not 0x81 <= body[start] <= 0xFE or start + 1 >= len(body):
        return "\ufffd", start + 1
    char = _overlay("big5").get(body[start : start + 2])
    if char:
        return char, start + 2
    return "\ufffd", start + (1 if body[start + 1] < 0x80 else 2)


def _gb18030_error(error: UnicodeError) -> tuple[str, int]:
    body, start = _place(error)
    lead = body[start]
    if lead == 0x80:
        return "€", start + 1
    if lead == 0xFF or start + 1 >= len(body):
        return "\ufffd", start + 1
    second = body[start + 1]
    if 0x30 <= second <= 0x39:  # of a four-byte code that is broken, all but the lead are read again
        rest = body[start + 1 : start + 4]
        whole = len(rest) == 3 and 0x81 <= rest[1] <= 0xFE and 0x30 <= rest[2] <= 0x39
        cut = len(rest) < 3 and all(0x81 <= byte <= 0xFE for byte in rest[1:])
        return "\ufffd", len(body) if cut and not whole else start + 1
    char = _overlay("gb18030").get(body[start : start + 2])
    if char:
        return char, start + 2
    return "\ufffd", start + (1 if second < 0x80 else 2)


def _single_error(error: UnicodeError) -> tuple[str, int]:
    """Read a byte 0x80–0x9F that Python leaves out as the C1 control it is in the standard; other holes stay holes."""
    body, start = _place(error)
    return (chr(body[start]) if body[start] < 0xA0 else "\ufffd"), start + 1


def _place(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object, error.start
