"""Rows N of the fault matrix: what servers and networks do to a crawl. Loopback only."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.chaos import Chaos, Wire
    from faults.conftest import Desk

MIB = 1 << 20


@pytest.mark.parametrize(
    ("status", "outcome", "state"),
    [(404, "failed", "failing"), (410, "failed", "gone"), (403, "blocked", "blocked"), (451, "blocked", "blocked")],
)
def test_n1_a_listing_that_is_refused_ends_by_its_status(
    desk: Desk, newsroom: Chaos, status: int, outcome: str, state: str
) -> None:
    newsroom.page("/list", "no", status)
    ended = desk.outcome("bad")
    assert (ended.outcome, desk.state("bad").state.value) == (outcome, state)
    assert f"HTTP {status}" in ended.reason
    assert (desk.state("bad").next_due is None) == (status == 410)  # 410 stops, and tells


def test_n1_the_third_404_in_a_row_is_looked_at_once_a_day(desk: Desk, newsroom: Chaos) -> None:
    newsroom.page("/list", "no", 404)
    for _ in range(3):
        desk.crawl("bad")
    wait = desk.state("bad").next_due - desk.state("bad").last_run
    assert wait >= timedelta(hours=24)


def test_n1_a_release_that_is_gone_stays_and_is_marked(
    desk: Desk, newsroom: Chaos, listing: Callable[..., str]
) -> None:
    desk.crawl("bad")
    newsroom.page("/r/2.htm", "gone", 410)
    newsroom.page("/list", listing(1, 2, 3, title="Other words for number {n} here"))
    desk.crawl("bad")
    with desk.store() as store:
        held = store.releases(store.newest(source="bad", limit=10))
    assert len(held) == 3
    assert [r.url for r in held.values() if r.withdrawn] == [newsroom.url("/r/2.htm")]


@pytest.mark.parametrize(
    ("said", "seconds"), [("120", 120), ("date", 300), ("1000000000", 86_400)], ids=["seconds", "date", "too-long"]
)
@pytest.mark.parametrize("status", [429, 503, 403])
def test_n2_retry_after_is_kept_to_the_second_and_bounded(
    desk: Desk, newsroom: Chaos, said: str, seconds: float, status: int
) -> None:
    in_five_minutes = format_datetime(datetime.now(UTC) + timedelta(seconds=300), usegmt=True)
    value = in_five_minutes if said == "date" else said
    newsroom.page("/list", "later", status, f"Retry-After: {value}")
    desk.crawl("bad")
    with desk.store() as store:
        host = store.host("127.0.0.1")
        assert host is not None
        assert host.retry_after is not None
        assert not store.due(now=datetime.now(UTC))
    wait = (host.retry_after - datetime.now(UTC)).total_seconds()
    assert seconds - 8 <= wait <= seconds
    assert desk.state("bad").next_due >= host.retry_after


@pytest.mark.parametrize("explicit", [False, True])
def test_n2_nothing_is_asked_before_the_time_a_host_named(desk: Desk, newsroom: Chaos, *, explicit: bool) -> None:
    newsroom.page("/list", "later", 429, "Retry-After: 120")
    desk.crawl("bad")
    before = len(newsroom.asked)
    ended = desk.outcome("bad", explicit=explicit)
    assert (ended.outcome, len(newsroom.asked)) == ("blocked", before)
    assert len(desk.runs("bad")) == 1  # a crawl that did not take place is no run


@pytest.mark.parametrize("said", ["abc", "-1", ""])
def test_n2_a_retry_after_that_says_nothing_opens_the_circuit_all_the_same(
    desk: Desk, newsroom: Chaos, said: str
) -> None:
    newsroom.page("/list", "later", 429, f"Retry-After: {said}")
    desk.crawl("bad")
    before = len(newsroom.asked)
    assert desk.outcome("bad").outcome == "blocked"
    assert len(newsroom.asked) == before
    newsroom.page("/list", "<html><a class=release href=/r/1.htm>Release number one</a></html>")
    assert desk.outcome("bad", explicit=True).outcome == "new"  # somebody asked by name


def test_n2_a_host_that_says_429_gets_none_of_the_requests_that_wait(
    desk: Desk, newsroom: Chaos, listing: Callable[..., str], release: Callable[..., str]
) -> None:
    desk.source("bad", newsroom.url("/list"), more="")
    newsroom.page("/list", listing(*range(1, 21)))
    served: list[str] = []

    def third_is_too_much(wire: Wire) -> None:
        served.append(wire.asked.path)
        if len(served) > 2:
            wire.page("stop", 429, "Retry-After: 600")
        else:
            wire.page(release(int(wire.asked.path[3:-4])))

    for n in range(1, 21):
        newsroom.routes[f"/r/{n}.htm"] = third_is_too_much
    ended = desk.outcome("bad", delay_s=0.05)
    assert (ended.outcome, ended.new) == ("new", 2)
    assert len(served) == 3
    assert "could not be had" in ended.reason
    for n in range(1, 21):
        newsroom.page(f"/r/{n}.htm", release(n))
    later = (datetime.now(UTC) + timedelta(minutes=11)).isoformat()
    assert desk.outcome("bad", delay_s=0.0, now=later).new == 18


def test_n3_after_an_outage_a_source_recovers_and_nothing_is_lost(
    desk: Desk, newsroom: Chaos, listing: Callable[..., str]
) -> None:
    desk.crawl("bad")
    waits = []
    for _ in range(4):
        newsroom.page("/list", "broken", 500)
        assert desk.outcome("bad").outcome == "failed"
        waits.append((desk.state("bad").next_due - desk.state("bad").last_run).total_seconds())
    assert [60 * 2 ** (n - 1) <= wait <= 60 * 2**n for n, wait in enumerate(waits, 1)] == [True] * 4
    newsroom.page("/list", listing(1, 2, 3, 4, 5))
    ended = desk.outcome("bad")
    assert (ended.outcome, ended.new, desk.count("bad")) == ("new", 2, 5)
    assert desk.state("bad").failures == 0
    newsroom.page("/list", "busy", 503)
    desk.crawl("bad")
    newsroom.page("/list", listing(1, 2, 3, 4, 5, 6))
    assert desk.outcome("bad", explicit=True).new == 1


def _broken(how: str) -> Callable[[Wire], None]:
    half = b'<html><a class="release" href="/r/1.htm">Release number one</a>'

    def answer(wire: Wire) -> None:
        if how == "refused":
            wire.reset()
        elif how == "reset":
            wire.head(200, length=5000)
            wire.write(half)
            time.sleep(0.05)
            wire.reset()
        elif how == "short":
            wire.head(200, length=5000)
            wire.write(half)
        elif how == "chunk":
            wire.head(200, "Transfer-Encoding: chunked")
            wire.write(b"40\r\n" + half + b"\r\nZZZ\r\n")
        elif how == "close":
            wire.head(200)
            wire.write(half)
        elif how == "gzip":
            packed = gzip.compress(half * 50)
            wire.page(packed[: len(packed) // 2], 200, "Content-Encoding: gzip")
        elif how == "not-gzip":
            wire.page(half, 200, "Content-Encoding: gzip")

    return answer


@pytest.mark.parametrize("how", ["refused", "reset", "short", "chunk", "close", "gzip", "not-gzip"])
def test_n4_a_torn_answer_fails_and_is_never_a_shorter_list(desk: Desk, newsroom: Chaos, how: str) -> None:
    desk.crawl("bad")
    newsroom.routes["/list"] = _broken(how)
    ended = desk.outcome("bad")
    assert (ended.outcome, ended.listed, desk.count("bad")) == ("failed", 0, 3)
    assert ended.reason


def test_n4_a_source_where_nobody_listens_fails(desk: Desk, chaos_at: Callable[..., Chaos]) -> None:
    server = chaos_at()
    desk.source("bad", server.url("/list"))
    server.close()
    server.close = lambda: None
    ended = desk.outcome("bad")
    assert ended.outcome == "failed"


@pytest.mark.parametrize("part", ["body", pytest.param("headers", marks=pytest.mark.soak)])
@pytest.mark.usefixtures("newsroom")
def test_n5_what_drips_is_cut_and_others_are_on_time(desk: Desk, chaos_at: Callable[..., Chaos], part: str) -> None:
    drip = chaos_at("127.0.0.2")
    drip.page("/robots.txt", "", 404)

    def slowly(wire: Wire) -> None:
        wire.write(b"HTTP/1.1 200 OK\r\nX: ") if part == "headers" else wire.head(200, length=1000)
        for _ in range(1000):
            wire.write(b"a")
            time.sleep(0.2)

    drip.routes["/list"] = slowly
    desk.source("slow", drip.url("/list"))
    report = desk.crawl("bad", "slow", wall_s=10.0)
    good = next(outcome for outcome in report.outcomes if outcome.source == "bad")
    late = next(outcome for outcome in report.outcomes if outcome.source == "slow")
    assert (good.outcome, good.new) == ("new", 3)
    assert good.seconds < 9
    assert late.outcome == "failed"
    assert report.seconds < 60
    assert desk.state("slow").state.value == "failing"


def _endless(wire: Wire) -> None:
    wire.head(200)
    while True:
        wire.write(b"<p>" + b"x" * 65533)


def test_n6_an_endless_body_and_a_huge_one_are_cut_at_8_mib(desk: Desk, newsroom: Chaos) -> None:
    for route in (_endless, lambda wire: wire.page(b"x" * 100 * MIB)):
        newsroom.routes["/list"] = route
        report = desk.crawl("bad", explicit=True)
        assert report.outcomes[0].outcome == "failed"
        assert "larger than we take" in report.outcomes[0].reason
        assert report.rss_bytes < 150 * MIB


def _bomb(kind: str) -> bytes:
    zeros = bytes(MIB)
    packer = zlib.compressobj(9, zlib.DEFLATED, {"gzip": 31, "deflate": 15, "raw": -15}[kind])
    return b"".join(packer.compress(zeros) for _ in range(300)) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", _bomb("gzip")),
        ("deflate", _bomb("deflate")),
        ("deflate", _bomb("raw")),
        ("gzip, gzip", gzip.compress(_bomb("gzip"))),
        ("gzip, gzip, gzip", gzip.compress(gzip.compress(_bomb("gzip")))),
        ("br", b"\x5b" + bytes(100)),
        ("zstd", b"\x28\xb5\x2f\xfd" + bytes(100)),
    ],
    ids=["gzip", "deflate", "raw-deflate", "nested", "three-times", "brotli", "zstd"],
)
def test_n7_a_decompression_bomb_is_refused_and_costs_no_memory(
    desk: Desk, newsroom: Chaos, encoding: str, body: bytes
) -> None:
    newsroom.page("/list", body, 200, f"Content-Encoding: {encoding}")
    report = desk.crawl("bad")
    assert report.outcomes[0].outcome == "failed"
    assert report.rss_bytes < 150 * MIB
    assert report.ended == "ok"


def test_n8_redirects_end_after_five_hops_and_say_so(desk: Desk, newsroom: Chaos) -> None:
    for n in range(21):
        newsroom.redirect(f"/hop/{n}", f"/hop/{n + 1}" if n < 20 else "/list")
    newsroom.redirect("/self", "/self")
    newsroom.redirect("/a", "/b")
    newsroom.redirect("/b", "/a")
    for path in ("/hop/0", "/self", "/a"):
        desk.source("bad", newsroom.url(path))
        before = len(newsroom.asked)
        ended = desk.outcome("bad", explicit=True)
        assert (ended.outcome, "redirects more than 5 times" in ended.reason) == ("failed", True)
        assert len(newsroom.asked) - before <= 7  # robots.txt at most, the first request, five hops
    desk.source("bad", newsroom.url("/hop/16"))
    assert desk.outcome("bad", explicit=True).outcome == "new"


@pytest.mark.parametrize(
    "target",
    ["file:///etc/hostname", "data:text/html,owned", "javascript:alert(1)", "ftp://127.0.0.1/x", "http://[", "//"],
)
def test_n9_a_redirect_to_another_scheme_is_refused_with_its_reason(desk: Desk, newsroom: Chaos, target: str) -> None:
    newsroom.redirect("/list", target)
    ended = desk.outcome("bad")
    assert ended.outcome == "failed"
    assert ended.reason
    assert desk.count("bad") == 0


def test_n9_an_item_of_another_scheme_or_host_is_not_fetched(desk: Desk, newsroom: Chaos) -> None:
    links = ("file:///etc/hostname", "javascript:x", "http://elsewhere.invalid/r/1.htm", "/r/1.htm")
    newsroom.page("/list", "".join(f'<a class="release" href="{url}">Release {url}</a>' for url in links))
    ended = desk.outcome("bad")
    assert (ended.new, desk.count("bad")) == (1, 1)


def test_n10_a_redirect_to_a_private_address_reaches_no_canary(
    desk: Desk, newsroom: Chaos, chaos_at: Callable[..., Chaos]
) -> None:
    canary = chaos_at("127.0.0.2", newsroom.port)
    names = [
        "127.0.0.2",
        "127.2",
        "2130706434",
        "0x7f000002",
        "0177.0.0.2",
        "[::ffff:127.0.0.2]",
        "localhost",
        "0",
        "[::1]",
    ]
    far = ["169.254.169.254", "10.0.0.1", "100.64.0.1", "[fd00::1]", "[64:ff9b::7f00:2]", "[2002:7f00:2::]"]
    for host in names + far:
        for port in ("", f":{newsroom.port}"):
            newsroom.redirect("/list", f"http://{host}{port}/secret")
            ended = desk.outcome("bad", explicit=True)
            assert ended.outcome == "failed", host
            assert ended.reason, host
    assert canary.connections == 0


@pytest.mark.usefixtures("newsroom")
def test_n12_a_name_without_an_address_fails_and_others_are_unaffected(desk: Desk) -> None:
    desk.source("lost", "http://nowhere.invalid/list")
    report = desk.crawl("bad", "lost", wall_s=30.0)
    found = {outcome.source: outcome.outcome for outcome in report.outcomes}
    assert found == {"bad": "new", "lost": "failed"}


def test_n3_after_a_circuit_one_request_tries_the_host_for_all_its_sources(desk: Desk, newsroom: Chaos) -> None:
    desk.source("second", newsroom.url("/list"))
    desk.source("third", newsroom.url("/list"))
    newsroom.page("/list", "busy", 503)
    desk.crawl("bad")
    newsroom.asked.clear()
    report = desk.crawl("bad", "second", "third", explicit=True)
    assert [outcome.outcome for outcome in report.outcomes if outcome.source == "bad"] == ["failed"]
    assert len(newsroom.times("/list")) in {1, 3}  # by name: each may try
    later = (datetime.now(UTC) + timedelta(hours=7)).isoformat()
    newsroom.asked.clear()
    report = desk.crawl("bad", "second", "third", now=later)
    assert len(newsroom.times("/list")) == 1
    assert sorted(outcome.outcome for outcome in report.outcomes) == ["blocked", "blocked", "failed"]
    newsroom.page("/list", '<a class="release" href="/r/1.htm">Release number one</a>')
    much_later = (datetime.now(UTC) + timedelta(hours=20)).isoformat()
    report = desk.crawl("bad", "second", "third", now=much_later)
    assert {outcome.outcome for outcome in report.outcomes} == {"new"}


def test_x6_what_a_server_says_reaches_no_terminal_unharmed(desk: Desk, newsroom: Chaos) -> None:
    newsroom.page("/list", "x", kind="application/\x1b[2J\x1b]0;owned\x07")
    ended = desk.outcome("bad")
    assert ended.outcome == "failed"
    assert ended.reason.isprintable()
    assert all(error.isprintable() for error in desk.runs("bad")[0].errors)


def test_the_pace_is_one_request_at_a_time_a_host_across_its_sources(desk: Desk, newsroom: Chaos) -> None:
    desk.source("second", newsroom.url("/list"))
    desk.crawl("bad", "second", delay_s=0.3)
    times = [asked.at for asked in newsroom.asked]
    assert len(times) == 9  # robots.txt, two listings, twice three releases
    assert min(b - a for a, b in pairwise(times)) > 0.2  # 0.3 less what a loaded machine blurs
