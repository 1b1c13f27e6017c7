"""Fragments of releases, from the store where they are still right, else made and kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeVar

from feeds.edition import Named, Placed
from feeds.publish.book import signature
from feeds.publish.hoard import Hoard, Version
from feeds.release import Newsroom, Release, Revision
from feeds.render import atom, html, json_feed, rss
from feeds.render.entry import VERSION, Also, Label, entry_of
from feeds.render.fragment import Parts, bound, deflated, unbound
from feeds.render.model import Entry
from feeds.site import Site
from feeds.store import FragmentKey, Head

if TYPE_CHECKING:  # the store loads SQLAlchemy
    from feeds.store import Store

__all__ = ["Fragments", "Version", "as_worded"]

log = logging.getLogger(__name__)

_MAKE: Mapping[str, Callable[[Entry, Site], bytes]] = {
    "atom": lambda entry, _: atom.entry(entry),
    "rss": lambda entry, _: rss.entry(entry),
    "json": lambda entry, _: json_feed.entry(entry),
    "html": html.item,
}
_MARK, _FEEDS, _HTML = "mark", "feeds", "html"
_LAYOUT = 2  # of what is kept in the store
_CHUNK = 50
_READ = 100

_Kept = TypeVar("_Kept")


class Fragments:
    """Finds and makes fragments for one publication.

    With the fragments of a release a mark is kept, a hash of them all. The store drops
    both when anything about the release changes, so that a mark tells of everything,
    and a file made of the same marks is the same file. *quarantined* are releases that
    no format can carry.
    """

    def __init__(
        self, store: Store, site: Site, topics: Sequence[Named], newsrooms: Mapping[str, Newsroom], *, hoard: Hoard
    ) -> None:
        """Start with what is in *hoard*."""
        self._store = store
        self._site = site
        self._topics = {topic.key: topic for topic in topics}
        self._newsrooms = newsrooms
        self.quarantined: dict[str, str] = {}
        self._digests: dict[tuple[object, ...], str] = {}
        self._hoard = hoard
        self._count = len(site.formats) * (2 if site.gzip else 1)

    def digest(self, placed: Placed) -> str:
        """Return what stands for all that decides the bytes of *placed*, but its own revision and what hangs on it."""
        head, also = placed
        told = (head.source, head.language, head.topics, tuple((other.id, other.revision) for other in also))
        digest = self._digests.get(told)
        if digest is None:
            newsroom = self.newsroom(head.source)
            site = (self._site.base_url, self._site.authority, self._site.photos, self._site.formats, self._site.gzip)
            others = [(other.title, other.url, self.newsroom(other.source).title) for other in also]
            digest = signature(_LAYOUT, VERSION, html.VERSION, site, newsroom, self.labels(head), others)
            self._digests[told] = digest
        return digest

    def marks(self, entries: Sequence[Placed]) -> list[bytes]:
        """Return what stands for everything that readers see of *entries*, b"" for those in quarantine.

        What is missing is made and kept.
        """
        marks = self._hoard.marks
        names = [self.version(placed) for placed in entries]
        asked = {name: placed for name, placed in zip(names, entries, strict=True) if name not in marks}
        if asked:
            marks |= self._kept(_MARK, asked)
            missing = [
                placed for name, placed in asked.items() if name not in marks and name[0] not in self.quarantined
            ]
            for first in range(0, len(missing), _CHUNK):
                self._make(missing[first : first + _CHUNK])
        return [marks.get(name, b"") for name in names]

    def get(self, names: Sequence[Version], placed: Sequence[Placed] | None = None) -> Mapping[str, Parts]:
        """Return the fragments of *names* in each format, without those in quarantine.

        What a crawl made the store drop since their marks were taken is made anew of *placed*.
        """
        found = self._whole(names, self._find(names), placed, lambda made: made[:-1])
        forms = self._site.formats
        columns = list(zip(*[found[name] for name in names if name in found], strict=True)) or [()] * self._count
        packed = columns[len(forms) :] or [()] * len(forms)
        return {form: Parts(*parts) for form, *parts in zip(forms, columns, packed, strict=False)}

    def has(self, names: Sequence[Version]) -> bool:
        """Return whether all of *names* are kept."""
        return all(map(self._find(names).__contains__, names))

    def html(self, names: Sequence[Version], placed: Sequence[Placed] | None = None) -> list[bytes]:
        """Return *names* as articles of a page, like `get`."""
        found = self._whole(names, self._kept(_HTML, names), placed, lambda made: made[-1])
        return [found[name] for name in names if name in found]

    def newsroom(self, source: str) -> Newsroom:
        """Return the newsroom of *source*, one that knows only its key where the store has none."""
        return self._newsrooms.get(source) or Newsroom(key=source, title=source)

    def labels(self, head: Head) -> tuple[Label, ...]:
        """Return the topics of *head*, named in its language."""
        known = (self._topics[key] for key in head.topics if key in self._topics)
        return tuple(Label(topic.key, topic.name(head.language)) for topic in known)

    def also(self, placed: Placed) -> list[Also]:
        """Return the other bodies of *placed*."""
        return [Also(title=self.newsroom(other.source).title, url=other.url, id=other.id) for other in placed.also]

    def render(self, entries: Sequence[Placed], forms: Sequence[str]) -> dict[str, dict[str, bytes]]:
        """Return *entries* in *forms*, by id, made now and not kept; those that cannot be told go into quarantine."""
        ids = [placed.head.id for placed in entries]
        releases, tags = self._store.releases(ids), self._store.tags(ids)
        made = {}
        for placed in entries:
            release = releases.get(placed.head.id)
            if release is None:
                continue
            if release.revision != placed.head.revision:  # reworded since we looked: the next publication tells it
                wording = self._store.revisions(release.id)[placed.head.revision - 1]
                release = as_worded(release, wording, placed.head.updated)
            try:
                newsroom, labels, also = self.newsroom(release.source), self.labels(placed.head), self.also(placed)
                entry = entry_of(release, newsroom, self._site, labels, also, tags=tags.get(release.id, ()))
                made[release.id] = {form: _MAKE[form](entry, self._site) for form in forms}
            except ValueError as error:  # lxml and UTF-8 refuse characters; our checks refuse what does not read back
                self.quarantined[release.id] = str(error)
                log.warning("release kept out of the feeds: %s", error, extra={"release": release.id})
        return made

    def version(self, placed: Placed) -> Version:
        """Return what stands for *placed* as it is told in an edition."""
        head, also = placed
        return head.id, head.revision, self.digest(placed), bool(also)

    def _find(self, names: Sequence[Version]) -> Mapping[Version, Sequence[bytes]]:
        """Return what is kept of *names* in every format, perhaps among others."""
        hoard = self._hoard
        missing = [name for name in names if name not in hoard.held]
        for start in range(0, len(missing), _READ):
            kept = self._kept(_FEEDS, missing[start : start + _READ])
            parts = {name: unbound(body, self._count) for name, body in kept.items()}
            hoard.hold(parts, sum(map(len, kept.values())))
        if missing:
            hoard.make_room(names)
        return hoard.held

    def _kept(self, form: str, names: Collection[Version]) -> dict[Version, bytes]:
        """Return what the store keeps in *form* of *names*."""
        found: dict[Version, bytes] = {}
        for variant in (False, True):  # also published by others, or not: editions differ in that
            some = {name[0]: name for name in names if name[3] is variant}
            if some:
                for id_, revision, digest, body in self._store.kept(f"{form}+" if variant else form, list(some)):
                    if some[id_][1:3] == (revision, digest):
                        found[some[id_]] = body
        return found

    def _whole(
        self,
        names: Sequence[Version],
        found: Mapping[Version, _Kept],
        placed: Sequence[Placed] | None,
        choose: Callable[[Sequence[bytes]], _Kept],
    ) -> Mapping[Version, _Kept]:
        """Return what was *found* of *names*, and of what was not what to *choose* of it, made of *placed* now."""
        lost = {name for name in names if name not in found and name[0] not in self.quarantined}
        if not lost or placed is None:
            return found
        made = self._make([one for one in placed if self.version(one) in lost])
        return {**found, **{name: choose(parts) for name, parts in made.items()}}

    def _make(self, entries: Sequence[Placed]) -> dict[Version, list[bytes]]:
        """Render *entries* in every format, keep that, and return it: as a feed has it, so packed, as a page has it."""
        forms = (*self._site.formats, _HTML)
        rendered = self.render(entries, forms)
        parts: dict[Version, list[bytes]] = {}
        kept: dict[FragmentKey, bytes] = {}
        for placed in entries:
            made = rendered.get(placed.head.id)
            if made is None:
                continue
            whole = [made[form] for form in forms]
            name = self.version(placed)
            mark = self._hoard.marks[name] = blake2b(b"\0".join(whole), digest_size=12).digest()
            *feeds, page = whole
            if self._site.gzip:
                feeds = [*feeds, *map(deflated, feeds)]
            parts[name] = [*feeds, page]
            told = {_MARK: mark, _HTML: page, _FEEDS: bound(feeds)}
            end = "+" if placed.also else ""
            kept |= {FragmentKey(name[0], name[1], f"{form}{end}", name[2]): body for form, body in told.items()}
        self._store.put_fragments(kept)
        return parts


def as_worded(release: Release, wording: Revision, updated: datetime) -> Release:
    """Return *release* with an earlier *wording*, by which it was last *updated*."""
    return replace(
        release,
        title=wording.title,
        text=wording.text,
        html=wording.html,
        revision=wording.number,
        updated=updated.astimezone(release.published.tzinfo),
    )
