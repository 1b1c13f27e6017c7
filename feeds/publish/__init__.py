"""Publishing: tag what is untagged, render what changed, write it whole or not at all; reads only the store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from feeds.edition import editions
from feeds.publish.book import Book, signature
from feeds.publish.feed import FeedFiles
from feeds.publish.fragments import Fragments
from feeds.publish.outbox import Outbox
from feeds.publish.page import Pages
from feeds.publish.release_page import ReleasePages
from feeds.publish.selection import Selection
from feeds.release import Newsroom, Release
from feeds.site import Site
from feeds.view import View

if TYPE_CHECKING:  # the store loads SQLAlchemy, topics their automata
    from feeds.store import Store
    from feeds.topic import Topics

__all__ = ["Published", "publish"]

Progress = Callable[[int, int], None]
_BATCH = 200
_SMALL = 2_000  # releases up to which looking at all their pages costs a tenth of a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What one publication did: paths below the directory, in the order of writing.

    *feeds* are the addresses of the feeds that changed, for those who want to be told.
    *refused* would have made a feed worse; *quarantined* are releases that no feed can carry.
    """

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    refused: tuple[tuple[str, str], ...] = ()
    quarantined: tuple[tuple[str, str], ...] = ()
    feeds: tuple[str, ...] = ()


def publish(  # noqa: PLR0913 -- what it reads, what it obeys, where it writes
    store: Store,
    topics: Topics,
    site: Site,
    directory: Path,
    *,
    now: datetime,
    check: bool = False,
    progress: Progress | None = None,
) -> Published:
    """Let *directory* hold what *store* has to say; with *check* write nothing, only tell what would differ.

    The same store, topics and site give the same bytes, whenever and wherever: *now*
    decides nothing that is written, only when pages of old releases are looked at again,
    which in a large store is once a day. Raises PublishError where a file cannot be written,
    ConfigError for a combination that cannot be read.
    """
    newsrooms = store.newsrooms()
    rules, fresh = _tag(store, topics, newsrooms)
    plan = editions(site, topics.topics, newsrooms)
    outbox = Outbox(directory, check=check)
    book = Book(store, directory, trusting=not check)
    fragments = Fragments(store, site, topics.topics, newsrooms)
    selection = Selection(store, topics=[topic.key for topic in topics.topics], sources=list(newsrooms))
    files = FeedFiles(
        store, site, topics, rules=rules, outbox=outbox, book=book, fragments=fragments, selection=selection
    )
    pages = Pages(store, site, topics, outbox=outbox, book=book, fragments=fragments, editions=plan)
    report = progress or _silent
    total = len(plan) + 3
    held = {edition.key: selection.holds(edition) for edition in plan}
    fragments.prepare(one for placed in held.values() for one in placed)
    arrived = selection.heads(sorted(fresh))
    for done, edition in enumerate(plan):
        report(done, total)
        files.edition(edition, held[edition.key], arrived)
        pages.edition(edition, held[edition.key])
    files.notices(plan)
    report(len(plan) + 1, total)
    pages.rest(files.corrections, files.events)
    report(len(plan) + 2, total)
    releases = ReleasePages(store, site, topics, outbox=outbox, fragments=fragments)
    settings = signature(site, newsrooms, [(topic.key, topic.names, topic.digest) for topic in topics.topics])
    if check or book.is_full_due(settings, now) or store.count() <= _SMALL:
        releases.write_all()
        book.full(settings, now)
    else:
        releases.write(_around(store, fresh | fragments.made))
    for path in book.gone():
        outbox.remove(path)
    outbox.settle()
    if not check:
        book.close(rules)
    report(total, total)
    return Published(
        written=tuple(outbox.written),
        removed=tuple(outbox.removed),
        unchanged=outbox.unchanged + book.current + releases.current,
        refused=tuple(outbox.refused),
        quarantined=tuple(sorted(fragments.quarantined.items())),
        feeds=tuple(_feeds(outbox.written, site)),
    )


def _tag(store: Store, topics: Topics, newsrooms: Mapping[str, Newsroom]) -> tuple[str, set[str]]:
    """Let *topics* and views say of every release that is new, reworded or weighed by other rules where it belongs.

    Return what stands for the rules, and the releases that were told about.
    """
    views = {key: newsroom.view for key, newsroom in newsrooms.items() if newsroom.view is not None}
    rules = signature(topics.digest, views) if views else topics.digest
    fresh: set[str] = set()
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
        store.put_tags(said, digest=rules, views=seen if views else None)
        fresh.update(release.id for release in untagged)
    return rules, fresh


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
    return [site.url(path) for path in written if path.endswith(ends) and not path.startswith("feeds/archive/")]


def _silent(_done: int, _total: int) -> None:
    """Nobody is watching."""
