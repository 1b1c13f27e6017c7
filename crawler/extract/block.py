"""A page as blocks: the runs of text that a person sees as lines and paragraphs, in their order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["BLOCKS", "Block", "blocks_of", "squash"]

BLOCKS = frozenset(
    """address article aside blockquote body button center dd details dialog dir div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hgroup hr html iframe li main menu nav noscript ol p pre section summary table
    tbody td tfoot th thead tr ul video audio""".split()  # noqa: SIM905 - fifty names read better as text
)
_SKIPPED = frozenset(
    "script style noscript template svg math head iframe object embed select textarea canvas".split()  # noqa: SIM905
)
_SIGNS = re.compile(r"[\W_]+")
_SPACE = re.compile(r"\s")


@dataclass(slots=True)
class Block:
    """One run of *text* below *element*; *slots* are the places in the tree that hold it, *linked* 0 to 1."""

    text: str
    squashed: str
    element: HtmlElement
    slots: list[tuple[HtmlElement, str]]
    linked: float


def squash(text: str) -> str:
    """Return *text* as small letters and digits only: what stays when markup and typography differ.

    >>> squash("It’s “5 %”: 香港。")
    'its5香港'
    """
    return _SIGNS.sub("", text).lower()


def blocks_of(body: HtmlElement) -> list[Block]:  # noqa: C901 - one walk, one loop: parted it would pass six things on
    """Return the blocks below *body*: text between the edges of block elements and `<br>`.

    >>> from crawler.normalise.tree import read_html
    >>> [block.text for block in blocks_of(read_html("<p>a <b>b</b><br>c<div>d"))]
    ['a b', 'c', 'd']
    """
    found: list[Block] = []
    pieces: list[tuple[HtmlElement, str, str, bool]] = []

    def flush(element: HtmlElement) -> None:
        text = " ".join("".join(piece[2] for piece in pieces).split())
        if text:
            sizes = [(len(_SPACE.sub("", piece[2])), piece[3]) for piece in pieces]
            total = sum(size for size, _ in sizes)
            linked = sum(size for size, inside in sizes if inside) / max(1, total)
            slots = [(piece[0], piece[1]) for piece in pieces]
            found.append(Block(text, squash(text), element, slots, linked))
        pieces.clear()

    # (element, nearest block, inside a link, what to do: 0 enter, 1 its tail, 2 leave)
    todo: list[tuple[HtmlElement, HtmlElement, bool, int]] = [(body, body, False, 0)]
    while todo:
        element, block, linked, step = todo.pop()
        if step == 1:
            if element.tail:
                pieces.append((element, "tail", element.tail, linked))
            continue
        if step == 2:
            flush(element)
            continue
        tag = element.tag
        if not isinstance(tag, str) or tag in _SKIPPED:
            continue
        if tag in BLOCKS:
            flush(block)
            block = element  # what is below belongs to it
            todo.append((element, block, linked, 2))
        elif tag == "br":
            flush(block)
        linked = linked or tag == "a"
        if element.text:
            pieces.append((element, "text", element.text, linked))
        for child in reversed(element):
            todo.append((child, block, linked, 1))
            todo.append((child, block, linked, 0))
    flush(body)
    return found
