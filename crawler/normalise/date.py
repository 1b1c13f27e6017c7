"""Reads when something was said: the dates and times that publishers write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from crawler.normalise.clock import Clock, clocks, read_zone
from crawler.normalise.dateword import MONTHS, plain_digits, weekday_in

__all__ = ["date_in_address", "read_date"]

_LONGEST = 4000  # a date that matters stands early; a page handed in by mistake costs no more than this
_NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
_ORDINAL = r"(?:st|nd|rd|th|\.?[ºª°])?"
_YEAR = r"(?:19|20)\d\d"
_AFTER = r"(?![\d]|[/.-]\d)"
_FORMS = (
    # 2025-06-12, 2025/6/12, 2025.06.12; the T of ISO 8601 may follow
    rf"(?<![\d/.-])(?P<y>{_YEAR})(?P<s1>[-/.]) ?(?P<m>\d{{1,2}})(?P=s1) ?(?P<d>\d{{1,2}})(?!\d|[/.]\d|-\d(?!\d?:))",
    # 2025年6月12日; 民國114年6月12日; 114年6月12日
    r"(?P<roc>民國|民国)? ?(?<!\d)(?P<y>\d{2,4}) ?年 ?(?P<m>\d{1,2}) ?月 ?(?P<d>\d{1,2}) ?[日号號]",
    # 去年6月12日, 6月12日
    r"(?P<near>今年|去年|明年)?(?<![\d年])(?P<m>\d{1,2}) ?月 ?(?P<d>\d{1,2}) ?[日号號]",
    # June 12, 2025; Jun. 12th (Thursday) 2025; June 12
    rf"\b(?P<mon>{_NAMES})\b\.?,? ?(?<!\d)(?P<d>\d{{1,2}}){_ORDINAL}(?:(?:,| |\([^)]{{3,12}}\)|, ?[a-z]{{3,9}}day)*[, ](?P<y>{_YEAR})\b|(?![\d]|[/.:]\d|h\d| ?[ap]\.?m\b))",  # noqa: E501 - a table or a pattern that reads better whole
    # 12 June 2025, 12-Jun-2025, 12 de junho de 2025, 1.º de julho
    rf"(?<![\d/.:-])(?P<d>\d{{1,2}}){_ORDINAL}(?P<de> de | of | do mês de |[ ./-]|,? ?)(?:the )?(?P<mon>{_NAMES})\b\.?(?:(?:,? de |,? do ano de |,? of |[ ,./-]*)(?P<y>{_YEAR}|'?\d\d(?=\b(?![:h\d]| ?[ap]\.?m)))?)",  # noqa: E501 - a table or a pattern that reads better whole
    # 12/06/2025, 12.6.2025, 12-06-2025
    rf"(?<![\d/.-])(?P<a>\d{{1,2}})(?P<s2>[-/.]) ?(?P<b>\d{{1,2}})(?P=s2) ?(?P<y>{_YEAR}){_AFTER}",
    # 12/06/25
    r"(?<![\d/.-])(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<y>\d\d)(?![\d/.-])",
    # 114/06/12, 114.06.12
    rf"(?<![\d/.-])(?P<roc>)(?P<y>1[01]\d|[89]\d)(?P<s3>[-/.])(?P<m>\d{{1,2}})(?P=s3)(?P<d>\d{{1,2}}){_AFTER}",
    # 今（12）日, 本月12日
    r"(?:[今昨前明]|本月) ?[(（]?(?P<d>\d{1,2})[)）]? ?[日号號]",
)
_DATES = tuple(re.compile(form) for form in _FORMS)
_COMPACT = re.compile(rf"({_YEAR})(\d\d)(\d\d)(?:[t ]?(\d\d):?(\d\d)(?::?(\d\d))?(z|[+-]\d\d:?\d\d)?)?\Z")
_MONTH_DAY = re.compile(r"[\[(]?(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[\])]?(?: +(\d\d?:\d\d))?\Z")
_WEEKDAY_WORD = r"(?:,? ?\(?(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\)?,?|,? ?\(?(?:星期|周|週).\)?|,? ?\(?(?:segunda|ter[çc]a|quarta|quinta|sexta)-feira\)?,?|,? ?\(?(?:s[áa]bado|domingo)\)?,?)?"  # noqa: E501 - a table or a pattern that reads better whole
_RANGE = r" ?(?:-|to|until|till|through|and|&|至|到|及|和|與|与|、|a|até|e|ou)(?: the| de| dia)? ?"
_GOES_ON = re.compile(
    rf"{_WEEKDAY_WORD}{_RANGE}{_WEEKDAY_WORD} ?\d{{1,2}}{_ORDINAL}(?!\d|[:.]\d|h\d|時|时|点|點| ?[ap]\.?m\b| ?hours|/\d|-\d)"  # noqa: E501 - a table or a pattern that reads better whole
)
_CAME_FROM = re.compile(rf"(?<![\d/:.-])\d{{1,2}}{_ORDINAL}{_RANGE}\Z")
_BETWEEN = re.compile(rf"\)?{_WEEKDAY_WORD}{_RANGE}{_WEEKDAY_WORD} ?\(?\Z")
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
_LABEL = re.compile(
    r"(?:published|issued|released|posted|ends|date|updated|發[佈布表]|发[布表]|刊登|日期|時間|时间|publicad[oa]|data|em)\W{0,4}(?:on |at |em |於|于)?\W{0,2}\Z"  # noqa: E501 - a table or a pattern that reads better whole
)


@dataclass(frozen=True, slots=True)
class _Found:
    """A date in a text: where it stands, and whether its writer gave the year."""

    start: int
    end: int
    day: date
    dated: bool
    labelled: bool = False


def read_date(text: str, *, zone: str, seen: datetime) -> datetime | None:
    """Return the instant that *text* states, aware, or None where it states none.

    A date without a time is midnight in *zone*. A date without a year is the last
    one before *seen*, the moment the text was met, with 7 days of grace; a named
    day of the week decides between years. A date in the text beats "today". Day
    comes before month where both could be meant. Ranges of days are no date.

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
    now = (seen if seen.tzinfo else seen.replace(tzinfo=UTC)).astimezone(place)
    plain = plain_digits(text[:_LONGEST])
    try:
        return _read(plain, text, place, now)
    except OverflowError:  # the year 1 or 9999 moved by a zone
        return None


