"""The past of every feed: finished months that stay, linked back to the first release, everything told once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import feedparser
import pytest

from feeds import topic
from feeds.publish import publish
from feeds.release import Draft

if TYPE_CHECKING:
    from conftest import Press

Draw = Callable[..., Draft]
START = datetime(2025, 11, 20, 12, tzinfo=UTC)


def follow(press: Press, path: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each document from *path* backwards and the ids in it."""
    while path:
        document = feedparser.parse(press.read(path))
        yield path, [entry.id for entry in document.entries]
        links = {link.rel: link.href for link in document.feed.links}
        path = links.get("prev-archive", "").removeprefix(press.site.base_url)


def daily(draft: Draw, days: int, first: int = 0) -> list[Draft]:
    """Return two releases a day from the start on."""
    return [
        draft(
            number,
            native_id=f"D{number:05}",
            url=f"https://harbour.example/d/{number}",
            published=START + timedelta(hours=12 * number),
        )
        for number in range(2 * first, 2 * days)
    ]


def test_a_reader_that_follows_the_links_gets_every_release(press: Press, draft: Draw) -> None:
    ids = set(press.put(*daily(draft, 120)))
    press.publish()
    for feed in ("feeds/all.atom", "feeds/ai.en.atom", "feeds/source/harbour-en.atom"):
        documents = dict(follow(press, feed))
        assert next(iter(documents)) == feed
        assert {id_ for some in documents.values() for id_ in some} == ids
        archived = [id_ for path, some in documents.items() if "archive" in path for id_ in some]
        assert len(archived) == len(set(archived))
        assert [path.rpartition("/")[2] for path in list(documents)[-2:]] == ["2025-12.atom", "2025-11.atom"]


def test_a_reader_of_a_combination_gets_every_release_that_it_chooses(press: Press, draft: Draw) -> None:
    press.site = replace(press.site, combinations={"both": "ai and not data", "few": "ai and language:pt"})
    text = "The office published a data protection guide for artificial intelligence."
    drafts = daily(draft, 120)
    other = [replace(one, text=text, html=f"<p>{text}</p>") for one in drafts[::3]]
    ids = press.put(*drafts)
    press.publish()
    assert {id_ for _, some in follow(press, "feeds/both.atom") for id_ in some} == set(ids)
    assert [path for path, _ in follow(press, "feeds/few.atom")] == ["feeds/few.atom"]
    shutil.rmtree(press.directory)
    press.put(*other)  # reworded: they are about data now
    press.publish()
    documents = dict(follow(press, "feeds/both.atom"))
    archived = [id_ for path, some in documents.items() if "archive" in path for id_ in some]
    assert {id_ for some in documents.values() for id_ in some} == {one for place, one in enumerate(ids) if place % 3}
    assert len(archived) == len(set(archived))
    assert [path.rpartition("/")[2] for path in list(documents)[-2:]] == ["2025-12.atom", "2025-11.atom"]
    late = press.put(draft(9, published=datetime(2025, 12, 3, tzinfo=UTC)))
    press.publish()
    archived = [id_ for path, some in follow(press, "feeds/both.atom") if "archive" in path for id_ in some]
    assert archived.count(late[0]) == 1
    assert press.publish().written == ()
    press.site = replace(press.site, combinations={})
    press.publish()
    assert not (press.directory / "feeds/archive/both").exists()


def test_what_an_edited_combination_chooses_is_told_and_no_finished_month_is_written_again(
    press: Press, draft: Draw
) -> None:
    """Few join the month that is open; what leaves stays in the months that are finished."""
    press.site = replace(press.site, combinations={"both": "ai and not source:pier-en"})
    drafts = daily(draft, 45)
    ids = press.put(*(replace(one, source="pier-en") if n % 7 == 0 else one for n, one in enumerate(drafts)))
    press.publish()
    frozen = press.read("feeds/archive/both/2025-11.atom")
    joined = {one for n, one in enumerate(ids) if n % 7 == 0}
    for where in ("source:pier-en", "ai"):
        press.site = replace(press.site, combinations={"both": where})
        for _ in range(2):
            press.publish()
            documents = dict(follow(press, "feeds/both.atom"))
            told = {id_ for some in documents.values() for id_ in some}
            assert told >= joined if where.startswith("source") else told == set(ids)
            archived = [id_ for path, some in documents.items() if "archive" in path for id_ in some]
            assert len(archived) == len(set(archived))
        assert press.read("feeds/archive/both/2025-11.atom") == frozen
        assert press.publish().written == ()


