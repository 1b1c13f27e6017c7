"""The one place where HTML and XML become trees: from text, never from bytes; no entities, no network, no DTD."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element
    from lxml.html import HtmlElement

__all__ = ["read_fragment", "read_html", "read_xml"]

# lxml refuses text that declares an encoding, rightly: text has none.
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_EMPTY = "<html><body></body></html>"
# Tags that nest; without them the text of a page that nests too deep is still all there.
_NESTING = re.compile(r"</?(?!(?:br|p|a|img|h[1-6]|title|meta|body|html)\b)[a-zA-Z][^<>]*>")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)


def read_html(text: str) -> HtmlElement:
    """Return the tree of the HTML page *text*; an empty page gives an empty body.

    >>> read_html("<title>簡報</title>").findtext(".//title")
    '簡報'
    """
    body = _legal(_DECLARATION.sub("", text))
    root, whole = _parse(body)
    return root if whole else _parse(_NESTING.sub(" ", body))[0]


def _parse(body: str) -> tuple[HtmlElement, bool]:
    """Return the tree of *body*, and whether libxml2 read it to its end: it gives up 2,048 elements deep."""
    from lxml import etree, html  # noqa: PLC0415 - 15 MB that a reader of plain text does not need

    parser = html.HTMLParser(no_network=True, remove_pis=True, remove_comments=True, encoding="utf-8", huge_tree=True)
    try:
        root = html.document_fromstring(body if body.strip() else _EMPTY, parser=parser, ensure_head_body=True)
    except etree.LxmlError:  # nothing but a comment, or the beginning of a tag
        return html.document_fromstring(_EMPTY, ensure_head_body=True), True
    return root, all(entry.type_name != "ERR_RESOURCE_LIMIT" for entry in parser.error_log)


def read_fragment(text: str) -> HtmlElement:
    """Return a `div` that holds the HTML fragment *text*.

    >>> read_fragment("a <b>c</b>")[0].text
    'c'
    """
    from lxml import html  # noqa: PLC0415

    body = read_html(f"<html><body><div>{text}</div></body></html>").find("body")
    if body is None:
        return html.Element("div")
    if len(body) == 1 and not (body.text or "").strip() and not (body[0].tail or "").strip():
        return body[0]
    body.tag = "div"  # a stray </div> closed ours: all that the page held is still here
    return body


def read_xml(text: str) -> _Element:
    """Return the root of the XML document *text*; what it declares about encoding, DTD and entities is not followed.

    Raises ValueError when *text* is no XML at all. Broken XML is recovered.

    >>> read_xml('<?xml version="1.0" encoding="big5"?><rss><title>簡報</title></rss>').findtext("title")
    '簡報'
    """
    from lxml import etree  # noqa: PLC0415

    parser = etree.XMLParser(
        no_network=True, resolve_entities=False, load_dtd=False, recover=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(_DOCTYPE.sub("", _legal(_DECLARATION.sub("", text)), count=1), parser=parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"no XML: {error}") from error
    if root is None:
        raise ValueError("no XML: expected an element")
    return root


def _legal(text: str) -> str:
    """Leave out what XML 1.0 forbids: lxml raises on it."""
    return text if text.isprintable() else _ILLEGAL.sub("\ufffd", text)
