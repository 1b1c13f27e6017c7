"""Atom 1.0 (RFC 4287): heads and fragments whose sum is, byte for byte, feedgen's own document."""

from __future__ import annotations

from datetime import UTC
from functools import lru_cache
from xml.sax.saxutils import escape

from lxml import etree

from feeds.render.extension import ATOM, atom_entry, atom_feed, wrapper
from feeds.render.fragment import Rendered, check_back, parse_back
from feeds.render.model import EPOCH, Entry, Feed, instant

__all__ = ["entry", "head"]

_TAIL = b"</feed>"
_NO_DATE = b"<updated>%b</updated>" % instant(EPOCH).encode()


def head(feed: Feed) -> Rendered:
    """Return what stands before and after the entries of *feed*; it parses back with its own id, or ValueError."""
    date = b"<updated>%b</updated>" % instant(feed.updated.astimezone(UTC)).encode()
    before = _undated(feed._replace(updated=EPOCH)).replace(_NO_DATE, date, 1)  # markup: no text can look like it
    return Rendered(before=before, after=_TAIL)


@lru_cache(maxsize=1024)  # of a feed that has news only the date is another
def _undated(feed: Feed) -> bytes:
    before: bytes = atom_feed(feed).atom_str().removesuffix(_TAIL)
    check_back(before + _TAIL)
    if f"<id>{escape(feed.id)}</id>".encode() not in before or _NO_DATE not in before:
        raise ValueError(f"{feed.address}: the head does not read back with its id: expected {feed.id}")
    return before


def entry(told: Entry) -> bytes:
    """Return *told* as one `<entry>`; it parses back with its own id, or ValueError."""
    root = wrapper("atom")
    root.append(atom_entry(told).atom_entry())
    whole = etree.tostring(root, encoding="UTF-8")
    read = parse_back(whole)
    if len(read) != 1 or read.findtext(f"{{{ATOM}}}entry/{{{ATOM}}}id") != told.id:
        raise ValueError(f"{told.id}: the entry does not read back: expected its id once")
    return whole[whole.index(b"<entry") : whole.rindex(_TAIL)]
