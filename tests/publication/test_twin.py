"""One text of several bodies: one entry where they meet, each on its own elsewhere, and each page names the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import feedparser
import pytest

from feeds import topic
from feeds.release import Draft
from feeds.render.words import words
from feeds.serve import Search

if TYPE_CHECKING:
    from conftest import Press

Draw = Callable[..., Draft]
OURS, THEIRS = "releases/harbour-en/R0005/index.html", "releases/pier-en/X5/index.html"


def twins(draft: Draw) -> tuple[Draft, Draft]:
    first = draft(5)
    assert first.published is not None
    more = {"source": "pier-en", "url": "https://pier.example/5", "native_id": "X5"}
    return first, draft(5, **more, published=first.published + timedelta(hours=3))


@pytest.mark.parametrize("small", [500, 0], ids=["small", "large"])
def test_the_pages_of_one_text_name_its_other_publishers(
    press: Press, draft: Draw, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr("feeds.publish._SMALL", small)
    first, second = twins(draft)
    press.put(draft(1), draft(2), first)
    press.publish()
    assert b"Also published by" not in press.read(OURS)
    press.put(second)
    press.publish()
    ours, theirs = press.read(OURS).decode(), press.read(THEIRS).decode()
    assert 'Also published by</em> <a href="https://pier.example/5">Pier &amp; Ferry Department</a>' in ours
    assert 'Also published by</em> <a href="https://harbour.example/news/5.htm">Harbour Office</a>' in theirs
    assert b"Also published by" not in press.read("releases/harbour-en/R0001/index.html")
    assert press.publish(check=True).written == ()
    press.put(replace(second, title="Ferries", text="Ferries leave at nine.", html="<p>Ferries leave at nine.</p>"))
    press.publish()
    assert b"Also published by" not in press.read(OURS)
    assert b"Also published by" not in press.read(THEIRS)
    assert press.publish(check=True).written == ()


def test_a_topic_tells_one_text_once_in_every_format(press: Press, draft: Draw) -> None:
    ours, theirs = press.put(*twins(draft))
    press.publish()
    for key in ("ai", "ai.en", "all", "all.en"):
        for form in ("atom", "rss"):
            (entry,) = feedparser.parse(press.read(f"feeds/{key}.{form}")).entries
            assert entry.id == ours
            assert "Also published by" in entry.content[0].value
            assert "https://pier.example/5" in entry.content[0].value
        (item,) = json.loads(press.read(f"feeds/{key}.json"))["items"]
        assert item["id"] == ours
        assert item["_baywire"]["also"] == [
            {"title": "Pier & Ferry Department", "url": "https://pier.example/5", "id": theirs}
        ]
        assert "Also published by" in item["content_html"]
    for page in ("index.html", "topics/ai/index.html", "topics/ai/en/index.html"):
        assert press.read(page).decode().count("Also published by") == 1, page
    for source, id_ in (("harbour-en", ours), ("pier-en", theirs)):
        for form in ("atom", "rss"):
            body = press.read(f"feeds/source/{source}.{form}")
            assert [entry.id for entry in feedparser.parse(body).entries] == [id_]
            assert b"Also published" not in body
        assert [item["id"] for item in json.loads(press.read(f"feeds/source/{source}.json"))["items"]] == [id_]


def test_a_heading_that_many_use_is_no_text_of_several_bodies(press: Press, draft: Draw) -> None:
    drafts = [
        draft(n, title="Weather", text=f"It rains {n} mm in {'abcdefghij'[n % 10] * 9}.", html=f"<p>{n}</p>")
        for n in range(30)
    ]
    press.put(*drafts, replace(draft(3), source="pier-en", url="https://pier.example/3", title="Weather"))
    press.publish()
    assert b"Also published by" not in press.read("releases/pier-en/R0003/index.html")


def test_a_combination_is_called_in_the_language_of_the_page(press: Press, draft: Draw) -> None:
    combinations = {
        "ai-and-data": "ai and data",
        "ai-and-garcas-pt": "ai and source:garcas-pt",
        "ai-and-language-pt": "ai and language:pt",
        "my-own": "ai or data",
    }
    press.site = replace(press.site, combinations=combinations)
    press.put(draft(1))
    press.publish()
    hant, pt, en = (press.read(path).decode() for path in ("zh-hant/index.html", "pt/index.html", "index.html"))
    assert ">人工智能 及 " in hant
    assert ">Inteligência artificial e " in pt
    assert ">Artificial intelligence and " in en
    assert ">Inteligência artificial e Direcção das Garças<" in pt
    assert ">人工智能 及 Direcção das Garças<" in hant
    assert ">My own<" in en
    assert "/topics/ai-and-language-pt/" not in hant
    own = feedparser.parse(press.read("feeds/ai-and-language-pt.atom")).feed
    assert (own.title, own.language) == ("Inteligência artificial e Português", "pt")
    assert '<html lang="pt"' in press.read("topics/ai-and-language-pt/index.html").decode()
    assert '<html lang="en"' in press.read("topics/ai-and-data/index.html").decode()


def told(press: Press, key: str = "all") -> list[str]:
    press.publish()
    return [entry.id for entry in feedparser.parse(press.read(f"feeds/{key}.atom")).entries]


OPENED = "The office opened an artificial intelligence laboratory for the Guangdong-Hong Kong-Macao Greater Bay Area."
CORRECTIONS = {
    "title": {"title": "Harbour tunnel tolls: corrected notice"},
    "numbers": {"text": f"{OPENED}\n\nIt is the number 6.", "html": f"<p>{OPENED}</p><p>It is the number 6.</p>"},
    "both": {"title": "The number is 6", "text": f"{OPENED}\n\nIt is number 6 now.", "html": f"<p>{OPENED}</p>"},
}


@pytest.mark.parametrize("more", CORRECTIONS.values(), ids=list(CORRECTIONS))
@pytest.mark.parametrize("place", [0, 1], ids=["first", "second"])
@pytest.mark.parametrize("address", ["", "https://www.harbour.example/news/5.htm?utm_source=rss"], ids=["own", "one"])
def test_what_is_corrected_at_one_of_two_places_is_not_new(
    press: Press, draft: Draw, more: dict[str, str], place: int, address: str
) -> None:
    both = list(twins(draft))
    if address:
        both = [replace(both[0], url=address), replace(both[1], url=address.replace("?utm_source=rss", ""))]
    first, _ = press.put(*both)
    assert told(press) == [first]
    both[place] = replace(both[place], **more, seen=both[place].seen + timedelta(hours=1))  # type: ignore[arg-type]
    press.put(both[place])
    assert (told(press), told(press, "ai.en")) == ([first], [first])
    assert b"Also published by" in press.read(OURS)
    assert b"Also published by" in press.read(THEIRS)
    assert press.publish(check=True).written == ()
    press.put(replace(both[1 - place], **more, seen=both[place].seen + timedelta(hours=1)))  # type: ignore[arg-type]
    assert told(press) == [first]


def test_two_that_list_one_address_are_one_however_each_words_it(press: Press, draft: Draw) -> None:
    url = "https://harbour.example/news/5.htm"
    listed = draft(5, url=url, title="Release 5 of the Harbour Office", text="", html="")
    fed = draft(5, url=url, source="pier-en", native_id="X5", title="Harbour Office: Release 5")
    ids = press.put(listed, fed)
    assert told(press) == [min(ids)]


def test_several_releases_at_one_address_are_not_one(press: Press, draft: Draw) -> None:
    url = "https://harbour.example/notices.htm"
    ours = [draft(n, url=url, title=f"Marine notice {n}", text=f"Buoy {n} is out.", html="") for n in (1, 2)]
    theirs = [replace(one, source="pier-en", native_id=f"X{one.native_id}", title=f"{one.title} bis") for one in ours]
    assert len(press.put(*ours, *theirs)) == len(told(press)) == 4


def test_the_one_that_was_told_first_keeps_telling_it(press: Press, draft: Draw) -> None:
    first, second = twins(draft)
    (id_,) = press.put(second)
    assert told(press) == [id_]
    press.put(first)  # found later, with an earlier date
    assert told(press) == [id_]
    entry = feedparser.parse(press.read("feeds/all.atom")).entries[0]
    assert "https://harbour.example/news/5.htm" in entry.content[0].value
    assert press.publish(check=True).written == ()


def test_what_was_told_by_an_entry_does_not_come_back_when_that_one_is_too_old(press: Press, draft: Draw) -> None:
    day = draft(0).published
    assert day is not None
    first = draft(500, published=day)
    again = replace(first, source="pier-en", native_id="X5", url="https://pier.example/5")
    again = replace(again, published=day + timedelta(hours=30))
    between = [draft(n, published=day + timedelta(hours=2, minutes=10 * n)) for n in range(40)]
    press.put(first, again, *between)
    ids = told(press)
    assert len(ids) == 41
    press.put(*(draft(100 + n, published=day + timedelta(hours=31, minutes=n)) for n in range(90)))
    ids = told(press)
    assert len(ids) == 100
    assert not [id_ for id_ in ids if "R0500" in id_ or "X5" in id_]


def test_search_tells_one_text_once_unless_asked_for_one_source(press: Press, draft: Draw) -> None:
    ours, theirs = press.put(*twins(draft))
    press.put(*(draft(number, title="Weather report", source=f"s{number}-en") for number in range(10, 30)))
    press.publish()
    search = Search(press.store, press.site, topic.load().topics)

    def found(query: str) -> dict[str, list[str]]:
        items = json.loads(search.find("json", query).body)["items"]
        return {item["id"]: [other["id"] for other in item["_baywire"].get("also", ())] for item in items}

    assert found('q="release+5"') == {ours: [theirs]}
    assert found('q="release+5"+source:harbour-en') == {ours: []}
    assert found('q="release+5"+source:pier-en') == {theirs: []}
    page = search.find("html", 'q="release+5"').body.decode()
    assert page.count("Also published by") == 1
    assert words("en").search_found.format(count=1) in page
    assert len(found("q=weather")) == 20  # a heading that many have is not looked into


def test_of_one_text_search_tells_one_on_all_pages_together(press: Press, draft: Draw) -> None:
    here = [draft(number, title=f"Notice {number}") for number in range(1, 61)]
    there = [replace(one, source="pier-en", url=f"https://pier.example/{one.native_id}") for one in here]
    ids = press.put(*here, *there)
    press.publish()
    search = Search(press.store, press.site, topic.load().topics)
    told = []
    for page in range(1, 6):
        told += [item["id"] for item in json.loads(search.find("json", f"q=notice&page={page}").body)["items"]]
    assert sorted(told) == sorted(ids[:60])
