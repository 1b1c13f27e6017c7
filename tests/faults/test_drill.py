"""The drill of tests/faults/drill.py: nothing lost, doubled or invented, feeds kept, one alert each."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.mark.soak
def test_a_source_lives_through_all_of_it(tmp_path: Path) -> None:
    file = Path(__file__).with_name("drill.py")
    spec = importlib.util.spec_from_file_location("baywire_tests_drill", file)
    assert spec is not None
    assert spec.loader is not None
    drill = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = drill
    spec.loader.exec_module(drill)
    rows = drill.run(tmp_path)
    told = drill.table(rows)
    sys.stdout.write(told)
    assert all(row.holds for row in rows), told
    assert sum(row.lost + row.doubled + row.falsely_new for row in rows) == 0
