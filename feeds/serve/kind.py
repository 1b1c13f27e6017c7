"""What a published file is to a web server: its media type, how long it may be kept, what a browser may do with it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from feeds.site import MEDIA_TYPES, Site

__all__ = ["FEED_CACHE", "Kind", "is_finished", "kind_of", "page_policy"]

FEED_CACHE = "public, max-age=300, stale-while-revalidate=3600, stale-if-error=86400"
_PAGE_CACHE = "public, max-age=120, stale-while-revalidate=3600, stale-if-error=86400"
_ASSET_CACHE = "public, max-age=3600, stale-while-revalidate=86400"
_FOR_EVER = "public, max-age=31536000, immutable"
_NOTHING = "default-src 'none'; frame-ancestors 'none'; sandbox"

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".opml": "text/x-opml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How one file is answered; *is_text* says that compressing it pays."""

    type: str
    cache: str
    policy: str
    is_feed: bool = False
    is_text: bool = True


def kind_of(path: str, site: Site) -> Kind:
    """Return how the file at *path* below the site is answered; a document of the past as one that `is_finished`.

    >>> kind_of("feeds/ai.en.atom", Site()).type
    'application/atom+xml; charset=utf-8'
    >>> kind_of("feeds/archive/ai/2026-01.json", Site()).cache
    'public, max-age=31536000, immutable'
    """
    dot = path.rfind(".")
    end = path[dot:] if dot > path.rfind("/") else ""
    is_feed = end.removeprefix(".") in MEDIA_TYPES and path.startswith(("feeds/", "status."))
    if is_feed:
        media = MEDIA_TYPES[end.removeprefix(".")]
        cache = _FOR_EVER if path.startswith("feeds/archive/") else FEED_CACHE
        return Kind(
            type=media if end == ".json" else f"{media}; charset=utf-8", cache=cache, policy=_NOTHING, is_feed=True
        )
    if end == ".html":
        return Kind(type=_TYPES[end], cache=_PAGE_CACHE, policy=page_policy(site))
    kind = _TYPES.get(end, "application/octet-stream")
    cache = FEED_CACHE if end == ".opml" else _ASSET_CACHE
    return Kind(type=kind, cache=cache, policy=_NOTHING, is_text=end in {".css", ".svg", ".opml", ".txt", ".json"})


def is_finished(archive: bytes) -> bool:
    """Return whether a document of the past, of which *archive* is the beginning, says that it stays as it is.

    >>> is_finished(b'<feed><fh:archive/>'), is_finished(b'{"version":"https://jsonfeed.org/version/1.1"')
    (True, False)
    """
    start = archive[:4096]
    return b"<fh:archive/>" in start or b'"archive":true' in start


def page_policy(site: Site) -> str:
    """Return the Content-Security-Policy of a page: its own sheet, publishers' photographs, nothing else.

    >>> "script" in page_policy(Site())
    False
    """
    # A site on plain http, such as the demo's, may have photographs there too.
    images = "'self' https: data:" if urlsplit(site.base_url).scheme == "https" else "'self' https: http: data:"
    return (
        f"default-src 'none'; style-src 'self'; img-src {images}; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
