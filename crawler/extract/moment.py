"""When a page says it was published: every place that says a day votes, the most precise of the winning day speaks."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from itertools import chain, islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from crawler.extract.day import days_in, parted_day
from crawler.extract.feed import read_instant
from crawler.extract.meta import Meta
from crawler.extract.select import text_of
from crawler.normalise import date_in_address

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["Moment", "moment_of_page"]

_PUBLISHED = (
    "pubdate", "article:published_time", "og:article:published_time", "datepublished", "dc.date.issued",
    "dcterms.issued", "dcterms.created", "dc.date", "dcterms.date", "date", "publishdate", "publish-date",
    "publication_date", "parsely-pub-date", "sailthru.date", "article.published", "published_time",
    "cxenseparse:recs:publishtime", "bt:pubdate", "displaydate", "citation_publication_date", "article_date_original",
    "originalpublicationdate", "og:published_time", "firstpublishedtime",
    "others:publishtime", "weibo: article:create_at", "weibo:article:create_at", "apub:time",
)  # fmt: skip
_CHANGED = ("article:modified_time", "og:updated_time", "lastmod", "last-modified", "dcterms.modified", "datemodified")
_SAYS_PUBLISHED = re.compile(
    r"publi|pubbli|ver[öo]ffentlicht|erstellt|post(?:ed|-?date|-?meta)|entry-date|\bdate|time-?stamp|dateline|byline|created|pub_?(?:date|time)|[-_]time|发布|發布|日期|时间",
    re.IGNORECASE,
)
_SAYS_CHANGED = re.compile(r"updat|modif|revis|comment|copyright|event|related|sidebar|footer|archive", re.IGNORECASE)
_HAS_DAY = re.compile(
    r"(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}|\d{1,2}[./-]\d{1,2}[./-](?:20)?\d\d\b|"
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,? +\d{1,2}(?:st|nd|rd|th)?,? +(?:19|20)\d\d|"
    r"\b\d{1,2}(?:st|nd|rd|th|\.)? +(?:de +)?(?:jan|feb|fev|mar|abr|apr|may|mai|jun|jul|aug|ago|sep|set|oct|out|nov|"
    r"dec|dez)[a-z]*\.?,? +(?:de +)?(?:19|20)\d\d",
    re.IGNORECASE,
)
# Months of languages that baywire does not publish in, but meets: "29. Januar 2019", "3 août 2020".
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januar jänner janvier gennaio enero januari", "februar février fevrier febbraio febrero februari",
            "märz maerz mars marzo maart", "avril aprile abril", "mai maggio mayo mei", "juni juin giugno junio",
            "juli juillet luglio julio", "août aout agosto augustus", "septembre settembre septiembre",
            "oktober octobre ottobre octubre", "novembre noviembre", "dezember décembre decembre dicembre diciembre",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_WORDS = "|".join(sorted(_MONTHS, key=len, reverse=True))
_FOREIGN = re.compile(
    rf"\b(\d{{1,2}})(?:\.|er|º)? ?(?:de )?({_WORDS})\b,?(?: de)? ((?:19|20)\d\d)",
    re.IGNORECASE,
)
_HAN = {char: number for number, chars in enumerate(("〇○零", *"一二三四五六七八九")) for char in chars}
_HAN_DAY = re.compile(r"([〇○零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日")
# Years of the Republic of China, 民國115年 or 115年, and of Reiwa: with two digits only where the era is named.
_ERA_DAY = re.compile(
    r"(?:(?:民國|民国)\s?(?P<roc>\d{2,3})|(?<!\d)(?P<bare>1[01]\d)|令和\s?(?P<reiwa>\d{1,2}|元))\s?年"
    r"\s?(?P<month>\d{1,2})\s?月\s?(?P<day>\d{1,2})\s?日"
)
_ROC, _REIWA = 1911, 2018
# Half a day: a number, a year, a month and a number. The rest may stand in the element beside it.
_PART_OF_DAY = re.compile(r"(?:\d{1,2}日?|(?:19|20)\d\d年?|(?:(?:19|20)\d\d|\d{1,2})\s?[-/.年月]\s?\d{1,2}[日月]?)\Z")
_LONGEST_PARTED = 40
_SAYS_TIME = re.compile(r"\d{1,2}[:：時时点點h]\d{0,2}")
_UTC = re.compile(r"\d(?:Z|[+-]00:?00| GMT| UTC)\s*\Z")
_ARCHIVE = re.compile(r"\Ahttps?://web\.archive\.org/web/\d+[a-z_]*/")  # whose number is the day of the copy
_NEIGHBOUR = 0.9
_SHOWN = frozenset(["time", "text", "microdata"])
_AGAIN = 0.3  # of what a day weighs that the same kind of place named before
_ASIDE = re.compile(
    r"comment|related|recommend|sidebar|popular|trending|latest-|more-(?:news|posts|stories)|footer", re.IGNORECASE
)
_MOST_TIMES = 200
_OF_CHANGE = 0.4  # and of one that the head calls the day of a change
_CLEAR = 6  # of the names of metas above: these say that the page was published, the others a date
_REDONE = 0.3  # and of what the head says of the day on which a page was moved
_SURE = 2.0  # what stands beside the headline, or is marked as the day
_EARLIEST = date(1995, 1, 1)
_LONGEST = 160
_LONGEST_TEXT = 300_000  # htmldate takes a second for each megabyte of one text, and for each 30,000 elements
_MOST_ELEMENTS = 10_000


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, what gave it, and how precise it is: "day", "minute" or "second"."""

    published: datetime | None
    origin: str = ""
    precision: str = ""


