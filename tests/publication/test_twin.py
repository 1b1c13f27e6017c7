"""One text of several bodies: one entry where they meet, each on its own elsewhere, and each page names the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import feedparser
import pytest

from feeds.release import Draft

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
