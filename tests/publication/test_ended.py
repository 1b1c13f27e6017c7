"""What a topic says at last: its feeds have one entry that says that they have ended, then they are gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import feedparser
import pytest

from feeds import topic
from feeds.publish import publish
from feeds.release import Draft
from feeds.serve import application

if TYPE_CHECKING:
    from conftest import Press

Draw = Callable[..., Draft]


def status(press: Press, path: str) -> int:
    reply = application(press.directory, site=press.site).reply("GET", path, b"", {})
    assert reply is not None
    return reply.status


@pytest.fixture
def retired(press: Press, sample: Sequence[Draft]) -> Press:
    """Return a press that had a topic, and has none of it now."""
    press.put(*sample)
    press.publish()
    press.now += timedelta(hours=1)
    press.site = replace(press.site, retired=("ai",))
    press.publish()
    return press


def test_the_feeds_of_a_retired_topic_say_that_they_have_ended(retired: Press) -> None:
    for form in ("atom", "rss"):
        (entry,) = feedparser.parse(retired.read(f"feeds/ai.en.{form}")).entries
        assert "has ended" in entry.title
        assert entry.link == "https://news.example/en/"
        assert "last entry" in entry.summary
    (item,) = json.loads(retired.read("feeds/ai.zh-hant.json"))["items"]
    assert (item["language"], "已經結束" in item["title"]) == ("zh-Hant", True)
    assert item["_baywire"]["ended"] is True
    assert feedparser.parse(retired.read("feeds/ai.atom")).feed.id == "tag:news.example,2026:feed/ai"
    assert status(retired, "/feeds/ai.en.atom") == 200
    assert status(retired, "/topics/ai/") == 410
    assert b"feeds/ai." not in retired.read("feeds/index.opml")


def test_what_has_ended_says_the_same_until_it_is_gone(retired: Press, draft: Draw) -> None:
    before = retired.read("feeds/ai.en.rss")
    retired.now += timedelta(days=3)
    assert not [path for path in retired.publish().written if path.startswith("feeds/ai.")]
    publish(retired.store, topic.load(), retired.site, retired.directory.parent / "other", now=retired.now)
    assert (retired.directory.parent / "other/feeds/ai.en.rss").read_bytes() == before
    retired.now += timedelta(days=29)
    retired.put(draft(700, published=retired.now, seen=retired.now))
    removed = retired.publish().removed
    assert {"feeds/ai.atom", "feeds/ai.en.rss.gz", "feeds/ai.pt.json"} <= set(removed)
    assert status(retired, "/feeds/ai.en.atom") == 410


def test_a_topic_that_comes_back_has_its_entries_again(retired: Press, draft: Draw) -> None:
    retired.site = replace(retired.site, retired=())
    assert retired.publish().refused == ()
    assert len(feedparser.parse(retired.read("feeds/ai.atom")).entries) == 6
    retired.now += timedelta(days=100)
    retired.put(draft(700, published=retired.now, seen=retired.now))
    retired.site = replace(retired.site, retired=("ai",))
    retired.publish()  # it ends a second time, from now on
    assert len(feedparser.parse(retired.read("feeds/ai.atom")).entries) == 1


def test_a_topic_that_never_had_feeds_says_nothing(press: Press, sample: Sequence[Draft]) -> None:
    press.put(*sample)
    press.site = replace(press.site, retired=("ai", "never-heard-of"))
    press.publish()
    assert status(press, "/feeds/ai.atom") == status(press, "/feeds/never-heard-of.atom") == 410


def test_checking_alone_ends_nothing(press: Press, sample: Sequence[Draft]) -> None:
    press.put(*sample)
    press.publish()
    press.site = replace(press.site, retired=("ai",))
    assert "feeds/ai.atom" in press.publish(check=True).written
    press.now += timedelta(days=1)
    press.publish()
    (entry,) = feedparser.parse(press.read("feeds/ai.atom")).entries
    assert entry.published.startswith(f"{press.now:%Y-%m-%d}")
