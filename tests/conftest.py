"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of recorded pages and measured texts, or skip naming it."""
    folder = Path(os.environ.get("BAYWIRE_SHARED") or Path(__file__).parents[2] / "shared")
    if not (folder / "pages" / "index.tsv").is_file():
        pytest.skip(f"needs the folder of recorded pages: {folder} is absent; BAYWIRE_SHARED names another place")
    return folder
