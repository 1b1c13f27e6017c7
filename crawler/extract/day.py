"""Days as listings write them: found fast in short texts, day and month told apart by the whole page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise

__all__ = ["Day", "days_in", "month_in", "parted_day", "settle", "without_days"]

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan janeiro", "february feb fevereiro fev", "march mar março marco", "april apr abril abr",
            "may maio mai", "june jun junho", "july jul julho", "august aug agosto ago",
            "september sep sept setembro set",
            "october oct outubro out", "november nov novembro", "december dec dezembro dez",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_WORD = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?:19|20)\d\d"
_DAY = re.compile(
    rf"(?<![\d.])(?P<y1>{_YEAR})\s?(?P<s1>[-/.])\s?(?P<m1>\d{{1,2}})\s?(?P=s1)\s?(?P<d1>\d{{1,2}})(?!\d)"
    r"|(?:民國|民国)?(?<!\d)(?P<y2>\d{2,4})\s?年\s?(?P<m2>\d{1,2})\s?月\s?(?P<d2>\d{1,2})\s?日?"
    rf"|\b(?P<w3>{_WORD})\b\.?\s{{0,2}}(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?,?\s{{0,2}}(?P<y3>{_YEAR})(?!\d)"
    rf"|(?<!\d)(?P<d4>\d{{1,2}})(?:st|nd|rd|th|\.?º)?(?:\s{{0,2}}|-|/|\.\s?)(?:de\s)?(?P<w4>{_WORD})\b\.?,?"
    rf"(?:\s{{0,2}}|-|/|’|')(?:de\s)?(?P<y4>{_YEAR}|\d\d(?!\d|:))(?!\d)"
    rf"|(?<![\d/.-])(?P<a5>\d{{1,2}})(?P<s5>[-/.])(?P<b5>\d{{1,2}})(?P=s5)(?P<y5>{_YEAR}|\d\d)(?![\d/-]|\.\d)"
    r"|(?<![\d/.-])(?P<y6>1[01]\d|[89]\d)(?P<s6>[-/.])(?P<m6>\d{1,2})(?P=s6)(?P<d6>\d{1,2})(?![\d/-]|\.\d)"
    rf"|(?<!\d)(?P<y7>20\d\d)(?P<m7>0[1-9]|1[0-2])(?P<d7>0[1-9]|[12]\d|3[01])(?!\d)",
    re.IGNORECASE,
)
# Parts that stand in elements of their own: "27" over "2026-04", "06-20" over "2026", or the other way round.
_PARTED = re.compile(
    rf"(?<![\d.:-])(?P<d1>\d{{1,2}})日?\s+(?P<y1>{_YEAR})\s?[-/.年]\s?(?P<m1>\d{{1,2}})(?![\d/.-])"
    rf"|(?<!\d)(?P<y2>{_YEAR})\s?[-/.年]\s?(?P<m2>\d{{1,2}})\s?月?\s+(?P<d2>\d{{1,2}})(?![\d/.:-])"
    rf"|(?<![\d/.:-])(?P<m3>\d{{1,2}})\s?(?P<s3>[-/.月])\s?(?P<d3>\d{{1,2}})日?\s+(?P<y3>{_YEAR})年?(?![\d/.:-])"
    rf"|(?<![\d/.:-])(?P<y4>{_YEAR})年?\s+(?P<m4>\d{{1,2}})\s?[-/.月]\s?(?P<d4>\d{{1,2}})日?(?![\d/.:-])"
    rf"|(?<![\d/.:-])(?P<y5>{_YEAR})\s+(?P<m5>0[1-9]|1[0-2]|(?:{_WORD})\b\.?)\s+(?P<d5>\d{{1,2}})(?![\d/.:-])"
    rf"|(?<![\d/.:-])(?P<d6>[0-3]\d)\s+(?P<m6>0[1-9]|1[0-2])\s+(?P<y6>{_YEAR})(?![\d/.:-])",
    re.IGNORECASE,
)
_MONTH = re.compile(
    rf"(?:(?P<word>{_WORD})\.?(?: de)?,? (?P<y1>{_YEAR})|(?P<y2>{_YEAR})\s?[-/.年]\s?(?P<m2>\d{{1,2}})\s?月?)",
    re.IGNORECASE,
)
# What every form of a day has in it; most texts with a number have none of it, which is seen at once.
_HINT = re.compile(
    r"(?:19|20)\d\d|年|\d(?:[-/.]\d{1,2}[-/.]\d|"
    r"\D{0,7}(?:jan|feb|fev|mar|apr|abr|ma[iy]|jun|jul|aug|ago|sep|set|oct|out|nov|dec|dez))",
    re.IGNORECASE,
)
_ROC = 1911
_DRESS = " \t-–—|:：,，()（）[]【】·•"


@dataclass(frozen=True, slots=True)
class Day:
    """A day in a text: its two numbers are told apart by `settle` when *open* (day or month first)."""

    first: int
    second: int
    year: int
    start: int
    end: int
    open: bool = False

    def read(self, *, month_first: bool) -> date | None:
        """Return the day, None where it is none in the calendar."""
        month, day = (self.first, self.second) if month_first or not self.open else (self.second, self.first)
        try:
            return date(self.year, month, day)
        except ValueError:
            return None


@lru_cache(maxsize=16384)
def days_in(text: str) -> tuple[Day, ...]:
    """Return the days that *text* names with their year, in order.

    >>> [str(day.read(month_first=False)) for day in days_in("12 June 2025; 2025年6月13日; 115.03.19; 1/2/2026")]
    ['2025-06-12', '2025-06-13', '2026-03-19', '2026-02-01']
    """
    if len(text) < 6 or _HINT.search(text) is None:
        return ()
    found = []
    for match in _DAY.finditer(text):
        day = _day(match)
        if day is not None and 1970 <= day.year <= 2100:
            found.append(day)
    return tuple(found)


def parted_day(text: str) -> Day | None:
    """Return the day that *text* names in parts: its number, or month and number, and the rest beside it.

    Month and number before their year may be the other way round with "/" and "." between them.

    >>> str(parted_day("27 2026.04 News").read(month_first=False)), parted_day("27 News")
    ('2026-04-27', None)
    >>> texts = ("06-20 2026", "2026 06/20", "20.06 2026", "2026 Jun 20")
    >>> [str(parted_day(text).read(month_first=False)) for text in texts]
    ['2026-06-20', '2026-06-20', '2026-06-20', '2026-06-20']
    """
    match = _PARTED.search(text)
    if match is None:
        return None
    said = [next(value for number in "123456" if (value := match[f"{name}{number}"])) for name in "dmy"]
    day, month, year = (_MONTHS.get(part.lower().rstrip(".")) or int(part) for part in said)
    if month > 12 >= day and match["m3"]:
        day, month = month, day
    may_be_turned = match["s3"] in {"/", "."} or match["d6"] is not None
    return Day(month, day, year, *match.span(), open=may_be_turned and month <= 12 and day <= 12)


def month_in(text: str) -> tuple[int, int] | None:
    """Return year and month where *text* names a month and no more.

    >>> month_in("April 2026"), month_in("2026年4月"), month_in("12 April 2026")
    ((2026, 4), (2026, 4), None)
    """
    match = _MONTH.fullmatch(text.strip(" :–-"))
    if match is None:
        return None
    month = _MONTHS[match["word"].lower()] if match["word"] else int(match["m2"])
    return (int(match["y1"] or match["y2"]), month) if 1 <= month <= 12 else None


def without_days(titles: Sequence[str]) -> list[str]:
    """Return *titles* without the day that most of them begin or end with; a day that one title names stays.

    >>> without_days(["A v B (20 March 2026)", "C v D (19 March 2026)", "E v F of 1999 (18 March 2026)"])
    ['A v B', 'C v D', 'E v F of 1999']
    """
    cut = [_cut(title) for title in titles]
    ends = sum(before != title for title, (before, _) in zip(titles, cut, strict=True))
    begins = sum(after != title for title, (_, after) in zip(titles, cut, strict=True))
    if len(titles) >= 3 and max(ends, begins) >= 0.6 * len(titles):
        return [before if ends >= begins else after for before, after in cut]
    return list(titles)


def _cut(title: str) -> tuple[str, str]:
    """Return *title* without a day at its end, and without one at its beginning; as it is where hardly any is left."""
    days = days_in(title)
    if not days:
        return title, title
    before, rest = title[: days[-1].start].rstrip(_DRESS), title[days[-1].end :].strip(_DRESS)
    after, rest_before = title[days[0].end :].lstrip(_DRESS), title[: days[0].start].strip(_DRESS)
    whole = title.strip()
    return (
        before if not rest and len(before) >= 4 else whole,
        after if not rest_before and len(after) >= 4 else whole,
    )


def settle(days: Iterable[Day], *, american: bool = False) -> bool:
    """Return whether the month comes first in the open ones of *days*: what the calendar, order and span say.

    >>> settle(days_in("3/28/2026 3/27/2026")), settle(days_in("28/3/2026"))
    (True, False)
    """
    doubtful = [day for day in days if day.open]
    if not doubtful:
        return american
    wrong = {first: sum(day.read(month_first=first) is None for day in doubtful) for first in (True, False)}
    if wrong[True] != wrong[False]:
        return wrong[True] < wrong[False]
    told = {first: [day.read(month_first=first) for day in doubtful] for first in (True, False)}
    cost = {first: _disorder([day for day in told[first] if day is not None]) for first in (True, False)}
    return american if cost[True] == cost[False] else cost[True] < cost[False]


def _disorder(days: Sequence[date]) -> tuple[int, int]:
    """Return how often a list of days turns back, and the time it spans: right dates do both less."""
    if not days:
        return (0, 0)
    falls = sum(a < b for a, b in pairwise(days))
    rises = sum(a > b for a, b in pairwise(days))
    return (min(falls, rises), (max(days) - min(days)).days)


def _day(match: re.Match[str]) -> Day | None:  # noqa: PLR0911 - one way of writing each
    part = match.groupdict()
    span = match.span()
    if part["y1"]:
        return Day(int(part["m1"]), int(part["d1"]), int(part["y1"]), *span)
    if part["y2"]:
        year = int(part["y2"])
        return Day(int(part["m2"]), int(part["d2"]), year + _ROC if year < 200 else year, *span)
    if part["w3"]:
        return Day(_MONTHS[part["w3"].lower()], int(part["d3"]), int(part["y3"]), *span)
    if part["w4"]:
        return Day(_MONTHS[part["w4"].lower()], int(part["d4"]), _year(part["y4"]), *span)
    if part["y5"]:
        return Day(int(part["a5"]), int(part["b5"]), _year(part["y5"]), *span, open=True)
    if part["y6"]:
        return Day(int(part["m6"]), int(part["d6"]), int(part["y6"]) + _ROC, *span)
    if part["y7"]:
        return Day(int(part["m7"]), int(part["d7"]), int(part["y7"]), *span)
    return None


def _year(text: str) -> int:
    year = int(text)
    return year if year > 99 else year + (2000 if year < 70 else 1900)
