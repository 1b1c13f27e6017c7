"""Unpack what arrives, whole or not at all."""

from __future__ import annotations

import json
import re
import zlib
from typing import TYPE_CHECKING, Final

from crawler.refusal import BadContent

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

__all__ = ["Content", "looks_whole", "unpack"]

# A server that ends a body by closing the connection says nothing of its end: what is written there has to.
_TAIL: Final = 8192  # bytes: some put scripts behind the end of a page
_CLOSERS: Final = {b"{": b"}", b"[": b"]"}
_PAGE: Final = re.compile(rb"<html[\s>]", re.IGNORECASE)
_ELEMENT: Final = re.compile(rb"<([A-Za-z_][\w.:-]{0,60})")
_COMMENT: Final = re.compile(rb"<!--.*?-->", re.DOTALL)
_FEED: Final = re.compile(rb"<(rss|feed|rdf:rdf|urlset|sitemapindex)[\s>]", re.IGNORECASE)
_VALIDATORS: Final = ("ETag", "Last-Modified")
_BOTH: Final = 32  # zlib finds out by itself whether it reads gzip or zlib


def unpack(body: bytes, encoding: str, *, limit: int) -> bytes:
    """Return *body* without the content *encoding* (gzip or deflate), at most *limit* bytes.

    BadContent where it would be longer, is cut off, or is packed otherwise: half a page
    reads like a shorter list. Deflate is taken with and without its zlib header.

    >>> import gzip
    >>> unpack(gzip.compress(b"abc") + gzip.compress(b"def"), "gzip", limit=10)
    b'abcdef'
    >>> unpack(gzip.compress(bytes(1000)), "gzip", limit=10)
    Traceback (most recent call last):
    crawler.refusal.BadContent: more than 10 bytes when unpacked
    """
    if encoding in {"", "identity"}:
        return body
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise BadContent(f"packed as {encoding[:40]!r}: expected gzip or deflate, as asked for")
    if encoding == "deflate":
        try:
            return _inflate(body, zlib.MAX_WBITS | _BOTH, limit)
        except BadContent:
            raise
        except zlib.error:
            return _checked(body, -zlib.MAX_WBITS, limit)
    return _checked(body, zlib.MAX_WBITS | _BOTH, limit)


def _checked(body: bytes, bits: int, limit: int) -> bytes:
    try:
        return _inflate(body, bits, limit)
    except zlib.error as error:
        raise BadContent(f"cannot be unpacked: {error}") from error


def _inflate(body: bytes, bits: int, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while body.strip(b"\0"):  # some servers pad the end with zeros
        packed = zlib.decompressobj(bits)
        parts.append(packed.decompress(body, limit - size + 1))
        size += len(parts[-1])
        if size > limit:
            raise BadContent(f"more than {limit} bytes when unpacked")
        if not packed.eof:
            raise BadContent("cut off: its packing does not end")
        body = packed.unused_data
        if bits != zlib.MAX_WBITS | _BOTH or not body.startswith(b"\x1f\x8b"):
            break
    return b"".join(parts)


def looks_whole(body: bytes) -> bool | None:
    r"""Return whether *body*, of a length nobody stated, ends as a page, a document of XML or JSON ends.

    None where nothing tells: a text, a piece of a page, a page that leaves its outer tags out.

    >>> looks_whole(b"<html><p>One</p></html>\n"), looks_whole(b"<html><style>p {}")
    (True, False)
    >>> looks_whole(b'{"a": [{"b": 1}]}'), looks_whole(b'[{"a": 1}, {"b": {}}'), looks_whole(b"<li>One</li>")
    (True, False, None)
    """
    start = body[:_TAIL].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] in _CLOSERS:
        return _is_json(body) if body.rstrip().endswith(_CLOSERS[start[:1]]) else False
    root = b"html" if _PAGE.search(body) else b""
    if not root:
        is_xml = start[:5].lower() == b"<?xml"
        first = _ELEMENT.search(_COMMENT.sub(b"", start)) if is_xml else _FEED.match(start)
        root = b"" if first is None else first[1].lower()
    return b"</" + root in body[-_TAIL:].lower() if root else None


def _is_json(body: bytes) -> bool | None:
    try:
        json.loads(body)
    except UnicodeDecodeError:  # written in another encoding, as it may be
        return None
    except (ValueError, RecursionError):
        return False
    return True


class Content:
    """Asks for gzip, unpacks strictly, and refuses what arrived torn.

    Scrapy's own middleware keeps as much as could be unpacked, which makes a shorter
    list of a torn page.
    """

    def __init__(self, limit: int) -> None:
        """Take bodies of at most *limit* bytes."""
        self._limit = limit

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build from the settings."""
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"))

    def process_request(self, request: Request) -> None:
        """Say what we can unpack."""
        request.headers["Accept-Encoding"] = b"gzip, deflate"

    def process_response(self, request: Request, response: Response) -> Response:  # noqa: ARG002 - Scrapy's signature
        """Return *response* with its body unpacked.

        One that may have been cut off loses its validators: half a page that was
        confirmed by 304 ever after would hide the rest of it.
        """
        stated = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1").lower()
        layers = [layer for part in stated.split(",") if (layer := part.strip()) not in {"", "identity"}]
        body = response.body
        if layers and body:
            if len(layers) > 2:
                raise BadContent(f"packed {len(layers)} times over: expected once")
            for layer in reversed(layers):
                body = unpack(body, layer, limit=self._limit)
            response = response.replace(body=body)
            del response.headers["Content-Encoding"]
        elif "partial" in response.flags and not (whole := looks_whole(body)):
            if whole is False:
                raise BadContent("cut off: the connection closed before the page ended")
            for name in _VALIDATORS:
                response.headers.pop(name, None)
        return response
