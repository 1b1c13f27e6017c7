"""Copies: a feed and its compressed twin, written together and known together."""

from __future__ import annotations

from collections.abc import Sequence

from feeds.publish.book import Book
from feeds.publish.outbox import Objection, Outbox
from feeds.render.fragment import Fragment, Rendered, join, join_packed

__all__ = ["Copies"]


class Copies:
    """Writes documents of fragments, and with *packed* each as gzip beside itself."""

    def __init__(self, outbox: Outbox, book: Book, *, packed: bool) -> None:
        """Write through *outbox*, remember in *book*."""
        self.outbox = outbox
        self._book = book
        self._ends = ("", ".gz") if packed else ("",)

    def are_current(self, path: str, sign: str) -> bool:
        """Return whether the copies at *path* were made from what *sign* stands for."""
        return all(self._book.is_current(f"{path}{end}", sign) for end in self._ends)

    def keep(self, path: str) -> None:
        """Leave the copies at *path* as they are."""
        for end in self._ends:
            self._book.keep(f"{path}{end}")

    def put(
        self,
        path: str,
        sign: str,
        head: Rendered,
        fragments: Sequence[Fragment],
        objection: Objection | None = None,
    ) -> None:
        """Let *path* hold *fragments* under *head*, as *sign* stands for, unless there is an *objection*."""
        body = join(head, (fragment.plain for fragment in fragments))
        if not self.outbox.put(path, body, objection):
            self.keep(path)
            return
        for end in self._ends:
            if end:
                self.outbox.put(f"{path}{end}", join_packed(head, fragments, body))
            self._book.note(f"{path}{end}", sign)
