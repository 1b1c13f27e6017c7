"""Publishing: tag what is untagged, render what changed, write it whole or not at all; reads only the store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from feeds.edition import Edition, editions
from feeds.publish.archive import archive_paths
from feeds.publish.book import Book, signature
from feeds.publish.ended import Ending, endings_of
from feeds.publish.feed import FeedFiles
from feeds.publish.fragments import Fragments
from feeds.publish.front import Front
from feeds.publish.lineup import Lineup
from feeds.publish.manifest import MANIFEST, manifest
from feeds.publish.notice import STATUS
from feeds.publish.outbox import Outbox
from feeds.publish.page import Pages
from feeds.publish.release_page import ReleasePages
from feeds.publish.selection import Selection
from feeds.publish.shown import Shown
from feeds.publish.target import DirectoryTarget, Target
from feeds.publish.twin import Twins
from feeds.release import Newsroom, Release
from feeds.render import html
from feeds.render.entry import VERSION
from feeds.site import Site
from feeds.view import View

if TYPE_CHECKING:  # the store loads SQLAlchemy, topics their automata
    from feeds.store import Store
    from feeds.topic import Topics

__all__ = ["Published", "publish"]

Progress = Callable[[int, int], None]
_BATCH = 200
_MANIFEST = "/manifest"
_SMALL = 500  # releases up to which all their pages are looked at each time
_MANY = 5_000  # releases that change at once: from here on everything is looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What one publication did: paths below the directory, in the order of writing.

    *written* names at most ten thousand pages of releases, *more* counts the others.
    *feeds* are the addresses of the feeds that changed, for those who want to be told.
    *refused* would have made a feed worse; *quarantined* are releases that no feed can carry.
    """

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    refused: tuple[tuple[str, str], ...] = ()
    quarantined: tuple[tuple[str, str], ...] = ()
    feeds: tuple[str, ...] = ()
    more: int = 0


def publish(  # noqa: PLR0913 -- what it reads, what it obeys, where it writes
    store: Store,
    topics: Topics,
    site: Site,
    directory: Path | Target,
    *,
    now: datetime,
    check: bool = False,
    progress: Progress | None = None,
) -> Published:
    """Let *directory* hold what *store* has to say; with *check* write nothing, only tell what would differ.

    The same store, topics and site give the same bytes, whenever and wherever: *now*
    decides nothing that is written, only when pages of old releases are looked at again,
    which in a large store is once a day. Only what the releases touch that changed since
    the last time is made, and what somebody else touched. Raises PublishError where a
    file cannot be written, ConfigError for a combination that cannot be read.
    """
    target = DirectoryTarget(directory) if isinstance(directory, Path) else directory
    newsrooms = store.newsrooms()
    rules = _tag(store, topics, newsrooms)
    work = _Work(store, topics, site, newsrooms, Outbox(target, check=check), rules=rules)
    return work.carry_out(progress or _silent, now)


