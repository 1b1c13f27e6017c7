"""Days as listings write them: found fast in short texts, day and month told apart by the whole page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Literal, TypeAlias

__all__ = ["Day", "days_in", "month_in", "parted_day", "settle", "short_day", "without_days", "year_in"]

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan janeiro enero ene januar janvier janv jänner januari gennaio gen",
            "february feb fevereiro fev febrero februar février févr fevrier februari febbraio",
            "march mar março marco marzo märz mrz mars maart",
            "april apr abril abr avril avr aprile",
            "may maio mai mayo mei maggio mag",
            "june jun junho junio juni juin giugno giu",
            "july jul julho julio juli juillet juil luglio lug",
            "august aug agosto ago août aout augustus",
            "september sep sept setembro set septiembre setiembre septembre settembre",
            "october oct outubro out octubre octobre oktober okt ottobre ott",
            "november nov novembro noviembre novembre",
            "december dec dezembro dez diciembre dic dezember décembre déc dicembre",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_THAI = {
    name: number
    for number, names in enumerate(
        (
            "มกราคม ม.ค.", "กุมภาพันธ์ ก.พ.", "มีนาคม มี.ค.", "เมษายน เม.ย.", "พฤษภาคม พ.ค.", "มิถุนายน มิ.ย.",
            "กรกฎาคม ก.ค.", "สิงหาคม ส.ค.", "กันยายน ก.ย.", "ตุลาคม ต.ค.", "พฤศจิกายน พ.ย.", "ธันวาคม ธ.ค.",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_WORD = "|".join(sorted(_MONTHS, key=len, reverse=True))
_THAI_WORD = "|".join(map(re.escape, sorted(_THAI, key=len, reverse=True)))
_YEAR = r"(?:19|20)\d\d"
_DAY = re.compile(
    rf"(?<![\d.])(?P<y1>{_YEAR})\s?(?P<s1>[-/.])\s?(?P<m1>\d{{1,2}})\s?(?P=s1)\s?(?P<d1>\d{{1,2}})(?!\d)"
    r"|(?:民國|民国|(?P<era>令和))?(?<!\d)(?P<y2>\d{2,4}|(?<=令和)\d)\s?[年년]\s?(?P<m2>\d{1,2})\s?[月월]\s?"
    r"(?P<d2>\d{1,2})\s?[日일]?"
    rf"|\b(?P<w3>{_WORD})\b\.?\s{{0,2}}(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?,?\s{{0,2}}(?P<y3>{_YEAR})(?!\d)"
    rf"|(?<!\d)(?P<d4>\d{{1,2}})(?:st|nd|rd|th|er|\.?º)?(?:\s{{0,2}}|-|/|\.\s?)(?:de\s)?(?P<w4>{_WORD})\b\.?,?"
    rf"(?:\s{{0,2}}|-|/|’|')(?:del?\s)?(?P<y4>{_YEAR}|\d\d(?!\d|:))(?!\d)"
    rf"|(?<![\d/.-])(?P<a5>\d{{1,2}})(?P<s5>[-/.])(?P<b5>\d{{1,2}})(?P=s5)(?P<y5>{_YEAR}|25[4-7]\d|\d\d)"
    r"(?![\d/-]|\.\d)"
    r"|(?<![\d/.-])(?P<y6>1[01]\d|[89]\d)(?P<s6>[-/.])(?P<m6>\d{1,2})(?P=s6)(?P<d6>\d{1,2})(?![\d/-]|\.\d)"
    rf"|(?<!\d)(?P<y7>20\d\d)(?P<m7>0[1-9]|1[0-2])(?P<d7>0[1-9]|[12]\d|3[01])(?!\d)"
    rf"|(?<!\d)(?P<d8>\d{{1,2}})\s?(?P<w8>{_THAI_WORD})\s?(?:พ\.ศ\.\s?)?(?P<y8>25[4-7]\d|{_YEAR})(?!\d)",
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
_ALONE = re.compile(rf"(?<![\d/.-]){_YEAR}(?!\d|[/.-]\d)")
_FEW = 40
_MONTH_DAY = re.compile(
    rf"(?P<w1>{_WORD})\.?\s(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?|(?P<d2>\d{{1,2}})(?:st|nd|rd|th|er)?\.?\s(?:de\s)?(?P<w2>{_WORD})\.?"
    r"|(?P<m3>0[1-9]|1[0-2])[-/.](?P<d3>0[1-9]|[12]\d|3[01])|(?P<m4>\d{1,2})\s?[月월]\s?(?P<d4>\d{1,2})\s?[日일]?",
    re.IGNORECASE,
)
# What every form of a day has in it; most texts with a number have none of it, which is seen at once.
_HINT = re.compile(
    r"(?:19|20|25)\d\d|[年년]|\d(?:[-/.]\d{1,2}[-/.]\d|"
    r"\D{0,7}(?:jan|jän|ene|gen|feb|fev|f[ée]v|mar|mär|maa|apr|abr|avr|ma[igy]|mei|jun|jul|jui|giu|lug|aug|ago|ao[uû]|sep|set|o[ck]t|out|ott|nov|d[eéi][cz]))",
    re.IGNORECASE,
)
_ROC, _REIWA, _BUDDHIST = 1911, 2018, 543
_LAST_DAY = 31
_SEVERAL = 3
_DRESS = " \t-–—|:：,，()（）[]【】·•"


Order: TypeAlias = Literal["day", "month", "year"]


@dataclass(frozen=True, slots=True)
class Day:
    """A day in a text: what its numbers are is told by `settle` when *open* (day, month, or year if *short*, first)."""

    first: int
    second: int
    year: int
    start: int
    end: int
    open: bool = False
    short: bool = False

    def read(self, *, order: Order) -> date | None:
        """Return the day, None where it is none in the calendar; *order* says what an open one begins with."""
        year, month, day = self.year, self.first, self.second
        if self.open and order == "day":
            month, day = day, month
        elif self.open and order == "year" and year % 100 <= _LAST_DAY:
            year, month, day = _year(str(self.first)), self.second, self.year % 100
        try:
            return date(year, month, day)
        except ValueError:
            return None


@lru_cache(maxsize=16384)
def days_in(text: str) -> tuple[Day, ...]:
    """Return the days that *text* names with their year, in order.

    >>> [str(day.read(order="day")) for day in days_in("12 June 2025; 2025年6月13日; 115.03.19; 1/2/2026")]
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

    >>> str(parted_day("27 2026.04 News").read(order="day")), parted_day("27 News")
    ('2026-04-27', None)
    >>> texts = ("06-20 2026", "2026 06/20", "20.06 2026", "2026 Jun 20")
    >>> [str(parted_day(text).read(order="day")) for text in texts]
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


