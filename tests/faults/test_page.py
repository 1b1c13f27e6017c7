"""Rows P of the fault matrix: pages that are not what they were; nothing is lost, nothing is new twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.chaos import Chaos, Wire
    from faults.conftest import Desk

Page = Callable[..., str]


@pytest.mark.parametrize(
    ("page", "outcome"),
    [
        ("<title>Just a moment...</title><p>Verify you are human</p>", "blocked"),
        ("<title>Access denied</title><p>Reference 18.2</p>", "blocked"),
        ("<title>Cookies</title><p>Before you continue, accept all cookies</p>", "suspicious"),
        ("<title>Maintenance</title><p>The site is under maintenance. 系統維護</p>", "suspicious"),
        ("", "suspicious"),
        ("<html><body><p>Welcome</p></body></html>", "suspicious"),
    ],
    ids=["captcha", "refused", "consent", "maintenance", "empty", "redesign"],
)
def test_p1_p2_a_page_that_is_no_listing_is_quarantined(desk: Desk, newsroom: Chaos, page: str, outcome: str) -> None:
    desk.crawl("bad")
    newsroom.page("/list", page)
    ended = desk.outcome("bad")
    assert (ended.outcome, desk.count("bad"), desk.state("bad").state.value) == (outcome, 3, outcome)
    assert ended.reason
    assert [kept.url for kept in desk.quarantine("bad")] == [newsroom.url("/list")]
    with desk.store() as store:
        believed = store.page(newsroom.url("/list"))
        assert believed is not None
        assert b"Release number 1" in believed.body


def test_p3_a_list_that_shrinks_and_comes_back_has_nothing_new_twice(
    desk: Desk, newsroom: Chaos, listing: Page
) -> None:
    newsroom.page("/list", listing(*range(1, 21)))
    for _ in range(4):
        newsroom.page("/list", listing(*range(1, 21)))
        desk.crawl("bad")
    newsroom.page("/list", listing(1, 2, 3))
    assert desk.outcome("bad").outcome == "suspicious"
    newsroom.page("/list", listing(*range(1, 22)))
    ended = desk.outcome("bad")
    assert (ended.outcome, ended.new, desk.count("bad")) == ("new", 1, 21)


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "video/mp4", "application/zip"])
def test_p4_what_is_no_page_fails(desk: Desk, newsroom: Chaos, kind: str) -> None:
    newsroom.page("/list", b"%PDF-1.7 \x00\xff", kind=kind)
    ended = desk.outcome("bad")
    assert (ended.outcome, kind in ended.reason) == ("failed", True)


@pytest.mark.parametrize("body", [b"", b"\x00" * 100, b"\xff\xfe\x00\xd8", b"{}", b"\xef\xbb\xbf"])
def test_p4_bytes_that_say_nothing_do_not_crash(desk: Desk, newsroom: Chaos, body: bytes) -> None:
    newsroom.page("/list", body)
    report = desk.crawl("bad")
    assert (report.ended, report.outcomes[0].outcome, report.errors) == ("ok", "suspicious", ())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_p4_a_listing_in_another_encoding_than_stated_is_read(
    desk: Desk, newsroom: Chaos, listing: Page, encoding: str
) -> None:
    newsroom.page("/list", listing(1, 2).encode(encoding), kind="text/html; charset=iso-8859-1")
    assert desk.outcome("bad").new == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [("<div>" * 300, "</div>" * 300), ("<div>" * 5000, "</div>" * 5000), (f"<p>{'x' * 7_800_000}</p>", "")],
    ids=["300-levels", "5000-levels", "7.8-MB-of-text"],
)
def test_p6_depth_and_size_are_read_or_told_never_an_empty_list(
    desk: Desk, newsroom: Chaos, before: str, after: str
) -> None:
    desk.crawl("bad")
    links = "".join(f'<a class="release" href="/r/{n}.htm">Release number {n} of the department</a>' for n in range(9))
    newsroom.page("/list", f"<html><body>{before}{links}{after}</body></html>")
    ended = desk.outcome("bad", explicit=True)
    if ended.outcome == "new":
        assert (ended.listed, ended.new) == (9, 5)  # 0 is not there, 1 to 3 are held
    else:
        assert ended.outcome in {"suspicious", "failed"}
        assert re.search(r"deep|levels|cut|long|large|big", ended.reason), ended.reason
        assert desk.state("bad").state.value != "healthy"
    assert desk.count("bad") >= 3


def test_p7_the_same_release_under_two_addresses_is_one(desk: Desk, newsroom: Chaos, listing: Page) -> None:
    newsroom.redirect("/moved/1.htm", "/r/1.htm", 301)
    newsroom.page("/list", listing(1) + '<a class="release" href="/moved/1.htm">Release number 1 of the department</a>')
    desk.crawl("bad")
    assert desk.count("bad") == 1
    newsroom.asked.clear()
    ended = desk.outcome("bad")
    assert (ended.outcome, [asked.path for asked in newsroom.asked]) == ("unchanged", ["/list"])


def test_p9_a_corrected_title_is_fetched_again_and_keeps_its_id(
    desk: Desk, newsroom: Chaos, listing: Page, release: Page
) -> None:
    desk.crawl("bad")
    with desk.store() as store:
        before = set(store.newest(source="bad", limit=10))
    newsroom.page("/r/2.htm", release(2, title="Release number 2 of the department (correction)"))
    newsroom.page("/list", listing(1, 2, 3).replace("Release number 2 of", "Corrected release number 2 of"))
    newsroom.asked.clear()
    ended = desk.outcome("bad")
    assert (ended.outcome, ended.new, ended.changed) == ("new", 0, 1)
    assert [asked.path for asked in newsroom.asked] == ["/list", "/r/2.htm"]
    with desk.store() as store:
        assert set(store.newest(source="bad", limit=10)) == before
        assert len(store.corrections(limit=5)) == 1


def test_p9_a_correction_that_could_not_be_fetched_is_fetched_the_next_time(
    desk: Desk, newsroom: Chaos, listing: Page, release: Page
) -> None:
    numbers = range(1, 16)
    newsroom.page("/list", listing(*numbers))
    desk.crawl("bad")
    reworded = listing(*numbers).replace("Release number", "Reworded release number")
    newsroom.tagged("/list", reworded, '"2"')
    newsroom.page("/r/2.htm", "broken", 500)
    ended = desk.outcome("bad")
    assert (ended.outcome, ended.reason) == ("unchanged", "")  # the listing is well, and nothing is lost
    newsroom.page("/r/2.htm", release(2, text="Corrected: the figure was wrong, and so was the date it named. " * 4))
    for hours, changed, requests in ((0.1, 0, 6), (1.5, 1, 2), (2, 0, 1)):
        newsroom.asked.clear()
        ended = desk.outcome("bad", now=(datetime.now(UTC) + timedelta(hours=hours)).isoformat())
        assert (ended.changed, len(newsroom.asked)) == (changed, requests), hours


def test_p9_releases_of_two_days_are_looked_at_again_at_growing_intervals(
    desk: Desk, newsroom: Chaos, release: Page
) -> None:
    start = datetime(2026, 4, 2, 12, tzinfo=UTC)
    looked = {}
    for hours in (0, 0.5, 1.1, 2, 3.1, 8, 9.1, 26, 27.1, 40, 60):
        newsroom.asked.clear()
        desk.crawl("bad", now=(start + timedelta(hours=hours)).isoformat())
        looked[hours] = sorted(asked.path for asked in newsroom.asked if asked.path.startswith("/r/2"))
    assert [hours for hours, paths in looked.items() if paths] == [0, 1.1, 3.1, 9.1, 27.1]
    newsroom.page("/r/2.htm", release(2, text="Another wording altogether, because a figure was wrong. " * 4))
    assert desk.outcome("bad", now=(start + timedelta(hours=61)).isoformat()).changed == 0


def test_an_unchanged_listing_is_one_request(desk: Desk, newsroom: Chaos, listing: Page) -> None:
    for etag in ('"1"', ""):
        newsroom.page("/list", listing(1, 2, 3))
        if etag:
            newsroom.tagged("/list", listing(1, 2, 3), etag)
        desk.crawl("bad")
        newsroom.asked.clear()
        assert desk.outcome("bad").outcome == "unchanged"
        assert [asked.path for asked in newsroom.asked] == ["/list"]


def test_a_release_that_failed_is_not_hidden_by_a_304(
    desk: Desk, newsroom: Chaos, listing: Page, release: Page
) -> None:
    newsroom.tagged("/list", listing(1, 2, 3), '"1"')
    newsroom.page("/r/2.htm", "broken", 500)
    ended = desk.outcome("bad")
    assert (ended.outcome, ended.new) == ("new", 2)
    newsroom.page("/r/2.htm", release(2))
    ended = desk.outcome("bad")
    assert (ended.outcome, ended.new, desk.count("bad")) == ("new", 1, 3)


def test_a_crash_between_listing_and_releases_loses_nothing(
    desk: Desk, newsroom: Chaos, listing: Page, release: Page
) -> None:
    newsroom.tagged("/list", listing(1, 2, 3), '"1"')

    def deadly(wire: Wire) -> None:
        import os
        import signal

        os.kill(desk.zygote.children[0], signal.SIGKILL)
        wire.page("")

    newsroom.routes["/r/2.htm"] = deadly
    assert desk.crawl("bad").ended == "died"
    newsroom.page("/r/2.htm", release(2))
    desk.crawl("bad", explicit=True)
    assert desk.count("bad") == 3


def test_two_sources_of_one_page_do_not_hide_news_from_each_other(desk: Desk, newsroom: Chaos, listing: Page) -> None:
    desk.source("twin", newsroom.url("/list"))
    newsroom.tagged("/list", listing(1), '"1"')
    desk.crawl("bad")
    newsroom.tagged("/list", listing(1, 2), '"2"')
    assert desk.outcome("twin").new == 2
    assert desk.outcome("bad").new == 1


def test_a_page_that_is_no_release_is_set_aside_and_tried_less_and_less(desk: Desk, newsroom: Chaos) -> None:
    newsroom.page("/r/2.htm", "<html><p>Not what we know</p></html>")
    assert desk.outcome("bad").new == 2
    assert [page.url for page in desk.quarantine("bad")] == [newsroom.url("/r/2.htm")]
    newsroom.asked.clear()
    for _ in range(3):
        desk.crawl("bad")
    assert not newsroom.times("/r/2.htm")


def test_a_feed_with_full_text_needs_one_request_and_notices_a_correction(
    desk: Desk, newsroom: Chaos, feed_rules: str
) -> None:
    def feed(word: str) -> str:
        items = "".join(
            f"<item><title>第{n}號新聞稿</title><link>{newsroom.url(f'/n/{n}')}</link><guid>{n}</guid>"
            f"<description>&lt;p&gt;政府今日{word if n == 2 else '公布'}第{n}號文件，全文如下。&lt;/p&gt;</description>"
            f"<pubDate>2026-04-14T0{n}:55:00+08:00</pubDate></item>"
            for n in (1, 2, 3)
        )
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'
        )

    desk.source("feed", newsroom.url("/feed"), rules=feed_rules)
    newsroom.page("/feed", feed("公布"), kind="application/rss+xml")
    assert desk.outcome("feed").new == 3
    newsroom.page("/feed", feed("更正並重新公布"), kind="application/rss+xml")
    newsroom.asked.clear()
    ended = desk.outcome("feed")
    assert (ended.outcome, ended.new, ended.changed) == ("new", 0, 1)
    assert [asked.path for asked in newsroom.asked] == ["/feed"]


def test_an_archive_is_walked_page_by_page_through_what_is_known(desk: Desk, newsroom: Chaos, listing: Page) -> None:
    desk.source("bad", newsroom.url("/list"), listing='next = "a.next"')
    for page in range(1, 6):
        numbers = range(page * 3 - 2, page * 3 + 1)
        body = listing(*numbers, more=f'<a class="next" href="/list/{page + 1}">older</a>')
        newsroom.page("/list" if page == 1 else f"/list/{page}", body)
    newsroom.page("/list/6", "<p>No more</p>")
    assert desk.outcome("bad").new == 3
    state = desk.state("bad")
    assert desk.outcome("bad", archive=True, pages=3).new == 6
    assert desk.outcome("bad", archive=True, pages=50).new == 6
    assert desk.state("bad") == state
    newsroom.asked.clear()
    assert desk.outcome("bad").outcome == "unchanged"
    assert [asked.path for asked in newsroom.asked] == ["/list"]


@pytest.mark.parametrize(
    ("real", "header", "meta"),
    [
        ("utf-8", "iso-8859-1", "gb2312"),
        ("gb18030", "gb2312", "utf-8"),
        ("gb18030", "", "gb2312"),
        ("big5hkscs", "big5", "utf-8"),
        ("utf-8", "", ""),
    ],
)
def test_p5_text_is_right_whatever_header_and_meta_say(
    desk: Desk, newsroom: Chaos, real: str, header: str, meta: str
) -> None:
    said = f'<meta charset="{meta}">' if meta else ""
    words = "政府今日公布粵港澳大灣區發展綱要，有關部門會繼續推動創新科技合作。" * 5
    page = f'<!DOCTYPE html><html><head>{said}</head><body><h1>新聞公報全文</h1><p class="date">2026-04-14 10:00</p>'
    page += f'<div class="body"><p>{words}</p></div></body></html>'
    newsroom.page("/r/1.htm", page.encode(real), kind=f"text/html; charset={header}" if header else "text/html")
    newsroom.page("/list", '<a class="release" href="/r/1.htm">新聞公報全文</a>')
    assert desk.outcome("bad").new == 1
    with desk.store() as store:
        (held,) = store.releases(store.newest(source="bad", limit=5)).values()
    assert (held.title, held.text) == ("新聞公報全文", words)


@pytest.mark.parametrize("stated", ["2199-01-01 10:00", "1970-01-01 00:00", "", "the other day"])
def test_p8_a_date_that_cannot_be_becomes_the_time_we_first_saw_it(desk: Desk, newsroom: Chaos, stated: str) -> None:
    body = "The department said that the figures were published. " * 5
    page = f'<h1>A release without a date</h1><p class="date">{stated}</p><div class="body"><p>{body}</p></div>'
    newsroom.page("/r/1.htm", page)
    newsroom.page("/list", '<a class="release" href="/r/1.htm">A release without a date</a>')
    before = datetime.now(UTC)
    assert desk.outcome("bad").new == 1
    with desk.store() as store:
        (held,) = store.releases(store.newest(source="bad", limit=5)).values()
    assert before <= held.published <= datetime.now(UTC)
    assert desk.outcome("bad", explicit=True).outcome == "unchanged"


def test_p9_a_release_in_other_words_keeps_every_wording(
    desk: Desk, newsroom: Chaos, listing: Page, release: Page
) -> None:
    desk.crawl("bad")
    for n, word in enumerate(("amended", "corrected", "updated"), 1):
        newsroom.page("/r/2.htm", release(2, text=f"This is the {word} text of the release, with other figures. " * 4))
        newsroom.page("/list", listing(1, 2, 3, title=f"{word} number {{n}} of the department"))
        assert desk.outcome("bad").changed == 1
        with desk.store() as store:
            (held,) = store.find(newsroom.url("/r/2.htm"))
            assert (held.revision, len(store.revisions(held.id))) == (n + 1, n + 1)
    assert desk.count("bad") == 3
