"""Rows that stand with a list and do not belong to it, and releases that stand apart from it and do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from crawler.extract.address import made_like
from crawler.extract.column import says_nothing
from crawler.extract.day import days_in
from crawler.extract.group import Group, Link, Row, rows_of, width_of
from crawler.extract.rank import entries, place_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["leads_of", "without_strays"]

_MOST = 0.8  # of the rows: what holds for so many holds for the list
_LEAST_ROWS = 4
_LEADS = 3
_ENOUGH = 30  # rows, to see how addresses are made
_TITLED = 12.0
_ASIDE = 0.6  # what is called a menu or a side once
_LARGEST = 6000  # characters: a lead has a teaser, and is no page
# What leads from the end of a list to a longer one.
_FURTHER = re.compile(
    r"(?:more|all|view all|see all|show all|older|browse)\b.{0,30}|(?:查看|了解)?(?:更多|全部|所有).{0,8}|"
    r"(?:ver |mais )(?:todas|todos|mais|not[ií]cias).{0,20}",
    re.IGNORECASE,
)
_HEADINGS = ("h1", "h2", "h3", "h4")


def without_strays(group: Group) -> list[Row]:
    """Return the rows of *group* but those that only stand alike: in another place, of another make, without a day.

    So stands the cell of a menu made as a table over a list that is a table.
    """
    rows = _without_last(group.rows)
    place, count = Counter(_place(row) for row in rows).most_common(1)[0]
    if place is None or not _LEAST_ROWS <= count < len(rows) or count < 0.6 * len(rows):
        return rows
    own = [row for row in rows if _place(row) is place]
    made = {made_like(row.url) for row in own}
    apart = [row for row in rows if _place(row) is not place and made_like(row.url) not in made]
    if sum(map(_has_day, own)) >= _MOST * len(own):
        strays = [row for row in apart if not _has_day(row)]
    else:
        strays = [row for row in apart if not entries([row])] if entries(own) >= _MOST else []
    return [row for row in rows if row not in strays] if strays else rows


def _without_last(rows: list[Row]) -> list[Row]:
    """Return *rows* without the last where that has no day as the others have, and only says that there is more."""
    last, others = rows[-1], rows[:-1]
    if len(others) < _LEAST_ROWS or not all(_FURTHER.fullmatch(link.text.strip(" .…»›→")) for link in last.links):
        return rows
    return others if not _has_day(last) and sum(map(_has_day, others)) >= _MOST * len(others) else rows


def _place(row: Row) -> HtmlElement | None:
    return row.element.getparent()


def leads_of(rows: Sequence[Row], links: Sequence[Link], *, dated: float) -> list[Row]:
    """Return the releases above the list *rows* that are shown larger: three at most.

    Their addresses are made as those of the rows, and they have a day where of the rows
    the share *dated* has one, else a heading.
    """
    first = min(link.number for row in rows for link in row.links)
    if len(rows) < _LEAST_ROWS or not first:
        return []
    some = rows[:_ENOUGH]
    made, count = Counter(made_like(row.url) for row in some).most_common(1)[0]
    if count < _MOST * len(some):
        return []
    held = {row.url for row in rows}
    above = [link for link in links[:first] if link.url not in held and made_like(link.url) == made]
    if not 1 <= len({link.url for link in above}) <= _LEADS:
        return []
    leads = [row for row in rows_of([*above, *(row.links[0] for row in rows)]) if row.url not in held]
    return leads if all(_leads(row, dated=dated) for row in leads) else []


def _leads(row: Row, *, dated: float) -> bool:
    """Say whether *row*, which stands apart, is shown as a release is."""
    if not any(width_of(link.text) >= _TITLED and not says_nothing(link.text) for link in row.links):
        return False
    if row.element.tag == "a" or sum(len(text) for _, text in row.parts) > _LARGEST:
        return False
    if place_of(row.element, dated=0.0) < _ASIDE:
        return False
    if dated >= _MOST:
        return _has_day(row)
    return any(row.element.find(f".//{tag}") is not None for tag in _HEADINGS)


def _has_day(row: Row) -> bool:
    return any(len(text) < 400 and days_in(text) for _, text in row.parts)
