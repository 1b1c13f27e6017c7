"""The days of rows, where they stand in the rows, and where they stand above them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crawler.extract.column import Dated, dates_of
from crawler.extract.day import days_in, settle
from crawler.extract.group import Row
from crawler.normalise import date_in_address

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["days_of"]


def days_of(root: HtmlElement, rows: Sequence[Row], *, american: bool = False) -> Dated:
    """Return the days of *rows*: those in them, or where few have one those above them; at last those of addresses."""
    dated = dates_of(rows, american=american)
    if dated.share < 0.4:
        dated = _beside(root, rows, american=american) or dated
    if dated.share == 1:
        return dated
    told = [date_in_address(row.url, zone="UTC") for row in rows]
    if sum(when is not None for when in told) < 0.6 * len(rows):
        return dated
    days = (day or (when.date().isoformat() if when else None) for day, when in zip(dated.days, told, strict=True))
    return Dated(tuple(days), dated.path)


def _beside(root: HtmlElement, rows: Sequence[Row], *, american: bool) -> Dated | None:
    """Return days that stand above rows, not in them: one heading of a day for all rows below it."""
    starts = {row.element: number for number, row in enumerate(rows)}
    found: list[str | None] = [None] * len(rows)
    headings: list[tuple[int, str]] = []
    current = 0
    last = None
    inside: set[HtmlElement] = set()
    for row in rows:
        inside.update(row.element.iter())
    for element in root.iter():
        if element in starts:
            current = starts[element]
            headings.append((current, ""))
            continue
        if (
            element in inside
            or not isinstance(element.tag, str)
            or element.tag in {"script", "style", "option", "title"}
        ):
            continue
        for text in (element.text, element.tail):
            line = " ".join(text.split()) if text and len(text) < 120 else ""
            if line and (days := days_in(line)) and len(line) - (days[0].end - days[0].start) < 24:
                headings.append((-1, line))
    lines = [days_in(line)[0] for number, line in headings if number < 0]
    month_first = settle(lines, american=american)
    for number, line in headings:
        if number < 0:
            last = days_in(line)[0].read(month_first=month_first)
        elif last is not None:
            found[number] = last.isoformat()
    dated = Dated(tuple(found))
    return dated if dated.share >= 0.5 else None
