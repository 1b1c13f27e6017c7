"""Row P9, and what no row lists: looks at releases we hold that are answered by something else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from faults.conftest import RULES

if TYPE_CHECKING:
    from faults.chaos import Chaos, Wire
    from faults.conftest import Desk

Page = Callable[..., str]
START = datetime(2026, 4, 29, 12, tzinfo=UTC)


def at(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat()


def today(page: str) -> str:
    return re.sub(r"2026-04-\d\d 10", "2026-04-29 10", page)


@pytest.mark.parametrize("fault", ["reset", "500"])
def test_p9_a_look_that_could_not_be_had_is_had_later_and_finds_the_correction(
    desk: Desk, newsroom: Chaos, release: Page, fault: str
) -> None:
    for n in range(1, 4):
        newsroom.page(f"/r/{n}.htm", today(release(n)))
    for hours in (0, 1.1, 3.1, 9.1):
        desk.crawl("bad", now=at(hours))
    corrected = today(
        release(2, text="There were 14 persons, not 12, when pier number 2 was opened to the public. " * 3)
    )

    def broken(wire: Wire) -> None:
        wire.reset() if fault == "reset" else wire.page("no", 500)

    newsroom.routes["/r/2.htm"] = broken
    desk.crawl("bad", now=at(27.1))
    newsroom.asked.clear()
    desk.crawl("bad", now=at(27.2))
    assert not newsroom.times("/r/2.htm")  # not at every cycle
    newsroom.page("/r/2.htm", corrected)
    assert desk.outcome("bad", now=at(29)).changed == 1
    newsroom.asked.clear()
    desk.crawl("bad", now=at(31))
    assert {asked.path for asked in newsroom.asked} <= {"/list", "/robots.txt"}


@pytest.mark.parametrize("rules", [RULES, re.sub(r"body .*\n", "", RULES)], ids=["declared", "voted"])
def test_p9_a_look_that_is_led_to_the_home_page_is_no_correction_and_no_release(
    desk: Desk, newsroom: Chaos, release: Page, rules: str
) -> None:
    desk.source("bad", newsroom.url("/list"), rules=rules)
    for n in range(1, 4):
        newsroom.page(f"/r/{n}.htm", today(release(n)))
    assert desk.outcome("bad", now=at(0)).new == 3
    newsroom.page("/", today(release(9, title="Welcome to the department")))
    for n in range(1, 4):
        newsroom.redirect(f"/r/{n}.htm", "/")
    ended = desk.outcome("bad", now=at(1.1))
    assert (ended.new, ended.changed, desk.count("bad")) == (0, 0, 3)
    assert "Welcome to the department" not in desk.titles("bad")


@pytest.mark.parametrize("fault", ["captcha", "home", "404", "500"])
def test_p9_a_release_listed_in_other_words_is_looked_at_until_its_page_can_be_read(
    desk: Desk, newsroom: Chaos, listing: Page, release: Page, fault: str
) -> None:
    for hours in (0, 60):
        desk.crawl("bad", now=at(hours))

    def broken(wire: Wire) -> None:
        match fault:
            case "captcha":
                wire.page("<title>Just a moment...</title><p>Verify you are human</p>")
            case "home":
                wire.page("", 302, "Location: /")
            case _:
                wire.page("no", int(fault))

    newsroom.page("/", "<h1>Welcome</h1><p>All our services.</p>")
    newsroom.routes["/r/2.htm"] = broken
    page = listing(3, 2, 1).replace("Release number 2 of", "Release number 2 (corrected) of")
    newsroom.page("/list", page)
    assert desk.outcome("bad", now=at(61)).changed == 0
    newsroom.asked.clear()
    assert desk.outcome("bad", now=at(61.5)).changed == 0
    assert not newsroom.times("/r/2.htm")  # not at every cycle
    newsroom.page("/r/2.htm", release(2, title="Release number 2 (corrected) of the department"))
    assert desk.outcome("bad", now=at(62.5)).changed == 1
    assert "Release number 2 (corrected) of the department" in desk.titles("bad")


@pytest.mark.soak
def test_p9_a_release_that_stays_unreadable_is_given_up_and_its_source_is_well(
    desk: Desk, newsroom: Chaos, listing: Page
) -> None:
    desk.crawl("bad", now=at(0))
    for n in (2, 3):
        newsroom.page(f"/r/{n}.htm", "<title>Just a moment...</title><p>Verify you are human</p>")
    newsroom.page("/list", re.sub(r"Release (?=number [23])", "Note ", listing(3, 2, 1)))
    assert desk.outcome("bad", now=at(60)).outcome == "suspicious"
    for hours in range(70, 300, 10):
        ended = desk.outcome("bad", now=at(hours))
    newsroom.asked.clear()
    assert desk.outcome("bad", now=at(301)).outcome == ended.outcome == "unchanged"
    assert {asked.path for asked in newsroom.asked} <= {"/list", "/robots.txt"}


def test_p9_a_release_whose_page_states_a_day_long_before_it_was_listed_is_looked_at_as_any(
    desk: Desk, newsroom: Chaos, release: Page
) -> None:
    for n in range(1, 4):
        newsroom.page(f"/r/{n}.htm", re.sub(r"2026-04-\d\d 10:00", "2026-04-28", release(n)))
    desk.crawl("bad", now=at(0))
    newsroom.asked.clear()
    desk.crawl("bad", now=at(27.1))
    assert [len(newsroom.times(f"/r/{n}.htm")) for n in range(1, 4)] == [1, 1, 1]


@pytest.mark.soak
def test_p9_of_a_busy_newsroom_each_release_is_looked_at_again(
    desk: Desk, newsroom: Chaos, listing: Page, release: Page
) -> None:
    numbers = range(1, 81)
    newsroom.page("/list", listing(*numbers))
    for n in numbers:
        newsroom.page(f"/r/{n}.htm", today(release(n)))
    desk.crawl("bad", now=at(0))
    newsroom.asked.clear()
    for turn in range(9):
        desk.crawl("bad", now=at(27.1 + turn / 10))
    assert {len(newsroom.times(f"/r/{n}.htm")) for n in numbers} == {1}
