"""Fragments: what one release looks like in one format, joined under a head."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError
from xml.etree.ElementTree import fromstring as read_with_expat

__all__ = ["Rendered", "join", "parse_back"]


class Rendered(NamedTuple):
    """The bytes before and after the entries of a document, and what parts two of them."""

    before: bytes
    after: bytes
    between: bytes = b""


def parse_back(document: bytes) -> Element:
    r"""Return *document*, which we wrote with lxml, as another parser reads it; ValueError where it cannot.

    >>> parse_back(b"<a>\xff</a>")
    Traceback (most recent call last):
    ValueError: does not parse back: not well-formed (invalid token): line 1, column 3
    """
    try:
        return read_with_expat(document)  # noqa: S314 -- our own bytes, a moment after we wrote them
    except ParseError as error:
        raise ValueError(f"does not parse back: {error}") from error


def join(head: Rendered, fragments: Iterable[bytes]) -> bytes:
    """Return the document of *fragments* under *head*.

    >>> join(Rendered(before=b"<a>", after=b"</a>"), [b"<b/>", b"<c/>"])
    b'<a><b/><c/></a>'
    """
    return head.before + head.between.join(fragments) + head.after