class _Work:
    """One publication."""

    def __init__(  # noqa: PLR0913 -- what it reads, what it obeys, where it writes
        self,
        store: Store,
        topics: Topics,
        site: Site,
        newsrooms: Mapping[str, Newsroom],
        outbox: Outbox,
        *,
        rules: str,
    ) -> None:
        """See what changed since the last one."""
        self._store, self._topics, self._site, self._outbox = store, topics, site, outbox
        self._plan = editions(site, topics.topics, newsrooms)
        self._states = [state for state in store.source_states() if state.configured]
        self._book = Book(store, outbox.target, trusting=not outbox.check)
        named = [(topic.key, topic.names, topic.about, topic.maps) for topic in topics.topics]
        self._settings = signature(VERSION, html.VERSION, site, newsrooms, named, rules)
        self._same = self._settings == self._book.settings and not outbox.check
        self._mark, self._arrival, self._ids = store.last_change(), store.last_arrival(), []
        if self._same:
            since = store.changed(self._book.mark, limit=_MANY)
            self._ids = [id_ for id_, number in since if number <= self._mark]
            self._same = len(since) < _MANY and self._mark >= self._book.mark
        if self._same:
            self._book.forget(self._ids)
        else:
            self._ids = []
            self._book.forget_all()
        self._is_partial = False  # whether it is known of all that changed
        names, keys = [topic.key for topic in topics.topics], list(newsrooms)
        self._selection = Selection(store, topics=names, sources=keys, heads=self._book.heads)
        come = self._ids if self._same else self._come()
        self._changed = {head.id: head for head in self._selection.heads(come)}
        self._is_backfill = len(come) >= _MANY
        self._fragments = Fragments(store, site, topics.topics, newsrooms, hoard=self._book.hoard)
        self._newsrooms = newsrooms

    def _come(self) -> Sequence[str]:
        """Return what changed since the last time where all is made anew: of too much, what came; () if never."""
        if self._outbox.check or self._book.arrival is None:
            return ()
        since = self._store.changed(self._book.mark, limit=_MANY)
        if len(since) < _MANY:
            return [id_ for id_, _ in since]
        self._is_partial = True
        return self._store.arrived(self._book.arrival, limit=_MANY)

    def carry_out(self, report: Progress, now: datetime) -> Published:
        """Write what leads nowhere first, then what leads to it: releases, their past, feeds, pages, lists."""
        total = len(self._plan) + 3
        report(0, total)
        site, outbox, book, fragments = self._site, self._outbox, self._book, self._fragments
        twins = Twins(self._store, self._selection)
        releases = ReleasePages(self._store, site, self._topics, outbox=outbox, fragments=fragments, twins=twins)
        is_full = not self._same or book.is_full_due(self._settings, now)
        if is_full or self._are_lost(releases) or not self._store.is_larger(_SMALL):
            releases.write_all()
        else:
            releases.write(_around(self._store, {*self._ids, *twins.alike(self._ids)}))
        files = FeedFiles(
            self._store,
            site,
            self._topics,
            outbox=outbox,
            book=book,
            fragments=fragments,
            changed=self._changed,
            selection=self._selection,
            same=self._same,
            is_backfill=self._is_backfill,
            is_partial=self._is_partial,
            now=now,
        )
        touched = self._touched()
        moved = files.past(self._plan, touched)
        outbox.settle()
        shown = Shown(site, self._topics, self._plan, self._newsrooms, self._states)
        pages = Pages(shown, self._plan, outbox=outbox, book=book, fragments=fragments)
        for done, edition in enumerate(self._plan, 1):
            if edition.key in touched or edition.key in moved or not book.is_intact(edition.key):
                lineup = self._line(edition, is_touched=edition.key in touched)
                moved.add(edition.key)
                leaf = book.open(edition.key)
                files.edition(edition, lineup, leaf)
                pages.edition(edition, lineup, leaf)
            else:
                pages.recall(edition, book.keep(edition.key))
            report(done, total)
        for ending in self._endings(now):
            files.ending(ending)
        self._notices(files, shown, pages, same=self._same and not moved)
        report(total, total)
        return self._end(releases, full=now if is_full else None)

    def _endings(self, now: datetime) -> Iterator[Ending]:
        """Yield the feeds that say that they have ended."""
        topics = {topic.key: topic for topic in self._topics.topics}
        return endings_of(self._store, self._site, topics, self._book, now=now, check=self._outbox.check)

    def _are_lost(self, releases: ReleasePages) -> bool:
        """Return whether files are gone that would not go alone."""
        leaf = self._book.leaf("all")
        held = leaf.told.get("held", ()) if leaf is not None else ()
        return not self._book.is_intact("/") or not all(releases.has_page(id_) for id_ in (*held[:1], *held[-1:]))

    def _line(self, edition: Edition, *, is_touched: bool = False) -> Lineup:
        """Return what *edition* holds: as the book remembers it, where nothing of it changed."""
        leaf = None if is_touched or not self._same else self._book.leaf(edition.key)
        recalled = Lineup.recall(leaf.told, self._fragments) if leaf is not None else None
        return recalled or Lineup.of(self._selection.holds(edition), self._fragments)

    def _touched(self) -> set[str]:
        """Return the keys of the editions that may hold something else than they did."""
        if not self._same:
            return {edition.key for edition in self._plan}
        return self._selection.touched(self._plan, self._changed.values(), self._book)

    def _notices(self, files: FeedFiles, shown: Shown, pages: Pages, *, same: bool) -> None:
        """Write corrections and status, then what leads to all feeds, once these are there."""
        front = Front(shown, self._plan, outbox=self._outbox, book=self._book)
        files.notices(self._newsrooms, self._states)
        front.corrections(files.corrections)
        front.status(files.events)
        self._outbox.settle()
        stand = signature([(one.key, str(one.state), one.since, one.reason) for one in self._states])
        known = self._book.leaf("/index")
        pages.index(self._line, same=same and known is not None and known.told.get("stand") == stand)
        self._book.open("/index").told["stand"] = stand
        front.fixed(same=self._same)
        files.lists(self._plan)
        self._outbox.settle()

    def _end(self, releases: ReleasePages, *, full: datetime | None) -> Published:
        """Tell of all there is now, take away what nothing leads to any more, and close the book."""
        outbox, book = self._outbox, self._book
        self._manifest()
        for path in _gone(book):
            outbox.remove(path)
        outbox.settle()
        out = dict(self._fragments.quarantined)
        for _, leaf in book.leaves():
            out |= leaf.told.get("out", {})
        if not outbox.check:
            book.stamp()
            book.close(mark=self._mark, arrival=self._arrival, settings=self._settings, full=full)
        return Published(
            written=tuple(outbox.written),
            more=outbox.more,
            removed=tuple(outbox.removed),
            unchanged=outbox.unchanged + book.current + releases.current,
            refused=tuple(outbox.refused),
            quarantined=tuple(sorted(out.items())),
            feeds=tuple(_feeds(outbox.written, self._site)),
        )

    def _manifest(self) -> None:
        """Write what web servers are told, where any file is another than it was."""
        book = self._book
        if self._same and not book.is_turned() and book.is_intact(_MANIFEST):
            book.keep(_MANIFEST)
            return
        book.open(_MANIFEST)
        body = manifest(self._site, book.leaves())
        self._outbox.put(MANIFEST, body)
        book.note(_MANIFEST, MANIFEST, "", len(body))


