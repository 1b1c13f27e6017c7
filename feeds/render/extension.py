"""Our pair of feedgen extensions, and feedgen itself behind them: used here and nowhere else.

feedgen 1.0.0 drops the attributes of an entry's links, has no place for translations,
photographs, hubs and archives, and writes RSS dates by changing the locale of the whole
process. All of this is mended through its public interface: the extensions add what it
leaves out, and it is never given an RSS date.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from feedgen.entry import FeedEntry  # type: ignore[import-untyped]  # feedgen ships no types
from feedgen.ext.base import BaseEntryExtension, BaseExtension  # type: ignore[import-untyped]  # as above
from feedgen.feed import FeedGenerator  # type: ignore[import-untyped]  # as above
from lxml import etree

from feeds.render.model import EPOCH, Category, Entry, Feed, Link, instant

__all__ = [
    "ATOM",
    "EntryExtension",
    "FeedExtension",
    "atom_entry",
    "atom_feed",
    "rss_feed",
    "rss_item",
    "wrapper",
]

ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DC = "http://purl.org/dc/elements/1.1/"
_FH = "http://purl.org/syndication/history/1.0"
_MEDIA = "http://search.yahoo.com/mrss/"
_SY = "http://purl.org/rss/1.0/modules/syndication/"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

# In the order in which feedgen declares them; a fragment needs each prefix that it uses.
_ATOM_NAMES = {"media": _MEDIA, "fh": _FH}
_RSS_NAMES = {"media": _MEDIA, "fh": _FH, "dc": _DC, "sy": _SY}


class _Never(datetime):
    """A date that feedgen takes for absent: false, so that no lastBuildDate of its own is written."""

    def __bool__(self) -> bool:
        return False


_NEVER = _Never(1970, 1, 1, tzinfo=UTC)


class FeedExtension(BaseExtension):  # type: ignore[misc]  # feedgen ships no types
    """Adds to a feed's head what feedgen has no place for."""

    def __init__(self) -> None:
        """Wait for a feed to be set."""
        self.feed: Feed | None = None
        self.names: Mapping[str, str] = _ATOM_NAMES

    def extend_ns(self) -> dict[str, str]:
        """Return the namespaces of the head and of every fragment after it."""
        return dict(self.names)

    def extend_atom(self, feed: etree._Element) -> etree._Element:
        """Add links, the mark of an archive and the plain date to the head."""
        if self.feed is not None:
            _text_of(feed, "updated", _utc(self.feed.updated))
            for link in _head_links(self.feed, "application/atom+xml", with_page=True):
                _link(feed, "link", link)
            if self.feed.archive:
                etree.SubElement(feed, f"{{{_FH}}}archive")
        return feed

    def extend_rss(self, feed: etree._Element) -> etree._Element:
        """Add dates, links, the pace of updates and the mark of an archive to the channel."""
        channel = feed[0]
        told = self.feed
        if told is not None:
            if told.updated > EPOCH:  # RSS may leave it out, and a date of no build is none
                etree.SubElement(channel, "lastBuildDate").text = format_datetime(told.updated.astimezone(UTC))
            for link in _head_links(told, "application/rss+xml", with_page=False):
                _link(channel, f"{{{ATOM}}}link", link)
            etree.SubElement(channel, f"{{{_SY}}}updatePeriod").text = "hourly"
            etree.SubElement(channel, f"{{{_SY}}}updateFrequency").text = str(max(1, 60 // told.ttl_minutes))
            if told.archive:
                etree.SubElement(channel, f"{{{_FH}}}archive")
        return feed


class EntryExtension(BaseEntryExtension):  # type: ignore[misc]  # feedgen ships no types
    """Adds to an entry what feedgen drops or has no place for."""

    def __init__(self) -> None:
        """Wait for an entry to be set."""
        self.entry: Entry | None = None

    def extend_atom(self, entry: etree._Element) -> etree._Element:
        """Add language, links with all their attributes, source and photographs."""
        told = self.entry
        if told is None:
            return entry
        if told.language:
            entry.set(_LANG, told.language)
        _text_of(entry, "updated", _utc(told.updated))
        _text_of(entry, "published", instant(told.published))
        language = told.language if told.language != "und" else ""
        for link in (Link(rel="alternate", href=told.url, type="text/html", language=language), *_links(told)):
            _link(entry, "link", link)
        if told.origin is not None:
            source = etree.SubElement(entry, "source")
            for tag, text in (("id", told.origin.id), ("title", told.origin.title), ("updated", _utc(told.updated))):
                etree.SubElement(source, tag).text = text
            _link(source, "link", Link(rel="self", href=told.origin.feed, type="application/atom+xml"))
            _link(source, "link", Link(rel="alternate", href=told.origin.page, type="text/html"))
        _photos(entry, told)
        return entry

    def extend_rss(self, item: etree._Element) -> etree._Element:
        """Add dates, author, language, links and photographs."""
        told = self.entry
        if told is None:
            return item
        etree.SubElement(item, "pubDate").text = _rfc822(told.published)
        etree.SubElement(item, f"{{{ATOM}}}updated").text = _utc(told.updated)
        etree.SubElement(item, f"{{{_DC}}}creator").text = told.author
        if told.language and told.language != "und":
            etree.SubElement(item, f"{{{_DC}}}language").text = told.language
        if told.rights:
            etree.SubElement(item, f"{{{_DC}}}rights").text = told.rights
        for link in told.related:
            _link(item, f"{{{ATOM}}}link", link)
        _photos(item, told)
        return item


def atom_feed(feed: Feed) -> FeedGenerator:
    """Return feedgen's generator of the Atom document with the head of *feed*, without entries."""
    generator, extension = _generator(feed)
    extension.names = _ATOM_NAMES
    generator.id(feed.id)
    generator.title(feed.title)
    generator.subtitle(feed.about)
    generator.updated(feed.updated)
    generator.author(_person(feed.author, feed.author_url))
    if feed.icon:
        generator.icon(feed.icon)
    if feed.language:
        generator.language(feed.language)
    return generator


def rss_feed(feed: Feed) -> FeedGenerator:
    """Return feedgen's generator of the RSS document with the head of *feed*, without items."""
    generator, extension = _generator(feed)
    extension.names = _RSS_NAMES
    generator.title(feed.title)
    generator.link(href=feed.page)
    generator.description(feed.about or feed.title)  # RSS must have one; an own topic need not
    generator.docs("https://www.rssboard.org/rss-specification")
    generator.lastBuildDate(_NEVER)
    generator.ttl(feed.ttl_minutes)
    if feed.logo:
        generator.image(url=feed.logo, title=feed.title, link=feed.page)
    if feed.language:
        generator.language(feed.language)
    return generator


def atom_entry(entry: Entry) -> FeedEntry:
    """Return feedgen's Atom entry of *entry*; raises ValueError on a character that XML has no place for."""
    made = _entry(entry)
    made.id(entry.id)
    made.updated(entry.updated)
    made.published(entry.published)
    made.author(_person(entry.author, entry.author_url))
    made.content(entry.html, type="html")
    if entry.summary:
        made.summary(entry.summary)
    if entry.rights:
        made.rights(entry.rights)
    return made


def rss_item(entry: Entry) -> FeedEntry:
    """Return feedgen's RSS item of *entry*; raises ValueError on a character that XML has no place for."""
    made = _entry(entry)
    made.guid(entry.id, permalink=False)
    made.link(href=entry.url, rel="alternate")
    # A description is HTML to every reader: plain text is escaped once more than its XML asks.
    made.description(_escape(entry.summary or entry.title))
    made.content(entry.html, type="CDATA")
    if entry.enclosures:
        first = entry.enclosures[0]
        made.enclosure(url=first.href, length=str(first.length or 0), type=first.type)
    if entry.origin is not None:
        made.source(url=entry.origin.feed, title=entry.origin.title)
    return made


def wrapper(form: str) -> etree._Element:
    """Return an empty root that declares what the fragments of *form* ("atom" or "rss") use."""
    if form == "atom":
        return etree.Element("feed", {"xmlns": ATOM}, nsmap=_ATOM_NAMES)
    root = etree.Element("rss", {"version": "2.0"}, nsmap={**_RSS_NAMES, "atom": ATOM, "content": _CONTENT})
    return etree.SubElement(root, "channel")


def _generator(feed: Feed) -> tuple[FeedGenerator, FeedExtension]:
    generator = FeedGenerator()
    generator.register_extension("baywire", FeedExtension, EntryExtension)
    generator.baywire.feed = feed
    generator.generator("baywire")
    for category in feed.categories:
        generator.category(_category(category))
    if feed.rights:
        generator.rights(feed.rights)
    return generator, generator.baywire


def _entry(entry: Entry) -> FeedEntry:
    made = FeedEntry()
    made.register_extension("baywire", EntryExtension)
    made.baywire.entry = entry
    made.title(entry.title)
    for category in entry.categories:
        made.category(_category(category))
    return made


def _head_links(feed: Feed, own_type: str, *, with_page: bool) -> list[Link]:
    links = [Link(rel="self", href=feed.address, type=own_type)]
    if with_page:
        links.append(Link(rel="alternate", href=feed.page, type="text/html", language=feed.language))
    if feed.hub:
        links.append(Link(rel="hub", href=feed.hub))
    for rel, href in (("current", feed.current), ("prev-archive", feed.previous), ("next-archive", feed.next)):
        if href:
            links.append(Link(rel=rel, href=href, type="application/atom+xml"))
    return links


def _links(entry: Entry) -> tuple[Link, ...]:
    return (*entry.related, *entry.enclosures)


def _link(parent: etree._Element, tag: str, link: Link) -> None:
    made = etree.SubElement(parent, tag, {"rel": link.rel, "href": link.href})
    for name, value in (("type", link.type), ("hreflang", link.language), ("title", link.title)):
        if value:
            made.set(name, value)
    if link.length is not None:
        made.set("length", str(link.length))


def _photos(parent: etree._Element, entry: Entry) -> None:
    for photo in entry.photos:
        made = etree.SubElement(parent, f"{{{_MEDIA}}}content", {"url": photo.url, "medium": "image"})
        kind, _ = mimetypes.guess_type(urlsplit(photo.url).path)
        if kind and kind.startswith("image/"):
            made.set("type", kind)
        if photo.caption:
            etree.SubElement(made, f"{{{_MEDIA}}}description", {"type": "plain"}).text = photo.caption


def _text_of(parent: etree._Element, tag: str, text: str) -> None:
    found = parent.find(tag)
    if found is not None:
        found.text = text


def _utc(moment: datetime) -> str:
    """Return *moment* in UTC: when something changed is ours to say, when it was published the page's."""
    return instant(moment.astimezone(UTC))


def _rfc822(moment: datetime) -> str:
    """Return *moment* as RSS has it; in UTC where its offset is one that readers of RFC 822 do not know, as +05:45."""
    offset = moment.utcoffset()
    known = offset is not None and not offset % timedelta(minutes=30)
    return format_datetime(moment if known else moment.astimezone(UTC))


def _person(name: str, url: str) -> dict[str, str]:
    return {"name": name, "uri": url} if url else {"name": name}


def _category(category: Category) -> dict[str, Any]:
    told = {"term": category.term, "scheme": category.scheme, "label": category.label}
    return {name: value for name, value in told.items() if value}


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
