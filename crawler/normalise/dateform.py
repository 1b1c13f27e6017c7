"""The forms in which days are written, as patterns over what `dateword.plain_digits` gives."""

from __future__ import annotations

import re

from crawler.normalise.dateword import MONTHS

__all__ = ["COMPACT", "DATES", "IN_ADDRESS", "LABELS", "MONTH_DAY", "is_range_end", "joins_range"]

# Groups: y year, m month, mon month's name, d day, a and b day and month in either order, roc a year of the Republic,
# near 今年 and its like, de what stands between day and month.
_NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
_MONTH = rf"(?P<mon>{_NAMES})(?![a-zà-ÿ])\.?"
_ORDINAL = r"(?:st|nd|rd|th|\.?[ºª°])?"
_YEAR = r"(?:19|20)\d\d"
_AFTER = r"(?!\d|[/.-]\d)"
_ASIDE = r"(?:,| |\([^)]{3,12}\)|, ?[a-z]{3,9}day)"
DATES = tuple(
    re.compile(form)
    for form in (
        # 2025-06-12, 2025/6/12, 2025.06.12; the T of ISO 8601 may follow
        rf"(?<![\d/.-])(?P<y>{_YEAR})(?P<s1>[-/.]) ?(?P<m>\d{{1,2}})(?P=s1) ?(?P<d>\d{{1,2}})(?!\d|[/.]\d|-\d(?!\d?:))",
        # 2025-Jun-12, 2025 June 12
        rf"(?<![\d/.-])(?P<y>{_YEAR})[ /-]{_MONTH}[ /-](?P<d>\d{{1,2}}){_ORDINAL}(?!\d)",
        # 2025年6月12日; 民國114年6月12日; 114年6月12日
        r"(?P<roc>民國|民国)? ?(?<!\d)(?P<y>\d{2,4}) ?年 ?(?P<m>\d{1,2}) ?月 ?(?P<d>\d{1,2}) ?[日号號]",
        # 民國114.06.12, 民國114/6/12
        r"(?P<roc>民國|民国) ?(?P<y>\d{2,3})(?P<s4>[-/.])(?P<m>\d{1,2})(?P=s4)(?P<d>\d{1,2})(?!\d)",
        # 去年6月12日, 6月12日
        r"(?P<near>今年|去年|明年)?(?<![\d年])(?P<m>\d{1,2}) ?月 ?(?P<d>\d{1,2}) ?[日号號]",
        # 12 June 2025, 12-Jun-2025, 12Jun2025, 12-Jun-25, 12 de junho de 2025, 1.º de julho
        (
            rf"(?<![\d/.:-])(?P<d>\d{{1,2}}){_ORDINAL}"
            rf"(?P<de> de | of | day of | do mês de |[ ./-]|,? ?)(?:the )?{_MONTH}"
            rf"(?:(?:,? d[eo](?: ano de)? |,? of |[ ,./-]*)(?P<y>{_YEAR})(?!\d)"
            r"|[-/ ](?P<y2>'\d\d|(?<=[-/])\d\d)(?![\d:]))?"
        ),
        # June 12, 2025; Jun-12-2025; Jun 11 18:05:00 CST 2025; Jun. 12th (Thursday) 2025; June 12
        (
            rf"(?<![a-zà-ÿ]){_MONTH},?[ /-]?(?:the )?(?<!\d)(?P<d>\d{{1,2}}){_ORDINAL}"
            rf"(?:(?:{_ASIDE}*|-|/| \d\d?:\d\d(?::\d\d)? (?:[a-z]{{3,4}} )?)(?<=[^\d])(?P<y>{_YEAR})(?!\d)"
            r"|(?!\d|[/.:]\d|h\d| ?[ap]\.?m\b))"
        ),
        # 12/06/2025, 12.6.2025, 12-06-2025
        rf"(?<![\d/.-])(?P<a>\d{{1,2}})(?P<s2>[-/.]) ?(?P<b>\d{{1,2}})(?P=s2) ?(?P<y>{_YEAR}){_AFTER}",
        # 12/06/25
        r"(?<![\d/.-])(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<y>\d\d)(?![\d/.-])",
        # 114/06/12, 114.06.12
        rf"(?<![\d/.-])(?P<roc>)(?P<y>1[01]\d|[89]\d)(?P<s3>[-/.])(?P<m>\d{{1,2}})(?P=s3)(?P<d>\d{{1,2}}){_AFTER}",
        # 今（12）日, 今天（12日）, 本月12日, 台北12日電
        r"(?:[今昨前明][日天早午晚晨]? ?|本月 ?)[(（]?(?P<d>\d{1,2})[)）]? ?[日号號]",
        r"(?<![\d月至到])(?P<d>\d{1,2})日(?=[電电訊讯])",
    )
)
COMPACT = re.compile(rf"({_YEAR})(\d\d)(\d\d)(?:[t ]?(\d\d):?(\d\d)(?::?(\d\d))?(z|[+-]\d\d:?\d\d)?)?\Z")
MONTH_DAY = re.compile(r"[\[(]?(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[\])]?(?: +(\d\d?:\d\d))?\Z")
IN_ADDRESS = (
    re.compile(rf"(?<!\d)({_YEAR})[/_-]?(0[1-9]|1[0-2])[/_-]?(0[1-9]|[12]\d|3[01])(?!\d)"),
    re.compile(rf"[/_a-zA-Z]({_YEAR})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"),
    re.compile(rf"/({_YEAR})/(1[0-2]|[1-9])/([12]\d|3[01]|[1-9])/"),  # as in /art/2026/4/27/art_33_48210.html
)

