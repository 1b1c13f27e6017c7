"""Twins: releases that are one text from several bodies, wherever they stand in the past."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from feeds.edition import AGAIN, called
from feeds.publish.selection import Selection
from feeds.store import Head

if TYPE_CHECKING:  # the store loads SQLAlchemy
    from feeds.store import Store
    from feeds.store.alike import Titled

__all__ = ["Twins"]

_FEW = 50  # releases for which the days around each are looked through; for more all there is
_ALIKE = 12  # of one name within days: what more are called is a heading, "Weather report"


class Twins:
    """Finds who else published a release, for its page.

    What makes two releases one text is what makes them one entry of a topic's feed. All
    there is is looked through at most once; of it only what is called alike is remembered.
    """

    def __init__(self, store: Store, selection: Selection) -> None:
        """Know nothing yet."""
        self._store = store
        self._selection = selection
        self._all: dict[str, set[str]] | None = None
        self._near: dict[str, set[str]] = {}

    def look_everywhere(self) -> None:
        """Find everything that is called alike, or stands at one address, because all pages are looked at."""
        if self._all is None:
            self._all = _alike(self._store.titled())
            _add(self._all, self._store.at_one_address())

    def alike(self, ids: Sequence[str]) -> set[str]:
        """Return what may be one text with one of *ids*, or may have been, and came within days from another source."""
        self._learn(self._selection.heads(ids))
        return {other for id_ in ids for other in self._like(id_)}.difference(ids)

    def of(self, heads: Sequence[Head]) -> dict[str, tuple[Head, ...]]:
        """Return by id who else published those of *heads* that others published too, the first of them first."""
        self._learn(heads)
        found = {}
        for head in heads:
            names = self._like(head.id)
            if not names:
                continue
            for first in self._selection.gather(self._selection.heads([*names, head.id])):
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
        earlier = self._store.earlier_titles([head.id for head in missing if head.revision > 1])
        for head in missing:
            names = {called(title, head.language) for title in (head.title, *earlier.get(head.id, ()))}
            around = self._called(names, head.published, 2 * AGAIN)
            self._near[head.id] = _alike(around).get(head.id, set())
        _add(self._near, self._store.at_one_address([head.id for head in missing]))

    def _like(self, id_: str) -> Sequence[str]:
        known = self._near if self._all is None else self._all
        return sorted(known.get(id_, ()))

    def _called(self, names: Collection[str], day: datetime, days: timedelta) -> Iterator[Titled]:
        """Yield what is or was called one of *names* and was published *days* around *day* at most."""

        def fits(title: str, language: str) -> bool:
            return called(title, language) in names

        return self._store.titled_so(fits, day - days, day + days)


def _add(found: dict[str, set[str]], pairs: Iterable[tuple[str, str]]) -> None:
    for id_, other in pairs:
        found.setdefault(id_, set()).add(other)


def _alike(titled: Iterable[Titled]) -> dict[str, set[str]]:
    """Return by id what of *titled*, oldest first, is called the same and came within days, if of several sources."""
    days: deque[tuple[str, Titled]] = deque()
    groups: dict[str, list[Titled]] = {}
    found: dict[str, set[str]] = {}
    for one in titled:
        name = called(one.title, one.language)
        if not name:
            continue
        while days and one.published - days[0][1].published > 2 * AGAIN:
            past, old = days.popleft()
            group = groups[past]
            if group[0] is old:
                group.pop(0)
            if not group:
                del groups[past]
        days.append((name, one))
        group = groups.setdefault(name, [])
        del group[: 1 - _ALIKE]
        group.append(one)
        if len(group) < _ALIKE and any(other.source != one.source for other in group):
            ids = {other.id for other in group}
            for id_ in ids:
                found.setdefault(id_, set()).update(ids - {id_})
    return found
