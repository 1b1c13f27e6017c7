"""Reads when something was said: the dates and times that publishers write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from crawler.normalise.clock import Clock, clocks, read_zone
from crawler.normalise.dateform import COMPACT, DATES, IN_ADDRESS, LABELS, MONTH_DAY, is_range_end, joins_range
from crawler.normalise.dateword import MONTHS, plain_digits, weekday_in

__all__ = ["date_in_address", "read_date"]

_LONGEST = 4000  # a date that matters stands early; a page handed in by mistake costs no more than this
_DAYS = {
    "前日": -2, "前天": -2, "day before yesterday": -2, "anteontem": -2, "昨": -1, "yesterday": -1, "ontem": -1, "last night": -1,  # noqa: E501 - a table or a pattern that reads better whole
    "today": 0, "tonight": 0, "this morning": 0, "this afternoon": 0, "this evening": 0, "hoje": 0, "今日": 0, "今天": 0,  # noqa: E501 - a table or a pattern that reads better whole
    "今早": 0, "今晚": 0, "今晨": 0, "今午": 0, "tomorrow": 1, "amanhã": 1, "明日": 1, "明天": 1,
}  # fmt: skip
_RELATIVE = re.compile(
    "|".join(rf"\b{word}\b" if word.isascii() or word == "amanhã" else word for word in _DAYS) + "|昨[日天晚夜早晨午]?"
)
_AGO = re.compile(
    r"(?:há |ha )?(?P<n>\d{1,3}|an?|one|um|uma) ?(?P<unit>seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|segundos?|minutos?|horas?|dias?|semanas?|"  # noqa: E501 - a table or a pattern that reads better whole
    r"秒[鐘钟]?|分[鐘钟]?|個?小時|个?小时|個?鐘頭|天|日|週|周|[個个]?星期)(?P<ago> ?ago| atrás|之?前|以前)?"
)
_NOW = re.compile(r"\bjust now\b|剛剛|刚刚|\bagora mesmo\b")


@dataclass(frozen=True, slots=True)
class _Found:
    """A date in a text: where it stands, and whether its writer gave the year."""

    start: int
    end: int
    day: date
    dated: bool
    label: int = 9  # which kind of label announces it: the lower, the surer


def read_date(text: str, *, zone: str, seen: datetime) -> datetime | None:
    """Return the instant that *text* states, aware, or None where it states none.

    A date without a time is midnight in *zone*. A date without a year is the last
    one before *seen*, the moment the text was met (local where it is naive), with 7 days of grace; a named
    day of the week decides between years. A date in the text beats "today". Day
    comes before month where both could be meant. Ranges of days are no date.

    >>> from datetime import UTC
    >>> seen = datetime(2025, 6, 13, tzinfo=UTC)
    >>> read_date("today (June 12) attended", zone="Asia/Hong_Kong", seen=seen).isoformat()
    '2025-06-12T00:00:00+08:00'
    >>> read_date("二〇二五年六月十二日下午六時五分", zone="Asia/Macau", seen=seen).isoformat()
    '2025-06-12T18:05:00+08:00'
    >>> read_date("12 de junho de 2025, 18h05", zone="Asia/Macau", seen=seen).isoformat()
    '2025-06-12T18:05:00+08:00'
    >>> read_date("June 12-14", zone="Asia/Macau", seen=seen)
    """
    place = read_zone(zone)
    plain = plain_digits(text[:_LONGEST])
    try:
        now = (seen if seen.tzinfo else seen.replace(tzinfo=place)).astimezone(place)
        return _read(plain, text, place, now)
    except OverflowError:  # the year 1 or 9999 moved by a zone
        return None


def date_in_address(url: str, *, zone: str) -> datetime | None:
    """Return midnight in *zone* of the day that the path of *url* names, or None.

    >>> date_in_address("https://a.hk/gia/202506/12/P2025061200000.htm", zone="Asia/Hong_Kong").isoformat()
    '2025-06-12T00:00:00+08:00'
    >>> date_in_address("http://a.cn/2019-09/18/content_5.htm", zone="Asia/Shanghai").day
    18
    >>> date_in_address("http://a.cn/art/2026/4/7/art_33_1.html", zone="Asia/Shanghai").day
    7
    """
    match = next((found for pattern in IN_ADDRESS if (found := pattern.search(url))), None)
    day = _day(int(match[1]), int(match[2]), int(match[3])) if match else None
    return datetime.combine(day, time(), read_zone(zone)) if day else None


def _read(plain: str, text: str, place: tzinfo, now: datetime) -> datetime | None:
    whole = _whole(plain.strip(" ."), place, now)
    if whole:
        return whole
    found = _choose(_dates(plain, text, now))
    times = list(clocks(plain))
    if found:
        return _at(found.day, _nearest(times, found), place)
    if _AGO.search(plain) or _NOW.search(plain):
        moment = _ago(plain, now)
        if moment:
            return moment
    relative = _RELATIVE.search(plain)
    if relative:
        word = relative[0]
        day = now.date() + timedelta(days=_DAYS["昨" if word[0] == "昨" else word])
        where = _Found(relative.start(), relative.end(), day, dated=False)
        return _at(day, _nearest(times, where), place)
    return None


def _whole(plain: str, place: tzinfo, now: datetime) -> datetime | None:
    """Read forms that are a date only when nothing else stands there: 20250612, 06-12."""
    compact = COMPACT.match(plain)
    if compact and (day := _day(int(compact[1]), int(compact[2]), int(compact[3]))):
        hour, minute, second = (int(compact[n] or 0) for n in (4, 5, 6))
        if hour < 24 and minute < 60 and second < 60:
            return datetime.combine(day, time(hour, minute, second), read_zone(compact[7]) if compact[7] else place)
    short = MONTH_DAY.match(plain)
    if short and (plain[0] in "[(0" or short[3]):
        day = _near(int(short[1]), int(short[2]), now, None)
        return _at(day, next(iter(clocks(short[3] or "")), None), place) if day else None
    return None


def _dates(plain: str, text: str, now: datetime) -> list[_Found]:
    """Return the dates in *plain*, in their order, without those that are the ends of a range."""
    taken: list[_Found] = []
    ranges: set[tuple[int, int]] = set()
    for pattern in DATES:
        for match in pattern.finditer(plain):
            if any(match.start() < other.end and other.start < match.end() for other in taken):
                continue
            found = _found(match, plain, text, now)
            if not found:
                continue
            taken.append(found)
            if is_range_end(plain, match.start(), match.end()):
                ranges.add((found.start, found.end))
    taken.sort(key=lambda found: found.start)
    for first, second in pairwise(taken):
        if joins_range(plain, first.end, second.start):
            ranges |= {(first.start, first.end), (second.start, second.end)}
    return [found for found in taken if (found.start, found.end) not in ranges]


def _found(match: re.Match[str], plain: str, text: str, now: datetime) -> _Found | None:
    named = match.groupdict()
    month_name = named.get("mon")
    if month_name and not _is_month(match, month_name, text, plain):
        return None
    around = plain[max(0, match.start() - 30) : match.end() + 20]
    year = named.get("y") or named.get("y2")
    day: date | None
    if named.get("a"):
        first, second = int(named["a"]), int(named["b"])
        full = _full_year(int(year or 0), roc=False)
        day = _day(full, second, first) or _day(full, first, second)
    elif year:
        roc = named.get("roc") is not None or 84 <= int(year.strip("'")) <= 199
        month = MONTHS[month_name] if month_name else int(named["m"])
        day = _day(_full_year(int(year.strip("'")), roc=roc), month, int(named["d"]))
    elif named.get("m") or month_name:
        month = MONTHS[month_name] if month_name else int(named["m"])
        shift = {"今年": 0, "去年": -1, "明年": 1}.get(named.get("near") or "")
        if shift is not None:
            day = _day(now.year + shift, month, int(named["d"]))
        else:
            day = _near(month, int(named["d"]), now, weekday_in(around))
    else:
        day = _near_day(int(named["d"]), now)
    if day is None:
        return None
    before = plain[max(0, match.start() - 24) : match.start()]
    label = next((rank for rank, pattern in enumerate(LABELS) if year and pattern.search(before)), 9)
    return _Found(match.start(), match.end(), day, dated=bool(year), label=label)


def _is_month(match: re.Match[str], name: str, text: str, plain: str) -> bool:
    """Say whether a word is meant as a month: "may", "set", "out", "mar" are other words as well."""
    if (
        match["y"]
        or match.groupdict().get("y2")
        or name
        not in {
            "may",
            "mar",
            "set",
            "out",
            "ago",
            "mai",
            "dez",
            "abr",
            "fev",
            "sep",
            "dec",
            "nov",
            "oct",
            "jan",
        }
    ):
        return True
    if "de " in (match.groupdict().get("de") or ""):
        return True
    start = match.start("mon")
    as_written = text[start : start + len(name)] if len(text) == len(plain) or text[:start].isascii() else name.title()
    return name not in {"set", "out", "ago"} and as_written[:1].isupper()


def _full_year(year: int, *, roc: bool) -> int:
    if roc and year < 200:
        return year + 1911
    if year < 100:
        return year + (2000 if year < 70 else 1900)
    return year


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1900 <= year < 2200 else None
    except ValueError:
        return None


def _near(month: int, day: int, now: datetime, weekday: int | None) -> date | None:
    """Return the last such day before *now*, 7 days of grace given, on that *weekday* where it is known."""
    limit = now.date() + timedelta(days=7)
    years = range(limit.year, limit.year - 12, -1)
    days = [found for year in years if (found := _day(year, month, day)) and found <= limit]
    if weekday is not None:
        days = [found for found in days if found.weekday() == weekday] or days
    return days[0] if days else None


def _near_day(day: int, now: datetime) -> date | None:
    limit = now.date() + timedelta(days=7)
    for back in range(62):
        found = limit - timedelta(days=back)
        if found.day == day:
            return found
    return None


def _choose(found: list[_Found]) -> _Found | None:
    """Take what a label announces, else what comes first."""
    return min(found, key=lambda one: one.label, default=None)


def _nearest(times: list[Clock], found: _Found) -> Clock | None:
    """Return the time that belongs to the date: the next behind it, else the last before it, both near."""
    inside = next((clock for clock in times if found.start <= clock.start < found.end), None)
    if inside:
        return inside
    behind = [clock for clock in times if clock.start >= found.end and clock.start - found.end <= 60]
    before = [clock for clock in times if clock.end <= found.start and found.start - clock.end <= 40]
    if behind and before and found.start - before[-1].end < behind[0].start - found.end - 6:
        return before[-1]
    return behind[0] if behind else before[-1] if before else None


def _at(day: date, clock: Clock | None, place: tzinfo) -> datetime:
    if clock is None:
        return datetime.combine(day, time(), place)
    moment = datetime.combine(day, time(clock.hour % 24, clock.minute, clock.second), clock.zone or place)
    return moment + timedelta(days=1) if clock.hour == 24 else moment


def _ago(plain: str, now: datetime) -> datetime | None:
    if _NOW.search(plain):
        return now
    for match in _AGO.finditer(plain):
        if not (match["ago"] or match[0].startswith(("há ", "ha "))):
            continue
        count = int(match["n"]) if match["n"].isdigit() else 1
        unit = match["unit"]
        seconds = next(size for words, size in _SIZES if unit.startswith(words))
        return now - timedelta(seconds=count * seconds)
    return None


_SIZES: tuple[tuple[tuple[str, ...], int], ...] = (
    (("sec", "seg", "秒"), 1),
    (("min", "分"), 60),
    (("hour", "hr", "hora", "個小", "个小", "小", "個鐘", "鐘"), 3600),
    (("day", "dia", "天", "日"), 86400),
    (("week", "semana", "週", "周", "星", "個星", "个星"), 604800),
)
