"""Saved pages: one folder a case, one test a field.

`pages/<source>/<case>/` holds page.html, meta.json (url, seen, item) and release.json, what
must come out. A case without release.json gets one written, and fails once: look at it,
correct it by hand, and keep it. `baywire record SOURCE --into tests/pages` makes cases.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from crawler.case import EXPECTED, compare_case, find_cases, read_case
from crawler.source import load_sources

CASES = find_cases(Path(__file__).parent / "pages")


def fields_of(cases: tuple[Path, ...]) -> list[tuple[Path, str]]:
    """Return every field that a case expects; "" for the case that expects nothing yet."""
    found = []
    for case in cases:
        file = case / EXPECTED
        names = list(json.loads(file.read_text("utf-8"))) if file.is_file() else [""]
        found += [(case, name) for name in names]
    return found


@cache
def read(case: Path) -> dict[str, object]:
    return read_case(case, load_sources(use=[case.parent.name])[case.parent.name])


@pytest.mark.parametrize(
    ("case", "field"),
    fields_of(CASES),
    ids=lambda part: part if isinstance(part, str) else f"{part.parent.name}/{part.name}",
)
def test_reads_saved_page(case: Path, field: str) -> None:
    if not field:
        list(compare_case(case, load_sources(use=[case.parent.name])[case.parent.name]))
        pytest.fail(f"{case / EXPECTED} was absent: it is written now; look at it and correct it by hand")
    assert read(case)[field] == json.loads((case / EXPECTED).read_text("utf-8"))[field]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_case_says_all_that_is_read(case: Path) -> None:
    assert list(read(case)) == list(json.loads((case / EXPECTED).read_text("utf-8")))