def moment_of_page(root: HtmlElement, meta: Meta, url: str, *, zone: str) -> Moment:
    """Return when the page at *url* was published, aware; days without a zone are of *zone*.

    >>> from crawler.extract.meta import read_meta
    >>> from crawler.normalise.tree import read_html
    >>> page = read_html('<meta property="article:published_time" content="2020-01-04T17:35:00+08:00">')
    >>> moment_of_page(page, read_meta(page), "https://a.hk/x", zone="UTC").published.isoformat()
    '2020-01-04T17:35:00+08:00'
    """
    votes: dict[date, float] = defaultdict(float)
    told: dict[date, list[tuple[int, str, datetime]]] = defaultdict(list)
    said = [found for found in _said(root, meta, url, zone) if found[3].date() >= _EARLIEST]
    changed = _days_of_change(said)
    redone = _days_redone(said)
    heard: set[tuple[str, date]] = set()
    for full, origin, text, when in said:
        day = when.date()
        weight = full
        if origin in _SHOWN:  # a list of others beside the text names one day again and again
            weight *= _AGAIN if (origin, day) in heard else 1
            weight *= _OF_CHANGE if day in changed else 1
            heard.add((origin, day))
        elif day in redone:
            weight *= _REDONE
        votes[day] += weight
        if _UTC.search(text) and zone == "UTC" and not 10 <= when.hour < 16 and _precision(text):
            # It may be another day where it was written: an address or a text then decides.
            votes[day + timedelta(days=-1 if when.hour < 10 else 1)] += _NEIGHBOUR * weight
        told[day].append((_precision(text), origin, when))
    if not votes:
        return _by_htmldate(root, zone)
    if max(votes.values()) < 3 and (last := _by_htmldate(root, zone)).published is not None:
        day = last.published.date()
        votes[day] += 1.5
        told[day].append((0, last.origin, last.published))
    # An instant near midnight is another day in another zone: neighbours speak for each other, a little.
    best = max(
        told,
        key=lambda day: (
            votes[day] + 0.4 * max(votes.get(day + timedelta(days=n), 0) for n in (-1, 1)),
            -day.toordinal(),
        ),
    )
    place = ZoneInfo(zone)
    precision, origin, when = max(told[best], key=lambda found: (found[0] > 0, found[2].tzinfo != place, found[0]))
    if precision == 0 or when.tzinfo == place:  # no instant with a zone of its own: one told in UTC is surer
        precision, origin, when = _in_place(told, best, zone) or (precision, origin, when)
    elif when.utcoffset() == timedelta(0) and zone != "UTC":
        when = when.astimezone(ZoneInfo(zone))
    return Moment(when, origin, ("day", "minute", "second")[precision])


