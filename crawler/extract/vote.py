"""The vote on the body of a page: trafilatura, readability-lxml, and our own extractor that hears them both."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.extract.block import Block, blocks_of, squash
from crawler.extract.day import days_in
from crawler.extract.match import match_blocks
from crawler.extract.select import text_of
from crawler.extract.weigh import chances, is_date_line, words_of
from crawler.normalise.tree import read_html, shorn

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["Body", "likeness", "vote_on_body"]

_ENOUGH = 0.45  # the chance from which a block is taken; measured flat between 0.4 and 0.5
_DOUBTFUL = 0.3  # where hardly anything was taken, what is nearly sure is taken too
_LEAST_WORDS = 40
_LINE = 5  # words, on a page too long for others to look at
# Where ours is like neither of two others that agree, they are right: few pages are of a kind it never saw.
_ALONE = 0.35
_AGREED = 0.7
_BESIDE_DAY = 12  # characters: a day of the week, "Date:"
# Beyond so many characters, or tags, only our own extractor looks; and at no more than so many blocks.
_LONGEST = 1_500_000
_MOST_TAGS = 20_000
_MOST_BLOCKS = 5000


@dataclass(frozen=True, slots=True)
class Body:
    """The *blocks* of a page, which of them were *taken*, and how much the extractors agree, 0 to 1."""

    blocks: Sequence[Block]
    taken: Sequence[bool]
    agreement: float


def vote_on_body(root: HtmlElement, text: str, title: str) -> Body:
    """Return the body of the page *text*, parsed as *root*, by vote; *root* is not changed.

    Agreement is the mean likeness of the three answers, by 4-grams of characters.
    """
    every = blocks_of(root)
    blocks = every[:_MOST_BLOCKS]
    if not blocks:
        return Body((), (), 0.0)
    answers = _answers(root, text)
    squashed = [block.squashed for block in blocks]
    votes = [match_blocks(squashed, squash(answer)) if answer else [False] * len(blocks) for answer in answers]
    chance = chances(blocks, votes, title)
    taken = [value >= _ENOUGH and bool(line) for value, line in zip(chance, squashed, strict=True)]
    if _size(blocks, taken) < _LEAST_WORDS:
        taken = [value >= _DOUBTFUL and bool(line) for value, line in zip(chance, squashed, strict=True)]
    texts = [squash(answers[0]), squash(answers[1]), _joined(squashed, taken)]
    grams = [_grams(text) for text in texts]
    agreed = _alike(grams[0], grams[1])
    if (
        not texts[2]
        or (
            len(texts[2]) < max(map(len, texts[:2]))  # who found more than both saw what they did not
            and agreed >= _AGREED
            and max(_alike(grams[2], other) for other in grams[:2]) < _ALONE
        )
    ):
        taken = _heard(blocks, votes, squash(title), least=_LEAST_WORDS if _is_small(text) else _LINE)
    taken = _beheaded(blocks, taken, squash(title))
    if (final := _joined(squashed, taken)) != texts[2]:
        grams[2] = _grams(final)
    taken = [*taken, *[False] * (len(every) - len(blocks))]
    return Body(every, taken, (agreed + _alike(grams[2], grams[0]) + _alike(grams[2], grams[1])) / 3)


def _answers(root: HtmlElement, text: str) -> list[str]:
    """Return what the other two extractors make of the page, nothing where it is too long for them."""
    return [_trafilatura(root), _readability(text)] if _is_small(text) else ["", ""]


def _is_small(text: str) -> bool:
    return len(text) < _LONGEST and text.count("<") <= _MOST_TAGS


def _joined(squashed: Sequence[str], taken: Sequence[bool]) -> str:
    return "".join(line for line, flag in zip(squashed, taken, strict=True) if flag)


def _heard(blocks: Sequence[Block], votes: Sequence[Sequence[bool]], title: str, *, least: int) -> list[bool]:
    """Return the blocks that both other extractors hold, else those that one does; the *title* is none of them.

    Where neither holds any: those of at least *least* words that are no links.
    """
    for voices, with_dates in ((2, False), (1, False), (1, True)):
        taken = [
            sum(heard) >= voices
            and bool(block.squashed)
            and block.squashed != title
            and (with_dates or not is_date_line(block))
            for block, *heard in zip(blocks, *votes, strict=True)
        ]
        if any(taken):
            return taken
    return [words_of(block.text) >= least and block.linked < 0.5 for block in blocks]


def _beheaded(blocks: Sequence[Block], taken: Sequence[bool], title: str) -> list[bool]:
    """Return *taken* without the title, and the line of the day below it, where they stand before all else."""
    found = list(taken)
    for number, block in enumerate(blocks):
        if not found[number]:
            continue
        if block.squashed != title and not (
            is_date_line(block) and (block.element.tag != "p" or _is_only_day(block.text))
        ):
            return found
        found[number] = False
    return list(taken)  # there is nothing else


def _is_only_day(text: str) -> bool:
    days = days_in(text)
    return len(days) == 1 and len(text) - (days[0].end - days[0].start) < _BESIDE_DAY


def likeness(one: str, other: str) -> float:
    """Return how alike two squashed texts are, 0 to 1: F1 of their 4-grams of characters.

    >>> likeness("sametext", "sametext"), likeness("sametext", "")
    (1.0, 0.0)
    """
    return _alike(_grams(one), _grams(other))


def _alike(one: Counter[str], other: Counter[str]) -> float:
    both = (one & other).total()
    return 2 * both / (one.total() + other.total()) if both else 0.0


def _grams(text: str) -> Counter[str]:
    return Counter(text[at : at + 4] for at in range(max(1, len(text) - 3))) if text else Counter()


def _size(blocks: Sequence[Block], taken: Sequence[bool]) -> float:
    return sum(words_of(block.text) for block, flag in zip(blocks, taken, strict=True) if flag)


def _trafilatura(root: HtmlElement) -> str:
    from trafilatura import extract  # noqa: PLC0415 - 270 ms to import, and only pages without rules need it

    try:
        return extract(deepcopy(root), fast=True, include_comments=False) or ""
    except Exception as error:  # noqa: BLE001 - not our code, and any page may come: it then has no vote
        logging.getLogger(__name__).debug("trafilatura gave up", extra={"error": repr(error)})
        return ""


def _readability(text: str) -> str:
    from readability import Document  # type: ignore[import-untyped]  # noqa: PLC0415 - ships no types

    logging.getLogger("readability.readability").setLevel(
        logging.CRITICAL
    )  # it prints a stack for each page it gives up
    try:
        return text_of(read_html(Document(shorn(text)).summary(html_partial=True)))
    except Exception as error:  # noqa: BLE001 - not our code, and any page may come: it then has no vote
        logging.getLogger(__name__).debug("readability gave up", extra={"error": repr(error)})
        return ""
