"""Hold sources to their test cases, offline: what `baywire check` does with what `baywire record` kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from crawler.case import EXPECTED, compare_case, find_cases
from crawler.source import Source
from feeds.error import BaywireError

__all__ = ["Failing", "rehearse_all"]

_SHOWN = 100  # characters of a value


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """Why a *case* does not hold: *reason*, with the *field*, if it is one, and both its values."""

    case: Path
    reason: str
    field: str = ""
    expected: object = None
    found: object = None


def rehearse_all(folder: Path, sources: Mapping[str, Source]) -> Iterator[tuple[Path, tuple[Failing, ...]]]:
    """Yield every case below *folder* with what does not hold of it; nothing where it holds."""
    for case in find_cases(folder):
        source = sources.get(case.parent.name)
        if source is None:
            reason = f"no source is called {case.parent.name}: delete the folder, or write the source"
            yield case, (Failing(case=case, reason=reason),)
            continue
        yield case, tuple(_failings(case, source))


def _failings(case: Path, source: Source) -> Iterator[Failing]:
    try:
        for one in compare_case(case, source):
            if not one.field:
                reason = f"{EXPECTED} was absent: it is written now; look at it and correct it by hand"
                yield Failing(case=case, reason=reason)
                continue
            expected, found = _cut(one.expected, one.found)
            reason = f"{one.field}: expected {expected}; got {found}"
            yield Failing(case=case, reason=reason, field=one.field, expected=one.expected, found=one.found)
    except BaywireError as error:
        yield Failing(case=case, reason=str(error))


def _cut(expected: object, found: object) -> tuple[str, str]:
    """Return both as JSON, from shortly before where they part, cut where they are long.

    >>> _cut("a" * 200 + "b", "a" * 200 + "c")[1]
    '…aaaaaaaaaaaaaaaaaaaac"'
    """
    told = [json.dumps(value, ensure_ascii=False) for value in (expected, found)]
    same = next((n for n, (one, other) in enumerate(zip(*told, strict=False)) if one != other), min(map(len, told)))
    start = max(0, same - 20) if max(map(len, told)) > _SHOWN else 0
    cut = [
        ("…" if start else "") + one[start : start + _SHOWN] + ("…" if len(one) > start + _SHOWN else "")
        for one in told
    ]
    return cut[0], cut[1]
