"""RSS 0.9 to 2.0, RSS 1.0 and Atom read as listings, as official bodies really write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from crawler.extract.address import join
from crawler.extract.found import Item, ItemFields, Listing
from crawler.normalise import read_date
from crawler.normalise.tree import read_xml
from feeds.release import Attachment, Photo

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["is_feed", "read_feed", "read_instant"]

_FEED = re.compile(
    r"\A\s*(?:<\?xml[^>]*>\s*|<\?[^>]*\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>\s*)*<(?:[a-z]+:)?(rss|rdf|feed)\b",
    re.IGNORECASE | re.DOTALL,
)
_SPACE = "{http://www.w3.org/XML/1998/namespace}"
_GLUED = re.compile(r"(\d\d:\d\d(?::\d\d)?)([+-]\d{4})\Z")
_NAMES = {
    "html": ("encoded", "content", "description", "summary"),
    "summary": ("summary", "description", "subtitle"),
    "published": ("pubDate", "published", "issued", "date", "created", "updated", "modified"),
    "author": ("creator", "author", "publisher"),
}


def is_feed(text: str) -> bool:
    """Say whether *text* is a feed: an XML document whose root is rss, feed or RDF.

    >>> is_feed('<?xml version="1.0"?><?xml-stylesheet href="a"?><rdf:RDF>'), is_feed("<!DOCTYPE html><html>")
    (True, False)
    """
    return _FEED.match(text[:4000].lstrip("\ufeff")) is not None


def read_feed(text: str, url: str, *, zone: str = "UTC") -> Listing:
    """Return the items of the feed *text* at *url* with all they say; dates without a zone are of *zone*.

    Text that is no feed gives no items and the reason. Items without an address,
    and without a guid that is one, are left out.

    >>> item = "<item><title>A</title><link>/a</link><pubDate>2026-04-14T09:55:00+08:00</pubDate></item>"
    >>> read_feed(f"<rss><channel>{item}</channel></rss>", "https://a.mo/rss").items[0].date
    '2026-04-14T09:55:00+08:00'
    """
    try:
        root = read_xml(text)
    except ValueError as error:
        return Listing(url=url, reason=str(error))
    if _local(root) not in {"rss", "RDF", "feed"}:
        return Listing(url=url, reason=f"no feed: its root is {_local(root) or 'unknown'}")
    items: dict[str, Item] = {}
    for element in root.iter("{*}item", "{*}entry"):
        item = _item(element, _base(root, url), zone)
        if item is not None:
            items.setdefault(item.url, item)
    return Listing(
        url=url,
        items=tuple(items.values()),
        next=next(
            (join(_base(root, url), link.get("href", "")) for link in _links(root) if link.get("rel") == "next"), ""
        ),
        via="feed",
        confidence=1.0,
        reason="" if items else "a feed without items",
    )


def read_instant(text: str, *, zone: str) -> datetime | None:
    """Return the instant of *text*, ISO 8601 or RFC 822 as found in the wild, aware; None where it is none.

    >>> read_instant("Tue, 27 Dec 2005 13:08:54+0900", zone="UTC").isoformat()
    '2005-12-27T13:08:54+09:00'
    >>> read_instant("2026-04-14 09:55", zone="Asia/Macau").isoformat()
    '2026-04-14T09:55:00+08:00'
    """
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    text = " ".join(text.split())
    if not text:
        return None
    found: datetime | None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = parsedate_to_datetime(_GLUED.sub(r"\1 \2", text))
        except (ValueError, TypeError, IndexError, OverflowError):
            found = read_date(text, zone=zone, seen=datetime(1971, 1, 1, tzinfo=UTC))
            if found is not None and found.year < 1972:  # a date without a year, and nothing to tell the year by
                return None
    if found is not None and found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(zone))
    return found


def _item(element: _Element, base: str, zone: str) -> Item | None:
    base = join(base, element.get(f"{_SPACE}base", "")) or base
    guid = _text(_first(element, "guid", "id"))
    url = _address(element, base, guid)
    if not url:
        return None
    published = next(
        (
            when
            for name in _NAMES["published"]
            for found in _all(element, name)
            if (when := read_instant(_text(found), zone=zone))
        ),
        None,
    )
    html = next((body for name in _NAMES["html"] if (body := _markup(_first(element, name)))), "")
    photos, attachments = _enclosures(element, base)
    return Item(
        url=url,
        title=_markup(_first(element, "title")),
        date=None if published is None else published.isoformat(),
        draft_fields=ItemFields(
            html=html,
            summary=next((text for name in _NAMES["summary"] if (text := _markup(_first(element, name)))), ""),
            author=next((text for name in _NAMES["author"] if (text := _person(_first(element, name)))), ""),
            published=published,
            guid=guid,
            photos=photos,
            attachments=attachments,
        ),
    )


def _address(element: _Element, base: str, guid: str) -> str:
    candidates = [link.get("href", "") for link in _links(element) if link.get("rel", "alternate") == "alternate"]
    candidates += [_text(link) for link in _all(element, "link")]
    permalink = _first(element, "guid")
    if permalink is not None and permalink.get("isPermaLink", "true").lower() == "true":
        candidates.append(guid)
    candidates.append(next((value for name, value in element.attrib.items() if str(name).endswith("}about")), ""))
    if guid.startswith(("http://", "https://")):
        candidates.append(guid)
    return next((url for text in candidates if text and (url := join(base, text))), "")


def _enclosures(element: _Element, base: str) -> tuple[tuple[Photo, ...], tuple[Attachment, ...]]:
    photos, attachments = {}, {}
    for found in element.iter("{*}enclosure", "{*}content", "{*}link"):
        if _local(found) == "link" and found.get("rel") != "enclosure":
            continue
        url = join(base, found.get("url") or (found.get("href") or "" if _local(found) == "link" else ""))
        kind = found.get("type", "")
        if not url:
            continue
        if kind.startswith("image/") or found.get("medium") == "image":
            photos[url] = Photo(url=url, caption=_text(_first(found, "description", "title")))
        elif _local(found) != "content":
            length = found.get("length", "")
            attachments[url] = Attachment(
                url=url, title=found.get("title", ""), type=kind, length=int(length) if length.isdecimal() else None
            )
    return tuple(photos.values()), tuple(attachments.values())


def _markup(element: _Element | None) -> str:
    """Return the HTML an element carries: as text, CDATA, or as XHTML elements of Atom."""
    if element is None:
        return ""
    if len(element) == 0 or element.get("type") not in {"xhtml", None}:
        return _text(element)
    from lxml import etree  # noqa: PLC0415

    inner = "".join(etree.tostring(child, encoding="unicode") for child in element)
    return ((element.text or "") + re.sub(r"(</?)[a-z]+:|\sxmlns(?::\w+)?=\"[^\"]*\"", r"\1", inner)).strip()


def _person(element: _Element | None) -> str:
    """Return the name an author element holds; of "a@b.hk (Name)" the name."""
    if element is None:
        return ""
    name = _first(element, "name")
    text = _text(name if name is not None else element)
    match = re.fullmatch(r"\S+@\S+ \((.+)\)", text)
    return match[1] if match else text


def _first(element: _Element, *names: str) -> _Element | None:
    return next((found for name in names for found in _all(element, name)), None)


def _all(element: _Element, name: str) -> Iterator[_Element]:
    """Yield the children called *name* that carry text, whatever their namespace; media: is not it."""
    for child in element:
        if isinstance(child.tag, str) and _local(child) == name and "search.yahoo.com/mrss" not in child.tag:
            yield child


def _links(element: _Element) -> Iterator[_Element]:
    return (link for link in _all(element, "link") if link.get("href"))


def _base(root: _Element, url: str) -> str:
    return join(url, root.get(f"{_SPACE}base", "")) or url


def _local(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: _Element | None) -> str:
    return "" if element is None else "".join(element.itertext()).strip()