def test_what_a_topic_takes_in_of_old_is_told_where_more_was_tagged_anew_than_is_looked_at(
    press: Press, draft: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.publish._MANY", 25)
    text = "Ferries leave at nine from the pier."
    drafts = daily(draft, 45)
    ferries = [replace(one, text=text, html=f"<p>{text}</p>") for one in drafts[::3]]
    rest = [one for n, one in enumerate(drafts) if n % 3]
    ids = []
    for some in (
        *(rest[n : n + 20] for n in range(0, len(rest), 20)),
        *(ferries[n : n + 20] for n in range(0, 60, 20)),
    ):
        ids += press.put(*some)  # no more at once than is looked at
        press.publish()
    frozen = press.read("feeds/archive/ai/2025-11.atom")
    wider = press.directory.parent / "ai.toml"
    name = 'name = { en = "AI", zh-Hant = "人工智能", zh-Hans = "人工智能", pt = "IA" }'
    terms = 'terms = [{ t = ["artificial intelligence", "ferries", "ferry"], w = 5 }]'
    wider.write_text(f'[[topic]]\nid = "ai"\nabout = "Wider."\n{name}\n{terms}\n', encoding="utf-8")
    for _ in range(2):
        publish(press.store, topic.load(wider), press.site, press.directory, now=press.now)
        documents = dict(follow(press, "feeds/ai.atom"))
        assert {id_ for some in documents.values() for id_ in some} == set(ids)
        archived = [id_ for path, some in documents.items() if "archive" in path for id_ in some]
        assert len(archived) == len(set(archived))
    assert press.read("feeds/archive/ai/2025-11.atom") == frozen


def test_json_feed_leads_backwards_too(press: Press, draft: Draw) -> None:
    ids = set(press.put(*daily(draft, 120)))
    press.publish()
    found, path = set(), "feeds/ai.json"
    while path:
        document = json.loads(press.read(path))
        assert document["feed_url"] == press.site.url(path)
        found |= {item["id"] for item in document["items"]}
        path = document.get("next_url", "").removeprefix(press.site.base_url)
    assert found == ids


def test_an_archive_says_what_it_is(press: Press, draft: Draw) -> None:
    press.put(*daily(draft, 60))
    press.publish()
    body = press.read("feeds/archive/ai.en/2025-12.atom").decode()
    assert "<fh:archive/>" in body
    assert f'rel="current" href="{press.site.url("feeds/ai.en.atom")}"' in body
    assert f'rel="prev-archive" href="{press.site.url("feeds/archive/ai.en/2025-11.atom")}"' in body
    assert "<id>tag:news.example,2026:feed/ai/en</id>" in body
    assert 'rel="hub"' not in body


def test_a_finished_month_is_never_written_again(press: Press, draft: Draw) -> None:
    press.put(*daily(draft, 60))
    press.publish()
    path = "feeds/archive/all/2025-11.atom"
    before = (press.read(path), (press.directory / path).stat().st_mtime_ns)
    corrected = daily(draft, 1)[0]
    press.put(Draft(**{**{name: getattr(corrected, name) for name in Draft.__dataclass_fields__}, "text": "Other."}))
    press.put(*daily(draft, 120, first=60))
    press.publish()
    assert (press.read(path), (press.directory / path).stat().st_mtime_ns) == before


def test_a_release_that_comes_late_is_told_once_and_in_no_finished_month(press: Press, draft: Draw) -> None:
    ids = press.put(*daily(draft, 60))
    press.publish()
    frozen = press.read("feeds/archive/all/2025-12.atom")
    ids += press.put(draft(9, published=datetime(2025, 12, 3, tzinfo=UTC)))
    press.publish()
    for days in (60, 61, 90, 130):
        ids += press.put(*daily(draft, days, first=60))
        press.publish()
        documents = dict(follow(press, "feeds/all.atom"))
        archived = [id_ for path, some in documents.items() if "archive" in path for id_ in some]
        assert {id_ for some in documents.values() for id_ in some} == set(ids)
        assert len(archived) == len(set(archived))
        assert press.read("feeds/archive/all/2025-12.atom") == frozen


def test_a_busy_month_has_several_documents(press: Press, draft: Draw) -> None:
    drafts = [
        draft(n, native_id=f"B{n}", url=f"https://harbour.example/b/{n}", published=START + timedelta(minutes=n))
        for n in range(620)
    ]
    ids = set(press.put(*drafts))
    press.put(draft(1, published=START + timedelta(days=30)))
    press.publish()
    documents = dict(follow(press, "feeds/all.atom"))
    names = [path.rpartition("/")[2] for path in documents]
    assert names[-2:] == ["2025-11.atom", "2025-11-baabbba.atom"]
    assert max(map(len, documents.values())) <= 500
    assert ids < {id_ for some in documents.values() for id_ in some}


def test_what_comes_late_is_told_too_where_the_settings_are_others_then(press: Press, draft: Draw) -> None:
    """As after an upgrade, or an edit of the configuration: all is made anew, and what came is still late."""
    ids = press.put(*daily(draft, 45))
    press.publish()
    frozen = press.read("feeds/archive/all/2025-11.atom")
    press.site = replace(press.site, title="Another wire")
    ids += press.put(draft(7, native_id="LATE", url="https://harbour.example/late", published=START))
    for _ in range(2):
        press.publish()
        assert {id_ for _, some in follow(press, "feeds/all.atom") for id_ in some} == set(ids)
    assert press.read("feeds/archive/all/2025-11.atom") == frozen


def test_nothing_is_missing_between_the_edition_and_the_month_it_begins_to_leave(press: Press, draft: Draw) -> None:
    """The edition holds a whole month, to its first day, and then one release less each time."""
    moments = [datetime(2025, 10, 1, tzinfo=UTC) + timedelta(days=n) for n in range(31)]
    moments += [datetime(2025, 11, 2, 8, tzinfo=UTC) + timedelta(hours=9 * n) for n in range(60)]
    drafts = [
        draft(n, native_id=f"B{n}", url=f"https://harbour.example/b/{n}", published=moment)
        for n, moment in enumerate(moments)
    ]
    ids = set(press.put(*drafts[:80]))
    press.publish()
    for one in drafts[80:]:
        ids.update(press.put(one))
        press.publish()
        assert ids == {id_ for _, some in follow(press, "feeds/all.atom") for id_ in some}


def test_a_text_that_another_published_first_is_missing_nowhere(press: Press, draft: Draw) -> None:
    """Told by the entry of the first body, it goes where that one goes, also when that one is gone before it comes."""

    def one(n: int, **more: object) -> Draft:
        moment = datetime(2025, 11, 2, tzinfo=UTC) + timedelta(hours=5 * n)
        told = {"native_id": f"B{n}", "url": f"https://harbour.example/b/{n}", "published": moment}
        return draft(n, **(told | more))

    def again(n: int) -> Draft:
        moment = one(n).published
        assert moment is not None
        later = {"published": moment + timedelta(hours=60), "native_id": "", "url": f"https://pier.example/{n}"}
        return one(n, source="pier-en", **later)

    ids = set(press.put(*(one(n) for n in range(58)), again(12)))
    press.publish()
    for n in range(58, 72):
        ids.update(press.put(one(n), *([again(10)] if n == 62 else [])))
        press.publish()
        found: set[str] = set()
        path = "feeds/all.json"
        while path:
            told = json.loads(press.read(path))
            found.update(item["id"] for item in told["items"])
            found.update(other["id"] for item in told["items"] for other in item["_baywire"].get("also", ()))
            path = told.get("next_url", "").removeprefix(press.site.base_url)
        assert ids == found, n


def test_what_comes_late_while_a_reader_follows_the_links_hides_nothing(press: Press, draft: Draw) -> None:
    """Each time before another document is asked for, what is older than it grows, by what nobody waited for."""

    def come(first: int, count: int, days: int) -> list[str]:
        found = []
        for n in range(first, first + count):
            moment = datetime(2025, 11, 1, tzinfo=UTC) + timedelta(days=days * (n - first) / count, seconds=n)
            found.append(draft(n, native_id=f"B{n}", url=f"https://harbour.example/b/{n}", published=moment))
        return press.put(*found)

    ids = set(come(0, 800, 28))
    press.publish()
    seen: set[str] = set()
    for number, (_, some) in enumerate(follow(press, "feeds/all.atom")):
        seen.update(some)
        come(2000 + 60 * number, 60, 27 - 2 * number)
        press.publish()
    assert number > 2
    assert ids - seen == set()


def test_a_month_that_is_not_finished_has_what_left_the_edition(press: Press, draft: Draw) -> None:
    drafts = [
        draft(n, native_id=f"B{n}", url=f"https://harbour.example/b/{n}", published=START + timedelta(minutes=20 * n))
        for n in range(220)
    ]
    ids = set(press.put(*drafts))
    press.publish()
    assert {id_ for _, some in follow(press, "feeds/all.atom") for id_ in some} == ids


def test_a_month_that_is_not_finished_is_told_as_one_that_changes(press: Press, draft: Draw) -> None:
    press.put(*daily(draft, 100))
    press.publish()
    files = json.loads(press.read("manifest.json"))["files"]
    past = {path: told["cache"] for path, told in files.items() if path.startswith("feeds/archive/all/")}
    assert past
    assert all("immutable" not in cache and b"fh:archive/" not in press.read(path) for path, cache in past.items())


def test_a_lost_folder_is_made_again(press: Press, draft: Draw) -> None:
    press.put(*daily(draft, 90))
    press.publish()
    before = {path: body for path, (body, _) in press.files().items()}
    shutil.rmtree(press.directory)
    press.publish()
    assert {path: body for path, (body, _) in press.files().items()} == before
    assert press.publish().written == ()
    assert press.publish(check=True).written == ()


def test_a_lost_folder_is_made_again_as_it_was_then(press: Press, draft: Draw) -> None:
    """Corrected since, come late since, withdrawn since: what is finished says what it said."""
    press.now = START + timedelta(days=45)
    drafts = [replace(one, seen=press.now) for one in daily(draft, 60)]
    ids = press.put(*drafts)
    press.now += timedelta(hours=1)
    press.publish()
    for day in (61, 75, 110):
        press.now = START + timedelta(days=day)
        more = f" Other on day {day}."
        press.put(
            *(replace(one, text=one.text + more, html=f"{one.html}{more}", seen=press.now) for one in drafts[:90:10])
        )
        ids += press.put(draft(500 + day, published=START + timedelta(days=day - 40, minutes=1), seen=press.now))
        ids += press.put(*(replace(one, seen=press.now) for one in daily(draft, day, first=day - 14)))
        press.now += timedelta(hours=1)
        press.publish()
        with press.store.writing() as writing:
            writing.withdraw(ids[2], now=press.now)
    press.publish()
    before = {path: body for path, (body, _) in press.files().items()}
    told = {id_ for _, some in follow(press, "feeds/all.atom") for id_ in some}
    shutil.rmtree(press.directory)
    press.publish()
    after = {path: body for path, (body, _) in press.files().items()}
    assert sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path)) == []
    documents = dict(follow(press, "feeds/all.atom"))
    archived = [id_ for path, some in documents.items() if "archive" in path for id_ in some]
    assert {id_ for some in documents.values() for id_ in some} == told == set(ids)
    assert len(archived) == len(set(archived))
    assert b"Other on day" not in press.read("feeds/archive/all/2025-11.atom")
    assert press.publish().written == ()


