"""Rows P2 and P9 with a redesign: a source repairs itself, and nothing is new or corrected that is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from feeds.store import State

if TYPE_CHECKING:
    from faults.chaos import Chaos
    from faults.conftest import Desk

Page = Callable[..., str]
NAV = '<nav><a href="/">Home</a> <a href="/about">About</a> <a href="/jobs">Jobs</a></nav>'


def redesigned(*numbers: int, path: str = "/r/{n}.htm") -> str:
    cards = "".join(
        f'<article class="card"><h3><a href="{path.format(n=n)}">Release number {n} of the department</a></h3>'
        f'<time datetime="2026-04-{n % 28 + 1:02d}">{n % 28 + 1} April 2026</time></article>'
        for n in numbers
    )
    return f"<html><body>{NAV}<main>{cards}</main></body></html>"


def dressed(n: int) -> str:
    """Return a release page in a new dress, with its old text."""
    said = f"<p>{f'The department said on Monday that number {n} had been released to the public. ' * 3}</p>"
    return (
        f"<html><body>{NAV}<main><h2>Release number {n} of the department</h2><time datetime='2026-04-{n % 28 + 1:02d}T"
        f"10:00:00+08:00'>x</time><section class='prose'>{said}</section></main></body></html>"
    )


@pytest.fixture
def known(desk: Desk, newsroom: Chaos, listing: Page) -> Desk:
    """Return the desk with ten releases held, and their listing redesigned."""
    newsroom.page("/list", listing(*range(10, 0, -1)))
    desk.crawl("bad")
    newsroom.page("/list", redesigned(*range(11, 1, -1)))
    return desk


def test_p2_a_redesigned_listing_is_read_on_and_marked(known: Desk, newsroom: Chaos) -> None:
    ended = known.outcome("bad")
    assert (ended.outcome, ended.listed, ended.new, ended.changed) == ("new", 10, 1, 0), ended
    assert ended.reason.startswith("repaired: ")
    state = known.state("bad")
    assert (state.state, known.count("bad"), known.quarantine("bad")) == (State.REPAIRED, 11, ())
    assert "9 of 10 known" in state.reason
    newsroom.asked.clear()
    newsroom.page("/list", redesigned(*range(12, 2, -1)))
    ended = known.outcome("bad")
    assert (ended.new, ended.reason, known.state("bad").state) == (1, "", State.REPAIRED)
    assert [asked.path for asked in newsroom.asked] == ["/list", "/r/12.htm"]
    assert known.state("bad").since == state.since


def test_p2_a_site_that_goes_back_is_read_by_its_own_rules_again(known: Desk, newsroom: Chaos, listing: Page) -> None:
    known.crawl("bad")
    newsroom.page("/list", listing(*range(12, 2, -1)))
    ended = known.outcome("bad")
    assert (ended.outcome, ended.new, known.state("bad").state) == ("new", 1, State.HEALTHY)
    assert "mend" not in known.state("bad").learnt


def test_p2_an_operator_who_writes_the_rules_down_ends_the_repair(known: Desk) -> None:
    known.crawl("bad")
    file = known.folder / "sources.d" / "bad.toml"
    file.write_text(file.read_text().replace("a.release", "article.card h3 a"), encoding="utf-8")
    assert known.outcome("bad").outcome == "unchanged"
    assert known.state("bad").state is State.HEALTHY


def test_p2_a_maintenance_page_after_a_repair_is_suspicious_and_keeps_the_repair(known: Desk, newsroom: Chaos) -> None:
    known.crawl("bad")
    newsroom.page("/list", "<title>Maintenance</title><p>The site is under maintenance. 系統維護</p>")
    assert known.outcome("bad").outcome == "suspicious"
    newsroom.page("/list", redesigned(*range(11, 1, -1)))
    assert (known.outcome("bad").outcome, known.state("bad").state) == ("unchanged", State.REPAIRED)


def test_p2_releases_that_move_with_the_redesign_are_not_new(known: Desk, newsroom: Chaos) -> None:
    for n in range(2, 12):
        newsroom.page(f"/en/media/{n}", dressed(n))
    newsroom.page("/list", redesigned(*range(11, 1, -1), path="/en/media/{n}"))
    newsroom.asked.clear()
    ended = known.outcome("bad")
    assert (ended.outcome, ended.new, ended.changed, known.count("bad")) == ("new", 1, 0, 11), ended
    assert [asked.path for asked in newsroom.asked] == ["/list", "/en/media/11"]
    newsroom.asked.clear()
    newsroom.page("/list", redesigned(*range(11, 2, -1), path="/en/media/{n}"))
    assert (known.outcome("bad").outcome, len(newsroom.asked)) == ("unchanged", 1)


def test_p2_release_pages_in_a_new_dress_are_read_by_vote(known: Desk, newsroom: Chaos) -> None:
    for n in range(1, 13):
        newsroom.page(f"/r/{n}.htm", dressed(n))
    ended = known.outcome("bad")
    assert (ended.outcome, ended.new, ended.changed) == ("new", 1, 0), ended
    assert known.state("bad").learnt["mend"]["votes"] is True  # type: ignore[index]  # JSON
    with known.store() as store:
        (release,) = store.find(newsroom.url("/r/11.htm"))
        corrections = store.corrections(limit=5)
    assert (release.title, release.text.count("number 11"), release.repairs) == (
        "Release number 11 of the department",
        3,
        ("voted",),
    )
    assert corrections == ()


def test_p9_a_redesign_is_no_correction_of_releases_looked_at_again(known: Desk, newsroom: Chaos) -> None:
    for n in range(1, 13):
        newsroom.page(f"/r/{n}.htm", dressed(n).replace("</section>", "<p>Share this page with others.</p></section>"))
    for hours in (2, 4, 10, 28):
        later = (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
        ended = known.outcome("bad", now=later)
        assert (ended.outcome in {"new", "unchanged"}, ended.changed) == (True, 0), ended
    with known.store() as store:
        assert store.corrections(limit=5) == ()


def test_p1_a_notice_in_place_of_releases_is_not_read_as_one(known: Desk, newsroom: Chaos) -> None:
    notice = "<p>We are sorry. The page that you asked for has been moved to another place on this site.</p>" * 5
    newsroom.page("/r/11.htm", f"<html><body>{NAV}<main><h1>Not found</h1>{notice}</main></body></html>")
    known.crawl("bad")
    assert known.count("bad") == 10
    assert [page.url for page in known.quarantine("bad")] == [newsroom.url("/r/11.htm")]


def test_p2_pages_that_nobody_can_read_are_told_once(known: Desk, newsroom: Chaos) -> None:
    for n in range(1, 14):
        newsroom.page(f"/r/{n}.htm", f"<html><body>{NAV}<canvas></canvas></body></html>")
    newsroom.page("/list", redesigned(*range(13, 3, -1)))
    start = datetime.now(UTC)
    ended = [known.outcome("bad", now=(start + timedelta(minutes=m)).isoformat()).outcome for m in (0, 10, 20, 90)]
    assert ended == ["suspicious"] * 4
    with known.store() as store:
        assert [event.state.value for event in store.events(source="bad")][:2] == ["suspicious", "healthy"]
    for n in range(1, 14):
        newsroom.page(f"/r/{n}.htm", dressed(n))
    newsroom.page("/list", redesigned(*range(14, 4, -1)))
    newsroom.page("/r/14.htm", dressed(14))
    ended = known.outcome("bad", now=(start + timedelta(hours=30)).isoformat())
    assert (ended.outcome, ended.new, known.count("bad")) == ("new", 4, 14)
