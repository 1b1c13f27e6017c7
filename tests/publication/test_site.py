"""What stands around the releases: status, lists of feeds, pages that fetch nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import lxml.html
from lxml import etree

from feeds.release import Draft
from feeds.site import Site

if TYPE_CHECKING:
    from conftest import Press


def test_the_status_changes_only_when_a_state_does(press: Press) -> None:
    from feeds.store import Run, SourceState
    from feeds.store.state import Outcome, State

    def run(number: int, state: State, since: datetime) -> None:
        with press.store.writing() as writing:
            one = Run(id=str(number), source="pier-en", started=press.now, ended=press.now, outcome=Outcome.FAILED)
            writing.finish_run(
                one, SourceState(key="pier-en", state=state, since=since, reason="500", last_run=press.now)
            )

    press.publish()
    run(1, State.FAILING, press.now)
    written = press.publish().written
    assert {"status.atom", "status.json", "status/index.html"} <= set(written)
    since = press.now
    press.now += timedelta(hours=1)
    run(2, State.FAILING, since)
    assert press.publish().written == ()
    told = json.loads(press.read("status.json"))
    (source,) = [one for one in told["_baywire"]["sources"] if one["source"] == "pier-en"]
    assert (source["state"], source["reason"], source["since"]) == ("failing", "500", "2026-03-04T05:06:07+00:00")
    assert "Pier & Ferry Department: failing" in [entry["title"] for entry in told["items"]]
    for name in ("all", "source/pier-en"):
        assert b"500" not in press.read(f"feeds/{name}.atom")


def test_the_lists_of_feeds_name_every_feed(press: Press) -> None:
    press.publish()
    outlines = etree.fromstring(press.read("feeds/index.opml")).iterfind(".//outline[@xmlUrl]")
    opml = {outline.get("xmlUrl") for outline in outlines}
    items = json.loads(press.read("feeds/index.json"))["items"]
    listed = {feed["url"] for item in items for feed in item["_baywire"]["feeds"]}
    there = {press.site.url(str(path.relative_to(press.directory))) for path in press.directory.glob("feeds/**/*.atom")}
    assert opml - {press.site.url("status.atom")} == there
    assert {url for url in listed if url.endswith(".atom")} == there - {press.site.url("feeds/corrections.atom")}


def test_pages_fetch_nothing_and_run_nothing(press: Press, sample: Sequence[Draft]) -> None:
    from lxml import html

    press.put(*sample)
    press.publish()
    for path, (body, _) in press.files().items():
        if not path.endswith(".html"):
            continue
        assert len(body) <= 100_000, path
        tree = html.document_fromstring(body.decode())
        assert tree.xpath("//script | //@onclick | //@style | //iframe") == [], path
        fetched = tree.xpath("//link[@rel='stylesheet' or @rel='icon']/@href | //img/@src")
        assert isinstance(fetched, list)
        own = [str(url) for url in fetched if not str(url).startswith("/")]
        assert not own or path.startswith("releases/"), path
        lazy = tree.xpath("//img[not(@loading='lazy' and @referrerpolicy='no-referrer')]")
        assert lazy == [], path


def test_pages_stay_small_however_many_sources_there_are(press: Press, sample: Sequence[Draft]) -> None:
    from feeds.release import Newsroom
    from feeds.store import Run, SourceState
    from feeds.store.state import Outcome, State

    rooms = [
        Newsroom(key=f"some-office-{number}", title=f"Office of Something, District {number}", language="zh-hant")
        for number in range(300)
    ]
    press.store.sync_sources(rooms, now=press.now)
    with press.store.writing() as writing:
        for room in rooms[200:]:
            run = Run(id=room.key, source=room.key, started=press.now, ended=press.now, outcome=Outcome.FAILED)
            reason = "the listing answers 500 where it used to give thirty releases a day, since yesterday at noon"
            writing.finish_run(run, SourceState(key=room.key, state=State.FAILING, reason=reason, since=press.now))
    press.put(*sample)
    press.publish()
    sizes = {path: len(body) for path, (body, _) in press.files().items() if path.endswith(".html")}
    assert {path: size for path, size in sizes.items() if size > 100_000} == {}
    names = ("index.html", *(f"page/{number}/index.html" for number in (2, 3, 4)))
    listed = b"".join(press.read(f"sources/{name}") for name in names)
    assert [room.key for room in rooms if f'href="/sources/{room.key}/"'.encode() not in listed] == []
    assert b'href="/sources/page/4/"' in press.read("sources/index.html")
    assert press.read("status/index.html").count(b"the listing answers 500") >= 100
    assert b"District 250<" in press.read("index.html")
    assert b"District 100<" not in press.read("index.html")
    press.store.sync_sources(rooms[:50], now=press.now)
    assert "status/page/2/index.html" in press.publish().removed


def test_the_status_page_begins_with_what_needs_attention(press: Press, sample: Sequence[Draft]) -> None:
    from feeds.release import Newsroom
    from feeds.store import Run, SourceState
    from feeds.store.state import Outcome, State

    stands = {"a-off": State.DISABLED, "b-well": State.HEALTHY, "c-bad": State.FAILING}
    press.store.sync_sources([Newsroom(key=key, title=key) for key in stands], now=press.now)
    with press.store.writing() as writing:
        for key, state in stands.items():
            run = Run(id=key, source=key, started=press.now, ended=press.now, outcome=Outcome.FAILED)
            writing.finish_run(run, SourceState(key=key, state=state, since=press.now))
    press.store.set_enabled("a-off", enabled=False, now=press.now)
    press.put(*sample)
    press.publish()
    told = lxml.html.document_fromstring(press.read("status/index.html").decode())
    assert told.xpath("//table//td[1]//a/text() | //table//th//a/text()") == ["c-bad", "b-well", "a-off"]


def test_the_page_of_a_long_release_shows_its_beginning(press: Press, draft: Callable[..., Draft]) -> None:
    long = ["這是一段很長的文字，共有三十個字，用來把這一頁寫得很長很長。" + str(number) for number in range(9000)]
    told = {"text": "\n\n".join(long), "html": "".join(f"<p>{one}</p>" for one in long), "language": "zh-Hant"}
    press.put(draft(1, **told), draft(2, **told), draft(3))
    press.publish()
    for turn in range(3):
        other = [f"{one}（{turn}）" for one in long]
        press.put(draft(2, **told | {"text": "\n\n".join(other), "html": "".join(f"<p>{one}</p>" for one in other)}))
    press.publish()
    for number in (1, 2):
        body = press.read(f"releases/harbour-en/R000{number}/index.html")
        assert 80_000 < len(body) <= 100_000
        assert long[0].encode() in body
        assert "全文見 harbour.example".encode() in body
        assert lxml.html.document_fromstring(body.decode()).xpath("//h2[@id='facts']")
    assert "全文".encode() not in press.read("releases/harbour-en/R0003/index.html")
    assert len(press.read("corrections/index.html")) <= 100_000
    assert long[-1].encode() in press.read("feeds/all.zh-hant.atom")


def test_progress_runs_to_its_end(press: Press) -> None:
    seen: list[tuple[int, int]] = []
    press.publish(progress=lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] > 10
    assert seen == sorted(seen)


def test_site_without_a_format_has_none_of_its_files(press: Press) -> None:
    press.site = Site(base_url="https://news.example/", formats=("atom",))
    press.publish()
    assert not list(press.directory.glob("feeds/**/*.rss"))
    assert {path.name for path in press.directory.glob("feeds/**/*.json")} == {"index.json"}


def test_a_day_without_a_time_is_shown_as_a_day(press: Press, draft: Callable[..., Draft]) -> None:
    zone = timezone(timedelta(hours=8))
    press.put(
        draft(1, published=datetime(2026, 3, 3, tzinfo=zone)), draft(2, published=datetime(2026, 3, 2, 9, tzinfo=zone))
    )
    press.publish()
    for path in ("index.html", "releases/harbour-en/R0001/index.html"):
        assert "3 March 2026</time>" in press.read(path).decode()
        assert "3 March 2026, 00:00" not in press.read(path).decode()
    assert "2 March 2026, 09:00</time>" in press.read("index.html").decode()
