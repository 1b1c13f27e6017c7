"""The query language of search: words, and what narrows them; pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs

from feeds.site import LANGUAGES

__all__ = ["Query", "read_query"]

_LONGEST = 200
_LAST_PAGE = 20
_READ = 4000
_PART = re.compile(r'(topic|source|language|since|until):("[^"]*"|\S+)', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What was asked; *problem* says what could not be understood. *until* is not included."""

    text: str = ""
    words: str = ""
    topic: str | None = None
    source: str | None = None
    language: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    page: int = 1
    problem: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked."""
        return not self.text

    @property
    def only_narrows(self) -> bool:
        """Whether there are no words to look for, only what narrows."""
        return not self.words and not self.is_empty


def read_query(query_string: str, *, topics: Collection[str], sources: Collection[str]) -> Query:
    """Return what *query_string* ("q=…&page=2") asks; never raises.

    >>> query = read_query("q=climate+topic%3Aai+since%3A2025-01-01", topics=["ai"], sources=[])
    >>> query.words, query.topic, query.since.year
    ('climate', 'ai', 2025)
    >>> read_query("q=topic:aj", topics=["ai"], sources=[]).problem
    'topic:aj: there is no such topic'
    """
    try:
        fields = parse_qs(query_string[:_READ], keep_blank_values=True, max_num_fields=20)
    except ValueError:  # more fields than any form of ours sends
        fields = {}
    text = " ".join(" ".join(fields.get("q", [""])[:1]).split())
    page = fields.get("page", ["1"])[0]
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 4 else 1
    if len(text) > _LONGEST or len(query_string) > _READ or (query_string and not fields):
        return Query(text=text[:_LONGEST], problem=f"longer than {_LONGEST} characters")
    found: dict[str, str] = {}
    problem = ""
    for match in _PART.finditer(text):
        name, value = match[1].lower(), match[2].strip('"')
        found[name] = value
        problem = problem or _problem(name, value, {"topic": topics, "source": sources})
    return Query(
        text=text,
        words=" ".join(_PART.sub(" ", text).split()),
        topic=found.get("topic"),
        source=found.get("source"),
        language=next((one for one in LANGUAGES if one.lower() == found.get("language", "").lower()), None),
        since=_day(found.get("since", "")),
        until=_next_day(found.get("until", "")),
        page=max(1, min(number, _LAST_PAGE)),
        problem=problem,
    )


def _problem(name: str, value: str, known: dict[str, Collection[str]]) -> str:
    if name in known:
        return "" if value in known[name] else f"{name}:{value}: there is no such {name}"
    if name == "language":
        known_languages = ", ".join(LANGUAGES)
        right = value.lower() in {one.lower() for one in LANGUAGES}
        return "" if right else f"language:{value}: expected one of {known_languages}"
    return "" if _day(value) else f"{name}:{value}: expected a day such as 2025-06-12"


def _day(text: str) -> datetime | None:
    try:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    except ValueError:
        return None


def _next_day(text: str) -> datetime | None:
    day = _day(text)
    return day + timedelta(days=1) if day and day.year < 9999 else None
