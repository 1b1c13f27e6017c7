"""The spool of one month of archives: each release is rendered once, and written into every feed that holds it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from feeds.edition import Placed
from feeds.publish.fragments import Fragments
from feeds.render.fragment import Parts, deflated

__all__ = ["Spool"]

_CHUNK = 50


class Spool:
    """Fragments of a month in a file without a name: a month of a large store is larger than memory should be."""

    def __init__(self, fragments: Fragments, forms: Sequence[str], *, packed: bool) -> None:
        """Render by *fragments* in *forms*, *packed* too if wanted."""
        self._fragments = fragments
        self._forms = forms
        self._packed = packed
        self._file = tempfile.TemporaryFile(prefix="baywire-", buffering=0)  # noqa: SIM115 -- closed by `with` of us
        self._end = 0
        self._places: dict[str, dict[str, tuple[int, int, int]]] = {}

    def get(self, entries: Sequence[Placed], form: str) -> Parts:
        """Return the fragments of *entries* in *form*, without those in quarantine."""
        missing = [placed for placed in entries if placed.head.id not in self._places]
        for start in range(0, len(missing), _CHUNK):
            self._add(missing[start : start + _CHUNK])
        plains: list[bytes] = []
        packeds: list[bytes] = []
        for placed in entries:
            place = self._places[placed.head.id].get(form)
            if place is not None:
                start, plain, packed = place
                both = os.pread(self._file.fileno(), plain + packed, start)
                plains.append(both[:plain])
                packeds.append(both[plain:])
        return Parts(plains, packeds)

    def _add(self, entries: Sequence[Placed]) -> None:
        made = self._fragments.render(entries, self._forms)
        parts: list[bytes] = []
        for placed in entries:
            places = self._places[placed.head.id] = {}
            for form, plain in made.get(placed.head.id, {}).items():
                packed = deflated(plain) if self._packed else b""
                places[form] = (self._end, len(plain), len(packed))
                parts += (plain, packed)
                self._end += len(plain) + len(packed)
        self._file.write(b"".join(parts))

    def __enter__(self) -> Self:
        """Return the spool."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the file."""
        self._file.close()
