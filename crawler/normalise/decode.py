"""Bytes to text, whatever the page says of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crawler.normalise.codec import decode_as
from crawler.normalise.declaration import header_encoding, meta_encoding
from crawler.normalise.detect import FAMILY, cost_of, detect, reads_well, sample
from crawler.normalise.model import load
from crawler.normalise.reading import EXPECTED, cost, is_stuck, stuck_cost

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
_WIDE = (
    (b"<\x00?\x00", "utf-16le"),
    (b"<\x00!\x00", "utf-16le"),
    (b"\x00<\x00?", "utf-16be"),
    (b"\x00<\x00!", "utf-16be"),
)
# All that is not ASCII is a pair or two on their own, or the beginning of a character at the very end.
_WEAK = re.compile(
    rb"\A[\x00-\x7f]*(?:(?<![A-Za-z])(?:[\xc2-\xdf][\x80-\xbf]){1,2}(?![A-Za-z])[\x00-\x7f]*|[\xc2-\xf4][\x80-\xbf]{0,2})\Z"
)
_ASCII = bytes(range(0x80))
_MANY = 512  # bytes above ASCII: of more, so many say how many are UTF-8 where that is less than a quarter of them
_MOST_WEAK = 4  # bytes above ASCII in what _WEAK matches
_HIGH = re.compile(rb"[\x80-\xff]+")
_UTF8 = re.compile(
    rb"(?:[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})+"
)
# A stretch of a page between tags or line ends: what stands in one encoding.
_STRETCH = re.compile(rb"[^<>\n]+")
# How much likelier another encoding's text must be than the declared one's where that makes sense too: in nats, and as
# a share. Less is enough where all that is not ASCII would be what Western pages are full of: "It’s", "não".
_TRUST = (12.0, 1.25)
_TRUST_LATIN = (6.0, 1.0)
_LATIN = re.compile(r"windows-125\d|iso-8859-\d+|macintosh|koi8-.|ibm866")


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
    header = header_encoding(content_type)
    wide = next((name for mark, name in _WIDE if body.startswith(mark)), "")
    if wide or header.startswith("utf-16"):
        text, errors = decode_as(body, wide or header)
        return Decoded(text=text, encoding=wide or header, via="detected" if wide else "header", errors=errors)
    ascii_only = body.isascii()
    utf8 = None if ascii_only else _utf8(body)
    if utf8 and (len(body) - len(utf8.text) > _MOST_WEAK or not _is_weak(body)):
        return utf8
    meta = meta_encoding(body)
    if ascii_only and b"\x1b" not in body:
        encoding, via = next(
            ((name, by) for name, by in ((header, "header"), (meta, "meta")) if name), ("windows-1252", "ascii")
        )
        return Decoded(text=body.decode("ascii"), encoding=encoding, via=via)
    if utf8 and not _is_declared(body, header or meta):
        return utf8
    return _declared(body, ((header, "header"), (meta, "meta")), url)


def _declared(body: bytes, declared: tuple[tuple[str, str], ...], url: str) -> Decoded:
    """Read *body* in the first of the *declared* encodings that makes sense of it, else in one that does."""
    words, found = b"", ""
    text, errors = "", 0
    for name, via in declared:
        if not name or name == "replacement":
            continue
        said, wrong = decode_as(body, name)
        if not wrong and reads_well(said, name):
            return Decoded(text=said, encoding=name, via=via)
        if not found:
            words = sample(body)
            found = detect(words, url)
            text, errors = decode_as(body, found)
        if (wrong and wrong > errors) or _unlikely(name, words, found):
            continue
        return Decoded(text=said, encoding=name, via=via, errors=wrong)
    if not found:
        found = detect(sample(body), url)
        text, errors = decode_as(body, found)
    return Decoded(text=text, encoding=found, via="detected", errors=errors)


def _is_weak(body: bytes) -> bool:
    """Say whether the UTF-8 in *body* is so little that it may be chance."""
    return len(body.translate(None, _ASCII)) <= _MOST_WEAK and bool(_WEAK.match(body))


def _is_declared(body: bytes, name: str) -> bool:
    """Say whether *body*, all but ASCII, is better believed to be *name* than UTF-8 by chance."""
    return name in {"big5", "gbk", "gb18030"} and not decode_as(body, name)[1]


def _unlikely(name: str, words: bytes, found: str) -> bool:
    """Say whether the declared encoding *name* reads nonsense where *found* reads text: some encodings never fail."""
    if name not in FAMILY and name != "gbk" and not _LATIN.fullmatch(name):
        return False
    if found == name or (name, found) == ("gbk", "gb18030") or (found == "windows-1252" and _LATIN.fullmatch(name)):
        return False
    declared, better = (decode_as(words, encoding)[0] for encoding in (name, found))
    new = [char for char in better if not char.isascii()]
    if sum(char in EXPECTED or "\u3400" <= char <= "\u9fff" for char in new) * 2 < len(new):
        return False  # signs alone are no text
    trust, share = _TRUST
    if found == "windows-1252" and EXPECTED.issuperset(new) and is_stuck(declared):
        trust, share = _TRUST_LATIN
    return stuck_cost(load(), better) * share + trust < stuck_cost(load(), declared)


def _utf8(body: bytes) -> Decoded | None:
    """Decode *body* as UTF-8 where nothing else explains it; stray bytes are read on their own."""
    try:
        return Decoded(text=body.decode("utf-8"), encoding="utf-8", via="utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(body) - 3 and error.reason == "unexpected end of data":
            text, errors = decode_as(body, "utf-8")
            return Decoded(text=text, encoding="utf-8", via="utf-8", errors=errors)
    high, valid = _shares(body)
    if valid * 2 < high or valid < 6:
        return None
    strays = [stretch for stretch in _STRETCH.findall(body) if _foreign(stretch)]
    outside = sum(len(run) for stretch in strays for run in _HIGH.findall(stretch))
    if (high - outside) and (valid - _valid(strays)) < 0.75 * (high - outside):
        return None
    if valid < 0.9 * high and not _earned(body):
        return None
    found = detect(b" ".join(strays)) if strays else ""
    text = _STRETCH.sub(lambda stretch: _reread(stretch[0], found).encode("utf-8"), body).decode("utf-8", "replace")
    return Decoded(text=text, encoding="utf-8", via="utf-8", errors=max(1, len(strays)))


def _shares(body: bytes) -> tuple[int, int]:
    """Return how many bytes of *body* are above ASCII, and how many of those are UTF-8; if less than half, about."""
    above = body.translate(None, _ASCII)
    if len(above) > _MANY and len(_some(above).decode("utf-8", "ignore").encode()) * 4 < _MANY:
        return len(above), 0
    high, valid = len(above), len(above.decode("utf-8", "ignore").encode("utf-8"))
    if valid * 2 >= high:  # side by side they may make more sense than they do in their places, but never less
        valid = len(body.decode("utf-8", "ignore").encode("utf-8")) - (len(body) - high)
    return high, valid


def _some(above: bytes) -> bytes:
    """Return some of *above*, of which there is much: a piece of each sixteenth."""
    step = len(above) // 16
    return b"".join([above[start : start + _MANY // 16] for start in range(0, 16 * step, step)])


def _valid(stretches: list[bytes]) -> int:
    return sum(len(run) for stretch in stretches for run in _UTF8.findall(stretch))


def _earned(body: bytes) -> bool:
    """Say whether *body* holds sequences that other encodings hardly ever make: three hanzi in a row in UTF-8."""
    return bool(re.search(rb"(?:[\xe3-\xe9\xef][\x80-\xbf]{2}){3}", body))


def _foreign(stretch: bytes) -> bool:
    """Say whether *stretch* is in another encoding as a whole, and not UTF-8 with a stray byte in it."""
    high = sum(map(len, _HIGH.findall(stretch)))
    valid = sum(map(len, _UTF8.findall(stretch)))
    if high < 4 or high - valid < 2:
        return False
    if valid < 0.5 * high:
        return True
    return min(cost_of(stretch, "gb18030"), cost_of(stretch, "big5")) < cost(load(), _singly(stretch))


def _reread(stretch: bytes, found: str) -> str:
    """Read a *stretch* of a UTF-8 page: wholly as *found* where it is foreign, else its stray bytes singly."""
    if stretch.isascii():
        return stretch.decode("ascii")
    return decode_as(stretch, found)[0] if _foreign(stretch) else _singly(stretch)


def _singly(stretch: bytes) -> str:
    parts: list[str] = []
    done = 0
    for run in _UTF8.finditer(stretch):
        parts += [decode_as(stretch[done : run.start()], "windows-1252")[0], run[0].decode("utf-8")]
        done = run.end()
    tail = stretch[done:]
    # What is cut off at the very end is no letter of another encoding.
    cut = re.search(rb"[\xc2-\xf4][\x80-\xbf]{0,2}\Z", tail)
    rest = tail[: cut.start()] if cut else tail
    return "".join([*parts, decode_as(rest, "windows-1252")[0], "\ufffd" if cut else ""])
