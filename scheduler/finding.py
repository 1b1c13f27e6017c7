"""Search narrowed by an expression, the same that names a combined feed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from crawler.source import load_sources
from feeds.store import Found, Store
from feeds.topic import load
from feeds.where import Where, parse
from scheduler.config import Config

__all__ = ["find", "wanted_by"]

_PAGE = 200
_FARTHEST = 2000  # releases looked through for an expression that few fit


def wanted_by(config: Config, where: str) -> Where:
    """Return *where* understood with the topics and sources of *config*. Raises ConfigError naming the column."""
    topics = load(*config.topic_files)
    sources = load_sources(*config.sources.folders, use=config.sources.use)
    return parse(where, topics=[topic.key for topic in topics.topics], sources=tuple(sources))


def find(  # noqa: PLR0913 - each one narrows
    store: Store,
    words: str,
    wanted: Where | None,
    *,
    topic: str | None = None,
    source: str | None = None,
    language: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int,
) -> Found:
    """Return what *store* finds for *words* and *wanted* holds for, newest first, *limit* at most.

    Looks through the newest 2,000 releases that hold the words.
    """

    def search(limit: int, offset: int = 0) -> Found:
        return store.search(
            words, topic=topic, source=source, language=language, since=since, until=until, limit=limit, offset=offset
        )

    if wanted is None:
        return search(limit)

    def held() -> Iterator[str]:
        for offset in range(0, _FARTHEST, _PAGE):
            ids = search(_PAGE, offset).ids
            releases = store.releases(ids)
            tags = store.tags(ids)
            for id_ in ids:
                one = releases[id_]
                topics = {tag.topic for tag in tags[id_] if tag.passed}
                if wanted.matches(topics=topics, source=one.source, author=one.author, language=one.language):
                    yield id_
            if len(ids) < _PAGE:
                return

    found = tuple(held())
    return Found(ids=found[:limit], total=len(found))
