"""The contract: which crawls are believed."""

from __future__ import annotations

import pytest

from crawler.contract import History, Judgement, judge_listing, what_wall
from crawler.extract import Item, Listing
from crawler.source import Expectation, Source

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
