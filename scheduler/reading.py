"""The store for verbs that only read: none is made where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feeds.error import ConfigError
from feeds.release import Release
from feeds.store import Store, open_store
from scheduler.config import Config

__all__ = ["find_one", "open_to_read"]


@contextmanager
def open_to_read(config: Config) -> Iterator[Store]:
    """Open the store of *config* for the length of the block; an empty one in memory where there is none yet."""
    url = config.store.url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        url = "sqlite://"
    with open_store(url) as store:
        yield store


def find_one(store: Store, text: str) -> Release:
    """Return the one release that *text* (id, number, address, or end of an id) leads to; ConfigError if not one."""
    found = store.find(text)
    if not found:
        raise ConfigError(f"{text}: no release of that id, number or address is in the store: see baywire search")
    if len(found) > 1:
        several = ", ".join(release.id for release in found[:5])
        raise ConfigError(f"{text}: leads to {len(found)} releases: expected one of {several}")
    return found[0]
