"""The table of faults and the tests named by its ids cannot drift apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from faults.matrix import ROWS, rows_tested

TESTS = rows_tested(Path(__file__).parents[1])


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_a_test_of_its_name(row: str) -> None:
    assert TESTS.get(row), f"{row}: {ROWS[row]}: expected a test named test_{row.lower()}_…"


def test_no_test_is_named_by_a_row_that_is_not_in_the_table() -> None:
    assert set(TESTS) <= set(ROWS)
