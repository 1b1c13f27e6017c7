"""Feed files: every edition in every format, corrections and status, and the lists of feeds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.edition import Edition, Placed
from feeds.publish.archive import Archives, archive_path
from feeds.publish.book import Book, signature
from feeds.publish.copies import Copies
from feeds.publish.fragments import Fragments
from feeds.publish.listing import index_json, index_opml
from feeds.publish.notice import CORRECTIONS, STATUS, corrections, state_events
from feeds.publish.outbox import Outbox
from feeds.publish.selection import Selection
from feeds.publish.worse import objection
from feeds.render import atom, json_feed, rss
from feeds.render.entry import VERSION
from feeds.render.fragment import Fragment
from feeds.render.model import EPOCH, Category, Entry, Feed, newest_update
from feeds.render.words import words
from feeds.site import Site
from feeds.store import Head

if TYPE_CHECKING:  # the store loads SQLAlchemy, topics their automata
    from feeds.store import Store
    from feeds.topic import Topics

__all__ = ["FeedFiles", "feed_path"]

_HEADS = {"atom": atom.head, "rss": rss.head, "json": json_feed.head}
_ENTRIES = {"atom": atom.entry, "rss": rss.entry, "json": json_feed.entry}


def feed_path(key: str, form: str) -> str:
    """Return where the feed *key* lives, below the site.

    >>> feed_path("ai.en", "atom"), feed_path("status", "json")
    ('feeds/ai.en.atom', 'status.json')
    """
    return f"{key}.{form}" if key == STATUS else f"feeds/{key}.{form}"


class FeedFiles:
    """Writes what readers subscribe to; keeps the notices it made for the pages."""

    def __init__(  # noqa: PLR0913 -- the parts of one publication
        self,
        store: Store,
        site: Site,
        topics: Topics,
        *,
        rules: str,
        outbox: Outbox,
        book: Book,
        fragments: Fragments,
        selection: Selection,
    ) -> None:
        """Write *site* from *store*; *rules* stands for what decides where a release belongs."""
        self._store = store
        self._site = site
        self._topics = {topic.key: topic for topic in topics.topics}
        self._rules = rules
        self._outbox = outbox
        self._book = book
        self._fragments = fragments
        self._selection = selection
        self._copies = Copies(outbox, book, packed=site.gzip)
        self._archives = Archives(store, site, book=book, fragments=fragments, copies=self._copies)
        self._blank = Feed(
            id="",
            title="",
            about="",
            address="",
            page="",
            author=site.title,
            author_url=site.base_url,
            icon=site.url("icon.svg"),
            logo=site.url("icon.png"),
            hub=site.hub,
        )
        self.corrections: tuple[Entry, ...] = ()
        self.events: tuple[Entry, ...] = ()

    def edition(self, edition: Edition, placed: Sequence[Placed], fresh: Collection[Head]) -> None:
        """Write *edition*, which holds *placed*, in every format, and what is due of its past.

        *fresh* are the releases that nobody published before.
        """
        marks = self._fragments.marks(placed)
        past = self._archives.write(edition, placed, fresh, self._head(edition, (), "atom"))
        for form in self._site.formats:
            path = feed_path(edition.key, form)
            sign = signature(VERSION, self._head(edition, placed, form, past), marks)
            if self._copies.are_current(path, sign):
                continue
            found = self._fragments.get(placed, form)
            kept = [one for one in placed if one.head.id in found]
            rendered = _HEADS[form](self._head(edition, kept, form, past))
            oldest = kept[-1].head.published if kept else None
            guard = objection(form, [one.head.id for one in kept], oldest, self._dropped_by_rules)
            self._copies.put(path, sign, rendered, [found[one.head.id] for one in kept], guard)

    def notices(self, plan: Sequence[Edition]) -> None:
        """Write corrections, status, and the lists of all feeds."""
        newsrooms = self._store.newsrooms()
        say = words("en")
        self.corrections = corrections(self._store, self._site, newsrooms)
        self.events = state_events(self._store, self._site, newsrooms)
        self._notice(CORRECTIONS, say.corrections, say.corrections_about, self.corrections, {})
        states = [
            {
                "source": state.key,
                "title": newsrooms[state.key].title,
                "state": str(state.state),
                "since": state.since.isoformat(timespec="seconds") if state.since else None,
                "reason": state.reason,
            }
            for state in self._store.source_states()
            if state.configured
        ]
        self._notice(STATUS, say.status, say.status_about, self.events, {"sources": states})
        for path, body in (
            ("feeds/index.opml", index_opml(self._site, plan)),
            ("feeds/index.json", index_json(self._site, plan)),
        ):
            self._outbox.put(path, body)
            self._book.note(path, signature(body))

    def _notice(self, key: str, title: str, about: str, entries: Sequence[Entry], more: Mapping[str, object]) -> None:
        formats = ("atom", "json") if key == STATUS else self._site.formats
        for form in formats:
            path = feed_path(key, form)
            feed = replace(
                self._blank,
                id=self._site.tag(f"feed/{key}"),
                title=f"{title} · {self._site.title}",
                about=about,
                address=self._site.url(path),
                page=self._site.url(f"{key}/"),
                updated=newest_update(tuple(entries)),
                language="en",
                mixed=key != STATUS,
                more=more if form == "json" else {},
            )
            sign = signature(VERSION, feed, entries)
            if not self._copies.are_current(path, sign):
                self._copies.put(path, sign, _HEADS[form](feed), self._carried(entries, form))

    def _carried(self, entries: Sequence[Entry], form: str) -> list[Fragment]:
        made = []
        for entry in entries:
            try:
                made.append(Fragment.of(_ENTRIES[form](entry)))
            except ValueError as error:
                self._fragments.quarantined[entry.id] = str(error)
        return made

    def _head(self, edition: Edition, placed: Sequence[Placed], form: str, past: str = "") -> Feed:
        path = feed_path(edition.key, form)
        archive = archive_path(edition.key, past, "json" if form == "json" else "atom")
        return replace(
            self._blank,
            id=self._site.tag(edition.name),
            title=edition.title,
            about=edition.about,
            address=self._site.url(path),
            page=self._site.url(edition.page),
            updated=max((one.head.updated for one in placed), default=EPOCH),
            language=edition.speaks,
            mixed=not edition.language,
            categories=self._categories(edition),
            previous=self._site.url(archive) if past else "",
        )

    def _categories(self, edition: Edition) -> tuple[Category, ...]:
        topic = self._topics.get(edition.topic or "")
        if topic is None:
            return ()
        own = Category(term=topic.key, scheme=self._site.url("topics/"), label=topic.name(edition.speaks))
        return (own, *(Category(term=one.term, scheme=one.scheme, label=one.label) for one in topic.maps))

    def _dropped_by_rules(self, ids: Collection[str]) -> Collection[str]:
        """Return those of *ids* that we still hold, where the topics are not those of the last publication."""
        if self._book.rules == self._rules:
            return ()
        return self._selection.still_held(ids)
