"""What may be one text from several bodies: releases called the same, now or before, or read at one address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, bindparam, func, select

from feeds.store.base import Base
from feeds.store.quick import Quick
from feeds.store.rows import CHUNK
from feeds.store.tables import aliases, microseconds, moment, releases, revisions

__all__ = ["Alike", "Titled"]

_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
_TITLED: Final = select(
    *(releases.c[name] for name in ("id", "source", "language", "published", "title", "revision"))
).order_by(releases.c.published, releases.c.id.desc())
_BETWEEN: Final = Quick(_TITLED.where(releases.c.published.between(bindparam("since"), bindparam("until"))))
_EARLIER: Final = (
    select(releases.c.id, revisions.c.title)
    .join(revisions, revisions.c.release == releases.c.key)
    .where(releases.c.revision > 1, revisions.c.number < releases.c.revision)
)
_EARLIER_OF: Final = Quick(_EARLIER.where(releases.c.id.in_(_IDS)))
_THEIRS, _OTHER = aliases.alias("theirs"), releases.alias("other")
_AT_ONE_ADDRESS: Final = (
    select(releases.c.id, _OTHER.c.id)
    .join(aliases, aliases.c.release == releases.c.key)
    .join(_THEIRS, (_THEIRS.c.alias == aliases.c.alias) & (_THEIRS.c.source != aliases.c.source))
    .join(_OTHER, (_OTHER.c.key == _THEIRS.c.release) & (_OTHER.c.language == releases.c.language))
    .where(aliases.c.alias.startswith("url:"))  # a number means something in its own source alone
)
_BESIDE: Final = Quick(_AT_ONE_ADDRESS.where(releases.c.id.in_(_IDS)))
_SHARED: Final = select(aliases.c.alias).group_by(aliases.c.alias).having(func.count() > 1)


class Titled(NamedTuple):
    """A release and one of its titles, the present or an earlier one."""

    id: str
    source: str
    language: str
    published: datetime
    title: str


class Alike(Base):
    """Which releases have a title or an address in common."""

    def titled(self) -> Iterator[Titled]:
        """Yield every release with each of its titles, oldest release first."""
        with self._database.reading() as connection:
            earlier: dict[str, list[str]] = {}
            for id_, title in connection.execute(_EARLIER):
                earlier.setdefault(id_, []).append(title)
            for id_, source, language, day, title, _ in connection.execution_options(yield_per=1000).execute(_TITLED):
                for one in dict.fromkeys((title, *earlier.get(id_, ()))):
                    yield Titled(id_, source, language, day, one)

    def titled_so(self, fits: Callable[[str, str], bool], since: datetime, until: datetime) -> Iterator[Titled]:
        """Yield the same of what was published from *since* to *until*, if *fits* says so of title and language."""
        rows = _BETWEEN.ask(self._database, since=microseconds(since), until=microseconds(until))
        earlier = self.earlier_titles([row[0] for row in rows if row[5] > 1])
        for id_, source, language, published, title, _ in rows:
            for one in dict.fromkeys((title, *earlier.get(id_, ()))):
                if fits(one, language):
                    yield Titled(id_, source, language, moment(published), one)

    def earlier_titles(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """Return the titles that those of *ids* that were corrected had before, by id."""
        found: dict[str, list[str]] = {}
        for start in range(0, len(ids), CHUNK):
            for id_, title in _EARLIER_OF.ask(self._database, ids[start : start + CHUNK]):
                found.setdefault(id_, []).append(title)
        return found

    def at_one_address(self, ids: Sequence[str] | None = None) -> Iterable[tuple[str, str]]:
        """Return pairs of ids: one of *ids*, None for all, and what another source read at an address of it."""
        if ids is None:
            with self._database.reading() as connection:
                rows = connection.execute(_AT_ONE_ADDRESS.where(aliases.c.alias.in_(_SHARED))).all()
                return [(one, other) for one, other in rows]
        found: list[tuple[str, str]] = []
        for start in range(0, len(ids), CHUNK):
            found += [(one, other) for one, other in _BESIDE.ask(self._database, ids[start : start + CHUNK])]
        return found