def _days_of_change(said: Sequence[tuple[float, str, str, datetime]]) -> set[date]:
    """Return the days on which the head says that the page was changed, where it says that it was published before."""
    published = {when.date() for weight, origin, _, when in said if origin not in _SHOWN and weight > 1}
    changed = {when.date() for weight, origin, _, when in said if origin not in _SHOWN and weight < 1}
    return {day for day in changed - published if published and day - min(published) > timedelta(days=1)}


def _days_redone(said: Sequence[tuple[float, str, str, datetime]]) -> set[date]:
    """Return the day of which the head says that the page was published and changed on it, where an earlier is shown.

    So do pages that were moved to another system: the head tells the day of the move, and beside the headline
    stands that of the release. An address that tells the day of the head, too, is right.
    """
    head = [(weight, when.date()) for weight, origin, _, when in said if origin not in _SHOWN and origin != "address"]
    published = {day for weight, day in head if weight > 1}
    moved = published & {day for weight, day in head if weight < 1}
    shown = [when.date() for weight, origin, _, when in said if origin in _SHOWN and weight >= _SURE]
    named = {when.date() for _, origin, _, when in said if origin == "address"}
    if len(published) > 1 or moved & named:
        return set()
    return {day for day in moved if any(day - other > timedelta(days=1) for other in shown)}


def _in_place(
    told: Mapping[date, list[tuple[int, str, datetime]]], day: date, zone: str
) -> tuple[int, str, datetime] | None:
    """Return the instant told in UTC that is *day* where the page was written, though another day in UTC.

    Its offset is that of *zone*; where the zone is not known, the smallest that makes it *day*.
    """
    for back in (1, -1):
        for precision, origin, when in told.get(day + timedelta(days=back), ()):
            if not precision or when.utcoffset() != timedelta(0):
                continue
            local = when.astimezone(ZoneInfo(zone))
            if zone == "UTC":
                shift = -(when.hour + 1) if back == 1 else 24 - when.hour
                local = when.astimezone(timezone(timedelta(hours=shift))) if abs(shift) <= 10 else when
            if local.date() == day:
                return precision, origin, local
    return None


def _said(root: HtmlElement, meta: Meta, url: str, zone: str) -> Iterator[tuple[float, str, str, datetime]]:
    """Yield weight, origin, text and instant of every place that says when."""
    for weight, origin, text in _texts(root, meta):
        if (when := read_instant(text, zone=zone)) is not None:
            yield weight, origin, text, when
    if (when := date_in_address(_ARCHIVE.sub("", url), zone=zone)) is not None:
        yield 3.0, "address", "", when


def _texts(root: HtmlElement, meta: Meta) -> Iterator[tuple[float, str, str]]:
    if text := meta.said("datePublished", "dateCreated", "uploadDate"):
        yield 3.0, "json-ld", text
    if text := meta.said("dateModified"):
        yield 0.4, "json-ld", text
    weak: set[str] = set()
    for number, name in enumerate(_PUBLISHED):
        if name in meta.metas:
            text = meta.metas[name]
            # Names that say no more than "date" are written by one hand: together they speak once.
            yield 3.0 if number < _CLEAR else 0.3 if text in weak else 2.0, f"meta {name}", text
            weak |= {text} if number >= _CLEAR else set()
    yield from ((0.4, f"meta {name}", meta.metas[name]) for name in _CHANGED if name in meta.metas)
    yield from _marked(root)
    yield from _seen(root)


