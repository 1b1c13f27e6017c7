"""Twins: releases that are one text from several bodies, wherever they stand in the past."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from feeds.edition import AGAIN, called, gather
from feeds.publish.selection import Selection
from feeds.store import Head

if TYPE_CHECKING:  # the store loads SQLAlchemy
    from feeds.store import Store

__all__ = ["Twins"]

_FEW = 50  # releases for which the days around each are looked through; for more all there is
_ALIKE = 12  # of one name within days: what more are called is a heading, "Weather report"


class _Titled(NamedTuple):
    id: str
    source: str
    published: datetime
    name: str


class Twins:
    """Finds who else published a release, for its page.

    What makes two releases one text is what makes them one entry of a topic's feed. All
    there is is looked through at most once; of it only what is called alike is remembered.
    """

    def __init__(self, store: Store, selection: Selection) -> None:
        """Know nothing yet."""
        self._store = store
        self._selection = selection
        self._all: dict[str, frozenset[str]] | None = None
        self._near: dict[str, frozenset[str]] = {}

    def look_everywhere(self) -> None:
        """Find everything that is called alike, because all pages are looked at."""
        if self._all is None:
            titled = self._store.titled()
            self._all = _alike(_Titled(id_, src, day, called(title, tag)) for id_, src, tag, day, title in titled)

    def alike(self, ids: Sequence[str]) -> set[str]:
        """Return what is called like one of *ids*, or was, and came within days from another source."""
        heads = self._selection.heads(ids)
        self._learn(heads)
        found = {other for head in heads for other in self._called_like(head.id)}
        for head in heads:
            if head.revision > 1:
                names = {called(one.title, head.language) for one in self._store.revisions(head.id)}
                found.update(one.id for one in self._called(names, head.published, AGAIN))
        return found.difference(ids)

    def of(self, heads: Sequence[Head]) -> dict[str, tuple[Head, ...]]:
        """Return by id who else published those of *heads* that others published too, the first of them first."""
        self._learn(heads)
        found = {}
        for head in heads:
            names = self._called_like(head.id)
            if not names:
                continue
            for first in gather(self._selection.heads([*names, head.id]), self._selection.is_same):
                group = (first.head, *first.also)
                if len(group) > 1 and any(one.id == head.id for one in group):
                    found[head.id] = tuple(one for one in group if one.id != head.id)
        return found

    def _learn(self, heads: Sequence[Head]) -> None:
        """Find what is called like *heads*, where that is not known."""
        if self._all is not None:
            return
        missing = [head for head in heads if head.id not in self._near]
        if len(missing) > _FEW:
            self.look_everywhere()
            return
        for head in missing:
            around = self._called({called(head.title, head.language)}, head.published, 2 * AGAIN)
            self._near[head.id] = _alike(around).get(head.id, frozenset())

    def _called_like(self, id_: str) -> Iterable[str]:
        known = self._near if self._all is None else self._all
        return sorted(known.get(id_, ()))

    def _called(self, names: Collection[str], day: datetime, days: timedelta) -> Iterator[_Titled]:
        """Yield what is called one of *names* and was published *days* around *day* at most."""

        def fits(title: str, language: str) -> bool:
            return called(title, language) in names

        for id_, source, language, published, title in self._store.titled_so(fits, day - days, day + days):
            yield _Titled(id_, source, published, called(title, language))


def _alike(titled: Iterable[_Titled]) -> dict[str, frozenset[str]]:
    """Return by id what of *titled*, oldest first, is called the same and came within days, if of several sources."""
    days: deque[_Titled] = deque()
    groups: dict[str, list[_Titled]] = {}
    found: dict[str, set[str]] = {}
    for one in titled:
        if not one.name:
            continue
        while days and one.published - days[0].published > 2 * AGAIN:
            old = days.popleft()
            group = groups[old.name]
            if group[0] is old:
                group.pop(0)
            if not group:
                del groups[old.name]
        days.append(one)
        group = groups.setdefault(one.name, [])
        del group[: 1 - _ALIKE]
        group.append(one)
        if len(group) < _ALIKE and any(other.source != one.source for other in group):
            ids = {other.id for other in group}
            for id_ in ids:
                found.setdefault(id_, set()).update(ids)
    return {id_: frozenset(ids - {id_}) for id_, ids in found.items()}
