"""Selectors that find again what detection found: so that a source is written down, durable, and can be edited."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from os.path import commonprefix
from typing import TYPE_CHECKING

from crawler.extract.built import lasting
from crawler.extract.day import days_in
from crawler.extract.group import Row
from crawler.extract.name import stays
from crawler.extract.select import selector
from crawler.extract.target import target_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["Rules", "candidates", "rules_for"]

_TAG = re.compile(r"[a-z][a-z0-9-]*")
_PLAIN = re.compile(r"[A-Za-z_][\w-]*")
_COLUMN = re.compile(r"[a-z][a-z0-9]*(?:\.[A-Za-z_][\w-]*)*(?::nth-child\(\d+\))?(?:::attr\((?:datetime|title)\))?")
_BARE = re.compile(r"\w+(?: > \w+)?")  # "a", "li > a": true today, of a menu too tomorrow; better ones come later
_MOST = 60
_DEEPEST = 200  # of what is around a link: broken pages go thousands deep, and each selector then takes seconds
_LONGEST = 400  # characters with a day in them: more is a text that names one
_LEAST_LETTERS = 4


class Rules(Mapping[str, str]):
    """Selectors by what they find, worked out when first asked for: most readers of a listing never ask."""

    def __init__(self, find: Callable[[], Mapping[str, str]]) -> None:
        """Keep *find*, which works the selectors out."""
        self._find = find
        self._found: Mapping[str, str] | None = None

    def __getitem__(self, key: str) -> str:
        """Return the selector for *key*: "links" or "date"."""
        return self._all()[key]

    def __iter__(self) -> Iterator[str]:
        """Yield what there are selectors for."""
        return iter(self._all())

    def __len__(self) -> int:
        """Return how many selectors there are."""
        return len(self._all())

    def _all(self) -> Mapping[str, str]:
        if self._found is None:
            self._found = self._find()
        return self._found


def rules_for(
    root: HtmlElement, base: str, rows: Sequence[Row], day_path: str, *, leads: Sequence[Row] = ()
) -> Mapping[str, str]:
    """Return selectors that find the addresses of *rows* and no other on this page: "links", and "date" where one does.

    *leads* are rows that stand apart, and have a selector of their own. Empty where no
    selector of moderate length does.
    """
    found = _links(root, base, rows)
    if not found or not leads:
        return {"links": found, **_dates(day_path, rows)} if found else {}
    whole = _links(root, base, [*leads, *rows])
    if not whole:
        apart = _links(root, base, leads)
        whole = f"{apart}, {found}" if apart else ""
    # Without a rule for their days: those of a lead stand elsewhere than those of the rows, and are found by reading.
    return {"links": whole} if whole else {}


def _dates(day_path: str, rows: Sequence[Row]) -> Mapping[str, str]:
    date = _date(day_path, rows)
    return {"date": date} if date else {}


def _links(root: HtmlElement, base: str, rows: Sequence[Row]) -> str:
    """Return the shortest selector that finds the addresses of *rows* alone, "" where none does."""
    if any(next(islice(row.links[0].element.iterancestors(), _DEEPEST, None), None) is not None for row in rows):
        return ""
    wanted = {row.url for row in rows}
    last = ""
    for css in candidates(rows):
        found = {target_of(element, base) for element in selector(css).elements(root)} - {""}
        if found == wanted:
            last = css
            if _BARE.fullmatch(css) is None:
                break
    return last


def candidates(rows: Sequence[Row]) -> Iterator[str]:
    """Yield selectors for the links of *rows*, short ones first: a chain of steps, and the same below a container."""
    chains = [[row.links[0].element, *row.links[0].element.iterancestors()] for row in rows]
    depth = min(len(chain) for chain in chains)
    steps = [_step([chain[level] for chain in chains]) for level in range(depth)]
    number = 0
    for length in range(1, min(depth, 7)):
        chain = " > ".join(reversed(steps[:length]))
        for above in ["", *(step for step in steps[length:] if any(mark in step for mark in ".#["))]:
            yield f"{above} {chain}".strip()
            number += 1
            if number > _MOST:
                break
    yield from _by_address(rows)


def _by_address(rows: Sequence[Row]) -> Iterator[str]:
    """Yield selectors by how the addresses of *rows* begin, as they are written: pages of the nineties name nothing."""
    written = [(row.links[0].element.get("href") or "").strip() for row in rows]
    start = re.sub(r"\d+\Z", "", commonprefix(written))  # noqa: RUF071 - the letters, not the folders
    if len(re.findall(r"[A-Za-z]", start)) >= _LEAST_LETTERS and not re.search(r"['\"\\\s]", start):
        yield f"a[href^='{start}']"


def _step(elements: Sequence[HtmlElement]) -> str:
    """Return what *elements*, one of each link, have in common: tag, classes, the id where they are one element."""
    tags = {str(element.tag) for element in elements}
    tag = tags.pop()
    if tags or not _TAG.fullmatch(tag):  # broken markup makes tags of quotes and signs
        return "*"
    first = elements[0]
    identity = first.get("id") or ""
    if _PLAIN.fullmatch(identity) and all(element is first for element in elements):
        return f"{tag}#{identity}"
    common = set((first.get("class") or "").split())
    for element in elements[1:]:
        common &= set((element.get("class") or "").split())
    named = (lasting(name) for name in sorted(common) if _PLAIN.fullmatch(name))
    # What a build made may have digits in it: the rest of such a name says what the element is.
    names = sorted({name for name in named if name and (name.startswith("[") or stays(name[1:]))})
    places = {sum(1 for _ in element.itersiblings(preceding=True)) for element in elements}
    place = f":nth-child({places.pop() + 1})" if tag in {"td", "dd"} and len(places) == 1 else ""
    return tag + "".join(names[:3]) + place


def _date(path: str, rows: Sequence[Row]) -> str:
    """Return the selector of the column of days, below a row, or "" where days stand in running text."""
    steps = [step for step in path.split("/") if step]
    if len(steps) < 2 or steps[-1] == "tail":
        return ""
    attribute = f"::attr({steps[-1][1:]})" if steps[-1] in {"@datetime", "@title"} else ""
    name, _, place = (steps[-2] if attribute else steps[-1]).partition(":")
    css = name + (f":nth-child({int(place) + 1})" if place else "") + attribute
    if not _COLUMN.fullmatch(css):
        return ""
    css = re.sub(r"\.([A-Za-z_][\w-]*)", lambda name: lasting(name[1]), css)
    rule = selector(css)
    found = sum(bool(days_in(" ".join(rule.string(row.element).split())[:_LONGEST])) for row in rows)
    return css if found >= 0.8 * len(rows) else ""
