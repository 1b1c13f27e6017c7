"""What a list shows on further pages, or no more: after days without us, and behind pages that fail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.chaos import Chaos, Wire
    from faults.conftest import Desk

Page = Callable[..., str]
START = datetime(2026, 4, 29, 12, tzinfo=UTC)
NEXT = 'next = "a.next"'
DEEP = f"{NEXT}\npages = 5"


def at(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat()


class Paper:
    """A newsroom that lists four releases a page."""

    def __init__(self, server: Chaos, listing: Page, release: Page) -> None:
        self.server, self.listing, self.release = server, listing, release
        self.last = 0

    def says(self, number: int, *, under: str = "/r/") -> None:
        """Put out *number* more, and show all of them at addresses *under*."""
        self.last += number
        numbers = list(range(self.last, 0, -1))
        for n in numbers:
            self.server.page(f"{under}{n}.htm", self.release(n))
        for page in range(-(-self.last // 4)):
            more = f'<a class="next" href="/list{page + 2}">Next</a>' if 4 * page + 4 < self.last else ""
            text = self.listing(*numbers[4 * page : 4 * page + 4], more=more).replace('"/r/', f'"{under}')
            self.server.page(f"/list{page + 1 if page else ''}", text)


@pytest.fixture
def paper(chaos: Chaos, listing: Page, release: Page) -> Paper:
    return Paper(chaos, listing, release)


def broken(server: Chaos, path: str, fault: str) -> None:
    def answer(wire: Wire) -> None:
        match fault:
            case "captcha":
                wire.page("<title>Just a moment...</title><p>Verify you are human</p>")
            case "empty":
                wire.page("<html><body><ul></ul></body></html>")
            case "reset":
                wire.reset()
            case "lost":
                rows = "".join(f'<li><a class="release" href="/x/{n}.htm">????</a></li>' for n in range(4))
                wire.page(f"<html><body><ul>{rows}</ul></body></html>")
            case _:
                wire.page("no", int(fault))

    server.routes[path] = answer


@pytest.mark.parametrize(
    "fault",
    [
        "500",
        "404",
        "captcha",
        *(pytest.param(one, marks=pytest.mark.soak) for one in ("410", "empty", "reset", "lost")),
    ],
)
@pytest.mark.parametrize("rules", [NEXT, DEEP], ids=["first page", "deep"])
def test_n4_what_a_further_page_of_a_list_holds_is_had_once_that_page_is_well(
    desk: Desk, chaos: Chaos, paper: Paper, fault: str, rules: str
) -> None:
    desk.source("bad", chaos.url("/list"), listing=rules)
    paper.says(4)
    assert desk.outcome("bad", now=at(0)).new == 4
    paper.says(14)
    well = chaos.routes["/list3"]
    broken(chaos, "/list3", fault)
    assert desk.outcome("bad", now=at(48)).new == 8
    chaos.routes["/list3"] = well
    assert desk.outcome("bad", now=at(49)).new == 6
    assert desk.count("bad") == 18


def test_after_days_without_us_a_list_is_followed_to_what_it_showed_before_and_no_further(
    desk: Desk, chaos: Chaos, paper: Paper
) -> None:
    desk.source("bad", chaos.url("/list"), listing=NEXT)
    paper.says(12)
    assert desk.outcome("bad", now=at(0)).new == 4  # the first page, as it is declared
    paper.says(2)
    assert desk.outcome("bad", now=at(1)).new == 2
    assert not chaos.times("/list2")
    paper.says(9)
    assert desk.outcome("bad", now=at(72)).new == 9
    assert [len(chaos.times(f"/list{n}")) for n in (2, 3, 4)] == [1, 1, 0]
    chaos.asked.clear()
    assert desk.outcome("bad", now=at(73)).outcome == "unchanged"
    assert len(chaos.times("/list")) == 1
    assert not chaos.times("/list2")


def test_the_end_of_a_list_is_looked_for_three_times_and_then_known(desk: Desk, chaos: Chaos, paper: Paper) -> None:
    desk.source("bad", chaos.url("/list"), listing=DEEP)
    paper.says(8)
    chaos.page("/list2", paper.listing(4, 3, 2, 1, more='<a class="next" href="/list3">Next</a>'))
    for hours in range(6):
        desk.crawl("bad", now=at(hours))
    assert len(chaos.times("/list3")) == 3
    assert desk.outcome("bad", now=at(7)).outcome == "unchanged"


@pytest.mark.parametrize("rules", ["", DEEP], ids=["one page", "deep"])
@pytest.mark.parametrize("fault", ["500", "captcha"])
def test_p9_a_release_that_could_not_be_had_is_had_though_its_list_shows_it_no_more(
    desk: Desk, chaos: Chaos, paper: Paper, fault: str, rules: str
) -> None:
    desk.source("bad", chaos.url("/list"), listing=rules)
    paper.says(4)
    desk.crawl("bad", now=at(0))
    paper.says(4)
    well = chaos.routes["/r/6.htm"]
    broken(chaos, "/r/6.htm", fault)
    assert desk.outcome("bad", now=at(1)).new == 3
    for hours in range(2, 6):
        paper.says(4)
        broken(chaos, "/r/6.htm", fault)
        assert desk.outcome("bad", now=at(hours)).new == 4
    chaos.routes["/r/6.htm"] = well
    desk.crawl("bad", now=at(48))
    assert desk.count("bad") == 24
    chaos.asked.clear()
    assert desk.outcome("bad", now=at(49)).outcome == "unchanged"
    assert not chaos.times("/r/6.htm")


def test_p8_a_list_of_several_pages_whose_addresses_all_moved_is_believed(
    desk: Desk, chaos: Chaos, paper: Paper
) -> None:
    desk.source("bad", chaos.url("/list"), listing=DEEP)
    for hours in range(5):
        paper.says(4)
        desk.crawl("bad", now=at(hours))
    paper.says(0, under="/news/2026/")
    ended = desk.outcome("bad", now=at(6))
    assert (ended.outcome, ended.new, desk.count("bad")) == ("unchanged", 0, 20)
