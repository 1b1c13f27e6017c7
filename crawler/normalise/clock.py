"""Times of day, and the zones they are told in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from crawler.normalise.dateword import ZONES

__all__ = ["Clock", "clocks", "read_zone"]


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day and where it stands in its text; *zone* where the text names one; *hour* 24 is the next midnight."""  # noqa: E501 - a table or a pattern that reads better whole

    start: int
    end: int
    hour: int
    minute: int
    second: int = 0
    zone: tzinfo | None = None


_HALF = r"(?P<half>上午|下午|中午|正午|晚上|晚間|晚间|夜晚|晚|凌晨|早上|早晨|清晨|早|傍晚|深夜|午夜|午後|午后|am|pm) ?"
_AMPM = r"(?: ?(?P<ampm>[ap]\.? ?m\b\.?|noon|midnight))?"
_NAMES = "|".join(sorted(ZONES, key=len, reverse=True))
_ZONE = re.compile(
    rf" ?[(,]? ?(?:(?P<utc>utc|gmt)? ?(?P<sign>[+-])(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?(?![\d:-])|(?P<name>{_NAMES})(?![a-z]))"  # noqa: E501 - a table or a pattern that reads better whole
)
_ZONE_BEFORE = re.compile(
    rf"(?:({_NAMES})(?: ?(?:time|時間|时间))?|hora de (macau|lisboa))[ :,(]*(?:上午|下午|晚上|早上|中午|凌晨)? ?\Z"
)
_CLOCKS = tuple(
    re.compile(form)
    for form in (
        rf"(?:{_HALF})?(?<![\d:.+/-])(?P<h>\d{{1,2}}):(?P<m>\d\d)(?::(?P<s>\d\d)(?:[.,]\d+)?)?(?![\d:]){_AMPM}",
        rf"(?<=t)(?P<h>\d\d):(?P<m>\d\d)(?::(?P<s>\d\d)(?:[.,]\d+)?)?(?![\d:]){_AMPM}",
        rf"(?:{_HALF})?(?<![\d:.])(?P<h>\d{{1,2}}) ?[時时点點鐘](?: ?(?P<m>\d{{1,2}}) ?分|(?P<word>半|正|整|一刻|三刻))?(?: ?(?P<s>\d{{1,2}}) ?秒)?(?![間间])",  # noqa: E501 - a table or a pattern that reads better whole
        r"(?<![\d:.])(?P<h>\d{1,2})(?:\.(?P<m>\d\d))? ?(?P<ampm>[ap]\.? ?m\b\.?|noon\b|midnight\b)",
        r"(?<![\d:.])(?P<h>\d{1,2}) ?(?:h|hrs|horas?) ?(?:(?P<m>\d\d)(?: ?m(?:in)?)?)?\b(?! ago)",
        r"(?<!\d)(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d) ?(?:hours|hrs|hkt)\b",
        r"(?<=hkt )(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)(?!\d)",
        r"\b(?P<word>noon|midnight|meio-dia|meia-noite)\b|(?P<word2>正午|中午|午夜)(?! ?\d)",
    )
)
_AFTERNOON = frozenset(["下午", "晚上", "晚間", "晚间", "夜晚", "晚", "傍晚", "深夜", "午後", "午后", "pm"])
_MORNING = frozenset(["上午", "凌晨", "早上", "早晨", "清晨", "早", "am"])


def clocks(plain: str) -> Iterator[Clock]:
    """Yield the times of day in *plain*, in their order; see `dateword.plain_digits` for what plain is.

    >>> [(clock.hour, clock.minute) for clock in clocks("下午6時5分 / 6.05pm / 18h05 / hkt 6:22 / 12 noon")]
    [(18, 5), (18, 5), (18, 5), (6, 22), (12, 0)]
    """
    found: list[Clock] = []
    for pattern in _CLOCKS:
        for match in pattern.finditer(plain):
            if any(match.start() < other.end and other.start < match.end() for other in found):
                continue
            clock = _clock(match, plain)
            if clock:
                found.append(clock)
    yield from sorted(found, key=lambda clock: clock.start)


def read_zone(name: str) -> tzinfo:
    """Return the zone called *name*, an IANA name or an offset; UTC where there is none such.

    >>> read_zone("+08:00"), read_zone("nowhere")
    (datetime.timezone(datetime.timedelta(seconds=28800)), datetime.timezone.utc)
    """
    offset = re.fullmatch(r"([+-])(\d\d):?(\d\d)", name)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        return timezone(timedelta(minutes=min(minutes, 1439) * (-1 if offset[1] == "-" else 1)))
    if name.lower() in {"z", "utc"}:
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # what ZoneInfo raises for names that are none
        return UTC


def _clock(match: re.Match[str], plain: str) -> Clock | None:
    named = match.groupdict()
    word = named.get("word") or named.get("word2") or ""
    if named.get("h") is None:
        hour = 0 if word in {"midnight", "meia-noite", "午夜"} else 12
        return Clock(match.start(), match.end(), hour, 0, 0, _zone(match, plain))
    hour, second = int(named["h"]), int(named.get("s") or 0)
    minute = int(named.get("m") or {"半": 30, "一刻": 15, "三刻": 45}.get(word, 0))
    half = named.get("half") or ""
    ampm = (named.get("ampm") or "").replace(".", "").replace(" ", "")
    if ampm == "midnight" and hour == 12:
        hour = 0
    elif (half in _AFTERNOON or ampm == "pm") and 1 <= hour < 12:
        hour = 0 if half == "深夜" and hour < 6 else hour + 12
    elif (half in _MORNING or ampm == "am") and hour == 12:
        hour = 0
    elif half in {"中午", "正午"} and hour < 4:
        hour += 12
    elif half in {"晚上", "深夜", "午夜", "晚"} and hour == 12:
        hour = 24
    second = 59 if second == 60 else second  # a leap second: no clock of ours can say it
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        return None
    return Clock(match.start(), match.end(), hour, minute, second, _zone(match, plain))


def _zone(match: re.Match[str], plain: str) -> tzinfo | None:
    behind = _ZONE.match(plain, match.end())
    if behind and behind["sign"]:
        return read_zone(f"{behind['sign']}{int(behind['hours']):02d}{behind['minutes'] or '00'}")
    before = _ZONE_BEFORE.search(plain, max(0, match.start() - 24), match.start())
    name = (behind and behind["name"]) or (before and (before[1] or before[2]))
    return read_zone(ZONES[name]) if name else None