def _marked(root: HtmlElement) -> Iterator[tuple[float, str, str]]:
    """Yield what `time` elements and microdata say; the first counts most."""
    weight, sure = 2.2, 3.0
    for element in _nearest_first(root):
        written = element.get("datetime") or (element.get("title") if element.tag == "abbr" else None)
        text = written or text_of(element)
        said = f"{element.get('class') or ''} {element.get('itemprop') or ''} {_class(element.getparent())}"
        if not text.strip() or len(text) > _LONGEST or not any(char.isdigit() for char in text):
            continue
        text = _in_digits(text)
        aside = _is_aside(element)
        if element.get("pubdate") is not None or "datePublished" in said:
            yield sure * (0.3 if aside else 1), "time", text
            sure = max(0.3, sure / 2)  # comments and other releases are marked so too
        elif aside or _SAYS_CHANGED.search(said):
            yield 0.3, "time", text
        else:
            yield weight, "time", text
            weight = max(0.3, weight / 2)
    sure = 3.0
    for element in islice(root.iterfind(".//*[@itemprop='datePublished']"), 12):
        if element.tag not in {"time", "meta"} and not _is_aside(element):
            sure /= 2
            yield (
                2 * sure,
                "microdata",
                element.get("content") or element.get("datetime") or text_of(element)[:_LONGEST],
            )


def _nearest_first(root: HtmlElement) -> list[HtmlElement]:
    """Return the elements that are made for a time, a dozen, those behind the headline and near it first."""
    found: list[tuple[int, HtmlElement]] = []
    headline: int | None = None
    for number, element in enumerate(root.iter("h1", "h2", "p", "li", "div", "time", "abbr")):
        if element.tag == "h1" and headline is None:
            headline = number
        elif element.tag in {"time", "abbr"} and len(found) < _MOST_TIMES:
            found.append((number, element))
    if headline is None:
        return [element for _, element in found[:12]]
    start = headline
    found.sort(key=lambda place: place[0] - start if place[0] > start else 2 * (start - place[0]))
    return [element for _, element in found[:12]]


def _is_aside(element: HtmlElement) -> bool:
    """Say whether *element* belongs to what stands beside the text: comments, other releases."""
    for level, above in enumerate(element.iterancestors()):
        if level > 6 or above.tag in {"body", "main"}:
            return False
        if above.tag in {"aside", "footer", "nav"} or _ASIDE.search(_class(above)):
            return True
    return False


def _seen(root: HtmlElement) -> Iterator[tuple[float, str, str]]:
    """Yield short texts that hold a date: near the headline, or called a date, more than elsewhere."""
    body = root.find("body")
    if body is None:
        return
    after_heading, found = 99, 0
    joined: set[HtmlElement] = set()
    for element in body.iter("*"):
        if not isinstance(element.tag, str) or element.tag in {"script", "style", "time", "option", "noscript"}:
            continue
        after_heading = 0 if element.tag == "h1" else after_heading + 1
        for text in (element.text, element.tail if element.tag != "h1" else None):
            if not text or len(text) > 400 or not ("年" in text or any(char.isdigit() for char in text)):
                continue
            line = _in_digits(" ".join(text.split()))
            match = _HAS_DAY.search(line) if len(line) <= _LONGEST else None
            if match is None and _PART_OF_DAY.match(line):
                line = _over_elements(element, joined)
                match = _HAS_DAY.search(line)
            if match is None:
                continue
            said = f"{_class(element)} {_class(element.getparent())}"
            weight = 1.6 if _SAYS_PUBLISHED.search(said) or _SAYS_PUBLISHED.search(line[: match.start()]) else 0.7
            weight += 0.8 if after_heading < 25 else 0
            weight *= 0.15 if _SAYS_CHANGED.search(said) or _SAYS_CHANGED.search(line[: match.start()]) else 1
            weight *= 0.5 if len(line) > 80 else 1
            found += 1
            yield weight * (1.5 if found == 1 else 1 / (1 + 0.6 * (found - 1))), "text", line
            if found > 12:
                return


