"""What web servers are told of the published files, of topics that moved, and of those that are gone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from feeds.release import Draft

if TYPE_CHECKING:
    from conftest import Press


def told(press: Press) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(press.read("manifest.json"))
    return found


def test_each_file_is_told_with_type_cache_and_etag(press: Press, sample: Sequence[Draft]) -> None:
    press.put(*sample)
    press.publish()
    files = told(press)["files"]
    feed = files["feeds/ai.en.atom"]
    assert feed["type"] == "application/atom+xml; charset=utf-8"
    assert feed["cache"].startswith("public, max-age=300")
    assert feed["codings"]["gzip"] == feed["etag"][:-1] + '-gz"'
    assert files["topics/ai/en/index.html"]["type"] == "text/html; charset=utf-8"
    assert [path for path in files if not (press.directory / path).is_file()] == []
    assert {one["starts"] for one in told(press)["patterns"]} == {"releases/", "feeds/archive/"}


def test_an_etag_changes_with_the_bytes_and_only_with_them(press: Press, sample: Sequence[Draft]) -> None:
    press.put(*sample)
    press.publish()
    before, bytes_before = told(press)["files"], press.files()
    press.put(replace(sample[4], title="Ferry timetable, corrected", text="At nine.", html="<p>At nine.</p>"))
    press.publish()
    after = told(press)["files"]
    for path in before.keys() & after.keys():
        same = press.read(path) == bytes_before[path][0]
        assert (before[path]["etag"] == after[path]["etag"]) is same, path


def test_a_topic_that_moved_or_is_retired_has_no_files_and_is_told(press: Press, sample: Sequence[Draft]) -> None:
    press.put(*sample)
    press.publish()
    assert (press.directory / "feeds/ai.en.atom").is_file()
    press.site = replace(press.site, retired=("data-economy",), moved={"ai": "artificial-intelligence"})
    removed = press.publish().removed
    assert "feeds/ai.en.atom" in removed
    assert "topics/ai/en/index.html" in removed
    assert told(press)["moved"]["feeds/ai."] == "feeds/artificial-intelligence."
    assert "topics/data-economy/" in told(press)["gone"]
    assert b"feeds/ai.en" not in press.read("feeds/index.opml")


def test_languages_that_are_not_wanted_have_no_feeds(press: Press, sample: Sequence[Draft]) -> None:
    press.site = replace(press.site, languages=("en",))
    press.put(*sample)
    press.publish()
    assert (press.directory / "feeds/ai.en.atom").is_file()
    assert not (press.directory / "feeds/ai.pt.atom").exists()
    assert b'hreflang="pt"' not in press.read("topics/ai/index.html")