def _gone(book: Book) -> list[str]:
    """Return the files that were made before and are not now, archives among them: these are not on the leaves."""
    gone = set(book.gone())
    for name, before, after in book.turned():
        gone.update(archive_paths(name, before))
        if after is not None:
            gone.difference_update(archive_paths(name, after))
    return sorted(gone)


def _tag(store: Store, topics: Topics, newsrooms: Mapping[str, Newsroom]) -> str:
    """Let *topics* and views say of every release that is new, reworded or weighed by other rules where it belongs.

    Return what stands for the rules.
    """
    views = {key: newsroom.view for key, newsroom in newsrooms.items() if newsroom.view is not None}
    rules = signature(topics.digest, views) if views else topics.digest
    number = store.last_change() + 1  # one for all that is told first by this publication
    while untagged := store.untagged(rules, limit=_BATCH):
        said = [
            (
                release,
                topics.explain(
                    title=release.title, text=release.text, language=release.language, source=release.source
                ),
            )
            for release in untagged
        ]
        seen = {release.id: _seen_by(release, views) for release in untagged}
        store.put_tags(said, digest=rules, views=seen if views else None, told=number)
    return rules


def _seen_by(release: Release, views: Mapping[str, View]) -> list[str]:
    """Return the keys of *views* that *release* belongs to."""
    return [
        key
        for key, view in views.items()
        if view.of == release.source and view.matches(title=release.title, text=release.text, author=release.author)
    ]


def _around(store: Store, ids: Collection[str]) -> list[str]:
    """Return *ids* and the other languages of each, whose pages name it too."""
    releases = store.releases(sorted(ids)).values()
    return sorted({*ids, *(other.id for release in releases for other in release.translations if other.id)})


def _feeds(written: Sequence[str], site: Site) -> Sequence[str]:
    ends = tuple(f".{form}" for form in site.formats)
    feeds = (path for path in written if path.endswith(ends) and path.startswith(("feeds/", f"{STATUS}.")))
    return [site.url(path) for path in feeds if not path.startswith(("feeds/archive/", "feeds/index."))]


def _silent(_done: int, _total: int) -> None:
    """Nobody is watching."""