_AT = r"\W{0,4}(?:on |at |em |於|于)?\W{0,2}\Z"
# The labels that announce the date that is wanted, and then those that announce one at least.
LABELS = (
    re.compile(
        rf"(?:published|issued|released|posted|ends|發[佈布表]|发[布表]|刊登|publicad[oa])(?:時間|时间|日期)?{_AT}"
    ),
    re.compile(rf"(?:date|updated|日期|時間|时间|data|atualizad[oa]|actualizad[oa]){_AT}"),
)

_DAY_NAME = (
    r"(?:,? ?\(?(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\)?,?|,? ?\(?(?:星期|周|週).\)?"
    r"|,? ?\(?(?:segunda|ter[çc]a|quarta|quinta|sexta)-feira\)?,?|,? ?\(?(?:s[áa]bado|domingo)\)?,?)?"
)
_TO = r" ?(?:-|to|until|till|through|and|&|至|到|及|和|與|与|、|a|até|e|ou)(?: the| de| dia)? ?"
# No end of a range is what could be a time: "June 12 - 18:05", "June 12 to 6pm".
_NO_TIME = r"(?!\d|[:.]\d|h\d| ?[時时点點]| ?[ap]\.?m\b| ?hours|/\d\d\d|-\d)"
_GOES_ON = re.compile(rf"{_DAY_NAME}{_TO}{_DAY_NAME} ?\d{{1,2}}{_ORDINAL}{_NO_TIME}")
_CAME_FROM = re.compile(rf"(?<![\d/:.-])\d{{1,2}}(?:[/.]\d{{1,2}})?{_ORDINAL}{_TO}\Z")
_BETWEEN = re.compile(rf"\)?{_DAY_NAME}{_TO}{_DAY_NAME} ?\(?\Z")


def is_range_end(plain: str, start: int, end: int) -> bool:
    """Say whether the date at *start* to *end* of *plain* is one end of a range of days.

    >>> is_range_end("june 12-14", 0, 7), is_range_end("june 12 - 18:05", 0, 7)
    (True, False)
    """
    return bool(_GOES_ON.match(plain, end) or _CAME_FROM.search(plain, max(0, start - 24), start))


def joins_range(plain: str, start: int, end: int) -> bool:
    """Say whether what stands from *start* to *end* of *plain*, between two dates, makes a range of them.

    >>> joins_range("june 12 to july 3", 7, 11)
    True
    """
    return end - start < 40 and bool(_BETWEEN.match(plain, start, end))
