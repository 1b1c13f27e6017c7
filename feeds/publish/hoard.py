"""The hoard: fragments and marks at hand, for the next edition and for the next publication of the same process."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence

__all__ = ["Hoard", "Version"]

_ROOM = 4 * 1024 * 1024  # more than the fragments of an edition stay, for the next: those of some four editions
_MARKS = 2_000  # that stay from one publication to the next: those of forty editions

Version = tuple[str, int, str, bool]  # of a release: id, revision, digest, whether others published it too


class Hoard:
    """What was read from the store or made last: right until a release changes, of which it must be told.

    The feeds of everything and those of busy topics have news each time; all but the
    news is then at hand. *marks* are those of `Fragments`; *held* is what a version looks
    like in each format, then packed in each.

    >>> hoard, one, other = Hoard(), ("a", 1, "", False), ("b", 1, "", False)
    >>> hoard.hold({one: [b"1"], other: [b"2"]}, 2)
    >>> hoard.forget(["a"])
    >>> list(hoard.held)
    [('b', 1, '', False)]
    """

    def __init__(self) -> None:
        """Hold nothing yet."""
        self.marks: dict[Version, bytes] = {}
        self.held: dict[Version, Sequence[bytes]] = {}
        self._reads: deque[tuple[frozenset[Version], int]] = deque()  # what was held together, and its size
        self._size = 0

    def hold(self, parts: Mapping[Version, Sequence[bytes]], size: int) -> None:
        """Hold *parts*, which have *size* bytes."""
        self.held |= parts
        self._reads.append((frozenset(parts), size))
        self._size += size

    def make_room(self, wanted: Sequence[Version]) -> None:
        """Let go of what was read first and is not *wanted* now, as far as there is no room: the next reads into it."""
        for _ in range(len(self._reads)):
            if self._size <= _ROOM:
                return
            names, size = self._reads.popleft()
            for name in names.difference(wanted):
                self.held.pop(name, None)
            self._size -= size
            if still := names.intersection(wanted):
                self._reads.append((still, 0))

    def forget(self, ids: Collection[str]) -> None:
        """Forget all of the releases *ids*: they changed."""
        for kept in (self.marks, self.held):
            for name in [name for name in kept if name[0] in ids]:
                del kept[name]

    def clear(self) -> None:
        """Forget everything."""
        self.marks.clear()
        self.held.clear()
        self._reads.clear()
        self._size = 0

    def rest(self) -> None:
        """Keep no more than the next publication is worth."""
        self.make_room(())
        if len(self.marks) > _MARKS:
            self.marks.clear()
