"""Whether a regular expression can take exponential time, told from its form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib import import_module
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["is_quick"]

_parser: Any = import_module("re._parser")  # what `re` itself reads patterns with
_ALPHABET: Final = [*map(chr, range(256)), "中", "\u2003"]  # and one each of the letters and spaces beyond
_REPEATS: Final = frozenset(["MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"])
_SUSPECT: Final = re.compile(
    r"\)\s*[*+{]|\\[1-9]|\(\?[^:=!<>]"
)  # without, there is nothing to look for: most have none
_MOST_COPIES: Final = 40  # of what is repeated so many times: beyond, any number is assumed
_MOST_PLACES: Final = 1000


def is_quick(pattern: str) -> bool:
    r"""Return whether each repeated group of *pattern* can be gone through in one way only, and nothing refers back.

    What stands in a group that repeats has to be told apart by the next character alone
    (as in a content model of XML, "one-unambiguous"): then nothing is tried twice. Some
    patterns that are quick are refused: none that takes exponential time is taken.
    Source: Brüggemann-Klein and Wood, One-Unambiguous Regular Languages (1998).

    >>> [is_quick(one) for one in (r"/\d{4}/(?:[\w-]+/)*(\d+)\.htm", r"(?:ab|cd?)+", "((a+)b?)+", r"(.)\1")]
    [True, True, False, False]
    """
    if not _SUSPECT.search(pattern):
        return True
    try:
        _look(_parser.parse(pattern), _flags(pattern))
    except (_SlowError, RecursionError):
        return False
    return True


class _SlowError(Exception):
    pass


def _flags(pattern: str) -> int:
    return re.compile(pattern).flags & (re.IGNORECASE | re.DOTALL | re.ASCII)


def _look(parsed: Iterable[Any], flags: int) -> None:
    """Look for groups that repeat, the outermost ones."""
    for code, value in parsed:
        match str(code):
            case name if name in _REPEATS:
                if value[1] > 1:
                    _Group(flags).check(value[2])
                else:
                    _look(value[2], flags)
            case "SUBPATTERN":
                _look(value[3], flags)
            case "BRANCH":
                for branch in value[1]:
                    _look(branch, flags)
            case "ATOMIC_GROUP":
                _look(value, flags)
            case "ASSERT" | "ASSERT_NOT":
                _look(value[1], flags)
            case "GROUPREF" | "GROUPREF_EXISTS":
                raise _SlowError


@dataclass(slots=True)
class _Part:
    """What a part of a pattern can begin and end with, and whether it can be nothing."""

    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    empty: bool = True


class _Group:
    """The characters of a group by their places, and which may follow which (Glushkov's automaton)."""

    def __init__(self, flags: int) -> None:
        self._flags = flags
        self._at: list[frozenset[str]] = []
        self._after: list[set[int]] = []

    def check(self, body: Iterable[Any]) -> None:
        part = self._sequence(body)
        self._again(part)
        if part.empty:
            raise _SlowError  # any number of nothings
        for places in (part.first, *self._after):
            if any(self._at[one] & self._at[other] for one, other in combinations(sorted(set(places)), 2)):
                raise _SlowError

    def _again(self, part: _Part) -> None:
        for place in part.last:
            self._after[place].update(part.first)

    def _sequence(self, parsed: Iterable[Any]) -> _Part:
        whole = _Part()
        for code, value in parsed:
            whole = self._joined(whole, self._part(str(code), code, value))
        return whole

    def _joined(self, left: _Part, right: _Part) -> _Part:
        for place in left.last:
            self._after[place].update(right.first)
        return _Part(
            left.first + right.first if left.empty else left.first,
            left.last + right.last if right.empty else right.last,
            left.empty and right.empty,
        )

    def _part(self, name: str, code: Any, value: Any) -> _Part:  # noqa: ANN401 - of the parser, which has no types
        match name:
            case _ if name in _REPEATS:
                return self._repeated(*value)
            case "SUBPATTERN" | "ATOMIC_GROUP":
                return self._sequence(value[3] if name == "SUBPATTERN" else value)
            case "BRANCH":
                return self._branches([self._sequence(branch) for branch in value[1]])
            case "ASSERT" | "ASSERT_NOT" | "AT":
                if name != "AT":
                    _look(value[1], self._flags)
                return _Part()
            case "GROUPREF" | "GROUPREF_EXISTS":
                raise _SlowError
        return self._character(code, value)

    def _branches(self, parts: list[_Part]) -> _Part:
        if sum(part.empty for part in parts) > 1:  # nothing in two ways
            raise _SlowError
        first = [place for part in parts for place in part.first]
        last = [place for part in parts for place in part.last]
        return _Part(first, last, any(part.empty for part in parts))

    def _repeated(self, least: int, most: int, body: Any) -> _Part:  # noqa: ANN401 - as above
        whole = _Part()
        for _ in range(min(least, _MOST_COPIES)):
            whole = self._joined(whole, self._sequence(body))
        if most > least or least > _MOST_COPIES:
            more = self._sequence(body)
            if more.empty:  # nothing in two ways, or in any number
                raise _SlowError
            if most - least > 1 or least > _MOST_COPIES:
                self._again(more)
            whole = self._joined(whole, _Part(more.first, more.last, empty=True))
        return whole

    def _character(self, code: Any, value: Any) -> _Part:  # noqa: ANN401 - as above
        state = _parser.State()
        state.flags = state.str = 0
        one = _parser.SubPattern(state, [(code, value)])
        matches = import_module("re._compiler").compile(one, self._flags).match
        self._at.append(frozenset(filter(matches, _ALPHABET)))
        self._after.append(set())
        if len(self._at) > _MOST_PLACES:
            raise _SlowError
        place = [len(self._at) - 1]
        return _Part(place, list(place), empty=False)