def date_in_address(url: str, *, zone: str) -> datetime | None:
    """Return midnight in *zone* of the day that the path of *url* names, or None.

    >>> date_in_address("https://a.hk/gia/202506/12/P2025061200000.htm", zone="Asia/Hong_Kong").isoformat()
    '2025-06-12T00:00:00+08:00'
    >>> date_in_address("http://a.cn/2019-09/18/content_5.htm", zone="Asia/Shanghai").day
    18
    """
    match = re.search(rf"(?<!\d)({_YEAR})[/_-]?(0[1-9]|1[0-2])[/_-]?(0[1-9]|[12]\d|3[01])(?!\d)", url)
    match = match or re.search(rf"[/_a-zA-Z]({_YEAR})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])", url)
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
    compact = _COMPACT.match(plain)
    if compact and (day := _day(int(compact[1]), int(compact[2]), int(compact[3]))):
        hour, minute, second = (int(compact[n] or 0) for n in (4, 5, 6))
        if hour < 24 and minute < 60 and second < 60:
            return datetime.combine(day, time(hour, minute, second), read_zone(compact[7]) if compact[7] else place)
    short = _MONTH_DAY.match(plain)
    if short and (plain[0] in "[(0" or short[3]):
        day = _near(int(short[1]), int(short[2]), now, None)
        return _at(day, next(iter(clocks(short[3] or "")), None), place) if day else None
    return None


def _dates(plain: str, text: str, now: datetime) -> list[_Found]:
    """Return the dates in *plain*, in their order, without those that are the ends of a range."""
    taken: list[_Found] = []
    ranges: set[tuple[int, int]] = set()
    for pattern in _DATES:
        for match in pattern.finditer(plain):
            if any(match.start() < other.end and other.start < match.end() for other in taken):
                continue
            found = _found(match, plain, text, now)
            if not found:
                continue
            taken.append(found)
            if _GOES_ON.match(plain, match.end()) or _CAME_FROM.search(
                plain, max(0, match.start() - 24), match.start()
            ):
                ranges.add((found.start, found.end))
    taken.sort(key=lambda found: found.start)
    for first, second in pairwise(taken):
        if second.start - first.end < 40 and _BETWEEN.match(plain, first.end, second.start):
            ranges |= {(first.start, first.end), (second.start, second.end)}
    return [found for found in taken if (found.start, found.end) not in ranges]


def _found(match: re.Match[str], plain: str, text: str, now: datetime) -> _Found | None:
    named = match.groupdict()
    month_name = named.get("mon")
    if month_name and not _is_month(match, month_name, text, plain):
        return None
    around = plain[max(0, match.start() - 30) : match.end() + 20]
    year = named.get("y")
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
    labelled = bool(year) and bool(_LABEL.search(plain, max(0, match.start() - 24), match.start()))
    return _Found(match.start(), match.end(), day, dated=bool(year), labelled=labelled)


def _is_month(match: re.Match[str], name: str, text: str, plain: str) -> bool:
    """Say whether a word is meant as a month: "may", "set", "out", "mar" are other words as well."""
    if match["y"] or name not in {
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
    }:
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
    return next((one for one in found if one.labelled), found[0] if found else None)


def _nearest(times: list[Clock], found: _Found) -> Clock | None:
    """Return the time that belongs to the date: the next behind it, else the last before it, both near."""
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
