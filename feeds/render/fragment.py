"""Fragments: what one release looks like in one format, joined under a head."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lxml import etree

__all__ = ["PARSER", "Rendered", "join"]

# huge_tree: a release of ten megabytes is one text node. Entities and the network stay off.
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)


class Rendered(NamedTuple):
    """The bytes before and after the entries of a document, and what parts two of them."""

    before: bytes
    after: bytes
    between: bytes = b""


def join(head: Rendered, fragments: Iterable[bytes]) -> bytes:
    """Return the document of *fragments* under *head*.

    >>> join(Rendered(before=b"<a>", after=b"</a>"), [b"<b/>", b"<c/>"])
    b'<a><b/><c/></a>'
    """
    return head.before + head.between.join(fragments) + head.after
