"""How far back a crawl has to walk: to what the last complete one found at the top of the list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from crawler.extract.found import Item

__all__ = ["joins", "marks_of"]

_MARKED: Final = 20
_LENGTH: Final = 8
_BY_URL: Final = 1 / 3
_BY_TITLE: Final = 4 / 5


def marks_of(items: Iterable[Item]) -> list[str]:
    """Return what the first of *items* are known again by, though one be listed at another address, or retitled.

    >>> from crawler.extract.found import Item
    >>> len(marks_of([Item(url="http://a.example/1", title="One")])[0])
    16
    """
    return [_short(item.url) + _short(item.title or item.url) for item in islice(items, _MARKED)]


def joins(items: Sequence[Item], marks: Sequence[str]) -> bool:
    """Return whether *items* are those that *marks* stand for: a third of them by address, or four fifths by title.

    More than what some lists keep at their top for ever; less than what is left of a page
    after a day. Titles recur, so they tell where all addresses have changed.

    >>> from crawler.extract.found import Item
    >>> one, two = Item(url="http://a.example/1", title="One"), Item(url="http://a.example/2", title="Two")
    >>> moved = Item(url="http://a.example/new/1", title="One")
    >>> joins([one, two], marks_of([one])), joins([moved], marks_of([one])), joins([two], marks_of([one]))
    (True, True, False)
    """
    fewer = min(len(items), len(marks))
    urls, titles = {mark[:_LENGTH] for mark in marks}, {mark[_LENGTH:] for mark in marks}
    by_url = sum(_short(item.url) in urls for item in items)
    by_title = sum(_short(item.title or item.url) in titles for item in items)
    return bool(fewer) and (by_url / fewer >= _BY_URL or by_title / fewer >= _BY_TITLE)


def _short(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_LENGTH // 2).hexdigest()
