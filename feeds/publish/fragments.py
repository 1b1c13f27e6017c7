"""Fragments of releases, from the store where they are still right, else made and kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from feeds.edition import Named, Placed
from feeds.publish.book import signature
from feeds.release import Newsroom, Release
from feeds.render import atom, html, json_feed, rss
from feeds.render.entry import VERSION, Also, Label, entry_of
from feeds.render.fragment import Fragment
from feeds.render.model import Entry
from feeds.site import Site
from feeds.store import FragmentKey, Head
from feeds.tag import Tag

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
_MARK = "mark"
_CHUNK = 50
_ASKED = 400
_ROOM = 64 * 1024 * 1024


class Fragments:
    """Finds and makes fragments for one publication.

    With the fragments of a release a mark is kept, a hash of them all. The store drops
    both when anything about the release changes, so that a mark tells of everything,
    and a file made of the same marks is the same file. *quarantined* are releases that
    no format can carry, *made* those that were rendered anew.
    """

    def __init__(self, store: Store, site: Site, topics: Sequence[Named], newsrooms: Mapping[str, Newsroom]) -> None:
        """Start with an empty memory."""
        self._store = store
        self._site = site
        self._topics = {topic.key: topic for topic in topics}
        self._newsrooms = newsrooms
        self.quarantined: dict[str, str] = {}
        self.made: set[str] = set()
        self._digests: dict[tuple[object, ...], str] = {}
        self._marks: dict[FragmentKey, bytes] = {}
        self._held: dict[FragmentKey, Fragment] = {}
        self._size = 0

    def key(self, placed: Placed, form: str) -> FragmentKey:
        """Return what stands for the bytes of *placed* in *form*."""
        head, also = placed
        told = (head.source, head.language, head.topics, tuple((other.id, other.revision) for other in also))
        digest = self._digests.get(told)
        if digest is None:
            newsroom = self.newsroom(head.source)
            site = (self._site.base_url, self._site.authority, self._site.photos, self._site.formats)
            others = [(other.title, other.url, self.newsroom(other.source).title) for other in also]
            digest = signature(VERSION, html.VERSION, site, newsroom, self.labels(head), others)
            self._digests[told] = digest
        return FragmentKey(head.id, head.revision, f"{form}+" if also else form, digest)

    def prepare(self, entries: Iterable[Placed]) -> None:
        """Make what is missing for *entries*, and know the mark of each."""
        keys = {key: placed for placed in entries if (key := self.key(placed, _MARK)) not in self._marks}
        asked = list(keys)
        for start in range(0, len(asked), _ASKED):
            chunk = asked[start : start + _ASKED]
            found = self._store.fragments(chunk)
            self._marks |= found
            missing = [keys[key] for key in chunk if key not in found]
            for first in range(0, len(missing), _CHUNK):
                self._make(missing[first : first + _CHUNK])

    def marks(self, entries: Sequence[Placed]) -> list[bytes]:
        """Return what stands for everything that readers see of *entries*, without those in quarantine."""
        self.prepare(entries)
        return [self._marks.get(self.key(placed, _MARK), b"") for placed in entries]

    def newsroom(self, source: str) -> Newsroom:
        """Return the newsroom of *source*, one that knows only its key where the store has none."""
        return self._newsrooms.get(source) or Newsroom(key=source, title=source)

    def labels(self, head: Head) -> tuple[Label, ...]:
        """Return the topics of *head*, named in its language."""
        known = (self._topics[key] for key in head.topics if key in self._topics)
        return tuple(Label(topic.key, topic.name(head.language)) for topic in known)

    def get(self, entries: Sequence[Placed], form: str) -> dict[str, Fragment]:
        """Return the fragments of *entries* in *form* by id, without those in quarantine."""
        self.prepare(entries)
        keys = {self.key(placed, form): placed.head.id for placed in entries}
        found = {key: self._held[key] for key in keys if key in self._held}
        missing = [key for key, id_ in keys.items() if key not in found and id_ not in self.quarantined]
        if missing:
            some = {key: Fragment.read(kept) for key, kept in self._store.fragments(missing).items()}
            self._hold(some)
            found |= some
        return {id_: found[key] for key, id_ in keys.items() if key in found}

    def _make(self, entries: Sequence[Placed]) -> None:
        """Render *entries* in every format, and keep that."""
        ids = [placed.head.id for placed in entries]
        releases, tags = self._store.releases(ids), self._store.tags(ids)
        made: dict[FragmentKey, Fragment] = {}
        marks: dict[FragmentKey, bytes] = {}
        for placed in entries:
            release = releases.get(placed.head.id)
            if release is None or release.revision != placed.head.revision:
                continue  # reworded since we looked: the next publication tells it
            rendered = self._render(release, placed, tags.get(release.id, ()))
            if not rendered:
                continue
            whole = b"\0".join(fragment.plain for fragment in rendered.values())
            marks[self.key(placed, _MARK)] = blake2b(whole, digest_size=12).digest()
            made |= rendered
            self.made.add(release.id)
        self._marks |= marks
        self._store.put_fragments({key: fragment.kept() for key, fragment in made.items()} | marks)
        self._hold(made)

    def _render(self, release: Release, placed: Placed, tags: Sequence[Tag]) -> dict[FragmentKey, Fragment]:
        also = [Also(title=self.newsroom(other.source).title, url=other.url, id=other.id) for other in placed.also]
        try:
            newsroom, labels = self.newsroom(release.source), self.labels(placed.head)
            entry = entry_of(release, newsroom, self._site, labels, also, tags=tags)
            forms = (*self._site.formats, "html")
            return {self.key(placed, form): Fragment.of(_MAKE[form](entry, self._site)) for form in forms}
        except ValueError as error:  # lxml and UTF-8 refuse characters; our checks refuse what does not read back
            self.quarantined[release.id] = str(error)
            log.warning("release kept out of the feeds: %s", error, extra={"release": release.id})
            return {}

    def _hold(self, some: Mapping[FragmentKey, Fragment]) -> None:
        size = sum(len(fragment.plain) + len(fragment.packed) for fragment in some.values())
        if self._size + size > _ROOM:
            self._held.clear()
            self._size = 0
        self._held |= some
        self._size += size
