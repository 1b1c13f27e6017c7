"""Lists that are no page: JSON of any shape, the interface of WordPress, sitemaps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from crawler.extract.address import join
from crawler.extract.feed import read_instant
from crawler.extract.found import Item, ItemFields, Listing
from crawler.normalise.tree import read_xml
from feeds.release import Photo

if TYPE_CHECKING:
    from crawler.source import Source

__all__ = ["read_other_listing", "value_at"]

_WORDPRESS = {
    "items": "",
    "url": "link",
    "title": "title.rendered",
    "date": "date_gmt | date",
    "summary": "excerpt.rendered",
    "html": "content.rendered",
    "id": "id",
}
_MOST = 5000
_MILLISECONDS = 10_000_000_000  # a number of seconds that large lies 280 years ahead


def read_other_listing(source: Source, text: str, url: str) -> Listing:
    """Return what a list of kind json, wordpress or sitemap says; without items, the reason. Never raises."""
    if source.kind == "sitemap":
        return _sitemap(source, text, url)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Listing(url=url, reason=f"no JSON: {str(error)[:80]}")
    fields = _WORDPRESS if source.kind == "wordpress" else source.listing.fields
    rows = value_at(document, fields.get("items", ""))
    if isinstance(rows, Mapping):
        rows = list(rows.values())
    if not isinstance(rows, list):
        return Listing(url=url, reason=f"no list at {fields.get('items') or 'the root'}")
    items = [item for row in rows[:_MOST] if (item := _item(source, row, fields, url)) is not None]
    return Listing(
        url=url,
        items=tuple(items),
        via=source.kind,
        confidence=1.0,
        reason="" if items else f"{len(rows)} rows, none with {fields.get('url')} and {fields.get('title')}",
    )


def value_at(document: object, path: str) -> object:
    """Return the value at *path*: names and numbers parted by dots; "a | b" takes the first that says something.

    >>> value_at({"data": {"content": [{"name": "x"}]}}, "data.content.0.name")
    'x'
    >>> value_at({"date": "2026"}, "created | date")
    '2026'
    """
    for choice in path.split("|"):
        found: object = document
        for name in filter(None, choice.strip().split(".")):
            if isinstance(found, dict):
                found = cast("dict[str, object]", found).get(name)
            elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            else:
                found = None
        if found not in (None, "", []):
            return found
    return None


def _item(source: Source, row: object, fields: Mapping[str, str], url: str) -> Item | None:
    def said(name: str) -> str:
        value = value_at(row, fields[name]) if name in fields else None
        return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""

    address = fields.get("url", "")
    if "{" in address:  # "https://a.cn/content/{id}.html": the address is made of the number
        identity = said("id")
        target = address.replace("{id}", identity) if identity else ""
    else:
        target = said("url")
    target, title = join(url, target), said("title")
    if not target or not title:
        return None
    gmt = source.kind == "wordpress" and bool(value_at(row, "date_gmt"))
    when = _instant(said("date"), "UTC" if gmt else source.zone)
    if when is not None and gmt:
        from zoneinfo import ZoneInfo  # noqa: PLC0415

        when = when.astimezone(ZoneInfo(source.zone))
    photo = join(url, said("photo"))
    return Item(
        url=target,
        title=title,
        date=None if when is None else when.isoformat(),
        draft_fields=ItemFields(
            html=said("html"),
            summary=said("summary"),
            author=said("author"),
            published=when,
            guid=said("id"),
            photos=(Photo(url=photo),) if photo else (),
        ),
    )


def _instant(text: str, zone: str) -> datetime | None:
    """Return the instant of *text*: seconds or milliseconds since 1970, or a date as people write it."""
    if text.isdecimal() and len(text) in {9, 10, 13}:  # 20260412 has eight digits, with hour and minute twelve
        from zoneinfo import ZoneInfo  # noqa: PLC0415

        number = int(text)
        try:
            return datetime.fromtimestamp(number / 1000 if number > _MILLISECONDS else number, UTC).astimezone(
                ZoneInfo(zone)
            )
        except (OverflowError, ValueError, OSError):
            return None
    return read_instant(text, zone=zone)


def _sitemap(source: Source, text: str, url: str) -> Listing:
    """Return the addresses of a sitemap, or of the maps an index names; news sitemaps give titles and days."""
    try:
        root = read_xml(text)
    except ValueError as error:
        return Listing(url=url, reason=str(error))
    items = list(_entries(source, root, url))
    return Listing(
        url=url, items=tuple(items), via="sitemap", confidence=1.0, reason="" if items else "an empty sitemap"
    )


def _entries(source: Source, root: object, url: str) -> Iterator[Item]:
    from lxml.etree import _Element  # noqa: PLC0415

    if not isinstance(root, _Element):
        return
    for entry in root.iter("{*}url"):
        told = {str(part.tag).rpartition("}")[2]: (part.text or "").strip() for part in entry.iter()}
        address = join(url, told.get("loc", ""))
        when = read_instant(told.get("publication_date") or told.get("lastmod") or "", zone=source.zone)
        if address:
            title = told.get("title") or ""
            item = Item(url=address, title=title, date=None if when is None else when.isoformat())
            yield replace(item, draft_fields=ItemFields(published=when)) if "publication_date" in told else item
