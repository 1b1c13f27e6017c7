"""Which releases an edition holds now, asked of the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from feeds.edition import MOST, Edition, Placed, belongs, gather, window
from feeds.identity import is_reissue
from feeds.publish.book import Book
from feeds.store import Head
from feeds.where import Narrowed, Where, parse

if TYPE_CHECKING:  # the store loads SQLAlchemy
    from feeds.store import Store

__all__ = ["Selection"]

_CHUNK = 500
_FARTHEST = 20_000  # releases looked through for a combination that few fit
_SPARE = 20  # read beyond an edition, in case some are one text from several bodies


class Selection:
    """Reads heads once for all the editions of one publication."""

    def __init__(
        self, store: Store, *, topics: Collection[str], sources: Collection[str], heads: dict[str, Head] | None = None
    ) -> None:
        """Know which *topics* and *sources* a combination may name, and *heads* that are still right."""
        self._store = store
        self._topics = topics
        self._sources = sources
        self._heads = {} if heads is None else heads
        self._chooses: dict[str, Where] = {}
        self._found: dict[str, tuple[Head, ...]] = {}
        self._same: dict[tuple[str, str], bool] = {}

    def holds(self, edition: Edition) -> tuple[Placed, ...]:
        """Return what *edition* holds, newest first. Raises ConfigError for a combination that cannot be read."""
        if edition.where:
            heads = self._chosen(self._where(edition))  # looked through once, however often it is asked
        else:
            limit = MOST if edition.source else MOST + _SPARE
            heads = self.heads(self._store.newest(**self.narrowed(edition), limit=limit))
        if edition.source:
            return tuple(Placed(head) for head in window(heads))
        placed = gather(heads, self.is_same)
        kept = len(window([one.head for one in placed]))
        return placed[:kept]

    def narrowed(self, edition: Edition) -> Narrowed:
        """Return how the store is asked for *edition*, or for what a combination chooses from."""
        return self._where(edition).narrowed if edition.where else edition.narrowed

    def months(self, edition: Edition) -> tuple[str, ...]:
        """Return the months in which something of *edition* was published, newest first; in some maybe nothing was."""
        return self._store.months(**self.narrowed(edition))

    def month(self, edition: Edition, month: str) -> tuple[str, ...]:
        """Return the ids that *edition* has of *month* ("2026-10", UTC), newest first."""
        ids = self._store.month(month, **self.narrowed(edition))
        if not edition.where:
            return ids
        chosen: list[str] = []
        for start in range(0, len(ids), _CHUNK):
            heads = self._store.heads(ids[start : start + _CHUNK]).values()
            chosen += (head.id for head in heads if self.chooses(edition, head))
        return tuple(chosen)

    def heads(self, ids: Sequence[str]) -> tuple[Head, ...]:
        """Return the heads of *ids*."""
        missing = [id_ for id_ in ids if id_ not in self._heads]
        if missing:
            self._heads |= self._store.heads(missing)
        return tuple(self._heads[id_] for id_ in ids if id_ in self._heads)

    def touched(self, plan: Iterable[Edition], changed: Collection[Head], book: Book) -> set[str]:
        """Return the keys of those of *plan* that hold one of *changed* now, or did when *book* was closed."""
        ids = {head.id for head in changed}
        found = set()
        for edition in plan:
            leaf = book.leaf(edition.key)
            told = leaf.told if leaf is not None else {}
            if not (ids.isdisjoint(told.get("held", ())) and ids.isdisjoint(told.get("also", ()))) or any(
                self.chooses(edition, head) for head in changed
            ):
                found.add(edition.key)
        return found

    def chooses(self, edition: Edition, head: Head) -> bool:
        """Return whether *head* is of those that *edition* chooses from."""
        return _fits(self._where(edition), head) if edition.where else belongs(head, edition)

    def _where(self, edition: Edition) -> Where:
        if edition.where not in self._chooses:
            self._chooses[edition.where] = parse(edition.where, topics=self._topics, sources=self._sources)
        return self._chooses[edition.where]

    def _chosen(self, where: Where) -> tuple[Head, ...]:
        if where.text in self._found:
            return self._found[where.text]
        found: list[Head] = []
        for head in self._all(where):
            if _fits(where, head):
                found.append(head)
                if len(found) == MOST + _SPARE:
                    break
        self._found[where.text] = tuple(found)
        return self._found[where.text]

    def _all(self, where: Where) -> Iterator[Head]:
        ids = self._store.newest(**where.narrowed, limit=_FARTHEST)
        for start in range(0, len(ids), _CHUNK):
            yield from self.heads(ids[start : start + _CHUNK])

    def is_same(self, one: Head, other: Head) -> bool:
        """Return whether *one* and *other* have the same text."""
        pair = (one.id, other.id)
        if pair not in self._same:
            texts = self._store.releases(pair)
            self._same[pair] = len(texts) == 2 and is_reissue(texts[one.id].text, texts[other.id].text)
        return self._same[pair]


def _fits(where: Where, head: Head) -> bool:
    told = {"source": head.source, "author": head.author, "language": head.language}
    return where.matches(topics=head.topics, views=head.views, **told)
