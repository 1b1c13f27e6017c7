"""What a page says its encoding is: in its HTTP header, its meta elements, its XML declaration."""

from __future__ import annotations

import re

from crawler.normalise.label import encoding_of

__all__ = ["header_encoding", "meta_encoding"]

# Browsers look at 1,024 bytes; Chinese sites put whole scripts before their meta.
_SCAN = 65_536
_HEADER = re.compile(r"charset\s*=\s*(?:\"([^\"]*)\"?|'([^']*)'?|([^\s;,]+))", re.IGNORECASE)
_XML = re.compile(rb"\A\s*<\?xml[^>]{0,200}?\bencoding\s*=\s*(?:\"([^\"]{1,40})\"|'([^']{1,40})')")
_SPACE = b"\t\n\x0c\r /"
_ATTRIBUTE = re.compile(
    rb"[\t\n\x0c\r /]*(?P<name>[^\t\n\x0c\r /=>][^\t\n\x0c\r /=>]*)"
    rb"(?:[\t\n\x0c\r ]*=[\t\n\x0c\r ]*(?:\"(?P<double>[^\"]*)(?P<d>\"|\Z)|'(?P<single>[^']*)(?P<s>'|\Z)|(?P<bare>[^\t\n\x0c\r >]*)))?"  # noqa: E501 - a table or a pattern that reads better whole
)
_NAME = re.compile(rb"[^\t\n\x0c\r />]*")
_TAG = re.compile(rb"<(?:!--|/?[a-zA-Z]|[!/?])")
_CHARSET = re.compile(
    rb"charset[\t\n\x0c\r ]*=[\t\n\x0c\r ]*(?:\"([^\"]*)\"|'([^']*)'|([^\"'\t\n\x0c\r ;][^\t\n\x0c\r ;]*))",
    re.IGNORECASE,
)


def header_encoding(content_type: str) -> str:
    """Return the encoding that a Content-Type header names, "" for none that is known.

    >>> header_encoding('text/html; charset="GB2312"'), header_encoding("text/html")
    ('gbk', '')
    """
    match = _HEADER.search(content_type)
    return encoding_of(match[1] or match[2] or match[3] or "") if match else ""


def meta_encoding(body: bytes) -> str:
    """Return the encoding that the head of *body* names, by meta element or XML declaration, "" for none.

    The prescan of the HTML standard, over more bytes. UTF-16 named there means
    UTF-8: a page that can be read so far is not UTF-16.

    >>> meta_encoding(b"<!-- <meta charset=big5> --><meta http-equiv=Content-Type content='text/html;charset=gb2312'>")
    'gbk'
    """
    head = body[:_SCAN]
    xml = _XML.match(head)
    found = encoding_of((xml[1] or xml[2]).decode("latin-1")) if xml else ""
    found = found or _prescan(head)
    if found.startswith("utf-16"):
        return "utf-8"
    return "windows-1252" if found == "x-user-defined" else found


def _prescan(head: bytes) -> str:
    position = 0
    while tag := _TAG.search(head, position):
        position = tag.end()
        if tag[0] == b"<!--":
            end = head.find(b"-->", tag.start() + 2)
            if end < 0:
                return ""
            position = end + 3
        elif tag[0][-1:].isalpha():
            start = tag.end() - 1
            name = _NAME.match(head, start)
            position = name.end() if name else start
            attributes: dict[bytes, bytes] = {}
            position = _attributes(head, position, attributes)
            if position < 0:
                return ""
            if (
                name
                and name[0].lower() == b"meta"
                and not tag[0].startswith(b"</")
                and (found := _from_meta(attributes))
            ):
                return found
        else:
            end = head.find(b">", position)
            if end < 0:
                return ""
            position = end + 1
    return ""


def _attributes(head: bytes, position: int, found: dict[bytes, bytes]) -> int:
    """Read attributes into *found* from *position*; return where the tag ends, -1 where the bytes do."""
    while match := _ATTRIBUTE.match(head, position):
        value = match["double"] or match["single"] or match["bare"] or b""
        if match["d"] == b"" or match["s"] == b"" or match.end() >= len(head):
            return -1
        found.setdefault(match["name"].lower(), value.lower())
        position = match.end()
    while position < len(head) and head[position] in _SPACE:
        position += 1
    return (
        position + 1 if position < len(head) and head[position] == 0x3E else (-1 if position >= len(head) else position)
    )


def _from_meta(attributes: dict[bytes, bytes]) -> str:
    charset = attributes.get(b"charset")
    if charset is not None:
        return encoding_of(charset.decode("latin-1"))
    if attributes.get(b"http-equiv") == b"content-type" and (match := _CHARSET.search(attributes.get(b"content", b""))):
        return encoding_of((match[1] or match[2] or match[3] or b"").decode("latin-1"))
    return ""
