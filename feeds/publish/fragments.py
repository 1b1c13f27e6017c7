"""Fragments of releases, from the store where they are still right, else made and kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from feeds.edition import Named, Placed
from feeds.publish.book import signature
from feeds.release import Newsroom, Release
from feeds.render import atom, html, json_feed, rss
from feeds.render.entry import VERSION, Also, Label, entry_of
from feeds.render.model import Entry
from feeds.site import Site
from feeds.store import FragmentKey, Head

if TYPE_CHECKING:  # the store loads SQLAlchemy
    from feeds.store import Store

__all__ = ["Fragments"]

log = logging.getLogger(__name__)

_MAKE: Mapping[str, Callable[[Entry, Site], bytes]] = {
    "atom": lambda entry, _: atom.entry(entry),
    "rss": lambda entry, _: rss.entry(entry),
    "json": lambda entry, _: json_feed.entry(entry),
    "html": html.item,
}
_CHUNK = 50
_ROOM = 64 * 1024 * 1024


class Fragments:
    """Finds and makes fragments for one publication; *quarantined* are releases that no format can carry."""

    def __init__(self, store: Store, site: Site, topics: Sequence[Named], newsrooms: Mapping[str, Newsroom]) -> None:
        """Start with an empty memory."""
        self._store = store
        self._site = site
        self._topics = {topic.key: topic for topic in topics}
        self._newsrooms = newsrooms
        self.quarantined: dict[str, str] = {}
        self._digests: dict[tuple[object, ...], str] = {}
        self._held: dict[FragmentKey, bytes] = {}
        self._size = 0

    def key(self, placed: Placed, form: str) -> FragmentKey:
        """Return what stands for the bytes of *placed* in *form*."""
        head, also = placed
        told = (head.source, head.language, head.topics, tuple((other.id, other.revision) for other in also), form)
        digest = self._digests.get(told)
        if digest is None:
            newsroom = self.newsroom(head.source)
            site = (self._site.base_url, self._site.authority, self._site.photos)
            others = [(other.title, other.url, self.newsroom(other.source).title) for other in also]
            digest = signature(VERSION, html.VERSION, site, newsroom, self.labels(head), others)
            self._digests[told] = digest
        return FragmentKey(head.id, head.revision, f"{form}+" if also else form, digest)

    def newsroom(self, source: str) -> Newsroom:
        """Return the newsroom of *source*, one that knows only its key where the store has none."""
        return self._newsrooms.get(source) or Newsroom(key=source, title=source)

    def labels(self, head: Head) -> tuple[Label, ...]:
        """Return the topics of *head*, named in its language."""
        known = (self._topics[key] for key in head.topics if key in self._topics)
        return tuple(Label(topic.key, topic.name(head.language)) for topic in known)

    def get(self, entries: Sequence[Placed], form: str) -> dict[str, bytes]:
        """Return the fragments of *entries* in *form* by id, without those in quarantine."""
        keys = {self.key(placed, form): placed for placed in entries if placed.head.id not in self.quarantined}
        found = {key: self._held[key] for key in keys if key in self._held}
        missing = [key for key in keys if key not in found]
        for start in range(0, len(missing), _CHUNK):
            chunk = missing[start : start + _CHUNK]
            some = self._store.fragments(chunk)
            some |= self._make([keys[key] for key in chunk if key not in some], form)
            self._hold(some)
            found |= some
        return {placed.head.id: found[key] for key, placed in keys.items() if key in found}

    def _make(self, entries: Sequence[Placed], form: str) -> dict[FragmentKey, bytes]:
        """Make all formats of *entries* that are not kept, keep them, and return those in *form*."""
        if not entries:
            return {}
        forms = (*self._site.formats, "html")
        wanted = {self.key(placed, other): placed for placed in entries for other in forms}
        have = self._store.fragments(list(wanted))
        releases = self._store.releases([placed.head.id for placed in entries])
        made: dict[FragmentKey, bytes] = {}
        for placed in entries:
            release = releases.get(placed.head.id)
            if release is None or release.revision != placed.head.revision:
                continue  # reworded since we looked: the next publication tells it
            todo = [other for other in forms if self.key(placed, other) not in have]
            made |= self._render(release, placed, todo)
        self._store.put_fragments(made)
        return {key: body for key, body in made.items() if key.format.rstrip("+") == form}

    def _render(self, release: Release, placed: Placed, forms: Sequence[str]) -> dict[FragmentKey, bytes]:
        also = [Also(title=self.newsroom(other.source).title, url=other.url, id=other.id) for other in placed.also]
        try:
            entry = entry_of(release, self.newsroom(release.source), self._site, self.labels(placed.head), also)
            return {self.key(placed, form): _MAKE[form](entry, self._site) for form in forms}
        except ValueError as error:  # lxml and UTF-8 refuse characters; our checks refuse what does not read back
            self.quarantined[release.id] = str(error)
            log.warning("release kept out of the feeds: %s", error, extra={"release": release.id})
            return {}

    def _hold(self, some: Mapping[FragmentKey, bytes]) -> None:
        size = sum(map(len, some.values()))
        if self._size + size > _ROOM:
            self._held.clear()
            self._size = 0
        self._held |= some
        self._size += size
