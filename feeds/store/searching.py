"""Questions put to search: words, within a topic, a source, a language, a span of time; newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, String, cast, column, exists, func, select, table
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql import ColumnElement

from feeds.store.base import Base
from feeds.store.index import LOW_BITS
from feeds.store.state import Found
from feeds.store.tables import memberships, releases
from feeds.store.words import in_both_scripts, mark, phrases

__all__ = ["Searching"]

_COUNTED = 1000


class Searching(Base):
    """Search, bounded in cost whatever is asked."""

    def search(  # noqa: PLR0913 -- each one narrows
        self,
        words: str,
        *,
        topic: str | None = None,
        source: str | None = None,
        language: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Found:
        """Return the releases whose title, text, author or number hold all of *words*, newest first.

        "Two words" in quotes stand side by side; Chinese needs no spaces, one character is
        enough, and either script will do. Case, width and accents do not count. *since* is included, *until* is not.
        Nothing is found for a query without a letter or digit.
        """
        asked = phrases(words)
        if not asked:
            return Found()
        marks = [mark(kind, value) for kind, value in (("source", source), ("language", language)) if value is not None]
        rank, clauses = _sqlite(asked, marks) if self._database.is_sqlite else _postgresql(asked, marks)
        if since is not None:
            clauses.append(rank >= int(since.timestamp()) << LOW_BITS)
        if until is not None:
            clauses.append(rank < int(until.timestamp()) << LOW_BITS)
        if topic is not None:
            clauses.append(exists().where(memberships.c.id == releases.c.id, memberships.c.topic == topic))
        hits = select(releases.c.id).where(rank == releases.c.search_key, *clauses)
        page = hits.order_by(rank.desc()).limit(limit).offset(offset)
        some = hits.limit(_COUNTED + 1).subquery()
        with self._database.reading() as connection:
            ids = tuple(connection.execute(page).scalars())
            total = connection.execute(select(func.count()).select_from(some)).scalar_one()
        return Found(ids=ids, total=min(total, _COUNTED), more=total > _COUNTED)


_Clauses = tuple[ColumnElement[Any], list[ColumnElement[Any]]]

# What FTS5 and PostgreSQL call the same: FTS5 has a column of its own name, to be asked, and the rowid.
_FTS5 = table("search", column("rowid", BigInteger), column("search", String))
_TSVECTOR = table("search", column("search_key", BigInteger), column("words", String), column("marks", String))


def _sqlite(asked: tuple[tuple[str, ...], ...], marks: list[str]) -> _Clauses:
    # Every word is letters and digits, by our own tokeniser: nothing in it can be syntax.
    terms = [f"words : {_fts5_either(phrase)}" for phrase in asked]
    terms += [f'marks : "{word}"' for word in marks]
    return _FTS5.c.rowid, [_FTS5.c.search.op("MATCH")(" AND ".join(terms))]


def _postgresql(asked: tuple[tuple[str, ...], ...], marks: list[str]) -> _Clauses:
    wanted = " & ".join(_tsquery_either(phrase) for phrase in asked)
    clauses: list[ColumnElement[Any]] = [_TSVECTOR.c.words.op("@@")(_tsquery(wanted))]
    if marks:
        clauses.append(_TSVECTOR.c.marks.op("@@")(_tsquery(" & ".join(f"'{word}'" for word in marks))))
    return _TSVECTOR.c.search_key, clauses


def _tsquery(query: str) -> ColumnElement[str]:
    return cast(query, TSQUERY)


def _fts5_either(phrase: tuple[str, ...]) -> str:
    return f"({' OR '.join(map(_fts5_phrase, in_both_scripts(phrase)))})"


def _fts5_phrase(phrase: tuple[str, ...]) -> str:
    if phrase[-1].endswith("*"):
        return f'"{phrase[-1][:-1]}"*'
    return f'"{" ".join(phrase)}"'


def _tsquery_either(phrase: tuple[str, ...]) -> str:
    return f"({' | '.join(map(_tsquery_phrase, in_both_scripts(phrase)))})"


def _tsquery_phrase(phrase: tuple[str, ...]) -> str:
    if phrase[-1].endswith("*"):
        return f"'{phrase[-1][:-1]}':*"
    return "(" + " <-> ".join(f"'{word}'" for word in phrase) + ")"
