"""Row P7, and what no row lists: servers that behave in odd ways; nothing is lost, doubled or falsely new."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.chaos import Chaos, Wire
    from faults.conftest import Desk

Page = Callable[..., str]
START = datetime(2026, 4, 29, 12, tzinfo=UTC)
# How the address of release n is written in crawl k.
WAYS: dict[str, Callable[[int, int], str]] = {
    "a session in the path": lambda k, n: f"/r/{n}.htm;jsessionid=AB{k}{n}",
    "a session in the query": lambda k, n: f"/r/{n}.htm?sid=ab{k}f{n}",
    "the time": lambda k, n: f"/r/{n}.htm?t=17{k}99{n}",
    "another session in the query": lambda k, n: f"/r/{n}.htm?a=1&PHPSESSID={'ab' * 8}{k}",
    "a folder of a session": lambda k, n: f"/(S(abc{k}def))/r/{n}.htm",
    "a slash more": lambda k, n: f"/r/{n}.htm" + "/" * (k % 2),
    "capitals": lambda k, n: f"/R/{n}.HTM" if k % 2 else f"/r/{n}.htm",
    "two slashes": lambda k, n: f"/r//{n}.htm" if k % 2 else f"/r/{n}.htm",
    "dots": lambda k, n: f"/x/../r/{n}.htm" if k % 2 else f"/r/{n}.htm",
}


def at(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat()


@pytest.mark.parametrize("dated", [True, False], ids=["dated", "undated"])
@pytest.mark.parametrize("way", WAYS)
def test_p7_addresses_that_are_written_anew_in_each_list_are_no_new_releases(
    desk: Desk, newsroom: Chaos, release: Page, way: str, *, dated: bool
) -> None:
    def page(wire: Wire) -> None:
        number = re.search(r"(\d+)\.htm", wire.asked.path, re.IGNORECASE)
        assert number is not None
        body = release(int(number[1]))
        wire.page(body if dated else re.sub(r'<p class="date">.*?</p>', "", body))

    for k in range(4):
        urls = [WAYS[way](k, n) for n in range(1, 7)]
        newsroom.routes |= dict.fromkeys([*urls, *(f"/r/{n}.htm" for n in range(1, 7))], page)
        links = "".join(
            f'<a class="release" href="{url}">Release number {n} of the department</a>' for n, url in enumerate(urls, 1)
        )
        newsroom.page("/list", f"<html><body>{links}</body></html>")
        ended = desk.outcome("bad", now=at(k / 10))
        assert (ended.outcome, ended.new, ended.changed) == (("unchanged", 0, 0) if k else ("new", 6, 0)), ended
    assert desk.count("bad") == 6


@pytest.mark.parametrize(
    "way", ["a session in the path", "a session in the query", "the time", "a folder of a session"]
)
def test_p7_a_list_of_new_addresses_costs_one_request_when_it_was_seen_twice_that_they_say_nothing(
    desk: Desk, newsroom: Chaos, release: Page, way: str
) -> None:
    def list_(k: int, count: int, more: str = "") -> None:
        urls = {n: WAYS[way](k, n) for n in range(count, 0, -1)}
        for n, url in urls.items():
            newsroom.page(url, release(n, title=f"Release number {n} of the department{more * (n == 2)}"))
        rows = (f'<a class="release" href="{url}">Release number {n}{more * (n == 2)}</a>' for n, url in urls.items())
        newsroom.page("/list", f"<html><body>{''.join(rows)}</body></html>")
        newsroom.asked.clear()

    counts = []
    for k in range(6):
        list_(k, 6)
        desk.crawl("bad", now=at(k / 10))
        counts.append(len([asked for asked in newsroom.asked if asked.path != "/robots.txt"]))
    assert counts[3:] == [1, 1, 1], counts
    list_(7, 7)
    ended = desk.outcome("bad", now=at(0.8))
    assert (ended.outcome, ended.new, ended.changed, len(newsroom.asked)) == ("new", 1, 0, 2)
    list_(8, 7, " (corrected)")
    ended = desk.outcome("bad", now=at(0.9))
    assert (ended.outcome, ended.new, ended.changed, len(newsroom.asked)) == ("new", 0, 1, 2)
    list_(9, 7, " (corrected)")
    ended = desk.outcome("bad", now=at(29))  # one of them is compared once a day
    assert (ended.outcome, ended.new, ended.changed) == ("unchanged", 0, 0)
    again = [asked for asked in newsroom.asked if "/r/7.htm" in asked.path]
    assert len(again) == (way in {"a session in the query", "the time"})  # the others need no proof
    assert desk.count("bad") == 7


@pytest.mark.parametrize("days", [("2026-04-28", "2026-04-29"), ("20260428", "20260429"), ("117", "118")])
def test_p7_documents_of_one_title_in_a_folder_of_each_day_are_releases_of_each_day(
    desk: Desk, newsroom: Chaos, release: Page, days: tuple[str, str]
) -> None:
    names = ("Weather forecast", "Tide tables", "Road works")
    for n, day in enumerate(days):
        for k, name in enumerate(names):
            newsroom.page(
                f"/{day}/{k}.htm", release(n, title=name, text=f"For {day}: {name} of the day, part {n}. " * 9)
            )
        rows = (f'<a class="release" href="/{day}/{k}.htm">{name}</a>' for k, name in enumerate(names))
        newsroom.page("/list", "".join(rows))
        assert desk.outcome("bad", now=at(24 * n)).new == 3
    assert desk.count("bad") == 6


LATEST = (
    ("New pier opens", "The harbour opened a new pier for ferries to the islands in the morning. "),
    ("Water supply suspended", "Repair of a main pipe in Sha Tin begins tonight, and tanks stand by for all. "),
    ("Man charged with theft", "Police arrested somebody of forty in Mong Kok after jewellery went missing. "),
)


@pytest.mark.parametrize("rule", ["", 'native-id = "id=(\\\\d+)"'], ids=["address", "number"])
def test_p7_an_address_that_is_used_again_carries_another_release_each_time(
    desk: Desk, newsroom: Chaos, release: Page, rule: str
) -> None:
    desk.source("bad", newsroom.url("/list"), listing=rule)
    for n, (title, text) in enumerate(LATEST):
        newsroom.page("/d?id=5", release(n, title=title, text=text * 5))
        newsroom.page("/list", f'<a class="release" href="/d?id=5">{title}</a>')
        for hours in (0, 1.1, 3.1):
            ended = desk.outcome("bad", now=at(24 * n + hours))
            assert (ended.new, ended.changed) == ((1, 0) if hours == 0 else (0, 0)), ended
    assert desk.titles("bad") == {title for title, _ in LATEST}
    title, text = LATEST[-1]
    newsroom.page("/d?id=5", release(2, title=f"{title} (correction)", text=text * 5 + "He is forty-one."))
    newsroom.page("/list", f'<a class="release" href="/d?id=5">{title} (correction)</a>')
    ended = desk.outcome("bad", now=at(60))
    assert (ended.new, ended.changed, desk.count("bad")) == (0, 1, 3)


def test_p3_a_list_in_another_order_each_time_is_unchanged(desk: Desk, newsroom: Chaos, listing: Page) -> None:
    chance, numbers = random.Random(7), list(range(1, 21))  # noqa: S311  # it guards nothing

    def shuffled(wire: Wire) -> None:
        chance.shuffle(numbers)
        wire.page(listing(*numbers))

    newsroom.routes["/list"] = shuffled
    desk.crawl("bad", now=at(0))
    newsroom.asked.clear()
    for n in range(1, 6):
        ended = desk.outcome("bad", now=at(n / 10))
        assert (ended.outcome, ended.new, ended.changed) == ("unchanged", 0, 0)
    assert {asked.path for asked in newsroom.asked} == {"/list"}
    assert desk.count("bad") == 20


def test_p3_a_proxy_that_serves_yesterday_every_other_time_loses_nothing(
    desk: Desk, newsroom: Chaos, listing: Page
) -> None:
    for n in range(8):
        newsroom.page("/list", listing(*range(12 + n, 2 + n, -1)) if n % 2 == 0 else listing(*range(10, 0, -1)))
        desk.crawl("bad", now=at(n))
    assert desk.count("bad") == 18
    with desk.store() as store:
        assert store.corrections(limit=5) == ()


def test_p3_the_second_page_in_place_of_the_first_is_no_loss(desk: Desk, newsroom: Chaos, listing: Page) -> None:
    for n, numbers in enumerate([range(40, 20, -1)] * 4 + [range(20, 0, -1), range(41, 21, -1)]):
        newsroom.page("/list", listing(*numbers))
        ended = desk.outcome("bad", now=at(n / 10))
    assert (ended.outcome, ended.new, desk.count("bad")) == ("new", 1, 41)


def test_p5_a_page_that_changes_its_encoding_is_no_correction(desk: Desk, newsroom: Chaos) -> None:
    words = "政府今日公佈新措施，有關部門會繼續推動創新科技合作及發展。" * 6
    steps = [("utf-8", "utf-8", 0), ("gb18030", "gb18030", 1.1), ("big5hkscs", "big5", 3.1), ("utf-16", "", 9.1)]
    for spaces, (encoding, said, hours) in enumerate([*steps, ("gb18030", "", 27.1)]):
        kind = f"text/html; charset={said}" if said else "text/html"
        head = f'<html><body><h1>新聞公報全文</h1><p class="date">2026-04-29 10:00</p>{" " * spaces}'
        newsroom.page(
            "/r/1.htm", f'{head}<div class="body"><p>{words}</p></div></body></html>'.encode(encoding), kind=kind
        )
        link = f'<html><a class="release" href="/r/1.htm">新聞公報全文{" " * spaces}</a></html>'
        newsroom.page("/list", link.encode(encoding), kind=kind)
        ended = desk.outcome("bad", now=at(hours))
        assert (ended.new, ended.changed) == (int(hours == 0), 0), (encoding, ended)
    assert desk.count("bad") == 1


def test_p7_releases_of_one_title_and_day_are_as_many_as_their_texts(desk: Desk, newsroom: Chaos) -> None:
    names = ("Ms Chan Mei-ling as Director of Health", "Mr Wong as Commissioner of Police", "Dr Ho as Head of Weather")
    for n, who in enumerate(names):
        text = f"The Government announced today (April 1) the appointment of {who} with immediate effect."
        page = f'<h1>Appointment</h1><p class="date">2026-04-01 10:00</p><div class="body"><p>{text}</p></div>'
        newsroom.page(f"/r/{n}.htm", page)
    newsroom.page("/list", "".join(f'<a class="release" href="/r/{n}.htm">Appointment</a>' for n in range(3)))
    assert desk.outcome("bad", now=at(0)).new == 3
    assert desk.count("bad") == 3
