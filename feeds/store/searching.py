"""Questions put to search: words, and what narrows them; newest first, each answered from the index alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, String, cast, column, select, table
from sqlalchemy.dialects.postgresql import TSQUERY

from feeds.store.base import Base
from feeds.store.index import LOW_BITS
from feeds.store.limit import limited
from feeds.store.state import Found
from feeds.store.tables import releases
from feeds.store.words import mark, phrases, unwanted
from feeds.view import membership
from feeds.where import Where, plain

__all__ = ["Searching"]

_COUNTED = 1000
_FARTHEST = 10_000  # no page lies beyond
_LIMIT = timedelta(seconds=5)  # a hundred times what an ordinary search takes

# What FTS5 and PostgreSQL call the same: FTS5 has a column of its own name, to be asked, and the rowid.
_FTS5 = table("search", column("rowid", BigInteger), column("search", String))
_TSVECTOR = table("search", column("search_key", BigInteger), column("words", String), column("marks", String))


class Searching(Base):
    """Search, bounded in cost whatever is asked."""

    def search(  # noqa: PLR0913 -- each one narrows
        self,
        words: str,
        *,
        topic: str | None = None,
        source: str | None = None,
        language: str | None = None,
        where: Where | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        offset: int = 0,
        within: timedelta = _LIMIT,
    ) -> Found:
        """Return the releases whose title, text, author or number hold all of *words*, newest first.

        "Two words" in quotes stand side by side; -word and -"two words" must not be there.
        Chinese needs no spaces, one character is enough, and either script will do. Case,
        width and accents do not count. *source* may be a view. *since* is included,
        *until* is not. Words without a letter or digit find nothing; none at all find
        whatever is let through by the rest. Only releases that were tagged are found.
        Raises SearchError where the index takes longer than *within*.
        """
        fields = [("topic", topic), ("source", source), ("language", language)]
        narrowed = [(kind, value) for kind, value in fields if value is not None]
        asked, refused = phrases(words), unwanted(words)
        if not (asked or refused or narrowed or where or since or until) or (words.strip() and not (asked or refused)):
            return Found()
        make = _Fts5() if self._database.is_sqlite else _Tsquery()
        said = [make.either(phrase) for phrase in asked]
        if refused:  # once for all: each NOT walks the index again
            said.append(make.none(make.join([make.either(phrase) for phrase in refused], every=False)))
        marks = [make.one(kind, value) for kind, value in narrowed]
        if where is not None:
            marks.append(where.fold(make))
        clauses = make.clauses(said, marks)
        rank = make.rank
        if since is not None:
            clauses.append(rank >= int(since.timestamp()) << LOW_BITS)
        if until is not None:
            clauses.append(rank < int(until.timestamp()) << LOW_BITS)
        most = min(max(_COUNTED + 1, offset + limit), _FARTHEST)
        with self._database.reading() as connection, limited(connection, within):
            keys = connection.execute(select(rank).where(*clauses).order_by(rank.desc()).limit(most)).scalars().all()
            shown = keys[offset : offset + limit]
            named = select(releases.c.id).where(releases.c.search_key.in_(shown))
            ids = tuple(connection.execute(named.order_by(releases.c.search_key.desc())).scalars()) if shown else ()
        return Found(ids=ids, total=min(len(keys), _COUNTED), more=len(keys) > _COUNTED)


class _Fts5:
    """An expression of FTS5. No word of it can be syntax: each is letters, digits and one of private use, quoted."""

    rank: ColumnElement[Any] = _FTS5.c.rowid

    def either(self, phrase: tuple[str, ...]) -> str:
        return _fts5_phrase(phrase)

    def one(self, field: str, value: str) -> str:
        return self.join([f'"{one}"' for one in _marks(field, value)], every=False)

    def none(self, part: str) -> str:
        return f'("{mark("any")}" NOT {part})'  # FTS5 knows NOT between two alone

    def join(self, parts: Sequence[str], *, every: bool) -> str:
        return parts[0] if len(parts) == 1 else f"({(' AND ' if every else ' OR ').join(parts)})"

    def clauses(self, said: Sequence[str], marks: Sequence[str]) -> list[ColumnElement[Any]]:
        asked = [*said, *marks] or [f'"{mark("any")}"']
        return [_FTS5.c.search.op("MATCH")(self.join(asked, every=True))]


class _Tsquery:
    """A tsquery of PostgreSQL."""

    rank: ColumnElement[Any] = _TSVECTOR.c.search_key

    def either(self, phrase: tuple[str, ...]) -> str:
        return _tsquery_phrase(phrase)

    def one(self, field: str, value: str) -> str:
        return self.join([f"'{one}'" for one in _marks(field, value)], every=False)

    def none(self, part: str) -> str:
        return f"!({part})"

    def join(self, parts: Sequence[str], *, every: bool) -> str:
        return f"({(' & ' if every else ' | ').join(parts)})"

    def clauses(self, said: Sequence[str], marks: Sequence[str]) -> list[ColumnElement[Any]]:
        asked = ((_TSVECTOR.c.words, said), (_TSVECTOR.c.marks, marks))
        return [held.op("@@")(cast(self.join(parts, every=True), TSQUERY)) for held, parts in asked if parts]


def _marks(field: str, value: str) -> tuple[str, ...]:
    """Return the words any of which says that *field* is *value*: a source may be a view of others."""
    if field == "source":
        return mark("source", plain(value)), mark("topic", membership(plain(value)))
    return (mark(field, plain(value) if field == "author" else value),)


def _fts5_phrase(phrase: tuple[str, ...]) -> str:
    if phrase[-1].endswith("*"):
        return f'"{phrase[-1][:-1]}"*'
    return f'"{" ".join(phrase)}"'


def _tsquery_phrase(phrase: tuple[str, ...]) -> str:
    if phrase[-1].endswith("*"):
        return f"'{phrase[-1][:-1]}':*"
    return "(" + " <-> ".join(f"'{word}'" for word in phrase) + ")"
