"""The contract: which crawls are believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from crawler.contract import History, Judgement, judge_listing
from crawler.extract import Item, Listing
from crawler.source import Expectation, Source
from crawler.wall import what_wall

SOURCE = Source(key="a", title="A")


def listing(count: int, *, host: str = "a.hk", title: str = "Title {n}") -> Listing:
    items = tuple(Item(url=f"https://{host}/{n}", title=title.format(n=n)) for n in range(count))
    return Listing(items=items, via="declared", reason="" if items else "nothing matches ul a")


def history(*counts: int, known: int = 0) -> History:
    urls = [f"https://a.hk/{n}" for n in range(known)]
    return History(counts=counts, known=urls, addresses=urls)


@pytest.mark.parametrize(
    ("found", "past", "outcome"),
    [
        (listing(20), history(), Judgement.NEW),
        (listing(20), history(20, 20, 20, known=20), Judgement.UNCHANGED),
        (listing(20), history(20, 20, 20, known=19), Judgement.NEW),
        (listing(0), history(20, 20, 20, known=20), Judgement.SUSPICIOUS),
        (listing(0), history(), Judgement.SUSPICIOUS),
        (listing(4), history(20, 20, 20, known=20), Judgement.SUSPICIOUS),
        (listing(4), history(20, 3, 20, known=20), Judgement.UNCHANGED),
        (listing(4), history(20, 20, known=20), Judgement.UNCHANGED),
        (listing(20, title="Untitled"), history(), Judgement.SUSPICIOUS),
        (listing(20, title=" "), history(), Judgement.SUSPICIOUS),
        (listing(20, host="parked.example"), history(20, 20, 20, known=20), Judgement.SUSPICIOUS),
    ],
)
def test_outcome_follows_what_was_usual(found: Listing, past: History, outcome: Judgement) -> None:
    assert judge_listing(SOURCE, found, "<html>", past).outcome is outcome


def dated(*days: str, first: int = 0) -> Listing:
    items = [Item(url=f"https://a.hk/{n}", title=f"Title {n}", date=day or None) for n, day in enumerate(days, first)]
    return Listing(items=tuple(items), via="declared")


NOW = datetime(2026, 4, 14, 12, tzinfo=UTC)
USUAL = replace(history(6, 6, 6, known=6), dated=(1.0, 1.0, 1.0), newest=date(2026, 4, 13), now=NOW)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (dated(*["2026-04-14", "2026-04-13"] * 3), ""),
        (dated(*["2026-04-15"] * 6), ""),  # where it is tomorrow already
        (dated("2026-04-14", "", "", "", "", ""), "1 of 6 items have a date, usually 100%"),
        (dated(*["2026-12-04"] * 4, "2026-04-13", "2026-04-12"), "4 of 6 dates are still to come: day and month may"),
        (dated(*["2025-12-04"] * 6), "the newest item is of 2025-12-04, though 2026-04-13 was listed before: an old"),
        (dated(*["2026-03-04"] * 6), ""),  # much was withdrawn, or the office was closed
    ],
)
def test_dates_that_are_not_those_of_releases_are_told(found: Listing, reason: str) -> None:
    assert judge_listing(SOURCE, found, "<html>", USUAL).reason.startswith(reason)
    assert bool(judge_listing(SOURCE, found, "<html>", USUAL).reason) is bool(reason)
    assert judge_listing(SOURCE, found, "<html>", History()).outcome is Judgement.NEW


def test_a_second_opinion_is_asked_where_nothing_was_seen_before() -> None:
    asked: list[Listing] = []

    def other(found: Listing) -> Callable[[], Listing]:
        def detect() -> Listing:
            asked.append(found)
            return found

        return detect

    menu = Listing(items=tuple(Item(url=f"https://a.hk/menu/{n}", title=f"Menu {n}") for n in range(8)), via="declared")
    past = history(20, 20, 20, known=20)
    past = replace(past, counts=(8, 8, 8))
    assert judge_listing(SOURCE, menu, "<html>", past, detect=other(menu)).outcome is Judgement.NEW
    verdict = judge_listing(SOURCE, menu, "<html>", past, detect=other(listing(20)))
    assert (
        verdict.reason == "nothing listed was seen before, and the list of the page is another: 0% of its items found"
    )
    assert len(asked) == 2
    assert judge_listing(SOURCE, listing(20), "<html>", history(20, 20, 20, known=9), detect=other(menu)).reason == ""
    assert len(asked) == 2


def test_less_than_declared_is_suspicious() -> None:
    source = Source(key="a", title="A", expect=Expectation(least=10))
    assert judge_listing(source, listing(9), "", History()).reason == "9 items: expected at least 10"


def test_a_newsroom_that_may_be_quiet_is_believed_when_it_says_nothing() -> None:
    source = Source(key="a", title="A", expect=Expectation(quiet_days=3))
    assert judge_listing(source, listing(0), "<html>", history(5, 0, 4)).outcome is Judgement.UNCHANGED


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("<title>Just a moment...</title>", "captcha"),
        ("<p>请完成安全验证后继续访问</p>", "captcha"),
        ("<h1>403 Forbidden</h1>", "refused"),
        ("<h1>Before you continue</h1><button>Accept all</button>", "consent"),
        ("<h1>系統維護中</h1>", "maintenance"),
        ("<noscript>x</noscript><p>Please enable JavaScript to view this page.</p>", "script"),
        (f"<script>{'x=1;' * 600}</script>", "script"),
        ("<p>Your session has expired", "sign-in"),
        (f"<p>{'The department spoke of captchas in the report. ' * 60}</p>", ""),
        ("<h1>News</h1>", ""),
        ("", ""),
    ],
)
def test_pages_that_stand_before_a_site_are_told_apart(page: str, kind: str) -> None:
    assert what_wall(page) == kind


def test_a_captcha_blocks_and_maintenance_only_makes_suspicious() -> None:
    past = history(20, 20, 20, known=20)
    assert judge_listing(SOURCE, listing(0), "<p>Are you a robot?", past).outcome is Judgement.BLOCKED
    assert judge_listing(SOURCE, listing(0), "<p>Site maintenance", past).outcome is Judgement.SUSPICIOUS


def test_the_reason_names_the_rule_that_found_nothing() -> None:
    verdict = judge_listing(SOURCE, listing(0), "<html>", history(20, 22))
    assert verdict.reason == "nothing found on the listing, usually 21: nothing matches ul a"
