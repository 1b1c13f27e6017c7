"""Which group of links is the list of releases: how wide, dated, headed and alone its rows are."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from statistics import median
from typing import TYPE_CHECKING, cast

from lxml import etree

from crawler.extract.column import says_nothing
from crawler.extract.day import days_in
from crawler.extract.group import Group, Link, Row, width_of
from crawler.extract.select import text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["cards_of", "entries", "place_of", "rank"]

_AWAY = re.compile(
    r"nav(?!y)|menu|breadcrumb|footer|foot\b|sidebar|side-bar|aside|social|share|toolbar|lang|skip|related|popular|trending|"
    r"most-|tag-?cloud|tags\b|topics?\b|categor|quick-?links|banner|cookie|login|search-?form|filter|facet|pager|paginat|masthead|"
    r"accordion-nav|mega|dropdown|widget|archive|calendar|ticker|carousel|slider",
    re.IGNORECASE,
)
_NEAR = re.compile(
    r"news|press|release|listing|list\b|results?|archive|article|post|views-row|opinion|media|view-content|main|content",
    re.IGNORECASE,
)
_ENTRY = re.compile(r"\d{4}|\.pdf|\bid=", re.IGNORECASE)
_HEADLINE = re.compile(r"[a-z0-9](?:-[a-z0-9]+){3}", re.IGNORECASE)
_TEXT = etree.XPath("string()", smart_strings=False)
_TIMED = etree.XPath("boolean(descendant-or-self::time[@datetime])")
_DIGIT = re.compile(r"\d")


_MENU = 0.1
_CARD = 60  # letters: longer than most titles
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_CARDS = 0.6


def rank(groups: Sequence[Group]) -> list[Group]:
    """Return *groups* with their score, best first; those that cannot be a list are left out."""
    for group in groups:
        place = place_of(group.rows[len(group.rows) // 2].element, dated=group.dated)
        if place > _MENU:  # what stands in a menu is not worth a look at its rows
            group.dated = sum(_is_dated(row) for row in group.rows) / len(group.rows)
        group.score = _score(group, place)
    _hush(groups)
    return sorted((group for group in groups if group.score > 0), key=lambda group: -group.score)


def cards_of(groups: Sequence[Group]) -> list[Row]:
    """Return the rows of those ranked *groups* that are headings: the cards of a page that has many lists."""
    return [row for group in groups if _headed(group) >= _CARDS for row in group.rows]


def _hush(groups: Sequence[Group]) -> None:
    """Of groups that share their rows let the one speak whose links are titles, not numbers or names of files."""
    by_row: dict[HtmlElement, list[Group]] = defaultdict(list)
    for group in groups:
        by_row[group.rows[0].element].append(group)
    for rivals in by_row.values():
        speaking = [group for group in rivals if _speaks(group)]
        for group in rivals:
            if speaking and group not in speaking:
                group.score *= 0.5


def _speaks(group: Group) -> bool:
    own = [
        max((width_of(link.text) for link in row.links if not says_nothing(link.text)), default=0.0)
        for row in group.rows
    ]
    return median(own) >= 12


def _score(group: Group, place: float) -> float:
    rows = group.rows
    count = len(rows)
    own = [max((_width(link) for link in row.links if not says_nothing(link.text)), default=0.0) for row in rows]
    width = min(median(own), 110.0)
    if width < 12:  # numbers, "PDF": what stands beside them speaks, if it is dated or much
        around = [sum(width_of(text) for _, text in row.parts) for row in rows] if place > _MENU else [0.0]
        width = max(width, min(median(around), 60.0) * (0.5 if group.dated > 0.5 else 0.25))
    if width < 4:
        return 0.0
    texts = {link.text for row in rows for link in row.links[:1]}
    different = len(texts) / count if median(own) >= 12 else 1.0
    score = math.log2(1 + count) * math.sqrt(width) * (1 + 2 * group.dated)
    score *= 0.4 + 0.6 * min(1.0, different)
    score *= 1 + 0.5 * _headed(group) if place > _MENU else 1
    score *= place
    score *= 0.75 + 0.35 * entries(rows)
    if count == 2:
        score *= 0.5
    return score


def _width(link: Link) -> float:
    """Return how wide what *link* says is; of a card, which is a link as a whole, its heading speaks."""
    if len(link.text) > _CARD and (heading := next(link.element.iter(*_HEADINGS), None)) is not None:
        return width_of(" ".join(text_of(heading).split())) or width_of(link.text)
    return width_of(link.text)


def entries(rows: Sequence[Row]) -> float:
    """Return the share of *rows* whose address is that of one text: a number, a day, or a headline in it; 0 to 1."""
    return sum(_is_entry(row.url) for row in rows) / max(1, len(rows))


@lru_cache(maxsize=8192)
def _is_entry(url: str) -> bool:
    return _ENTRY.search(url) is not None or (url.count("-") >= 3 and _HEADLINE.search(url) is not None)


def _headed(group: Group) -> float:
    """Return 1 when links stand in headings, or hold one; less when a heading stands in their row."""
    if any(name.partition(".")[0] in {"h1", "h2", "h3", "h4", "h5"} for name in group.path[1:3]):
        return 1.0
    inside = sum(next(row.element.iterdescendants("h2", "h3", "h4"), None) is not None for row in group.rows)
    return 0.7 * inside / len(group.rows)


def place_of(element: HtmlElement, *, dated: float) -> float:
    """Return a factor for where *element* stands: menus, feet and sides hold no list of releases."""
    factor = 1.0
    for above in (element, *element.iterancestors()):
        if above.tag in {"body", "html"}:
            break
        if above.tag in {"nav", "footer"}:
            return factor * 0.08
        if above.tag in {"aside", "header"} and above is not element:
            factor *= 0.4
        said = f"{above.get('class') or ''} {above.get('id') or ''} {above.get('role') or ''}"
        if len(said) > 2:
            away, near = _called(said)
            if away and not (near and dated > 0.5):
                factor *= 0.55
            elif near:
                factor *= 1.04
        if above.tag in {"main", "article"}:
            factor *= 1.1
    return max(0.05, min(factor, 1.5))


@lru_cache(maxsize=8192)
def _called(said: str) -> tuple[bool, bool]:
    """Return whether names of an element are those of a menu or a side, and whether those of a list or a main part."""
    return _AWAY.search(said) is not None, _NEAR.search(said) is not None


def _is_dated(row: Row) -> bool:
    # Most rows of most groups have no digit: that is seen without taking them apart.
    told = row.starts is not None or row.element.tag == "dt"
    if not told and _DIGIT.search(cast("str", _TEXT(row.element))) is None and not _TIMED(row.element):
        return False
    size = 0
    for _, text in row.parts:
        if len(text) < 400 and days_in(text):
            return True
        size += len(text)
        if size > 1500:
            break
    return False
