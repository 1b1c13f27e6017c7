"""The days of rows, where they stand in the rows, and where they stand above them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING

from crawler.extract.column import Dated, dates_of
from crawler.extract.day import days_in, month_in, settle
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


def days_of(root: HtmlElement, rows: Sequence[Row], *, american: bool = False) -> Dated:
    """Return the days of *rows*: those in them, or where few have one those above them; at last those of addresses."""
    dated = _spanned(rows, dates_of(rows, american=american))
    if dated.share < 0.4:
        dated = _beside(root, rows, american=american) or dated
    if dated.share == 1:
        return dated
    told = [date_in_address(row.url, zone="UTC") for row in rows]
    if sum(when is not None for when in told) < 0.6 * len(rows):
        return dated
    days = (day or (when.date().isoformat() if when else None) for day, when in zip(dated.days, told, strict=True))
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
    lines = _lines_between(root, rows)
    named = {line: days[0] for number, line in lines if number < 0 and (days := days_in(line))}
    month_first = settle(named.values(), american=american)
    found: list[str | None] = [None] * len(rows)
    behind = bool(lines) and lines[0][0] >= 0 and sum(number < 0 for number, _ in lines) >= 0.8 * len(rows)
    last: str | None = None
    for number, line in reversed(lines) if behind else lines:
        if number < 0:
            day = named[line].read(month_first=month_first) if line in named else None
            last = day.isoformat() if day else last
        else:
            found[number] = last
            last = None if behind else last
    dated = Dated(tuple(found))
    if dated.share < 0.5:
        dated = Dated(tuple(_in_months(lines, rows)))
    return dated if dated.share >= 0.5 else None


def _in_months(lines: Sequence[tuple[int, str]], rows: Sequence[Row]) -> Iterator[str | None]:
    """Yield for each row the day that the number in it is, of the month that is the heading above it."""
    months: dict[int, tuple[int, int] | None] = {}
    last: tuple[int, int] | None = None
    for number, line in lines:
        if number < 0:
            last = month_in(line) or last
        else:
            months[number] = last
    for number, row in enumerate(rows):
        said = next((match for _, text in row.parts if (match := _NUMBER.fullmatch(text))), None)
        month = months.get(number)
        yield _day(*month, int(said[1])) if month and said else None


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _lines_between(root: HtmlElement, rows: Sequence[Row]) -> list[tuple[int, str]]:
    """Return in their order the numbers of *rows*, and with -1 the lines outside them that are days."""
    starts = {row.element: number for number, row in enumerate(rows)}
    lines: list[tuple[int, str]] = []
    # A node to enter, or None and a text that stands behind one; what is below a row is not entered.
    todo: list[tuple[HtmlElement | None, str]] = [(root, "")]
    while todo:
        element, behind = todo.pop()
        if element is None:
            _add_line(lines, behind)
            continue
        number = starts.get(element)
        if number is not None:
            lines.append((number, ""))
            continue
        if not isinstance(element.tag, str) or element.tag in _SKIPPED:
            continue
        if (text := element.text) and len(text) < _LONGEST and not text.isspace():
            _add_line(lines, text)
        for child in reversed(element):
            if (tail := child.tail) and len(tail) < _LONGEST and not tail.isspace():
                todo.append((None, tail))
            todo.append((child, ""))
    return lines


def _add_line(lines: list[tuple[int, str]], text: str) -> None:
    if _DIGIT.search(text) is None:
        return
    line = " ".join(text.split())
    days = days_in(line)
    if (days and len(line) - (days[0].end - days[0].start) < 24) or month_in(line):
        lines.append((-1, line))
