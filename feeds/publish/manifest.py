"""The manifest: for web servers and mirrors, how each published file is answered, and what moved or is gone."""

from __future__ import annotations

import json
from collections.abc import Iterable

from feeds.publish.book import Leaf
from feeds.publish.copies import PACKED
from feeds.serve.kind import FEED_CACHE, kind_of
from feeds.site import Site

__all__ = ["MANIFEST", "manifest"]

MANIFEST = "manifest.json"
# Files that come by the thousand are told by what their paths start and end with.
_MANY = (
    ("releases/", ".html", "releases/a/1/index.html"),
    ("feeds/archive/", ".atom", "feeds/archive/a/2026-01.atom"),
    ("feeds/archive/", ".json", "feeds/archive/a/2026-01.json"),
)


def manifest(site: Site, leaves: Iterable[tuple[str, Leaf]]) -> bytes:
    """Return what a web server has to know of the files on *leaves*, as JSON.

    Of each file `type`, `cache` (Cache-Control), `etag` of the bytes as they are and, in
    `codings`, of each copy beside it by its coding. `patterns` tell the same of
    files that come by the thousand, but for the ETag. `moved` (301) and `gone` (410) are
    beginnings of paths.
    """
    files: dict[str, dict[str, object]] = {}
    for _, leaf in leaves:
        for path, (sign, _, _) in sorted(leaf.files.items()):
            if path == MANIFEST or path.endswith(tuple(PACKED)) or not sign:
                continue
            kind = kind_of(path, site)
            cache = FEED_CACHE if path.startswith("feeds/archive/") else kind.cache  # on leaves: months still open
            files[path] = {"type": kind.type, "cache": cache, "etag": f'"{sign}"'}
            copies = {
                coding: f'"{sign}-{tag}"' for end, (coding, tag) in PACKED.items() if f"{path}{end}" in leaf.files
            }
            if copies:
                files[path]["codings"] = copies
    patterns = [
        {"starts": start, "ends": end, "type": kind.type, "cache": kind.cache}
        for start, end, example in _MANY
        for kind in (kind_of(example, site),)
    ]
    told = {
        "version": 1,
        "base": site.base_url,
        "patterns": patterns,
        "moved": {old: new for one, other in sorted(site.moved.items()) for old, new in _pairs(one, other)},
        "gone": [path for key in sorted(site.retired) for path, _ in _pairs(key, key)],
        "files": dict(sorted(files.items())),
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _pairs(old: str, new: str) -> Iterable[tuple[str, str]]:
    """Yield the beginnings of every path of the topic *old*, and what they become for *new*.

    >>> [old for old, _ in _pairs("ai", "ai")]
    ['feeds/ai.', 'feeds/archive/ai.', 'feeds/archive/ai/', 'topics/ai/']
    """
    for start, end in (("feeds/", "."), ("feeds/archive/", "."), ("feeds/archive/", "/"), ("topics/", "/")):
        yield f"{start}{old}{end}", f"{start}{new}{end}"
