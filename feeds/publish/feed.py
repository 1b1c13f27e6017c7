"""Feed files: every edition in every format, corrections and status, and the lists of feeds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING

from feeds.edition import Edition
from feeds.publish.archive import Archives, archive_path
from feeds.publish.book import Book, Leaf, signature
from feeds.publish.copies import Copies, endings
from feeds.publish.ended import Ending
from feeds.publish.fragments import Fragments
from feeds.publish.lineup import Lineup
from feeds.publish.listing import index_json, index_opml
from feeds.publish.notice import CORRECTIONS, STATUS, corrections, state_events
from feeds.publish.outbox import Objection, Outbox
from feeds.publish.selection import Selection
from feeds.publish.worse import objection
from feeds.release import Newsroom
from feeds.render import atom, json_feed, rss
from feeds.render.entry import VERSION
from feeds.render.fragment import Parts, Rendered
from feeds.render.model import NOTHING, Category, Entry, Feed, newest_update
from feeds.render.words import words
from feeds.site import Site
from feeds.store import Head

if TYPE_CHECKING:  # the store loads SQLAlchemy, topics their automata
    from feeds.store import SourceState, Store
    from feeds.topic import Topics

__all__ = ["FeedFiles", "feed_path"]

_HEADS = {"atom": atom.head, "rss": rss.head, "json": json_feed.head}
_LISTS = "/feeds"
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
        outbox: Outbox,
        book: Book,
        fragments: Fragments,
        changed: Mapping[str, Head],
        selection: Selection,
        same: bool,
        now: datetime,
        is_backfill: bool = False,
        is_partial: bool = False,
    ) -> None:
        """Write *site* from *store*, of which *changed* changed since the *book* was closed, or more in a backfill.

        *selection* knows what an edition holds; the *same* settings as last time make the
        same of what did not change. Archives that are finished are so since *now*.
        """
        self._store = store
        self._site = site
        self._topics = {topic.key: topic for topic in topics.topics}
        self._selection = selection
        self._same = same
        self._changed = changed
        self._outbox = outbox
        self._book = book
        self._fragments = fragments
        self._copies = Copies(outbox, book, ends=endings(gzip=site.gzip, brotli=site.brotli))
        self._archives = Archives(
            store,
            site,
            book=book,
            fragments=fragments,
            copies=self._copies,
            changed=changed.values(),
            selection=selection,
            now=now,
            is_backfill=is_backfill,
            is_partial=is_partial,
        )
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
        self.corrections: tuple[Entry, ...] | None = ()
        self.events: tuple[Entry, ...] = ()

    def past(self, plan: Sequence[Edition], touched: Collection[str]) -> set[str]:
        """Write the months that are finished now; return the keys of the editions whose files have to lead there."""
        return self._archives.finish(plan, touched, self._head)

    def edition(self, edition: Edition, lineup: Lineup, leaf: Leaf) -> None:
        """Write *edition*, which has *lineup*, in every format, and what is open of its past; tell *leaf* of it."""
        blank = self._head(edition)
        past = self._archives.write(edition, lineup, self._selection.holds, blank, leaf, same=self._same)
        stand = signature(VERSION, blank, lineup.updated, past, b"".join(lineup.marks))  # for all that formats share
        guard = self._guard(edition, lineup)
        parts = cache(partial(self._fragments.get, lineup.versions, lineup.placed))  # once for all formats, if at all
        for form in self._site.formats:
            head = self._addressed(blank, edition, form, lineup.updated, past)
            path = feed_path(edition.key, form)

            def make(head: Feed = head, form: str = form) -> tuple[Rendered, Parts]:
                return _HEADS[form](head), parts()[form]

            self._copies.put(edition.key, path, signature(stand, form), make, partial(guard, form))
        leaf.told |= lineup.told()
        if out := {id_: why for id_ in lineup.held if (why := self._fragments.quarantined.get(id_))}:
            leaf.told["out"] = out

    def _guard(self, edition: Edition, lineup: Lineup) -> Callable[[str, bool], Objection | None]:
        """Return what looks at the file of a format that would be replaced, told whether it is as we wrote it.

        That is nobody where the book knows that nothing much is lost. What another's
        entry tells now is not lost.
        """
        ids, also = lineup.ids, frozenset(lineup.also)
        before = self._book.leaf(edition.key)
        held = before.told.get("held", ()) if before is not None else ()
        lost = set(held).difference(ids, also)
        is_well = len(set(ids)) == len(ids) and (not lost or (ids and 2 * len(lost) <= len(held)))

        def guard(form: str, is_known: bool) -> Objection | None:  # noqa: FBT001 -- called by place
            if is_well and is_known:
                return None
            return objection(
                form,
                ids,
                lineup.oldest,
                lambda lost: also.union(self._dropped(edition, lineup, lost)),
                may_lose=self._book.may_lose,
            )

        return guard

    def notices(self, newsrooms: Mapping[str, Newsroom], states: Sequence[SourceState]) -> None:
        """Write corrections, status, and the lists of all feeds."""
        say = words("en")
        if self._same and not self._changed and self._book.is_intact(f"/{CORRECTIONS}"):
            self.corrections = None
            self._book.keep(f"/{CORRECTIONS}")
        else:
            self.corrections = corrections(self._store, self._site, newsrooms)
            self._notice(CORRECTIONS, say.corrections, say.corrections_about, self.corrections)
        self.events = state_events(self._store, self._site, newsrooms)
        told = [
            {
                "source": state.key,
                "title": newsrooms[state.key].title,
                "state": str(state.state),
                "since": state.since.isoformat(timespec="seconds") if state.since else None,
                "reason": state.reason,
            }
            for state in states
        ]
        self._notice(STATUS, say.status, say.status_about, self.events, {"sources": told})

    def ending(self, ending: Ending) -> None:
        """Write the feeds of a topic that has ended, each with one entry, which says so."""
        entry, key = ending.entry, ending.edition.key
        self._book.open(key)
        blank = self._head(ending.edition)._replace(page=entry.url, categories=())
        for form in self._site.formats:
            head = self._addressed(blank, ending.edition, form, entry.updated)

            def make(head: Feed = head, form: str = form) -> tuple[Rendered, Parts]:
                return _HEADS[form](head), self._carried([entry], form)

            self._copies.put(key, feed_path(key, form), signature(VERSION, head, entry), make)

    def lists(self, plan: Sequence[Edition]) -> None:
        """Write the lists of all feeds, which settings alone decide."""
        if self._same and self._book.is_intact(_LISTS):
            self._book.keep(_LISTS)
            return
        self._book.open(_LISTS)
        for path, body in (
            ("feeds/index.opml", index_opml(self._site, plan)),
            ("feeds/index.json", index_json(self._site, plan)),
        ):
            self._outbox.put(path, body)
            self._book.note(_LISTS, path, "", len(body))

    def _notice(
        self, key: str, title: str, about: str, entries: Sequence[Entry], more: Mapping[str, object] = NOTHING
    ) -> None:
        formats = ("atom", "json") if key == STATUS else self._site.formats
        self._book.open(f"/{key}")
        for form in formats:
            path = feed_path(key, form)
            feed = self._blank._replace(
                id=self._site.tag(f"feed/{key}"),
                title=f"{title} · {self._site.title}",
                about=about,
                address=self._site.url(path),
                page=self._site.url(f"{key}/"),
                updated=newest_update(tuple(entries)),
                language="en",
                mixed=key != STATUS,
                more=more if form == "json" else NOTHING,
            )

            def make(feed: Feed = feed, form: str = form) -> tuple[Rendered, Parts]:
                return _HEADS[form](feed), self._carried(entries, form)

            self._copies.put(f"/{key}", path, signature(VERSION, feed, entries), make)

    def _carried(self, entries: Sequence[Entry], form: str) -> Parts:
        made = []
        for entry in entries:
            try:
                made.append(_ENTRIES[form](entry))
            except ValueError as error:
                self._fragments.quarantined[entry.id] = str(error)
        return Parts.of(made)

    def _head(self, edition: Edition) -> Feed:
        """Return what the heads of all documents of *edition* share."""
        return self._blank._replace(
            id=self._site.tag(edition.name),
            title=edition.title,
            about=edition.about,
            page=self._site.url(edition.page),
            language=edition.speaks,
            mixed=not edition.language,
            categories=self._categories(edition),
        )

    def _addressed(self, head: Feed, edition: Edition, form: str, updated: datetime, past: str = "") -> Feed:
        """Return the head of the document of *edition* in *form*, of which *past* is the newest of its archives."""
        archive = archive_path(edition.key, past, "json" if form == "json" else "atom")
        address = self._site.url(feed_path(edition.key, form))
        return head._replace(address=address, updated=updated, previous=self._site.url(archive) if past else "")

    def _categories(self, edition: Edition) -> tuple[Category, ...]:
        topic = self._topics.get(edition.topic or "")
        if topic is None:
            return ()
        own = Category(term=topic.key, scheme=self._site.url("topics/"), label=topic.name(edition.speaks))
        return (own, *(Category(term=one.term, scheme=one.scheme, label=one.label) for one in topic.maps))

    def _dropped(self, edition: Edition, lineup: Lineup, ids: Collection[str]) -> Collection[str]:
        """Return those of *ids* that we still hold and that *edition*, which has *lineup*, has no place for.

        What the store says now decides, not what changed since the last time: a refusal
        would else outlast its reason. Where tags and memberships disagree, nothing is proven.
        """
        heads, said = self._store.heads(list(ids)), self._store.tags(list(ids))
        return {
            head.id
            for head in heads.values()
            if (lineup.is_before(head) or not self._selection.chooses(edition, head))
            and {tag.topic for tag in said[head.id] if tag.passed} == set(head.topics)
        }
