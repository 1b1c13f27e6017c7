"""Search narrowed by an expression, the same that names a combined feed."""

from __future__ import annotations

from crawler.source import load_sources
from feeds.error import ConfigError, did_you_mean
from feeds.store import Store
from feeds.topic import load
from feeds.where import Where, parse
from scheduler.config import Config

__all__ = ["check_names", "wanted_by"]


def wanted_by(config: Config, where: str) -> Where:
    """Return *where* understood with the topics and sources of *config*. Raises ConfigError naming the column."""
    topics = load(*config.topic_files)
    sources = load_sources(*config.sources.folders, use=config.sources.use)
    return parse(where, topics=[topic.key for topic in topics.topics], sources=tuple(sources))


def check_names(config: Config, store: Store, *, topic: str | None, source: str | None) -> None:
    """Raise ConfigError, with the nearest name, where there is no such *topic*, or *source* in *store* or *config*."""
    if topic is not None and topic not in (topics := [one.key for one in load(*config.topic_files).topics]):
        raise ConfigError(f"{topic}: unknown topic{did_you_mean(topic, topics)}: see baywire topics")
    if source is not None and source not in (held := store.newsrooms()):
        sources = [*held, *load_sources(*config.sources.folders)]
        if source not in sources:
            raise ConfigError(f"{source}: unknown source{did_you_mean(source, sources)}: see baywire sources")
