"""The days of rows, where they stand in the rows, and where they stand above them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby, islice
from typing import TYPE_CHECKING, NamedTuple

from crawler.extract.column import Dated, dates_of
from crawler.extract.day import days_in, month_in, settle, short_day, year_in
from crawler.extract.grid import rows_spanned
from crawler.extract.group import Row
from crawler.extract.select import text_of
from crawler.normalise import date_in_address

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["days_of"]

_NUMBER = re.compile(r"([0-3]?\d)(?:st|nd|rd|th|日)?")
_DIGIT = re.compile(r"\d")
_LONGEST = 120
_SKIPPED = frozenset(["script", "style", "option", "title"])
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "caption", "th", "legend"])
_BESIDE, _BESIDE_HEADING, _BARE_YEAR = 24, 48, 8  # characters beside a day in a line that heads rows; of a bare year
_LINKS_BETWEEN = 8  # between a day and the first row below it: what more a head has to offer
_RUN = 3  # days that follow each other without a row between them
_TODAY = re.compile(r"今天|今日|现在|現在|\btoday\b|current (?:date|time)", re.IGNORECASE)


class _Line(NamedTuple):
    """A row, by its number, or with -1 a line between rows that names a day, a month or a year."""

    row: int
    text: str = ""
    is_heading: bool = False
    links: int = 0  # how many links stand before it on the page, those of rows left out


def days_of(root: HtmlElement, rows: Sequence[Row], *, american: bool = False) -> Dated:
    """Return the days of *rows*: those in them, or where few have one those above them; at last those of addresses."""
    dated = _spanned(rows, dates_of(rows, american=american))
    above = _beside(root, rows, american=american) if dated.share < 0.4 else None
    dated = above or dated
    if dated.share == 1 and above is None:
        return dated
    instants = (date_in_address(row.url, zone="UTC") for row in rows)
    told = [None if when is None else when.date().isoformat() for when in instants]
    if sum(when is not None for when in told) < 0.6 * len(rows):
        return dated
    days = (
        # The year of a row may be that of another list above it: an address that agrees in all else knows better.
        when if day is None or (when is not None and day[4:] == when[4:]) else day
        for day, when in zip(dated.days, told, strict=True)
    )
    return Dated(tuple(days), dated.path)


def _spanned(rows: Sequence[Row], dated: Dated) -> Dated:
    """Return *dated* with the days of cells that stand for several rows of a table."""
    below: dict[HtmlElement, str] = {}
    for row, day in zip(rows, dated.days, strict=True):
        if day is None or row.element.tag != "tr":
            continue
        for cell in row.element.iterchildren("td", "th"):
            if rows_spanned(cell) > 1 and days_in(" ".join(text_of(cell).split())):
                following = islice(row.element.itersiblings("tr"), rows_spanned(cell) - 1)
                below.update(dict.fromkeys(following, day))
    if not below:
        return dated
    days = (day or below.get(row.element) for row, day in zip(rows, dated.days, strict=True))
    return Dated(tuple(days), dated.path)


def _beside(root: HtmlElement, rows: Sequence[Row], *, american: bool) -> Dated | None:
    """Return days that stand between rows, not in them: a heading for all rows below it, or a line behind each."""
    lines = _without_runs(_lines_between(root, rows))
    named = {line.text: days[0] for line in lines if line.row < 0 and (days := days_in(line.text))}
    order = settle(named.values(), american=american)
    found: list[str | None] = [None] * len(rows)
    behind = bool(lines) and lines[0].row >= 0 and sum(line.row < 0 for line in lines) >= 0.8 * len(rows)
    last: str | None = None
    told = -1  # how many links stand before a day that no row has followed yet
    for line in reversed(lines) if behind else lines:
        if line.row < 0:
            day = named[line.text].read(order=order) if line.text in named else None
            last, told = (day.isoformat(), line.links) if day else (last, told)
        else:
            # A day that other links follow is that of another part of the page.
            last = None if not behind and 0 <= told < line.links - _LINKS_BETWEEN else last
            told = -1
            found[line.row] = last
            last = None if behind else last
    dated = Dated(tuple(found))
    if dated.share < 0.5:
        dated = Dated(tuple(_in_months(lines, rows)))
    return dated if dated.share >= 0.5 else None


def _without_runs(lines: Sequence[_Line]) -> list[_Line]:
    """Return *lines* without days that follow each other and head nothing: a calendar, the days of another list."""
    found: list[_Line] = []
    for is_row, part in groupby(lines, key=lambda line: line.row >= 0):
        run = list(part)
        if is_row or len({line.text for line in run if days_in(line.text)}) < _RUN:
            found += run
        else:
            found += [line for line in run if line.is_heading]
    return found


def _in_months(lines: Sequence[_Line], rows: Sequence[Row]) -> Iterator[str | None]:
    """Yield for each row the day that it says, of the month or the year that is the heading above it."""
    heads: dict[int, tuple[int, int]] = {}
    last: tuple[int, int] | None = None
    for line in lines:
        if line.row < 0:
            last = month_in(line.text) or year_in(line.text) or last
        elif last is not None:
            heads[line.row] = last
    for number, row in enumerate(rows):
        year, month = heads.get(number, (0, 0))
        told = None
        for _, text in row.parts:
            if month and (said := _NUMBER.fullmatch(text)):
                told = _day(year, month, int(said[1]))
            elif year and not month and (short := short_day(text)):
                told = _day(year, *short)
            if told is not None:
                break
        yield told


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _lines_between(root: HtmlElement, rows: Sequence[Row]) -> list[_Line]:
    """Return in their order the numbers of *rows*, and the lines outside them that are days, months or years."""
    starts = {row.element: number for number, row in enumerate(rows)}
    lines: list[_Line] = []
    links = 0
    # A node to enter, or None and a text that stands behind one; what is below a row is not entered.
    todo: list[tuple[HtmlElement | None, str, bool]] = [(root, "", False)]
    while todo:
        element, behind, headed = todo.pop()
        if element is None:
            _add_line(lines, behind, is_heading=headed, links=links)
            continue
        number = starts.get(element)
        if number is not None:
            lines.append(_Line(number, links=links))
            continue
        if not isinstance(element.tag, str) or element.tag in _SKIPPED:
            continue
        links += element.tag == "a"
        inside = headed or element.tag in _HEADINGS
        if (text := element.text) and len(text) < _LONGEST and not text.isspace():
            _add_line(lines, text, is_heading=inside, links=links)
        for child in reversed(element):
            if (tail := child.tail) and len(tail) < _LONGEST and not tail.isspace():
                todo.append((None, tail, inside))
            todo.append((child, "", inside))
    return lines


def _add_line(lines: list[_Line], text: str, *, is_heading: bool, links: int) -> None:
    if _DIGIT.search(text) is None:
        return
    line = " ".join(text.split())
    days = days_in(line)
    rest = len(line) - (days[0].end - days[0].start) if days else 0
    if (days and rest < (_BESIDE_HEADING if is_heading else _BESIDE) and not _TODAY.search(line)) or (
        month_in(line) or (year_in(line) and (is_heading or len(line) < _BARE_YEAR))
    ):
        lines.append(_Line(-1, line, is_heading, links))
