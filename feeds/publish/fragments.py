"""Fragments of releases, from the store where they are still right, else made and kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from feeds.edition import Named, Placed
from feeds.publish.book import signature
from feeds.release import Newsroom
from feeds.render import atom, html, json_feed, rss
from feeds.render.entry import VERSION, Also, Label, entry_of
from feeds.render.fragment import Fragment, bound, deflated, unbound
from feeds.render.model import Entry
from feeds.site import Site
from feeds.store import FragmentKey, Head

if TYPE_CHECKING:  # the store loads SQLAlchemy
    from feeds.store import Store

__all__ = ["Fragments", "Rendition"]

log = logging.getLogger(__name__)

_MAKE: Mapping[str, Callable[[Entry, Site], bytes]] = {
    "atom": lambda entry, _: atom.entry(entry),
    "rss": lambda entry, _: rss.entry(entry),
    "json": lambda entry, _: json_feed.entry(entry),
    "html": html.item,
}
_MARK, _PLAIN, _PACKED, _HTML = "mark", "entry", "packed", "html"
_CHUNK = 50
_ASKED = 400
_ROOM = 24 * 1024 * 1024

Rendition = Mapping[str, Fragment]


class Fragments:
    """Finds and makes fragments for one publication.

    With the fragments of a release a mark is kept, a hash of them all. The store drops
    both when anything about the release changes, so that a mark tells of everything,
    and a file made of the same marks is the same file. *quarantined* are releases that
    no format can carry.
    """

    def __init__(self, store: Store, site: Site, topics: Sequence[Named], newsrooms: Mapping[str, Newsroom]) -> None:
        """Start with an empty memory."""
        self._store = store
        self._site = site
        self._topics = {topic.key: topic for topic in topics}
        self._newsrooms = newsrooms
        self.quarantined: dict[str, str] = {}
        self._digests: dict[tuple[object, ...], str] = {}
        self._marks: dict[FragmentKey, bytes] = {}
        self._held: dict[FragmentKey, Rendition] = {}
        self._size = 0

    def key(self, placed: Placed, form: str) -> FragmentKey:
        """Return what stands for the bytes of *placed* in *form*."""
        head, also = placed
        told = (head.source, head.language, head.topics, tuple((other.id, other.revision) for other in also))
        digest = self._digests.get(told)
        if digest is None:
            newsroom = self.newsroom(head.source)
            site = (self._site.base_url, self._site.authority, self._site.photos, self._site.formats, self._site.gzip)
            others = [(other.title, other.url, self.newsroom(other.source).title) for other in also]
            digest = signature(VERSION, html.VERSION, site, newsroom, self.labels(head), others)
            self._digests[told] = digest
        return FragmentKey(head.id, head.revision, f"{form}+" if also else form, digest)

    def marks(self, entries: Sequence[Placed]) -> list[bytes]:
        """Return what stands for everything that readers see of *entries*, b"" for those in quarantine.

        What is missing is made and kept.
        """
        keys = [self.key(placed, _MARK) for placed in entries]
        asked = {key: placed for key, placed in zip(keys, entries, strict=True) if key not in self._marks}
        names = list(asked)
        for start in range(0, len(names), _ASKED):
            chunk = names[start : start + _ASKED]
            found = self._store.fragments(chunk)
            self._marks |= found
            missing = [asked[key] for key in chunk if key not in found and key.release not in self.quarantined]
            for first in range(0, len(missing), _CHUNK):
                self._make(missing[first : first + _CHUNK])
        return [self._marks.get(key, b"") for key in keys]

    def forget_marks(self) -> None:
        """Let go of what was remembered of releases that come no more."""
        self._marks.clear()

    def get(self, entries: Sequence[Placed]) -> dict[str, Rendition]:
        """Return the fragments of *entries* in every format by id, without those in quarantine."""
        keys = {self.key(placed, _PLAIN): placed for placed in entries}
        found = {key: self._held[key] for key in keys if key in self._held}
        for start in range(0, len(missing := [key for key in keys if key not in found]), _CHUNK):
            some = self._read(missing[start : start + _CHUNK])
            self._hold(some)
            found |= some
        return {placed.head.id: found[key] for key, placed in keys.items() if key in found}

    def html(self, entries: Sequence[Placed]) -> list[bytes]:
        """Return *entries* as articles of a page, without those in quarantine."""
        keys = [self.key(placed, _HTML) for placed in entries]
        found = self._store.fragments(keys)
        return [found[key] for key in keys if key in found]

    def newsroom(self, source: str) -> Newsroom:
        """Return the newsroom of *source*, one that knows only its key where the store has none."""
        return self._newsrooms.get(source) or Newsroom(key=source, title=source)

    def labels(self, head: Head) -> tuple[Label, ...]:
        """Return the topics of *head*, named in its language."""
        known = (self._topics[key] for key in head.topics if key in self._topics)
        return tuple(Label(topic.key, topic.name(head.language)) for topic in known)

    def render(self, entries: Sequence[Placed], forms: Sequence[str]) -> dict[str, dict[str, bytes]]:
        """Return *entries* in *forms*, by id, made now and not kept; those that cannot be told go into quarantine."""
        ids = [placed.head.id for placed in entries]
        releases, tags = self._store.releases(ids), self._store.tags(ids)
        made = {}
        for placed in entries:
            release = releases.get(placed.head.id)
            if release is None or release.revision != placed.head.revision:
                continue  # reworded since we looked: the next publication tells it
            also = [Also(title=self.newsroom(other.source).title, url=other.url, id=other.id) for other in placed.also]
            try:
                newsroom, labels = self.newsroom(release.source), self.labels(placed.head)
                entry = entry_of(release, newsroom, self._site, labels, also, tags=tags.get(release.id, ()))
                made[release.id] = {form: _MAKE[form](entry, self._site) for form in forms}
            except ValueError as error:  # lxml and UTF-8 refuse characters; our checks refuse what does not read back
                self.quarantined[release.id] = str(error)
                log.warning("release kept out of the feeds: %s", error, extra={"release": release.id})
        return made

    def _make(self, entries: Sequence[Placed]) -> None:
        """Render *entries* in every format, and keep that."""
        forms = (*self._site.formats, _HTML)
        rendered = self.render(entries, forms)
        kept: dict[FragmentKey, bytes] = {}
        for placed in entries:
            made = rendered.get(placed.head.id)
            if made is None:
                continue
            whole = [made[form] for form in forms]
            mark = blake2b(b"\0".join(whole), digest_size=12).digest()
            self._marks[self.key(placed, _MARK)] = kept[self.key(placed, _MARK)] = mark
            kept[self.key(placed, _HTML)] = made[_HTML]
            kept[self.key(placed, _PLAIN)] = bound(whole[:-1])
            if self._site.gzip:
                kept[self.key(placed, _PACKED)] = bound([deflated(one) for one in whole[:-1]])
        self._store.put_fragments(kept)

    def _read(self, keys: Sequence[FragmentKey]) -> dict[FragmentKey, Rendition]:
        """Return what the store keeps under *keys*, taken apart by format."""
        plain = self._store.fragments(keys)
        packed = {}
        if self._site.gzip:
            packed = self._store.fragments([key._replace(format=key.format.replace(_PLAIN, _PACKED)) for key in plain])
        found: dict[FragmentKey, Rendition] = {}
        forms = self._site.formats
        none = (b"",) * len(forms)
        for key, body in plain.items():
            small = packed.get(key._replace(format=key.format.replace(_PLAIN, _PACKED)))
            both = zip(forms, unbound(body, len(forms)), unbound(small, len(forms)) if small else none, strict=True)
            found[key] = {form: Fragment(one, other) for form, one, other in both}
        return found

    def _hold(self, some: Mapping[FragmentKey, Rendition]) -> None:
        size = sum(len(one.plain) + len(one.packed) for made in some.values() for one in made.values())
        if self._size + size > _ROOM:
            self._held.clear()
            self._size = 0
        self._held |= some
        self._size += size
