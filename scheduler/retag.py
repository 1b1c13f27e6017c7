"""What the topics as they are now would change of the tags that are stored."""

from __future__ import annotations

from collections.abc import Iterator

from feeds.store import Store
from feeds.topic import Topics
from feeds.topic_score import Difference, diff

__all__ = ["differences"]

_CHUNK = 200  # releases held at once


def differences(store: Store, topics: Topics) -> Iterator[tuple[Difference, str]]:
    """Yield what tagging every release again by *topics* would change, with its title, newest release first."""
    ids = store.newest(limit=store.count())
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        releases, tags = store.releases(some), store.tags(some)
        before = {id_: [tag.topic for tag in tags.get(id_, ()) if tag.passed] for id_ in some}
        after = {
            id_: [
                tag.topic
                for tag in topics.tag(title=one.title, text=one.text, language=one.language, source=one.source)
            ]
            for id_, one in releases.items()
        }
        for difference in diff(before, after):
            yield difference, releases[difference.id].title
