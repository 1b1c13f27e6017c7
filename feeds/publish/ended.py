"""The last entry of a retired topic: its feeds say for a month that they have ended, then they are gone (410)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING

from feeds.edition import Edition, Named, topic_edition
from feeds.publish.book import Book
from feeds.render.model import Entry
from feeds.render.words import words
from feeds.site import Site, slug

if TYPE_CHECKING:  # the store loads SQLAlchemy
    from feeds.store import Store

__all__ = ["SPAN", "Ending", "endings_of", "last_entry"]

SPAN = timedelta(days=30)  # longer than most readers are switched off
_PLACE = "retired topics"  # of the book that tells since when; no target is called so


@dataclass(frozen=True, slots=True)
class Ending:
    """A feed that has ended, and the one entry that says so."""

    edition: Edition
    entry: Entry


@dataclass(frozen=True, slots=True)
class _Nameless:
    """A topic that the rules know no more."""

    key: str
    about: str = ""

    def name(self, _language: str) -> str:
        """Return its key, which is all there is."""
        return self.key.replace("-", " ").capitalize()


def endings_of(  # noqa: PLR0913 -- what it reads, what it obeys, what it may keep
    store: Store, site: Site, topics: Mapping[str, Named], book: Book, *, now: datetime, check: bool
) -> Iterator[Ending]:
    """Yield the feeds of retired topics that were published before and ended less than `SPAN` ago.

    The store keeps since when, by *now* where this publication is the first to know, so
    that every later one, to whatever place, says the same. How long ago that is, the
    newest release decides, as for archives, not the clock. With *check* nothing is kept.
    """
    since = _since(store, site.retired, book, now=now, check=check)
    newest = max((head.published for head in store.heads(store.newest(limit=1)).values()), default=None)
    for key, moment in sorted(since.items()):
        if newest is not None and newest > moment + SPAN:
            continue
        for language in ("", *site.languages):
            edition = topic_edition(site, topics.get(key) or _Nameless(key), language)
            yield Ending(edition, last_entry(edition, site, moment))


def last_entry(edition: Edition, site: Site, moment: datetime) -> Entry:
    """Return the entry that says that *edition* has ended at *moment*; it leads to the index in its language."""
    say = words(edition.speaks)
    url = site.url(f"{slug(edition.language)}/" if edition.language else "")
    text = say.ended_text.format(title=edition.title)
    return Entry(
        id=site.tag(f"ended/{edition.key}"),
        url=url,
        title=say.ended.format(title=edition.title),
        language=edition.speaks,
        author=site.title,
        author_url=site.base_url,
        published=moment,
        updated=moment,
        summary=text,
        html=f'<p>{escape(text, quote=False)}</p><p><a href="{escape(url)}">{escape(url, quote=False)}</a></p>',
        more={"page": url, "ended": True},
    )


def _since(store: Store, retired: Collection[str], book: Book, *, now: datetime, check: bool) -> Mapping[str, datetime]:
    """Return since when each of *retired* that ever had feeds has none, and let the store know."""
    told = store.book(_PLACE)
    serial = told.pop("", {}).get("serial", 0)
    known = {key: datetime.fromisoformat(moment) for key, moment in told.items() if key in retired}
    new = {key: now.replace(microsecond=0) for key in retired if key not in known and book.leaf(key) is not None}
    again = sorted(told.keys() - known.keys())  # these have feeds again
    if (new or again) and not check:
        pages = {key: moment.isoformat() for key, moment in new.items()}
        store.put_book(_PLACE, {"serial": serial + 1}, pages, again, serial=serial)
    return known | new
