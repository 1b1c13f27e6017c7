"""Search as it is asked over HTTP: what is found, what is refused, and that each answer is a feed."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from datetime import timedelta
from email.message import Message
from string import ascii_lowercase
from typing import TYPE_CHECKING, NamedTuple

import feedparser
import pytest

from feeds import topic
from feeds.serve import Search
from feeds.serve.query import read_query

if TYPE_CHECKING:
    from conftest import Live


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(live: Live, path: str, headers: Mapping[str, str] | None = None) -> Reply:
    request = urllib.request.Request(live.base + path, headers=dict(headers or {}))  # noqa: S310 -- our own server
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 -- our own server, on loopback
            return Reply(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as answer:
        with answer:
            return Reply(answer.code, answer.headers, answer.read())


def test_search_finds_two_characters_and_is_a_feed(live: Live) -> None:
    query = urllib.parse.quote("實驗 topic:ai")
    page = ask(live, f"search?q={query}", {"Accept-Language": "zh-HK"})
    assert page.status == 200
    assert 'lang="zh-Hant"' in page.text
    assert "海港辦公室設立人工智能實驗室" in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    reply = ask(live, f"search.atom?q={query}")
    assert reply.headers["content-type"] == "application/atom+xml; charset=utf-8"
    found = feedparser.parse(reply.body)
    assert "海港辦公室設立人工智能實驗室" in [entry.title for entry in found.entries]
    assert found.feed.links[0].href == f"{live.base}search.atom?q={urllib.parse.quote_plus('實驗 topic:ai')}"


@pytest.mark.parametrize("language", ["en", "zh-HK", "zh-CN", "pt"])
def test_the_hint_names_a_topic_and_a_source_that_there_are(live: Live, language: str) -> None:
    hint = re.search(r'id="hint">(.*?)</p>', ask(live, "search", {"Accept-Language": language}).text)
    assert hint is not None
    source, where = re.search(r"source:([a-z-]+)", hint[1]), re.search(r"where:\((.*?)\)", hint[1])
    assert source is not None
    assert where is not None
    query = urllib.parse.urlencode({"q": f"topic:ai source:{source[1]}", "where": where[1]})
    assert ask(live, f"search?{query}").status == 200  # 400 where one of them is unknown


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
def test_every_page_of_results_is_a_feed_of_each_format(live: Live, form: str) -> None:
    reply = ask(live, f"search.{form}?q=laboratory")
    kinds = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}
    assert reply.headers["content-type"].partition(";")[0] == kinds[form]
    titles = set(re.findall(r"Release \d+", reply.text))
    assert len(titles) > 20
    assert f'href="{live.base}search.{form}?q=laboratory"' in ask(live, "search?q=laboratory").text
    if form == "json":
        following = json.loads(reply.body)["next_url"]
        assert following == f"{live.base}search.json?q=laboratory&page=2"
        assert not titles & set(re.findall(r"Release \d+", ask(live, following.removeprefix(live.base)).text))


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("ferry", {"Ferry timetable", "Release 5"}),
        ("ferry -timetable", {"Release 5"}),
        ("source:bay-hans -topic:ai", set()),
        ("source:bay-hans topic:ai", {"湾区设立人工智能实验室"}),
        ("灣區 實驗 -language:zh-hant", {"湾区设立人工智能实验室"}),
        ("language:pt since:2026-03-01 until:2026-03-31", {"Inteligência artificial na Grande Baía"}),
        ('author:"pier & ferry department"', {"Release 5"}),
        ("where:(source:garcas-pt or (language:zh-hans and not topic:greater-bay-area))",
         {"Inteligência artificial na Grande Baía"}),
        ("湾区 where:(source:garcas-pt or language:zh-hans)", {"湾区设立人工智能实验室"}),
    ],
)  # fmt: skip
def test_the_language_of_search(live: Live, query: str, titles: set[str]) -> None:
    found = feedparser.parse(ask(live, f"search.atom?q={urllib.parse.quote(query)}").body)
    assert {entry.title for entry in found.entries} == titles


def test_search_without_words_shows_what_its_filters_let_through(live: Live) -> None:
    found = feedparser.parse(ask(live, "search.atom?q=source:garcas-pt").body)
    assert [entry.title for entry in found.entries] == ["Inteligência artificial na Grande Baía"]
    assert "Nothing found." in ask(live, "search?q=source:garcas-pt+until:2020-01-01").text


@pytest.mark.parametrize(
    "query",
    [
        "q=topic:nothing",
        "q=since:yesterday",
        "q=" + "x" * 300,
        "q=language:klingon",
        "q=where:(ai+and)",
        "q=where:(ai",
        "q=-since:2025-01-01",
    ],
)
def test_a_search_that_cannot_be_understood_says_so(live: Live, query: str) -> None:
    assert ask(live, f"search?{query}").status == 400
    assert ask(live, f"search.atom?{query}").status == 400


@pytest.mark.parametrize(
    "query",
    ["", "q=", "q=%00", "q=%ff", "q=%22", "q=%22%22", "page=-1&q=ferry", "page=99999&q=ferry", "q=*", "q=a+OR+NOT",
     "q=%3Cscript%3Ealert(1)%3C/script%3E", "q=" + "&q=" * 50, "q=(((", "q=NEAR(a+b)", "q=%F0%A0%8E%80"],
)  # fmt: skip
def test_any_search_is_answered(live: Live, query: str) -> None:
    reply = ask(live, f"search?{query}")
    assert reply.status in {200, 400}
    assert b"<script" not in reply.body


def test_a_query_is_read_whole() -> None:
    topics, sources = ["ai"], ["hk-gia-en"]
    query = read_query(
        "q=data+topic:ai+source:hk-gia-en+language:zh-hant+until:2025-06-30&page=3", topics=topics, sources=sources
    )
    assert query.where is not None
    assert query.where.text == "topic:ai and source:hk-gia-en and language:zh-hant"
    assert (query.words, query.language, query.page) == ("data", "zh-Hant", 3)
    assert query.until is not None
    assert query.until.isoformat() == "2025-07-01T00:00:00+00:00"
    assert read_query("q=" + "%zz" * 2000, topics=topics, sources=sources).problem


def test_a_search_that_takes_too_long_is_refused_in_words(live: Live) -> None:
    search = Search(live.press.store, live.press.site, topic.load().topics, within=timedelta(0))
    hostile = "q=" + "+".join(["laboratory", *(f"-{letter}" for letter in ascii_lowercase)])
    for form, kind in (("html", "text/html"), ("atom", "text/plain")):
        found = search.find(form, hostile, "pt")
        assert found.status == 503
        assert found.type.startswith(kind)
        assert (b"retry-after", b"3600") in found.headers
        assert "Esta pesquisa demora demasiado." in found.body.decode()


def test_an_expression_may_have_a_field_of_its_own(live: Live) -> None:
    expected = ask(live, "search.atom?q=where:(source:garcas-pt+or+language:zh-hans)")
    found = ask(live, "search.atom?where=source:garcas-pt+or+language:zh-hans")
    assert found.body == expected.body
    assert len(feedparser.parse(found.body).entries) == 2
    assert 'value="where:(source:garcas-pt)"' in ask(live, "search?where=source:garcas-pt").text
    assert ask(live, "search?where=source:garcas-pt+or").status == 400


def test_a_reader_that_has_an_answer_is_told_so(live: Live) -> None:
    whole = ask(live, "search.atom?q=ferry")
    held = ask(live, "search.atom?q=ferry", {"If-None-Match": f'"other", W/{whole.headers["etag"]}'})
    assert (held.status, held.body) == (304, b"")
    assert {held.headers[name] for name in ("etag", "cache-control")} == {whole.headers["etag"], "public, max-age=60"}
    assert ask(live, "search.atom?q=laboratory", {"If-None-Match": whole.headers["etag"]}).status == 200
    in_english, in_portuguese = (ask(live, "search?q=ferry", {"Accept-Language": one}) for one in ("en", "pt"))
    assert in_english.headers["etag"] != in_portuguese.headers["etag"]
    assert in_english.headers["vary"] == "Accept-Language"


def test_a_browser_that_goes_to_a_search_feed_sees_its_page(live: Live) -> None:
    browser = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
    shown = ask(live, "search.atom?q=%E7%81%A3%E5%8D%80+topic:ai", browser)
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert 'value="灣區 topic:ai"' in shown.text
    address = f">{live.base}search.atom?q=%E7%81%A3%E5%8D%80+topic%3Aai</code>"
    assert address in shown.text.replace("<wbr>", "")  # where it may be parted
    assert ask(live, "search.atom?q=ferry").headers["vary"] == "Sec-Fetch-Dest"


def test_a_search_nobody_can_bear_is_sent_away(live: Live) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(40) as pool:
        statuses = set(pool.map(lambda _: ask(live, "search?q=laboratory").status, range(80)))
    assert statuses <= {200, 503}
