"""Search narrowed by an expression, the same that names a combined feed."""

from __future__ import annotations

from crawler.source import load_sources
from feeds.topic import load
from feeds.where import Where, parse
from scheduler.config import Config

__all__ = ["wanted_by"]


def wanted_by(config: Config, where: str) -> Where:
    """Return *where* understood with the topics and sources of *config*. Raises ConfigError naming the column."""
    topics = load(*config.topic_files)
    sources = load_sources(*config.sources.folders, use=config.sources.use)
    return parse(where, topics=[topic.key for topic in topics.topics], sources=tuple(sources))
