"""The topics of addresses: which one an address speaks of, and where it is when that one has another name; pure."""

from __future__ import annotations

__all__ = ["renamed", "topic_of"]


def topic_of(path: str) -> str:
    """Return the topic whose feed or page *path* would be.

    >>> topic_of("feeds/ai.zh-hant.atom"), topic_of("topics/ai/pt/"), topic_of("feeds/archive/ai.en/2026-01.atom")
    ('ai', 'ai', 'ai')
    """
    first, _, rest = path.removeprefix("feeds/archive/").removeprefix("feeds/").removeprefix("topics/").partition("/")
    del rest
    return first.partition(".")[0]


def renamed(path: str, old: str, new: str) -> str:
    """Return *path*, which `topic_of` finds *old* in, with *new* in its place.

    >>> renamed("feeds/archive/feeds.en/2026-01.atom", "feeds", "data"), renamed("topics/pic/", "pic", "data")
    ('feeds/archive/data.en/2026-01.atom', 'topics/data/')
    """
    before = next(start for start in ("feeds/archive/", "feeds/", "topics/", "") if path.startswith(start + old))
    return before + new + path[len(before + old) :]
