"""Parts of a month of archives: documents that stay where they are whatever comes late.

A month of many releases has several documents, of 500 at most: its halves, and the halves
of these. Where it is cut depends on no count, and a document is called by where it ends.
So what comes late while a reader follows the links moves nothing from a document that is
yet to be asked for into one that was: at most a document is cut, and leads to its older half.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from zlib import crc32

from feeds.edition import Placed
from feeds.store import Head

__all__ = ["parted"]

_MOST = 500  # releases in one document, unless they have one moment and one hash
_MONTH = 32 * 24 * 60 * 60  # seconds: more than any month has
_SECONDS, _IDS = 22, 32  # bits of a place


def parted(month: str, heads: Iterable[Head]) -> Iterator[tuple[str, list[Placed]]]:
    """Yield the documents of *month* ("2026-01", UTC), the oldest first: the name of each, and what it holds.

    *heads* that are older than the month, because they came late, are of its beginning.

    >>> list(parted("2026-01", []))
    []
    """
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    ordered = sorted(heads, key=lambda head: (head.published, head.id), reverse=True)
    places = [(_place(head, start), Placed(head)) for head in ordered]
    for end, held in _halved(places, _SECONDS + _IDS - 1, "", ""):
        yield f"{month}-{end}" if end else month, [placed for _, placed in held]


def _place(head: Head, start: datetime) -> int:
    """Return where *head* is in the month that begins at *start*: by moment, and by its id within one."""
    second = min(max(0, int((head.published - start).total_seconds())), _MONTH - 1)
    return ((second << _SECONDS) // _MONTH << _IDS) + crc32(head.id.encode())


def _halved(
    places: Sequence[tuple[int, Placed]], bit: int, path: str, end: str
) -> Iterator[tuple[str, Sequence[tuple[int, Placed]]]]:
    """Yield *places*, which are alike above *bit*, in parts that are not too long, and where each ends.

    *path* leads to them by older (a) and newer (b) halves. An older half ends at its path; a
    newer one, and an older one that nothing follows yet, at the *end* of both.
    """
    if len(places) <= _MOST or bit < 0:
        if places:
            yield end, places
        return
    older = [place for place in places if not place[0] >> bit & 1]
    newer = [place for place in places if place[0] >> bit & 1]
    yield from _halved(older, bit - 1, f"{path}a", f"{path}a" if newer else end)
    yield from _halved(newer, bit - 1, f"{path}b", end)
