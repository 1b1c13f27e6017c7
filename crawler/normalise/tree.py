"""The one place where HTML and XML become trees: from text that went through `decode`; no entities, network or DTD."""

from __future__ import annotations

import re
from html.entities import html5
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element
    from lxml.html import HtmlElement

__all__ = ["read_html", "read_xml", "shorn"]

_EMPTY = b"<html></html>"
# lxml refuses text that declares an encoding, rightly: text has none.
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*>")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTROLS = "".join(map(chr, [*range(9), 11, 12, *range(14, 32)])).encode()
_CDATA = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31};)")
_OF_XML = frozenset(["amp;", "lt;", "gt;", "quot;", "apos;"])
_LONG = 60_000
_LONG_TAGS = 20_000
_LONG_TAG = re.compile(r"(<[A-Za-z][A-Za-z0-9:-]*)[^<>]{20000,}")
_MOST_ATTRIBUTES = 2000
# libxml2 stops at 256 open tags (2,048 if asked), or at a text of 10 MB, and says so only in its log.
# A page that means something has fewer than 100.
_DEEPEST = 200
_TOKEN = re.compile(
    r"<!--.*?-->|<(script|style|textarea|title)\b.*?</\1\s*>|<(/?)([A-Za-z][A-Za-z0-9:-]*)[^<>]*?(/?)>",
    re.DOTALL | re.IGNORECASE,
)
# What a reader of listings looks for, and what a parser closes by itself: it stays at any depth.
_LINES = frozenset(["a", "li", "tr", "td", "th", "p", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "time"])
_OF_HEAD = frozenset(["base", "link", "meta", "noscript", "object", "script", "style", "template", "title"])
_BODY = re.compile(rb"<body[\s>]", re.IGNORECASE)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)


def read_html(text: str) -> HtmlElement:
    """Return the page *text* as a tree: recovered where broken, whole however deep or long, nothing fetched.

    An empty page gives an empty body. Of a page that nests without end, tags that only
    nest are left out. Raises TypeError for bytes: what they mean is not for a parser to guess.

    >>> read_html("<title>簡報</title><p>x").findtext(".//title")
    '簡報'
    >>> read_html("<div>" * 5000 + "<a href=x>deep</a>").findtext(".//a")
    'deep'
    """
    if not isinstance(text, str):
        raise TypeError(f"page: got {type(text).__name__}: expected text that went through decode()")
    body = _legal(_DECLARATION.sub("", shorn(text)))
    root, cut = _parse(body, huge=False)
    return _parse(_legal(_flatten(body.decode())), huge=True)[0] if cut else root


def read_xml(text: str) -> _Element:
    r"""Return the root of the XML document *text*; no DTD, entity or address in it is followed.

    Broken XML is recovered, names of HTML entities become their characters. Raises
    ValueError when nothing of it is XML.

    >>> read_xml('<?xml version="1.0" encoding="big5"?><rss><title>A&nbsp;簡報</title></rss>').findtext("title")
    'A\xa0簡報'
    """
    if not isinstance(text, str):
        raise TypeError(f"document: got {type(text).__name__}: expected text that went through decode()")
    from lxml import etree  # noqa: PLC0415 - as in `_parse`

    body = _DOCTYPE.sub("", _legal(_DECLARATION.sub("", text.lstrip("\ufeff \t\r\n"))).decode(), count=1)
    if "&" in body:
        parts = _CDATA.split(body)
        body = "".join(part if part.startswith("<![CDATA[") else _ENTITY.sub(_character, part) for part in parts)
    parser = etree.XMLParser(
        no_network=True,
        resolve_entities=False,
        load_dtd=False,
        recover=True,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser=parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"no XML: {error}") from error
    if root is None:
        raise ValueError("no XML: expected an element")
    return root


