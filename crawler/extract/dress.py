"""Links of one row that stand in different marks: the title, and behind it in small the site or the section."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["MARKS", "parted_by_dress"]

MARKS = frozenset(["font", "b", "strong", "em", "i", "u", "span"])
_LEAST_ROWS = 3
_SHARE = 0.5  # of the places: what only some rows have is no column

_Thing = TypeVar("_Thing")


def parted_by_dress(
    links: Sequence[_Thing], element_of: Callable[[_Thing], HtmlElement], name_of: Callable[[HtmlElement], str]
) -> list[list[_Thing]]:
    """Return *links* in as many lists as there are dresses, where most places hold links in more than one.

    Rows of which some are painted, each in one dress throughout, stay together. *name_of* names an element.

    >>> from crawler.normalise.tree import read_html
    >>> root = read_html("".join(f"<p><b><a>{n}</a> <i><a>of {n}</a></i></b>" for n in range(3)))
    >>> [[a.text for a in part] for part in parted_by_dress(list(root.iter("a")), lambda a: a, lambda e: e.tag)]
    [['0', '1', '2'], ['of 0', 'of 1', 'of 2']]
    """
    by_dress: dict[tuple[str, ...], list[_Thing]] = defaultdict(list)
    dresses: dict[HtmlElement | None, set[tuple[str, ...]]] = defaultdict(set)
    for link in links:
        dress = []
        here = element_of(link).getparent()
        while here is not None and here.tag in MARKS:
            dress.append(name_of(here))
            here = here.getparent()
        key = tuple(dress)
        by_dress[key].append(link)
        dresses[here].add(key)
    if len(by_dress) < 2 or len(dresses) < _LEAST_ROWS:
        return [list(links)]
    several = sum(len(keys) > 1 for keys in dresses.values())
    return list(by_dress.values()) if several >= _SHARE * len(dresses) else [list(links)]
