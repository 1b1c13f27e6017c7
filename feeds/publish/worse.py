"""Never publish worse: what an old file held that a new one would lose without reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime

__all__ = ["ids_of", "objection"]

_PAIRS = {
    "atom": re.compile(rb"<entry\b[^>]*><id>([^<]+)</id>.*?<published>([^<]+)</published>", re.DOTALL),
    "rss": re.compile(rb'<guid isPermaLink="false">([^<]+)</guid>.*?<pubDate>([^<]+)</pubDate>', re.DOTALL),
    "json": re.compile(rb'^\{"id":"([^"]+)".*?"date_published":"([^"]+)"', re.MULTILINE),
}
_IDS = {
    "atom": re.compile(rb"<entry\b[^>]*><id>([^<]+)</id>"),
    "rss": re.compile(rb'<guid isPermaLink="false">([^<]+)</guid>'),
    "json": re.compile(rb'^\{"id":"([^"]+)"', re.MULTILINE),
}


def ids_of(document: bytes, form: str) -> tuple[str, ...]:
    """Return the ids of the entries in *document*, a feed that we wrote.

    >>> ids_of(b'<feed><id>f</id><entry xml:lang="en"><id>tag:a</id></entry></feed>', "atom")
    ('tag:a',)
    """
    return tuple(match[1].decode() for match in _IDS[form].finditer(document))


def objection(
    form: str,
    ids: Sequence[str],
    oldest: datetime | None,
    is_dropped: Callable[[Collection[str]], Collection[str]],
    *,
    may_lose: bool = False,
) -> Callable[[bytes], str]:
    """Return what says why an old document of *form* must stay, though its new one would hold *ids*.

    It must where the new one is empty, repeats an id, or lost more than half of what
    should still be in its window, which reaches back to *oldest* (None: without end).
    *is_dropped* returns those of some ids that a changed rule took out: these are no loss.
    Where it *may_lose*, only a repeated id is told.
    """

    def look(old: bytes) -> str:
        before = ids_of(old, form)
        lost = set(before).difference(ids)
        if len(set(ids)) != len(ids):
            return "repeats an id: the file before it stays"
        if may_lose or not lost or (ids and 2 * len(lost) <= len(before)):
            return ""
        lost.difference_update(is_dropped(lost))
        expected = _within(old, form, oldest) & set(before)
        missing = lost & expected
        if missing and not ids:
            return f"has no entries where there were {len(before)}: the file before it stays"
        if 2 * len(missing) > len(expected):
            return f"lost {len(missing)} of {len(expected)} entries: the file before it stays"
        return ""

    return look


def _within(document: bytes, form: str, oldest: datetime | None) -> set[str]:
    found = set()
    for match in _PAIRS[form].finditer(document):
        text = match[2].decode()
        published = parsedate_to_datetime(text) if form == "rss" else datetime.fromisoformat(text)
        if oldest is None or published >= oldest:
            found.add(match[1].decode())
    return found
