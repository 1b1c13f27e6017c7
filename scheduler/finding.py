"""Search narrowed by an expression, the same that names a combined feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from crawler.source import load_sources
from feeds.error import ConfigError, did_you_mean
from feeds.serve.query import Query, read_query
from feeds.store import Store
from feeds.topic import load
from feeds.where import parse
from scheduler.config import Config

__all__ = ["asked_by", "check_names"]


def asked_by(
    config: Config, store: Store, query: str, *wheres: str, since: datetime | None = None, until: datetime | None = None
) -> Query:
    """Return what *query* asks, in the language of the search page, with what options narrow it by.

    Each of *wheres* is an expression; the days *since* and *until* are included.
    Raises ConfigError naming what is wrong with any.
    """
    topics = [topic.key for topic in load(*config.topic_files).topics]
    sources = list(dict.fromkeys([*store.newsrooms(), *load_sources(*config.sources.folders)]))
    asked = read_query(urlencode({"q": query}), topics=topics, sources=sources)
    if asked.problem:
        raise ConfigError(asked.problem)
    chosen = asked.where
    for where in wheres:
        alone = parse(where, topics=topics, sources=sources)  # its mistakes are told by its own columns
        chosen = alone if chosen is None else parse(f"({where}) and ({chosen.text})", topics=topics, sources=sources)
    later = [day for day in (asked.since, since and since.replace(tzinfo=UTC)) if day]
    sooner = [day for day in (asked.until, until and until.replace(tzinfo=UTC) + timedelta(days=1)) if day]
    return replace(asked, where=chosen, since=max(later, default=None), until=min(sooner, default=None))


def check_names(config: Config, store: Store, *, topic: str | None, source: str | None) -> None:
    """Raise ConfigError, with the nearest name, where there is no such *topic*, or *source* in *store* or *config*."""
    if topic is not None and topic not in (topics := [one.key for one in load(*config.topic_files).topics]):
        raise ConfigError(f"{topic}: unknown topic{did_you_mean(topic, topics)}: see baywire topics")
    if source is not None and source not in (held := store.newsrooms()):
        sources = [*held, *load_sources(*config.sources.folders)]
        if source not in sources:
            raise ConfigError(f"{source}: unknown source{did_you_mean(source, sources)}: see baywire sources")
