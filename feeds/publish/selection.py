"""Which releases an edition holds now, asked of the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from feeds.edition import AGAIN, MOST, Edition, Placed, at, belongs, called, gather, names_of, window
from feeds.identity import is_reissue, is_unlike
from feeds.publish.book import Book
from feeds.release import Release
from feeds.store import Head
from feeds.where import Narrowed, Where, parse

if TYPE_CHECKING:  # the store loads SQLAlchemy
    from feeds.store import Store

__all__ = ["Selection"]

_CHUNK = 500
_FARTHEST = 20_000  # releases looked through for a combination that few fit
_SPARE = 20  # read beyond an edition, in case some are one text from several bodies
_BEYOND = 500  # older than those, looked through for the one that told such a text first


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
        self._names: dict[str, Sequence[str]] = {}

    def holds(self, edition: Edition) -> tuple[Placed, ...]:
        """Return what *edition* holds, newest first. Raises ConfigError for a combination that cannot be read."""
        if edition.where:
            heads = self._chosen(self._where(edition))  # looked through once, however often it is asked
        else:
            limit = MOST if edition.source else MOST + _SPARE
            heads = self.heads(self._store.newest(**self.narrowed(edition), limit=limit))
        if edition.source:
            return tuple(Placed(head) for head in window(heads))
        placed = self.gather(heads)
        kept = window([one.head for one in placed])
        if len(heads) == MOST + _SPARE and (older := self._older(edition, kept[-1], heads)):
            # What left with the entry that told it does not come back when that one is too old.
            placed = tuple(one for one in self.gather((*heads, *older)) if one.head not in older)
            kept = window([one.head for one in placed])
        return placed[: len(kept)]

    def _older(self, edition: Edition, last: Head, heads: Sequence[Head]) -> set[Head]:
        """Return what *edition* has beyond *heads* that may have told first what those down to its *last* tell."""
        since = last.published - AGAIN
        if heads[-1].published < since or len(self._sources) < 2:
            return set()
        ids = self._store.newest(**self.narrowed(edition), since=since, limit=MOST + _SPARE + _BEYOND)
        return {head for head in self.heads(ids) if self.chooses(edition, head)}.difference(heads)

    def gather(self, heads: Sequence[Head]) -> tuple[Placed, ...]:
        """Return *heads* with texts that several bodies published told once, by the one that was told first."""
        corrected = [head.id for head in heads if head.revision > 1 and head.id not in self._names]
        earlier = self._store.earlier_titles(corrected) if corrected else {}

        def names(head: Head) -> Sequence[str]:
            if (known := self._names.get(head.id)) is None:
                before = (called(title, head.language) or head.id for title in earlier.get(head.id, ()))
                known = self._names[head.id] = tuple(dict.fromkeys((*names_of(head), *before)))
            return known

        return gather(heads, self.is_same, names)

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
        """Return whether *one* and *other* have the same text.

        A correction made at one place comes to the other later, or never: two stay one that
        once said the same, or are read at one address, until nothing in them is alike.
        """
        pair = (one.id, other.id)
        if pair not in self._same:
            self._same[pair] = self._is_same(one, other)
        return self._same[pair]

    def _is_same(self, one: Head, other: Head) -> bool:
        texts = self._store.releases((one.id, other.id))
        if len(texts) < 2:
            return False
        mine, yours = texts[one.id], texts[other.id]
        if is_unlike(mine.title, yours.title) and is_unlike(mine.text, yours.text):
            return False
        if at(one.url, one.language) == at(other.url, other.language):
            return True
        return any(
            is_reissue(my_text, your_text)
            for my_name, my_text in self._wordings(mine)
            for your_name, your_text in self._wordings(yours)
            if my_name == your_name
        )

    def _wordings(self, release: Release) -> list[tuple[str, str]]:
        """Return what *release* is and was called, each with its text, the present one first."""
        past = self._store.revisions(release.id)[-2::-1] if release.revision > 1 else ()
        told = [(release.title, release.text), *((one.title, one.text) for one in past)]
        return [(called(title, release.language), text) for title, text in told]


def _fits(where: Where, head: Head) -> bool:
    told = {"source": head.source, "author": head.author, "language": head.language}
    return where.matches(topics=head.topics, views=head.views, **told)
