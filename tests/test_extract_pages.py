"""Saved pages: one folder a case, one test a field.

`pages/<source>/<case>/` holds page.html, meta.json (url, seen, item) and release.json, what
must come out. A case without release.json gets one written, and fails once: look at it,
correct it by hand, and keep it.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from pathlib import Path

import pytest

from crawler.extract import Item, read_declared_release
from crawler.source import load_sources
from feeds.release import Draft

CASES = sorted(path.parent for path in (Path(__file__).parent / "pages").glob("*/*/page.html"))
FIELDS = [name for name in (part.name for part in fields(Draft)) if name not in {"source", "seen", "page"}]


def plain(value: object) -> object:
    """Return *value* as JSON holds it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if value is None or isinstance(value, str | int | float):
        return value
    told = {part: getattr(value, part) for part in value.__dataclass_fields__}  # type: ignore[attr-defined] - our types
    return {key: plain(part) for key, part in told.items() if part not in ("", None)}


def read_case(case: Path) -> dict[str, object]:
    meta = json.loads((case / "meta.json").read_text("utf-8"))
    source = load_sources(use=[case.parent.name])[case.parent.name]
    item = Item(url=meta["url"], **meta["item"]) if "item" in meta else None
    text = (case / "page.html").read_text("utf-8")
    found = read_declared_release(source, text, meta["url"], item=item, seen=datetime.fromisoformat(meta["seen"]))
    assert isinstance(found, Draft), found
    return {name: plain(getattr(found, name)) for name in FIELDS}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
@pytest.mark.parametrize("field", FIELDS)
def test_reads_saved_page(case: Path, field: str) -> None:
    found = read_case(case)
    file = case / "release.json"
    if not file.is_file():
        file.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
        pytest.fail(f"{file} was absent: it is written now; look at it and correct it by hand")
    assert found[field] == json.loads(file.read_text("utf-8"))[field]