def _over_elements(element: HtmlElement, joined: set[HtmlElement]) -> str:
    """Return the day that *element*, or what holds it, says in parts of elements of their own: "06-20" over "2026".

    What holds it says little else; each such is read once, and is then one of *joined*.
    """
    for above in islice(chain([element], element.iterancestors()), 3):
        text = " ".join(" ".join(above.itertext()).split())
        if above in joined or len(text) > _LONGEST_PARTED:
            return ""
        days = days_in(text)
        day = days[0] if len(days) == 1 else None if days else parted_day(text)
        if day is not None and (told := day.read(order="day")) is not None:
            joined.add(above)
            return told.isoformat()
    return ""


def _in_digits(text: str) -> str:
    """Return *text* with days written in the words of other languages as ISO 8601.

    >>> _in_digits("Dienstag, 29. Januar 2019"), _in_digits("le 3 août 2020")
    ('Dienstag, 2019-01-29', 'le 2020-08-03')
    >>> _in_digits("二〇二六年六月十八日"), _in_digits("發布日期：115年5月22日"), _in_digits("令和元年5月1日")
    ('2026-06-18', '發布日期：2026-05-22', '2019-05-01')
    """
    if "年" in text:
        text = _ERA_DAY.sub(_from_era, _HAN_DAY.sub(_from_han, text))
    return _FOREIGN.sub(lambda day: f"{day[3]}-{_MONTHS[day[2].lower()]:02d}-{int(day[1]):02d}", text)


def _from_han(day: re.Match[str]) -> str:
    year = "".join(str(_HAN[char]) for char in day[1])
    return f"{year}-{_count(day[2]):02d}-{_count(day[3]):02d}"


def _from_era(day: re.Match[str]) -> str:
    if day["reiwa"]:
        year = _REIWA + (1 if day["reiwa"] == "元" else int(day["reiwa"]))
    else:
        year = _ROC + int(day["roc"] or day["bare"])
    return f"{year}-{int(day['month']):02d}-{int(day['day']):02d}"


def _count(text: str) -> int:
    """Return a number below a hundred that is written in Chinese: 十八 is 18, 二十 is 20."""
    tens, ten, ones = text.rpartition("十")
    return (_HAN.get(tens, 1) * 10 if ten else 0) + _HAN.get(ones, 0)


def _class(element: HtmlElement | None) -> str:
    return "" if element is None else f"{element.get('class') or ''} {element.get('id') or ''}"


def _precision(text: str) -> int:
    """Return 0 for a day, 1 for a minute, 2 for a second; midnight sharp is how machines write a day."""
    if not _SAYS_TIME.search(text) or re.search(r"[T ]00:00(?::00(?:\.0+)?)?(?!\d|:)", text):
        return 0
    return 2 if re.search(r"\d{1,2}:\d\d:\d\d", text) else 1


def _by_htmldate(root: HtmlElement, zone: str) -> Moment:
    from copy import deepcopy  # noqa: PLC0415

    longest = max((len(element.text or "") + len(element.tail or "") for element in root.iter("*")), default=0)
    if longest > _LONGEST_TEXT or sum(1 for _ in islice(root.iter("*"), _MOST_ELEMENTS + 1)) > _MOST_ELEMENTS:
        return Moment(None)
    from htmldate import find_date  # noqa: PLC0415 - regular expressions of 60 ms, for pages that say it nowhere else

    try:
        text = find_date(deepcopy(root), original_date=True, extensive_search=True)
    except Exception:  # noqa: BLE001 - not our code, and any page may come: then there is no date
        text = None
    if not text or text.endswith("-01-01"):  # it has found a year, and no day
        return Moment(None)
    return Moment(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)), "htmldate", "day")
