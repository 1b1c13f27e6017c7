"""What was measured once is held: the floors of extract_floors.json, on the data they were measured on."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

FLOORS = json.loads((Path(__file__).parent / "benchmarks" / "extract_floors.json").read_text("utf-8"))


@pytest.mark.parametrize("name", FLOORS)
def test_floors_stand_on_the_data_they_name(shared: Path, name: str) -> None:
    if importlib.import_module("benchmarks.extract").digest(shared / "extraction" / name) != FLOORS[name]["digest"]:
        pytest.skip(f"{name}: other data than the floors were measured on")
    assert FLOORS[name]["floors"]


@pytest.mark.soak
@pytest.mark.parametrize("name", FLOORS)
def test_figures_are_not_below_their_floors(shared: Path, name: str) -> None:
    found = importlib.import_module("benchmarks.extract").measure(shared, name)
    below = {key: (found[key], least) for key, least in FLOORS[name]["floors"].items() if found[key] < least}
    assert not below


@pytest.mark.soak
def test_a_listing_is_detected_faster_than_trafilatura_reads_the_same_page(shared: Path) -> None:
    found = importlib.import_module("benchmarks.extract").speeds(shared)
    assert found["listings_against_trafilatura_there"] >= 1
    assert found["articles_looked_at_against_trafilatura_there"] >= 1
