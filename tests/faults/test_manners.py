"""Rows N15 and N18 of the fault matrix: robots.txt, and validators that lie. Loopback only."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from crawler.run import fetch

if TYPE_CHECKING:
    from faults.chaos import Chaos, Wire
    from faults.conftest import Desk


def test_n15_what_robots_txt_does_not_allow_is_not_asked_for(desk: Desk, newsroom: Chaos) -> None:
    newsroom.page("/robots.txt", "User-agent: baywire\nDisallow: /list\n", kind="text/plain")
    ended = desk.outcome("bad")
    assert (ended.outcome, newsroom.times("/list")) == ("blocked", [])
    assert "robots.txt" in ended.reason


def test_n15_a_release_that_robots_txt_does_not_allow_is_left_out(desk: Desk, newsroom: Chaos) -> None:
    newsroom.page("/robots.txt", "User-agent: *\nDisallow: /r/2.htm\n", kind="text/plain")
    assert desk.outcome("bad").new == 2
    assert not newsroom.times("/r/2.htm")
    newsroom.asked.clear()
    assert desk.outcome("bad").outcome == "unchanged"
    assert [asked.path for asked in newsroom.asked] == ["/list"]  # read once a day, kept in the store


@pytest.mark.parametrize("status", [500, 503, 429])
def test_n15_robots_txt_that_cannot_be_had_means_later(desk: Desk, newsroom: Chaos, status: int) -> None:
    newsroom.page("/robots.txt", "broken", status)
    ended = desk.outcome("bad")
    assert (ended.outcome, newsroom.times("/list")) == ("failed", [])
    assert "robots.txt" in ended.reason
    newsroom.page("/robots.txt", "gone", 404)
    assert desk.outcome("bad", explicit=True).outcome == "new"


def test_n15_a_robots_txt_of_1_mb_or_of_html_or_a_slow_one(desk: Desk, newsroom: Chaos) -> None:
    newsroom.page("/robots.txt", "User-agent: *\nDisallow: /list\n" + "# filler\n" * 110_000, kind="text/plain")
    assert desk.outcome("bad").outcome == "blocked"
    with desk.store() as store:
        store.set_meta(f"robots:{newsroom.url('')}", '{"text": "", "read": "2001-01-01T00:00:00+00:00"}')
    newsroom.page("/robots.txt", "<html><p>Not found</p></html>")
    assert desk.outcome("bad", explicit=True).outcome == "new"


@pytest.mark.soak
def test_n15_a_robots_txt_that_drips_means_later(desk: Desk, newsroom: Chaos) -> None:
    def drip(wire: Wire) -> None:
        wire.head(200, length=10_000, kind="text/plain")
        for _ in range(1000):
            wire.write(b"#")
            time.sleep(0.2)

    newsroom.routes["/robots.txt"] = drip
    ended = desk.outcome("bad")
    assert (ended.outcome, newsroom.times("/list")) == ("failed", [])
    assert "robots.txt: no whole answer in time" in ended.reason
    assert ended.seconds < 60, "10 on a machine that has time for it"


def test_n15_crawl_delay_slows_us_down(desk: Desk, newsroom: Chaos, listing: Callable[..., str]) -> None:
    newsroom.page("/robots.txt", "User-agent: *\nCrawl-delay: 0.4\n", kind="text/plain")
    assert desk.outcome("bad").new == 3
    newsroom.page("/list", listing(1, 2, 3, 4, 5))
    assert desk.outcome("bad").new == 2  # robots.txt is known by now, and still holds
    times = [asked.at for asked in newsroom.asked if asked.path != "/robots.txt"]
    waits = [b - a for a, b in pairwise(times)]
    assert len(waits) == 6
    assert min(waits[:3] + waits[4:]) >= 0.4


def test_n15_a_delay_counts_from_the_answer_however_long_a_request_was_on_its_way(newsroom: Chaos) -> None:
    seen: list[float] = []

    def late(wire: Wire) -> None:
        time.sleep(0.6)  # the request is under way, the server has not seen it yet
        seen.append(time.monotonic())
        wire.page("late")

    newsroom.routes["/late"] = late
    newsroom.page("/next", "next")
    pages = fetch([newsroom.url("/late"), newsroom.url("/next")], allow_private=True, delay_s=0.4)
    assert [page.status for page in pages] == [200, 200]
    assert newsroom.times("/next")[0].at - seen[0] >= 0.4


def test_n18_a_listing_that_always_says_304_is_fetched_whole_every_20th_time(
    desk: Desk, newsroom: Chaos, listing: Callable[..., str]
) -> None:
    newsroom.tagged("/list", listing(1, 2, 3), '"always"')
    desk.crawl("bad")
    newsroom.tagged("/list", listing(1, 2, 3, 4), '"always"')  # new content, old ETag: a broken server
    outcomes = [desk.outcome("bad").outcome for _ in range(20)]
    assert outcomes == ["unchanged"] * 19 + ["new"]
    conditional = ["if-none-match" in asked.headers for asked in newsroom.times("/list")]
    assert conditional == [False] + [True] * 19 + [False]


def test_n18_a_date_in_the_future_makes_no_request_conditional(
    desk: Desk, newsroom: Chaos, listing: Callable[..., str]
) -> None:
    ahead = format_datetime(datetime.now(UTC) + timedelta(days=3), usegmt=True)
    newsroom.page("/list", listing(1, 2), 200, f"Last-Modified: {ahead}")
    desk.crawl("bad")
    desk.crawl("bad")
    assert not any("if-modified-since" in asked.headers for asked in newsroom.asked)


@pytest.mark.parametrize("tag", ['W/"7"', '"7"', '"a-\u00e9"', ""])
def test_n18_a_304_that_carries_a_page_or_comes_unasked_hides_nothing(
    desk: Desk, newsroom: Chaos, listing: Callable[..., str], tag: str
) -> None:
    newsroom.page("/list", listing(1, 2), 200, *([f"ETag: {tag}"] if tag else []))
    desk.crawl("bad")
    newsroom.page(
        "/list", listing(1, 2, 3), 304, *([f"ETag: {tag}"] if tag else [])
    )  # a page that says that it is none
    ended = desk.outcome("bad")
    assert ended.outcome == ("unchanged" if tag else "failed"), ended
    assert ended.outcome != "failed" or "304" in ended.reason
    changed = 'W/"8"' if tag else '"new"'
    newsroom.tagged("/list", listing(1, 2, 3), changed)
    assert (desk.outcome("bad", explicit=True).new, desk.count("bad")) == (1, 3)
    assert desk.outcome("bad").outcome == "unchanged"


def test_n18_a_release_that_answers_304_unasked_is_fetched_when_it_is_there(
    desk: Desk, newsroom: Chaos, listing: Callable[..., str], release: Callable[..., str]
) -> None:
    newsroom.tagged("/list", listing(1, 2, 3), '"1"')
    newsroom.page("/r/2.htm", "", 304)
    ended = desk.outcome("bad")
    assert (ended.outcome, ended.new) == ("new", 2)
    assert "304" in ended.reason
    newsroom.page("/r/2.htm", release(2))
    assert (desk.outcome("bad").new, desk.count("bad")) == (1, 3)
