"""What a question finds: one page of results, a text that several bodies published told once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from feeds.edition import Placed, called
from feeds.publish.selection import Selection
from feeds.serve.query import Query
from feeds.store import Head

if TYPE_CHECKING:  # the store loads SQLAlchemy
    from feeds.store import Store

__all__ = ["Results", "find"]

_BESIDE = 25  # looked at before and behind a page, for others who published what is on it
_WITHIN = timedelta(seconds=5)
_ALIKE = 12  # of one name on a page: what more are called is a heading, "Weather report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """One page of what was found, newest first; *total* stops counting at 1,000, *more* says that it did.

    *goes_on* says whether another page follows.
    """

    placed: tuple[Placed, ...] = ()
    total: int = 0
    more: bool = False
    goes_on: bool = False


def find(store: Store, asked: Query, *, limit: int, offset: int = 0, within: timedelta = _WITHIN) -> Results:
    """Return *limit* of what *asked* finds in *store*, less those that another one of them, or near them, tells.

    *total* counts every release where not all of them are near. What is told once is found
    by one of its releases on whichever page that one is: none is lost, whatever page is asked.
    Raises SearchError where the index takes longer than *within*.
    """
    if asked.problem:
        return Results()
    start = max(0, offset - _BESIDE)
    found = store.search(
        asked.words,
        where=asked.where,
        since=asked.since,
        until=asked.until,
        limit=offset - start + limit + _BESIDE,
        offset=start,
        within=within,
    )
    page = set(found.ids[offset - start : offset - start + limit])
    heads = tuple(store.heads(found.ids).values())
    placed = _gather(store, heads)
    is_whole = start == 0 and len(found.ids) == found.total and not found.more
    return Results(
        placed=tuple(one for one in placed if one.head.id in page),
        total=len(placed) if is_whole else found.total,
        more=found.more,
        goes_on=offset + limit < found.total,
    )


def _gather(store: Store, heads: Sequence[Head]) -> list[Placed]:
    """Return *heads* with what is one text told once, in their order."""
    names = Counter(called(head.title, head.language) for head in heads)
    few = [head for head in heads if names[called(head.title, head.language)] <= _ALIKE]
    told = {one.head.id: one for one in Selection(store, topics=(), sources=()).gather(few)}
    gone = {head.id for head in few} - told.keys()
    return [told.get(head.id, Placed(head)) for head in heads if head.id not in gone]
