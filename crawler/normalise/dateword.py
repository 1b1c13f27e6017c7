"""Words and signs that dates are written with, in English, Portuguese and both Chinese scripts."""

from __future__ import annotations

import re

__all__ = ["MONTHS", "WEEKDAYS", "ZONES", "plain_digits", "weekday_in"]

_ENGLISH = "january february march april may june july august september october november december"
_PORTUGUESE = "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"
MONTHS: dict[str, int] = {}
for _names in (_ENGLISH, _PORTUGUESE):
    for _month, _name in enumerate(_names.split(), 1):
        MONTHS[_name] = _month
        MONTHS[_name[:3]] = _month
MONTHS |= {"sept": 9, "marco": 3}

WEEKDAYS = {
    **{name: n for n, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))},
    **{name: n for n, name in enumerate(("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo"))},
    **{char: n for n, char in enumerate("一二三四五六日")},
    "天": 6, "terca": 1, "sabado": 5,
}  # fmt: skip
_WEEKDAY = re.compile(
    r"\b(mon|tue|wed|thu|fri|sat|sun)(?:day|s|sday|nesday|rs|rsday|urday)?\b"
    r"|\b(segunda|ter[çc]a|quarta|quinta|sexta)-feira\b|\b(s[áa]bado|domingo)\b|(?:星期|周|週|礼拜|禮拜)([一二三四五六日天])"
)

ZONES = {
    "z": "UTC", "utc": "UTC", "gmt": "UTC", "ut": "UTC", "hkt": "Asia/Hong_Kong", "香港": "Asia/Hong_Kong",
    "hong kong": "Asia/Hong_Kong", "本港": "Asia/Hong_Kong", "北京": "Asia/Shanghai", "beijing": "Asia/Shanghai",
    "澳門": "Asia/Macau", "澳门": "Asia/Macau", "macao": "Asia/Macau", "macau": "Asia/Macau", "sgt": "Asia/Singapore",
    "台北": "Asia/Taipei", "臺北": "Asia/Taipei", "台灣": "Asia/Taipei", "jst": "Asia/Tokyo", "bst": "Europe/London", "london": "Europe/London",  # noqa: E501 - a table or a pattern that reads better whole
    "倫敦": "Europe/London", "伦敦": "Europe/London", "lisboa": "Europe/Lisbon", "lisbon": "Europe/Lisbon",
    "cet": "Europe/Paris", "cest": "Europe/Paris", "wet": "Europe/Lisbon", "west": "Europe/Lisbon",
    "est": "America/New_York", "edt": "America/New_York", "et": "America/New_York", "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles",  # noqa: E501 - a table or a pattern that reads better whole
}  # fmt: skip

_DIGIT = {char: digit for digit, char in enumerate("〇一二三四五六七八九")} | {
    "零": 0,
    "○": 0,
    "◯": 0,
    "o": 0,
    "兩": 2,
    "两": 2,
}
_NUMERAL = re.compile(
    "(?:[〇○◯零一二三四五六七八九][〇○◯零o一二三四五六七八九]{3}|[〇○零一二兩两三四五六七八九十廿卅百]+)(?= ?[年月日号號時时点點分秒])"  # noqa: E501 - a table or a pattern that reads better whole
)
_WIDE = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys(map(ord, "\u3000\u00a0\u2009\u202f\t\r\n"), " "),
    **dict.fromkeys(map(ord, "‐‑‒–—―−－〜～~"), "-"),
    **dict.fromkeys(map(ord, "\u200b\u200e\u200f\u00ad\ufeff"), ""),
    ord("［"): "[", ord("〔"): "(", ord("〕"): ")", ord("【"): "(", ord("】"): ")", ord("∕"): "/", ord("．"): ".",
}  # fmt: skip


def plain_digits(text: str) -> str:
    """Return *text* in small letters, with ASCII digits and signs, and Chinese numerals before 年月日時分 as numbers.

    >>> plain_digits("二〇二五年六月十二日　１８：０５")
    '2025年6月12日 18:05'
    """
    return _NUMERAL.sub(lambda match: str(_number(match[0])), text.translate(_WIDE).lower())


def _number(numeral: str) -> int:
    """Return what a Chinese *numeral* below a thousand says, or one written digit by digit."""
    if not set(numeral) & set("十廿卅百"):
        return int("".join(str(_DIGIT[char]) for char in numeral))
    total = 0
    digit = 0
    for char in numeral.replace("廿", "二十").replace("卅", "三十"):
        if char in "十百":
            total += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            digit = _DIGIT[char]
    return total + digit


def weekday_in(text: str) -> int | None:
    """Return the day of the week that *text*, in small letters, names: Monday is 0.

    >>> weekday_in("quinta-feira"), weekday_in("（星期四）"), weekday_in("monthly")
    (3, 3, None)
    """
    match = _WEEKDAY.search(text)
    return WEEKDAYS[next(group for group in match.groups() if group)] if match else None
