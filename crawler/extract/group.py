"""Links of a page that stand alike: candidates for a list, each with the row that belongs to it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.extract.dress import MARKS, parted_by_dress
from crawler.extract.grid import columns_of
from crawler.extract.name import name_of, stays
from crawler.extract.piece import pieces_of
from crawler.extract.select import fold, text_of
from crawler.extract.target import has_target, target_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = [
    "Group",
    "Link",
    "Row",
    "add_links",
    "groups_of",
    "links_of",
    "rows_of",
    "width_of",
    "with_twins",
]

_WIDE = re.compile(r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60]")
_ENDS = frozenset(["body", "html"])
_MOST_LINKS = 6000
_MOST_PARTS = 8
_TWIN = 0.6  # the share of dated rows from which two groups may be one list


@dataclass(slots=True)
class Link:
    """A link to another page: its *element*, absolute *url* and *text*."""

    element: HtmlElement
    url: str
    text: str
    number: int = 0


@dataclass(slots=True)
class Row:
    """What belongs to one address of a group: its links, and the *element* around them.

    Of rows in running text, where the element is the link itself, *starts* are all of them.
    *read* holds the parts of elements read before: rows of several groups may be the same.
    """

    url: str
    element: HtmlElement
    links: list[Link]
    starts: set[HtmlElement] | None = None
    read: dict[HtmlElement, list[tuple[str, str]]] | None = None

    @property
    def parts(self) -> list[tuple[str, str]]:
        """The texts of the row, each with the names of the elements from the row to it."""
        if self.read is None:
            self.read = {}
        if self.element not in self.read:
            self.read[self.element] = list(pieces_of(self.element, self.starts))
        return self.read[self.element]


@dataclass(slots=True)
class Group:
    """Rows whose links have the same *path* from the root of the page."""

    path: tuple[str, ...]
    rows: list[Row]
    score: float = 0.0
    dated: float = 0.0


def links_of(body: HtmlElement, base: str, url: str, *, carried: bool = False) -> list[Link]:
    """Return the links of a page that lead to another page, in order.

    With *carried* other elements than links count too that carry an address for a script.
    """
    found: list[Link] = []
    here = url.partition("#")[0]
    for element in (
        (part for part in body.iter("*") if has_target(part) or part.tag == "a") if carried else body.iter("a")
    ):
        address = target_of(element, base)
        if address and address != here:
            # A link laid over a whole card has no text of its own, and says in words where it leads.
            text = text_of(element) if len(element) else element.text or element.get("aria-label") or ""
            found.append(Link(element, address, fold(text), len(found)))
            if len(found) >= _MOST_LINKS:
                break
    return found


def groups_of(links: Sequence[Link], *, levels: int = 99) -> list[Group]:
    """Return the links as groups of at least two addresses, by their path; what is alike stands together.

    *levels* bounds how much of a path counts: little of it where the tags of a page are not well nested.
    """
    known: dict[HtmlElement, tuple[str, ...]] = {}
    by_path: dict[tuple[str, ...], list[Link]] = defaultdict(list)
    columns = columns_of(links[0].element.getroottree().getroot()) if links else {}
    for link in links:
        by_path[_path(link.element, known, columns)[:levels]].append(link)
    read: dict[HtmlElement, list[tuple[str, str]]] = {}
    return [
        Group(path, rows_of(part, read))
        for path, members in _merged(by_path).items()
        for dressed in parted_by_dress(members, lambda link: link.element, name_of)
        for part in _columns(dressed)
        if len({link.url for link in part}) >= 2
    ]


def with_twins(best: Group, others: Sequence[Group]) -> Group:
    """Return *best* with the rows of those *others* that are the same list in another column of the page.

    Only where both are dated, and have no row in common: cells of one row may hold links of several kinds.
    """
    key = _without_columns(best.path)
    held = {row.element for row in best.rows}
    twins = [
        other
        for other in others
        if other is not best
        and min(other.dated, best.dated) >= _TWIN
        and _without_columns(other.path) == key
        and not any(row.element in held for row in other.rows)
    ]
    if not twins:
        return best
    links = [link for group in (best, *twins) for row in group.rows for link in row.links]
    rows = rows_of(sorted(links, key=lambda link: link.number), {})
    return Group(best.path, rows, best.score, best.dated)


def _without_columns(path: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.rpartition(":")[0] if name.startswith("td") else name for name in path)


def _merged(by_path: Mapping[tuple[str, ...], list[Link]]) -> Mapping[tuple[str, ...], list[Link]]:
    """Put together paths that differ in one class only, of siblings: rows painted in turns, or one put in front."""
    found: dict[tuple[str, ...], list[Link]] = {}
    by_tags: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
    for path, members in by_path.items():
        tags = tuple(name.partition(".")[0] for name in path)
        for other in by_tags[tags]:
            differing = [at for at, (one, two) in enumerate(zip(path, other, strict=True)) if one != two]
            if len(differing) == 1 and _are_siblings(members[0].element, found[other][0].element, differing[0]):
                found[other] = sorted([*found[other], *members], key=lambda link: link.number)
                break
        else:
            by_tags[tags].append(path)
            found[path] = list(members)
    return found


def _are_siblings(one: HtmlElement, two: HtmlElement, level: int) -> bool:
    """Say whether the ancestors of two links at *level* of their paths have one parent."""
    return level > 0 and _above(one, level + 1) is _above(two, level + 1)


def _above(element: HtmlElement, level: int) -> HtmlElement | None:
    here: HtmlElement | None = element
    while here is not None and level:
        here = here.getparent()
        if here is not None and here.tag not in MARKS:
            level -= 1
    return here


def _columns(members: Sequence[Link]) -> list[list[Link]]:
    """Part links of which each row has several: "PDF" and "Word", say. Cards in a grid are not parted."""
    count = Counter(link.text for link in members)
    least = max(3, 0.2 * len(members))
    often = {text for text, number in count.items() if number >= least or _is_number(text)}
    labels = sum(link.text in often for link in members)
    if len(members) < 4 or labels < 0.2 * len(members):
        return [list(members)]
    if labels < 0.75 * len(members):  # titles, and words that stand beside each of them
        return [[link for link in members if link.text not in often], [link for link in members if link.text in often]]
    for level in range(1, 5):
        by_row: dict[HtmlElement | None, list[Link]] = defaultdict(list)
        for link in members:
            by_row[_above(link.element, level)].append(link)
        most, rows = Counter(len({link.url for link in row}) for row in by_row.values()).most_common(1)[0]
        if len(by_row) >= 2 and most >= 2 and rows >= 0.6 * len(by_row):
            columns: list[list[Link]] = [[] for _ in range(most)]
            for row in by_row.values():
                for number, link in enumerate(row[:most]):
                    columns[number].append(link)
            return columns
        if len(by_row) == 1:
            break
    return [list(members)]


def _is_number(text: str) -> bool:
    """Say whether a text is a number or a word too short for a title."""
    return len(text) < 6 or (len(text) < 18 and sum(char.isdigit() for char in text) >= 0.4 * len(text))


def width_of(text: str) -> float:
    """Return how wide *text* is: a Chinese character says as much as 2.5 letters.

    >>> width_of("abc"), width_of("新聞公報")
    (3.0, 10.0)
    """
    return len(text) + 1.5 * len(_WIDE.findall(text)) if not text.isascii() else float(len(text))


def _path(
    element: HtmlElement, known: dict[HtmlElement, tuple[str, ...]], columns: Mapping[HtmlElement, int]
) -> tuple[str, ...]:
    """Return the names from a link up to the root; *known* are paths of elements met before."""
    parent = element.getparent()
    above: tuple[str, ...] = ()
    if parent is not None:
        found = known.get(parent)
        if found is None:
            found = known[parent] = _path(parent, known, columns)
        above = found
    tag = element.tag
    if tag in MARKS and parent is not None:
        return above
    name = name_of(element)
    if tag == "td":
        column = columns.get(element)
        name += f":{sum(1 for _ in element.itersiblings('td', 'th', preceding=True)) if column is None else column}"
    elif len(above) in {2, 3} and _is_part(element):
        name += f"#{element.get('id')}"
    return (name, *above)


def _is_part(element: HtmlElement) -> bool:
    """Say whether *element* is one of the great parts of a page that have names: its head, its foot."""
    identity, parent = element.get("id"), element.getparent()
    if not identity or not stays(identity) or parent is None:
        return False
    return sum(1 for beside in parent if beside.get("id")) <= _MOST_PARTS


def rows_of(members: Sequence[Link], read: dict[HtmlElement, list[tuple[str, str]]] | None = None) -> list[Row]:
    """Return a row for each address: the highest element that holds links of the group to it and to no other."""
    targets: dict[HtmlElement, set[str]] = defaultdict(set)
    for link in members:
        targets[link.element].add(link.url)
        for above in link.element.iterancestors():
            urls = targets[above]
            urls.add(link.url)
            if len(urls) > 1:  # and so has all that is above
                break
    rows: dict[str, Row] = {}
    for link in members:
        element = link.element
        for above in link.element.iterancestors():
            if len(targets[above]) != 1 or above.tag in _ENDS:
                break
            element = above
        row = rows.get(link.url)
        if row is None:
            rows[link.url] = Row(link.url, element, [link], read=read)
        else:
            row.links.append(link)
    if sum(row.element.tag == "a" for row in rows.values()) > len(rows) / 2:
        starts = {row.element for row in rows.values()}
        for row in rows.values():
            row.starts, row.read = starts, None
    return list(rows.values())


def add_links(rows: Sequence[Row], links: Sequence[Link]) -> None:
    """Give each of *rows* the other *links* in it that lead where it leads: to a picture, a title, "read more"."""
    by_url: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        by_url[link.url].append(link)
    for row in rows:
        others = by_url[row.url]
        if len(others) > len(row.links) and row.element.tag != "a":
            held = {link.number for link in row.links}
            row.links += [
                link for link in others if link.number not in held and row.element in link.element.iterancestors()
            ]
