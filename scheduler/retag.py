"""What the topics as they are now would change of the tags that are stored: pure, but for reading the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from feeds.store import Store
from feeds.topic import Topics

__all__ = ["Difference", "differences"]

_CHUNK = 200  # releases held at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A release that joins ("+") or leaves ("-") a topic."""

    sign: str
    topic: str
    release: str
    title: str

    def line(self) -> dict[str, object]:
        """Return it as a JSON line."""
        return {
            "kind": "difference",
            "change": "joins" if self.sign == "+" else "leaves",
            "topic": self.topic,
            "id": self.release,
            "title": self.title,
        }


def differences(store: Store, topics: Topics) -> Iterator[Difference]:
    """Yield what tagging every release again by *topics* would change, newest release first."""
    ids = store.newest(limit=store.count())
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        releases, tags = store.releases(some), store.tags(some)
        for id_ in some:
            release = releases[id_]
            was = {tag.topic for tag in tags.get(id_, ()) if tag.passed}
            found = topics.tag(title=release.title, text=release.text, language=release.language, source=release.source)
            now = {tag.topic for tag in found}
            for topic in sorted(was ^ now):
                yield Difference(sign="+" if topic in now else "-", topic=topic, release=id_, title=release.title)
