"""The query language of search: words, and what narrows them; pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs

from feeds.error import ConfigError, did_you_mean
from feeds.site import LANGUAGES
from feeds.where import Where, parse

__all__ = ["LAST_PAGE", "Query", "read_query"]

LAST_PAGE = 20
_LONGEST = 200
_READ = 4000
_PART = re.compile(r'(?<!\S)(-?)(topic|source|language|author|since|until):("[^"]*"|\S+)', re.IGNORECASE)
_WHERE = re.compile(r"(?<!\S)where:\(", re.IGNORECASE)
# What neither a feed nor a page could repeat: no character of XML, or one that turns the text around.
_NONE = re.compile("[^ -~\\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")
_DAYS = ("since", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What was asked; *problem* says what could not be understood. *until* is not included."""

    text: str = ""
    words: str = ""
    where: Where | None = None
    language: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    page: int = 1
    problem: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked."""
        return not self.text


def read_query(query_string: str, *, topics: Collection[str], sources: Collection[str]) -> Query:
    """Return what *query_string* ("q=…&where=…&page=2") asks; never raises.

    Words, "words side by side", -word; topic:, source:, language: and author:, each also
    behind a minus; since: and until: with a day; where:(…) with an expression of all these,
    which may also stand in a field of its own.
    *language* is the one that a page about it would be in.

    >>> query = read_query("q=climate+topic%3Aai+-source%3Aa+since%3A2025-01-01", topics=["ai"], sources=["a"])
    >>> query.words, query.where.text, query.since.year
    ('climate', 'topic:ai and not source:a', 2025)
    >>> read_query("where=ai+and+data", topics=["ai", "data"], sources=[]).text
    'where:(ai and data)'
    >>> read_query("q=topic:aj", topics=["ai"], sources=[]).problem
    'topic:aj: there is no such topic'
    """
    try:
        fields = parse_qs(query_string[:_READ], keep_blank_values=True, max_num_fields=20)
    except ValueError:  # more fields than any form of ours sends
        fields = {}
    text, where = (_NONE.sub(" ", fields.get(name, [""])[0]).strip() for name in ("q", "where"))
    text = " ".join(f"{text} where:({where})".split() if where else text.split())
    page = fields.get("page", ["1"])[0]
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 4 else 1
    if len(text) > _LONGEST or len(query_string) > _READ or (query_string and not fields):
        return Query(text=text[:_LONGEST], problem=f"longer than {_LONGEST} characters")
    rest, expressions = _expressions(text)
    days: dict[str, str] = {}
    language = None
    problem = ""
    for match in _PART.finditer(rest):
        minus, name, value = match[1], match[2].lower(), match[3].strip('"')
        problem = problem or _problem(minus, name, value, {"topic": topics, "source": sources})
        if name in _DAYS:
            days[name] = value
        elif not problem:
            expressions.append(f"{'not ' if minus else ''}{name}:{_quoted(value)}")
            language = _language(value) if name == "language" and not minus else language
    chosen, told = _where(expressions, topics, sources)
    return Query(
        text=text,
        words=" ".join(_PART.sub(" ", rest).split()),
        where=chosen,
        language=language,
        since=_day(days.get("since", "")),
        until=_next_day(days.get("until", "")),
        page=max(1, min(number, LAST_PAGE)),
        problem=problem or told,
    )


def _expressions(text: str) -> tuple[str, list[str]]:
    """Return *text* without its where:(…), and what stood in them, parentheses kept.

    >>> _expressions("ferry where:(ai or (data and not pt)) pier")
    ('ferry  pier', ['(ai or (data and not pt))'])
    """
    found = []
    while match := _WHERE.search(text):
        depth, end = 1, match.end()
        while depth and end < len(text):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        found.append(text[match.end() - 1 : end])
        text = text[: match.start()] + text[end:]
    return text, found


def _where(expressions: list[str], topics: Collection[str], sources: Collection[str]) -> tuple[Where | None, str]:
    if not expressions:
        return None, ""
    try:
        return parse(" and ".join(expressions), topics=topics, sources=sources), ""
    except ConfigError as error:
        return None, str(error)


def _problem(minus: str, name: str, value: str, known: dict[str, Collection[str]]) -> str:
    if name in known:
        told = f"{name}:{value}: there is no such {name}{did_you_mean(value, known[name])}"
        return "" if value in known[name] else told
    if name == "language":
        return "" if _language(value) else f"language:{value}: expected one of {', '.join(LANGUAGES)}"
    if name == "author":
        return "" if value.strip() else "author: expected a name"
    if minus:
        return f"-{name}:{value}: a day has no minus: expected since: or until:"
    return "" if _day(value) else f"{name}:{value}: expected a day such as 2025-06-12"


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"[\s()]", value) else value


def _language(value: str) -> str | None:
    return next((one for one in LANGUAGES if one.lower() == value.lower()), None)


def _day(text: str) -> datetime | None:
    try:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    except ValueError:
        return None


def _next_day(text: str) -> datetime | None:
    day = _day(text)
    return day + timedelta(days=1) if day and day.year < 9999 else None