def test_what_comes_of_months_that_had_nothing_is_told_at_once(press: Press, draft: Draw) -> None:
    """A backfill before the first month is over, then a release of a month in which nothing had been."""
    ids = press.put(*(draft(n, native_id=f"B{n}", published=START + timedelta(minutes=n)) for n in range(80)))
    press.publish()
    ids += press.put(
        draft(100, published=START - timedelta(days=100)), draft(101, published=START - timedelta(days=40))
    )
    press.publish()
    assert {id_ for _, some in follow(press, "feeds/all.atom") for id_ in some} == set(ids)
    ids += press.put(draft(102, published=START + timedelta(days=75)))
    press.publish()
    ids += press.put(draft(103, published=START + timedelta(days=20)))
    press.publish()
    documents = dict(follow(press, "feeds/all.atom"))
    archived = [id_ for path, some in documents.items() if "archive" in path for id_ in some]
    assert {id_ for some in documents.values() for id_ in some} == set(ids)
    assert len(archived) == len(set(archived))


def test_what_was_told_late_in_an_empty_month_is_there_again(press: Press, draft: Draw) -> None:
    press.now = START + timedelta(days=20)
    told = {"seen": press.now}
    press.put(*(draft(n, native_id=f"B{n}", published=START + timedelta(minutes=n), **told) for n in range(80)))
    press.put(draft(100, published=START + timedelta(days=18), **told))
    press.publish()
    press.now += timedelta(days=70)
    press.put(draft(101, published=START + timedelta(hours=20), seen=press.now))
    press.put(draft(102, published=press.now, seen=press.now))
    press.publish()
    assert press.read("feeds/archive/all/2026-01.atom").count(b"<entry") == 1  # nothing was published in it
    before = {path: body for path, (body, _) in press.files().items()}
    shutil.rmtree(press.directory)
    press.publish()
    assert {path: body for path, (body, _) in press.files().items()} == before
