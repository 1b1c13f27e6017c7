"""What an operator does to sources; one statement each, so that a running daemon need not be asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crawler.source import load_sources, shipped
from feeds.error import ConfigError
from feeds.store import SourceState
from scheduler.desk import choose, now_utc, open_desk
from scheduler.line import source_line
from scheduler.order import Order
from scheduler.perform import tell_daemon
from scheduler.session import Session

__all__ = ["remove_source", "set_enabled"]


def set_enabled(session: Session, keys: Sequence[str], *, enabled: bool) -> int:
    """Keep the operator's word on the sources *keys*."""
    with open_desk(session.config) as desk:
        for key in choose(desk.sources, keys):
            desk.store.set_enabled(key, enabled, now=desk.clock())
            if session.json:
                state = desk.store.source_state(key)
                session.emit(source_line(state or SourceState(key=key)))
            else:
                session.note(f"{key}: {'enabled' if enabled else 'disabled'}")
    tell_daemon(session.config, Order(verb="reload"))  # which publishes how they stand now
    return 0


def remove_source(session: Session, key: str) -> int:
    """Delete the operator's file of the source *key* and let the store know; its releases and feeds stay."""
    config = session.config
    sources = load_sources(*config.sources.folders)
    choose(sources, [key])
    file = Path(sources[key].file)
    if file.parent == shipped():
        raise ConfigError(f"{key}: comes with baywire and cannot be removed: type baywire disable {key}")
    file.unlink()
    left = load_sources(*config.sources.folders, use=[use for use in config.sources.use if use != key])
    with open_desk(config) as desk:
        desk.store.sync_sources([source.newsroom() for source in left.values()], now=now_utc())
    tell_daemon(config, Order(verb="reload"))  # which would ask for it once more, and fail
    if session.json:
        session.emit({"kind": "source", "source": key, "file": str(file), "state": "removed"})
    else:
        session.note(f"{key}: removed {file}; its releases stay")
    return 0
