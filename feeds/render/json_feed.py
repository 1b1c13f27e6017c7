"""JSON Feed 1.1: heads and fragments that carry what Atom and RSS carry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from feeds.render.fragment import Rendered
from feeds.render.model import EPOCH, Entry, Feed, instant

__all__ = ["dump", "entry", "head"]

_VERSION = "https://jsonfeed.org/version/1.1"


def head(feed: Feed) -> Rendered:
    """Return what stands before and after the items of *feed*."""
    if feed.more:  # of which a cache could not tell that it changed
        before = _head(feed)
    else:  # a string has no bare quotes, so that none can look like the date
        before = _undated(feed._replace(updated=EPOCH)).replace(_date(EPOCH), _date(feed.updated), 1)
    return Rendered(before=before, after=b"\n]}\n", between=b",\n")


@lru_cache(maxsize=1024)  # of a feed that has news only the date is another
def _undated(feed: Feed) -> bytes:
    return _head(feed)


def _date(moment: datetime) -> bytes:
    return b'"updated":"%b"' % instant(moment.astimezone(UTC)).encode()


def _head(feed: Feed) -> bytes:
    told: dict[str, object] = {
        "version": _VERSION,
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.address,
        "description": feed.about,
        "next_url": feed.previous,
        "icon": feed.logo,
        "favicon": feed.icon,
        "authors": [_person(feed.author, feed.author_url)],
        "language": None if feed.mixed else feed.language,
        "hubs": [{"type": "WebSub", "url": feed.hub}] if feed.hub else None,
        "_baywire": {
            "id": feed.id,
            "updated": instant(feed.updated.astimezone(UTC)),
            "rights": feed.rights,
            "topics": [category.term for category in feed.categories],
            **({"archive": True} if feed.archive else {}),
            **feed.more,
        },
    }
    before = dump(_present(told)).removesuffix(b"}") + b',"items":[\n'
    json.loads(before + b"]}")
    return before


def entry(told: Entry) -> bytes:
    """Return *told* as one item; it reads back with its own id, or ValueError."""
    item = {
        "id": told.id,
        "url": told.url,
        "title": told.title,
        "content_html": told.html,
        "summary": told.summary,
        "image": told.photos[0].url if told.photos else None,
        "date_published": instant(told.published),
        "date_modified": instant(told.updated.astimezone(UTC)),
        "authors": [_person(told.author, told.author_url)],
        "tags": [category.label or category.term for category in told.categories],
        "language": told.language if told.language != "und" else None,
        "attachments": [
            _present({"url": link.href, "mime_type": link.type, "title": link.title, "size_in_bytes": link.length})
            for link in told.enclosures
        ],
        "_baywire": _present(
            {
                "source": told.origin.id if told.origin else None,
                "source_title": told.origin.title if told.origin else None,
                "topics": [category.term for category in told.categories],
                "translations": [
                    {"language": link.language, "url": link.href} for link in told.related if link.language
                ],
                "related": [{"title": link.title, "url": link.href} for link in told.related if not link.language],
                "photos": [_present({"url": photo.url, "caption": photo.caption}) for photo in told.photos],
                "rights": told.rights,
                **told.more,
            }
        ),
    }
    made = dump(_present(item))
    if json.loads(made)["id"] != told.id:
        raise ValueError(f"{told.id}: the item does not read back: expected its id once")
    return made


def dump(value: object) -> bytes:
    """Return *value* as JSON in UTF-8; raises ValueError where UTF-8 has no place for a character.

    >>> dump({"title": "人工智能"}).decode()
    '{"title":"人工智能"}'
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _person(name: str, url: str) -> dict[str, str]:
    return {"name": name, "url": url} if url else {"name": name}


def _present(told: Mapping[str, object]) -> dict[str, object]:
    """Return *told* without what is absent: JSON Feed has no null and no empty list."""
    return {name: value for name, value in told.items() if value not in (None, "", [], {}, ())}