def year_in(text: str) -> tuple[int, int] | None:
    """Return the year and 0 where *text* names one year in few words, and no day or month.

    >>> year_in("2026年度"), year_in("Press releases 2026"), year_in("12 April 2026"), year_in("2025-26")
    ((2026, 0), (2026, 0), None, None)
    """
    years = _ALONE.findall(text) if len(text) < _FEW else []
    if len(years) != 1 or days_in(text) or month_in(text):
        return None
    return int(years[0]), 0


def short_day(text: str) -> tuple[int, int] | None:
    """Return month and day where *text* is a day without its year.

    >>> short_day("Mar 12"), short_day("03-12"), short_day("3月12日"), short_day("March 12, 2026")
    ((3, 12), (3, 12), (3, 12), None)
    """
    match = _MONTH_DAY.fullmatch(text.strip(_DRESS))
    if match is None:
        return None
    word = match["w1"] or match["w2"]
    month = _MONTHS[word.lower()] if word else int(match["m3"] or match["m4"])
    return month, int(match["d1"] or match["d2"] or match["d3"] or match["d4"])


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


def settle(days: Iterable[Day], *, american: bool = False) -> Order:
    """Return what comes first in the open ones of *days*: what the calendar, their order and span say.

    >>> settle(days_in("3/28/2026 3/27/2026")), settle(days_in("20-09-22 20-09-09 19-12-30"))
    ('month', 'year')
    """
    usual: Order = "month" if american else "day"
    doubtful = [day for day in days if day.open]
    if not doubtful:
        return usual
    orders: list[Order] = [usual, "day" if american else "month"]
    if len(doubtful) >= _SEVERAL and all(day.short for day in doubtful):
        orders.append("year")
    told = {order: [day.read(order=order) for day in doubtful] for order in orders}
    return min(orders, key=lambda order: (told[order].count(None), *_disorder([day for day in told[order] if day])))


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
        since = _REIWA if part["era"] else _ROC
        return Day(int(part["m2"]), int(part["d2"]), year + since if year < 200 else year, *span)
    if part["w3"]:
        return Day(_MONTHS[part["w3"].lower()], int(part["d3"]), int(part["y3"]), *span)
    if part["w4"]:
        return Day(_MONTHS[part["w4"].lower()], int(part["d4"]), _year(part["y4"]), *span)
    if part["y5"]:
        short = len(part["y5"]) == len("26")
        return Day(int(part["a5"]), int(part["b5"]), _year(part["y5"]), *span, open=True, short=short)
    if part["y6"]:
        return Day(int(part["m6"]), int(part["d6"]), int(part["y6"]) + _ROC, *span)
    if part["y7"]:
        return Day(int(part["m7"]), int(part["d7"]), int(part["y7"]), *span)
    if part["y8"]:
        return Day(_THAI[part["w8"].lower()], int(part["d8"]), _year(part["y8"]), *span)
    return None


def _year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year - _BUDDHIST if year > 2400 else year
    return year + (2000 if year < 70 else 1900)
