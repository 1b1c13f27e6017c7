"""RSS 2.0 (RSS Advisory Board profile): heads and fragments whose sum is feedgen's own document."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from xml.sax.saxutils import escape

from lxml import etree

from feeds.render.extension import rss_feed, rss_item, wrapper
from feeds.render.fragment import Rendered, check_back, parse_back
from feeds.render.model import EPOCH, Entry, Feed

__all__ = ["entry", "head", "hexadecimal"]

_TAIL = b"</channel></rss>"
_A_DATE = datetime(2000, 1, 1, tzinfo=UTC)


def head(feed: Feed) -> Rendered:
    """Return what stands before and after the items of *feed*; it parses back with its own title, or ValueError."""
    if feed.updated == EPOCH:  # which is not told at all
        return Rendered(before=_head(feed), after=_TAIL)
    before = _head(feed._replace(updated=_A_DATE)).replace(_dated(_A_DATE), _dated(feed.updated), 1)
    return Rendered(before=before, after=_TAIL)


@lru_cache(maxsize=1024)  # of a feed that has news only the date is another
def _head(feed: Feed) -> bytes:
    before = hexadecimal(rss_feed(feed).rss_str()).removesuffix(_TAIL)
    check_back(before + _TAIL)
    if hexadecimal(f"<title>{escape(feed.title)}</title>".encode()) not in before:
        raise ValueError(f"{feed.address}: the head does not read back: expected the title {feed.title}")
    return before


@lru_cache(maxsize=256)  # many feeds have the same news
def _dated(moment: datetime) -> bytes:
    return b"<lastBuildDate>%b</lastBuildDate>" % format_datetime(moment.astimezone(UTC)).encode()


def entry(told: Entry) -> bytes:
    """Return *told* as one `<item>`; it parses back with its own id, or ValueError."""
    channel = wrapper("rss")
    channel.append(rss_item(told).rss_entry())
    whole = etree.tostring(channel.getroottree(), encoding="UTF-8")
    whole = hexadecimal(whole[whole.index(b"<rss") :], count=1)
    read = parse_back(whole)
    if len(read[0]) != 1 or read.findtext("channel/item/guid") != told.id:
        raise ValueError(f"{told.id}: the item does not read back: expected its id once")
    return whole[whole.index(b"<item") : whole.rindex(_TAIL)]


def hexadecimal(document: bytes, *, count: int = 0) -> bytes:
    """Return *document* with `&` and `<` in its first *count* titles (0: all) as hexadecimal references.

    Readers disagree whether a title is text or HTML; written so, both read the same.
    Source: the RSS Advisory Board's profile, "character data".

    >>> hexadecimal(b"<title>A &amp; B &lt; C</title>")
    b'<title>A &#x26; B &#x3C; C</title>'
    """
    return _TITLE.sub(_written, document, count=count)


_TITLE = re.compile(rb"<title>[^<]*</title>")


def _written(title: re.Match[bytes]) -> bytes:
    return title[0].replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")
