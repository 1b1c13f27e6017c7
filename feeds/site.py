"""Site: what the published files say of the whole, and the address of each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote

from feeds.identity import DEFAULT_AUTHORITY

__all__ = ["FORMATS", "LABELS", "LANGUAGES", "MEDIA_TYPES", "RESERVED", "Site", "slug"]

LANGUAGES = ("en", "zh-Hant", "zh-Hans", "pt")
FORMATS = ("atom", "rss", "json")
LABELS = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}
MEDIA_TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}

# Names below /feeds/ and / that are not a topic's.
RESERVED = frozenset({"all", "archive", "corrections", "index", "source", "status"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the operator says of the whole.

    *base_url* ends with "/". *authority* is the `tag:` authority of every id: it stays
    when *base_url* changes. *combinations* are named feeds, name to expression. Without
    *photos*, photographs are linked to, not shown. *gzip* writes each feed compressed
    beside itself, for web servers that send such files as they are; *brotli* the same in
    the other coding, smaller at the cost of compressing each whole. *retired* and *moved* are topics that
    once had feeds: their addresses answer 410, a month after a last entry, or 301 to the topic named.
    """

    base_url: str = "http://127.0.0.1:8000/"
    title: str = "baywire"
    authority: str = DEFAULT_AUTHORITY
    photos: bool = True
    formats: tuple[str, ...] = FORMATS
    hub: str = ""
    combinations: Mapping[str, str] = field(default_factory=dict)
    languages: tuple[str, ...] = LANGUAGES
    gzip: bool = True
    brotli: bool = False
    retired: tuple[str, ...] = ()
    moved: Mapping[str, str] = field(default_factory=dict)

    def url(self, path: str) -> str:
        """Return the address of *path* below the site.

        >>> Site(base_url="https://news.example/").url("feeds/ai.atom")
        'https://news.example/feeds/ai.atom'
        """
        return self.base_url + path

    def tag(self, name: str) -> str:
        """Return the `tag:` URI of something that is not a release (RFC 4151).

        >>> Site(authority="news.example,2026").tag("feed/ai/en")
        'tag:news.example,2026:feed/ai/en'
        """
        return f"tag:{self.authority}:{name}"


@cache  # asked for every address of every feed
def slug(language: str) -> str:
    """Return *language* as addresses have it.

    >>> slug("zh-Hant")
    'zh-hant'
    """
    return quote(language.lower(), safe="-")
