"""The drill of tests/faults/drill.py: nothing lost, doubled or invented, feeds kept, one alert each."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest


@pytest.mark.soak
def test_a_source_lives_through_all_of_it(tmp_path: Path) -> None:
    drill = importlib.import_module("faults.drill")
    rows = drill.run(tmp_path)
    told = drill.table(rows)
    sys.stdout.write(told)
    assert all(row.holds for row in rows), told
    assert sum(row.lost + row.doubled + row.falsely_new for row in rows) == 0
