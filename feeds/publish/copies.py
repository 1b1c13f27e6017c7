"""Copies: a feed and its compressed twins, written together and known together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from feeds.publish.book import Book
from feeds.publish.outbox import Objection, Outbox
from feeds.publish.target import Body, size_of
from feeds.render.fragment import Parts, Rendered, join_packed, row
from feeds.render.packing import packed

__all__ = ["PACKED", "Copies", "Guard", "endings"]

# Returns what objects to a new document, told whether the old one is known to be as we wrote it.
Guard = Callable[[bool], Objection | None]

# What the name of a compressed copy ends with, and what HTTP calls its coding and we its ETag.
PACKED = {".gz": ("gzip", "gz"), ".br": ("br", "br")}


def endings(*, gzip: bool, brotli: bool) -> tuple[str, ...]:
    """Return what the names of the copies of a feed end with.

    >>> endings(gzip=True, brotli=False)
    ('', '.gz')
    """
    return ("", *([".gz"] if gzip else []), *([".br"] if brotli else []))


class Copies:
    """Writes documents of fragments, each compressed beside itself, too."""

    def __init__(self, outbox: Outbox, book: Book, *, ends: tuple[str, ...]) -> None:
        """Write through *outbox*, remember in *book*, with the copies that *ends* stand for."""
        self.outbox = outbox
        self._book = book
        self._ends = ends
        self.count = len(self._ends)

    def carry(self, name: str, paths: Sequence[str]) -> bool:
        """Take over the copies at *paths* to the leaf *name*, if all are as they were written; return whether."""
        whole = [f"{path}{end}" for path in paths for end in self._ends]
        if any(self._book.known(name, path) is None for path in whole):
            return False
        for path in whole:
            self._book.carry(name, path)
        return True

    def put_once(self, path: str, head: Rendered, parts: Parts) -> None:
        """Let *path* hold *parts* under *head* for ever: the book need not know of it."""
        body = row(head, parts.plain)
        for end in self._ends:
            self.outbox.put(f"{path}{end}", _copy(end, head, parts, body))

    def put(
        self,
        name: str,
        path: str,
        sign: str,
        made: Callable[[], tuple[Rendered, Parts]],
        guard: Guard | None = None,
    ) -> None:
        """Let *path* hold what *made* returns, which *sign* stands for, unless its *guard* objects.

        Nothing is made where all copies are those of *sign* already. They belong to the leaf *name* of the book.
        """
        known = {end: self._book.known(name, f"{path}{end}") for end in self._ends}
        right = [end for end, one in known.items() if one is not None and one[0] == sign]
        for end in right:
            self._book.carry(name, f"{path}{end}")
        if len(right) == len(known):
            return
        head, parts = made()
        body = row(head, parts.plain)
        for end, old in known.items():
            if end in right:
                continue
            copy = _copy(end, head, parts, body)
            objection = guard(old is not None) if guard is not None and not end else None
            if self.outbox.put(f"{path}{end}", copy, objection, size=old[1] if old else None):
                self._book.note(name, f"{path}{end}", sign, size_of(copy))
            else:
                for other in self._ends:
                    self._book.refuse(name, f"{path}{other}")
                return


def _copy(end: str, head: Rendered, parts: Parts, body: Sequence[bytes]) -> Body:
    """Return *body*, the `row` of *parts* under *head*, as the copy whose name ends with *end*."""
    if end == ".gz":
        return join_packed(head, parts.packed, body)
    return packed(b"".join(body)) if end else body
