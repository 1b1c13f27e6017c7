"""What a first look at all blocks says of each: how likely its neighbours, its kin and its copies are the body."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

from crawler.extract.block import Block

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["context", "kin_of"]

_LIKELY = 0.5
_DOUBT = 0.3  # from the middle: between 0.2 and 0.8 the first look has not decided
_FAR = 6


def context(kin: Sequence[Sequence[int]], sizes: Sequence[float], chances: Sequence[float]) -> list[list[float]]:
    """Return for each block, of so many words and with that chance of the first look, what stands around it.

    That of its neighbours; of its *kin*, as `kin_of` tells it: a list is part of a text, or is not, as a
    whole; of earlier copies of its line; and its place in what is likely.

    >>> from crawler.extract.block import blocks_of
    >>> from crawler.normalise.tree import read_html
    >>> kin = kin_of(blocks_of(read_html("<ul><li>a<li>b</ul><p>c")))
    >>> [round(row[9], 3) for row in context(kin, [1, 1, 1], [0.9, 0.5, 0.1])]
    [0.5, 0.9, -1.0]
    """
    if not chances:
        return []
    weights = [size + 1 for size in sizes]
    mass = [chance * weight for chance, weight in zip(chances, weights, strict=True)]
    padded = [0.0] * _FAR + list(chances) + [0.0] * _FAR
    columns: list[Sequence[float]] = [chances]
    columns += [padded[_FAR + step : _FAR + step + len(chances)] for step in (-3, -2, -1, 1, 2, 3)]
    columns += [_window(mass, weights, reach) for reach in (5, 12)]
    *within, made, made_longer, lines = kin
    columns += [_mean(keys, mass, weights)[0] for keys in within]
    for keys in (made, made_longer):
        means, counts = _mean(keys, mass, weights)
        columns += [means, [math.log1p(count) for count in counts]]
    means, counts = _mean(lines, mass, weights)
    columns += [means, [float(count > 1) for count in counts], _before(lines, chances)]
    columns += _place(chances, mass, weights)
    return [list(row) for row in zip(*columns, strict=True)]


def kin_of(blocks: Sequence[Block]) -> list[list[int]]:
    """Return, kind by kind, a number for each block that its kin have too.

    Kin lie in the same element, one to four levels up; or are made alike, themselves and
    what holds them, one level up or two; or are the same line.

    >>> from crawler.extract.block import blocks_of
    >>> from crawler.normalise.tree import read_html
    >>> kin_of(blocks_of(read_html("<ul><li>a<li>b</ul><p>a")))[0]
    [0, 0, 1]
    """
    ways: list[Callable[[HtmlElement], Hashable]] = [partial(_above, level=level) for level in (1, 2, 3, 4)]
    ways += [partial(_made, levels=levels) for levels in (2, 3)]
    return [*(_numbered(_keys(blocks, way)) for way in ways), _numbered([block.squashed for block in blocks])]


def _keys(blocks: Sequence[Block], of: Callable[[HtmlElement], Hashable]) -> list[Hashable]:
    """Return what *of* says of the element of each block; an element that holds many is asked once."""
    known: dict[HtmlElement, Hashable] = {}
    for block in blocks:
        if block.element not in known:
            known[block.element] = of(block.element)
    return [known[block.element] for block in blocks]


def _numbered(keys: Sequence[Hashable]) -> list[int]:
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _above(element: HtmlElement, level: int) -> HtmlElement | None:
    found: HtmlElement | None = element
    for _ in range(level):
        found = found.getparent() if found is not None else None
    return found


def _made(element: HtmlElement, levels: int) -> tuple[str, ...]:
    """Return tag and classes of *element* and of what holds it: elements made alike have the same."""
    found: HtmlElement | None = element
    made = []
    for _ in range(levels):
        if found is None:
            made.append("")
        else:
            made.append(f"{found.tag!s}.{' '.join(sorted((found.get('class') or '').split()))}")
            found = found.getparent()
    return tuple(made)


def _mean(keys: Sequence[int], mass: Sequence[float], weights: Sequence[float]) -> tuple[list[float], list[int]]:
    """Return the mean chance of the others with the same key, -1 where there are none, and how many have it."""
    masses: dict[int, float] = defaultdict(float)
    totals: dict[int, float] = defaultdict(float)
    counts: dict[int, int] = defaultdict(int)
    for key, part, weight in zip(keys, mass, weights, strict=True):
        masses[key] += part
        totals[key] += weight
        counts[key] += 1
    means = [
        (masses[key] - part) / (totals[key] - weight) if counts[key] > 1 else -1.0
        for key, part, weight in zip(keys, mass, weights, strict=True)
    ]
    return means, [counts[key] for key in keys]


def _window(mass: Sequence[float], weights: Sequence[float], reach: int) -> list[float]:
    sums = [0.0, *accumulate(mass)]
    totals = [0.0, *accumulate(weights)]
    last = len(mass)
    spans = [(max(0, at - reach), min(last, at + reach + 1)) for at in range(last)]
    return [(sums[end] - sums[start]) / (totals[end] - totals[start]) for start, end in spans]


def _before(lines: Sequence[int], chances: Sequence[float]) -> list[float]:
    """Return the best chance of an earlier block with the same line."""
    best: dict[int, float] = defaultdict(float)
    found = []
    for line, chance in zip(lines, chances, strict=True):
        found.append(best[line])
        best[line] = max(best[line], chance)
    return found


def _place(chances: Sequence[float], mass: Sequence[float], weights: Sequence[float]) -> Iterator[Sequence[float]]:
    """Yield where each block lies, before, within or behind what is likely, and how much that is."""
    count = len(chances)
    likely = [at for at, chance in enumerate(chances) if chance > _LIKELY]
    first, last = (likely[0], likely[-1]) if likely else (count, -1)
    yield [max(0, first - at) / count for at in range(count)]
    yield [max(0, at - last) / count for at in range(count)]
    yield [float(first <= at <= last) for at in range(count)]
    total = sum(mass)
    yield [math.log1p(total)] * count
    yield [total / sum(weights)] * count
    yield [part / max(total, 1e-6) for part in accumulate(mass)]
    yield [sum(abs(chance - _LIKELY) < _DOUBT for chance in chances) / count] * count
