"""Bytes to text, whatever the page says of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.normalise.codec import decode_as
from crawler.normalise.declaration import header_encoding, meta_encoding

__all__ = ["Decoded", "decode"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """*text*, the *encoding* it was read in (WHATWG name in small letters), *via* what we know that, and *errors*.

    *via*: bom, utf-8 (the bytes prove it), header, meta, detected, ascii.
    *errors* counts the places that made no sense; U+FFFD stands there.
    """

    text: str
    encoding: str
    via: str
    errors: int = 0


_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16le"), (b"\xfe\xff", "utf-16be"))
_HIGH = re.compile(rb"[\x80-\xff]+")
_UTF8 = re.compile(
    rb"(?:[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})+"
)
_GB_HOSTS = (".cn",)
_BIG5_HOSTS = (".hk", ".mo", ".tw")


def decode(body: bytes, content_type: str = "", url: str = "") -> Decoded:
    """Return the text of *body*: a page or feed as fetched from *url* with that Content-Type. Total.

    BOM, then bytes that only UTF-8 explains, then header, meta, detection; a
    declared encoding loses to a detected one that makes sense of more. No
    character is changed: no NFC, no repair. The BOM is left out.

    >>> decode("數碼港".encode("big5"), "text/html; charset=big5").text
    '數碼港'
    >>> decode("數碼港 – Cyberport".encode(), "text/html; charset=ISO-8859-1").via
    'utf-8'
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            text, errors = decode_as(body[len(mark) :], encoding)
            return Decoded(text=text, encoding=encoding, via="bom", errors=errors)
    header, meta = header_encoding(content_type), meta_encoding(body)
    if header.startswith("utf-16"):
        text, errors = decode_as(body, header)
        return Decoded(text=text, encoding=header, via="header", errors=errors)
    if body.isascii() and b"\x1b" not in body:
        encoding, via = next(
            ((name, by) for name, by in ((header, "header"), (meta, "meta")) if name), ("windows-1252", "ascii")
        )
        return Decoded(text=body.decode("ascii"), encoding=encoding, via=via)
    utf8 = _utf8(body)
    if utf8:
        return utf8
    text, encoding, errors = _detected(body, url)
    for name, via in ((header, "header"), (meta, "meta")):
        if name and name != "replacement":
            declared, wrong = decode_as(body, name)
            if not wrong or wrong <= errors:
                return Decoded(text=declared, encoding=name, via=via, errors=wrong)
    return Decoded(text=text, encoding=encoding, via="detected", errors=errors)


def _utf8(body: bytes) -> Decoded | None:
    """Decode *body* as UTF-8 where nothing else explains it; stray bytes are read on their own."""
    try:
        return Decoded(text=body.decode("utf-8"), encoding="utf-8", via="utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(body) - 3 and error.reason == "unexpected end of data":
            text, errors = decode_as(body, "utf-8")
            return Decoded(text=text, encoding="utf-8", via="utf-8", errors=errors)
    high = sum(len(run) for run in _HIGH.findall(body))
    valid = sum(len(run) for run in _UTF8.findall(body))
    if valid < 12 or valid < 0.9 * high:
        return None
    return Decoded(text=decode_as(body, "utf-8")[0], encoding="utf-8", via="utf-8", errors=1)


def _detected(body: bytes, url: str) -> tuple[str, str, int]:
    import chardet  # noqa: PLC0415 - loads its models

    sample = b" ".join(re.findall(rb"[ -~]{0,4}[\x80-\xff][\x30-\xff]*", body))[:60_000]
    guess = chardet.detect(sample, include_encodings=["gb18030", "big5hkscs", "cp1252"], prefer_superset=True)
    name = (guess["encoding"] or "").lower()
    encoding = {
        "gb18030": "gb18030",
        "big5hkscs": "big5",
        "big5-hkscs": "big5",
        "big5": "big5",
        "gb2312": "gb18030",
        "gbk": "gb18030",
    }.get(name, "windows-1252")
    _ = urlsplit(url)
    text, errors = decode_as(body, encoding)
    return text, encoding, errors
