"""A source whose readers do not agree on the bodies goes on, and is said to be in doubt until it declares them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Site, Typed

REASON = "bodies in doubt: the readers agree to"
# Labels of a form: for one reader a text, for another nothing at all.
ODD = "".join(f"<label>Pier {n} opens to all on day {n} of the month.</label>" for n in range(30))


def said(typed: Typed) -> tuple[int, dict[str, object]]:
    done = typed("status", "harbour", "--json")
    (line,) = (json.loads(line) for line in done.stdout.splitlines())
    return done.returncode, line


@pytest.fixture
def doubtful(harbour: Site, tmp_path: Path) -> Site:
    """Yield the Harbour Department with pages that are hard to read, and no body declared."""
    for number in range(5, 10):
        harbour.put(
            f"/news/{number}.html",
            f"<html><head><title>Pier {number} opens to the public</title></head><body>"
            f"<h1>Pier {number} opens to the public</h1><p class='date'>{number} June 2026 10:30</p>"
            f"<form class='body'>{ODD}</form></body></html>",
        )
    file = tmp_path / "sources.d" / "harbour.toml"
    text = file.read_text("utf-8").replace('body      = "div.body"\n', "").replace("enabled   = false\n", "")
    file.write_text(text, "utf-8")
    return harbour


def test_doubt_is_told_by_status_and_its_page_and_stays_until_a_body_is_declared(
    doubtful: Site, typed: Typed, tmp_path: Path, list_page: Callable[..., str]
) -> None:
    done = typed("crawl", "harbour")
    assert done.returncode == 0, done.stdout
    code, line = said(typed)
    assert (code, line["state"], line["outcome"]) == (1, "suspicious", "new")
    assert str(line["reason"]).startswith(REASON)
    assert REASON in (tmp_path / "public/status/index.html").read_text("utf-8")
    assert REASON in (tmp_path / "public/status.json").read_text("utf-8")
    # What was read goes out all the same.
    assert (tmp_path / "public/feeds/source/harbour.atom").read_bytes().count(b"<entry") == 5
    typed("crawl", "harbour")  # nothing new: that is no recovery
    assert said(typed)[1]["state"] == "suspicious"
    file = tmp_path / "sources.d" / "harbour.toml"
    file.write_text(file.read_text("utf-8").replace("[release]\n", '[release]\nbody = "form.body"\n'), "utf-8")
    doubtful.put("/press/", list_page(9, 8, 7, 6, 5))
    done = typed("crawl", "harbour")
    assert done.returncode == 0, done.stdout
    code, line = said(typed)
    assert (code, line["state"], line["reason"]) == (0, "healthy", None)
