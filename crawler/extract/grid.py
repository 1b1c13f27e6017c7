"""Tables as grids: in which column a cell stands where cells above it reach down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from lxml import etree

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["columns_of", "rows_spanned"]

_SPANNING = etree.XPath("descendant::td[@rowspan] | descendant::th[@rowspan]")


def columns_of(root: HtmlElement) -> Mapping[HtmlElement, int]:
    """Return the column, from 0, of each cell of the tables below *root* in which a cell spans several rows.

    >>> from crawler.normalise.tree import read_html
    >>> root = read_html("<table><tr><td rowspan=2>a<td>b<tr><td>c</table>")
    >>> [column for cell, column in columns_of(root).items()]
    [0, 1, 1]
    """
    found: dict[HtmlElement, int] = {}
    cells = cast("list[HtmlElement]", _SPANNING(root))
    tables = dict.fromkeys(table for cell in cells for table in _table(cell))
    for table in tables:
        reaching: dict[int, int] = {}
        for row in table.iter("tr"):
            if next(row.iterancestors("table"), None) is not table:
                continue
            column = 0
            reached = dict(reaching)
            for cell in row.iterchildren("td", "th"):
                while reached.get(column, 0):
                    column += 1
                found[cell] = column
                if (span := rows_spanned(cell)) > 1:
                    reaching[column] = span
                column += 1
            reaching = {at: left - 1 for at, left in reaching.items() if left > 1}
    return found


def rows_spanned(cell: HtmlElement) -> int:
    """Return over how many rows *cell* reaches, at least 1."""
    said = (cell.get("rowspan") or "").strip()
    return max(1, min(int(said), 1000)) if said.isdecimal() and len(said) < 5 else 1


def _table(cell: HtmlElement) -> list[HtmlElement]:
    table = next(cell.iterancestors("table"), None)
    return [] if table is None else [table]
