"""A crawl goes on while feeds are written: what it rewords on the way is in no feed missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import feedparser
import pytest

from feeds.publish.fragments import Fragments
from feeds.release import Draft

if TYPE_CHECKING:
    from conftest import Press

Draw = Callable[..., Draft]


def titles(document: bytes) -> set[str]:
    return {entry.title for entry in feedparser.parse(document).entries}


@pytest.mark.parametrize("moment", ["marks", "render", "get", "html"])
def test_a_release_that_is_reworded_while_it_is_published_is_missing_nowhere(
    press: Press, draft: Draw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """What changes while *moment* is asked for stands as it did, and the next publication tells of it."""
    press.put(*map(draft, range(1, 9)))
    press.publish()
    press.put(draft(0))
    asked = getattr(Fragments, moment)
    waiting = [replace(draft(4), title="Reworded", text="Another text.", html="<p>Another text.</p>")]

    def meanwhile(self: Fragments, *given: Any, **more: Any) -> object:  # noqa: ANN401 -- of four methods
        while waiting:
            press.put(waiting.pop())
        return asked(self, *given, **more)

    monkeypatch.setattr(Fragments, moment, meanwhile)
    press.publish()
    assert not waiting
    before = {f"Release {number}" for number in range(9)}
    after = before - {"Release 4"} | {"Reworded"}
    for form in ("atom", "rss"):
        assert titles(press.read(f"feeds/all.{form}")) in (before, after)
    told = {item["title"] for item in json.loads(press.read("feeds/all.json"))["items"]}
    assert told in (before, after)
    assert press.read("index.html").count(b"<article") == len(before)

    press.publish()
    assert titles(press.read("feeds/all.atom")) == after
    again = replace(press, directory=tmp_path / "again")
    again.publish()
    assert {path: body for path, (body, _) in again.files().items()} == {
        path: body for path, (body, _) in press.files().items()
    }