def _parse(body: bytes, *, huge: bool) -> tuple[HtmlElement, bool]:
    """Return the tree of *body*, and whether libxml2 gave up before its end; *huge* lifts its usual limits."""
    from lxml import etree, html  # noqa: PLC0415 - 15 MB that a reader of plain text does not need

    parser = html.HTMLParser(
        encoding="utf-8",  # whatever the page says of itself: it was told apart before
        no_network=True,
        recover=True,
        huge_tree=huge,
        remove_pis=True,
        remove_comments=True,
        # Of each id that stands twice lxml would make an error that tells the path to it: a fifth of the time.
        collect_ids=False,
    )
    # One class for all elements: lxml would else ask Python for the class of each, whenever it is met.
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=html.HtmlElement))
    try:
        root = html.document_fromstring(body if body.strip() else _EMPTY, parser=parser, ensure_head_body=True)
    except etree.LxmlError:  # "Document is empty": a page of comments only, say
        root = html.document_fromstring(_EMPTY, ensure_head_body=True)
    _open_body(root, body)
    return root, any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log)


def _open_body(root: HtmlElement, page: bytes) -> None:
    """Move into the body what HTML has there, where *page* leaves out its tag: `<main>` opens none for libxml2.

    Source: HTML standard, 13.2.6.4.4, "in head": anything else.
    """
    head, body = root.find("head"), root.find("body")
    if head is None or body is None:
        return
    strays = [child for child in head if child.tag not in _OF_HEAD]
    if strays and not _BODY.search(page):
        body[:0] = strays


def shorn(text: str) -> str:
    """Return the page *text* without the attributes of tags that have thousands: libxml2 takes the square of that.

    >>> shorn("<p " + "a=1 " * 20_000 + ">text")
    '<p>text'
    """
    return _LONG_TAG.sub(_bare, text) if len(text) > _LONG and _has_long(text) else text


def _has_long(text: str) -> bool:
    """Return whether *text* goes on for as long as a tag of thousands without another; seen by a few hops."""
    here = 0
    while len(text) - here > _LONG_TAGS:
        here = text.rfind("<", here + 1, here + 1 + _LONG_TAGS)
        if here < 0:
            return True
    return False


def _bare(tag: re.Match[str]) -> str:
    """Return a *tag* as it is, or without attributes where they are thousands."""
    return tag[1] if len(tag[0].split(maxsplit=_MOST_ATTRIBUTES)) > _MOST_ATTRIBUTES else tag[0]


def _flatten(body: str) -> str:
    """Return *body* without the tags that only nest: those below the deepest level, but for links, rows and lines."""
    open_tags: list[tuple[str, bool]] = []
    level = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal level
        closing, alone = match[2], match[4]
        name = (match[3] or "").lower()
        if not name or name in _VOID or alone:
            return match[0]
        if not closing:
            kept = level < _DEEPEST or name in _LINES
            level += kept and name not in _LINES
            open_tags.append((name, kept))
            return match[0] if kept else ""
        for back in range(len(open_tags) - 1, max(-1, len(open_tags) - 50), -1):
            if open_tags[back][0] == name:
                kept = open_tags[back][1]
                level -= sum(was for other, was in open_tags[back:] if other not in _LINES)
                del open_tags[back:]
                return match[0] if kept else ""
        return match[0] if level < _DEEPEST else ""

    return _TOKEN.sub(keep, body)


def _character(match: re.Match[str]) -> str:
    name = match[1]
    return match[0] if name in _OF_XML else html5.get(name, match[0])


def _legal(text: str) -> bytes:
    """Return *text* in UTF-8, without what XML 1.0 forbids: lxml raises on it."""
    try:
        packed = text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return _ILLEGAL.sub("\ufffd", text).encode()
    # Looking for bytes is four times as fast as looking for characters.
    clean = len(packed.translate(None, _CONTROLS)) == len(packed) and "\ufffe" not in text and "\uffff" not in text
    return packed if clean else _ILLEGAL.sub("\ufffd", text).encode()
