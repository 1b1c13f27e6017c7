"""Feeds, JSON lists, sitemaps and selectors: what a source declares, read as its publisher writes it."""

from __future__ import annotations

import json

import pytest

from crawler.extract import Listing, read_declared_listing
from crawler.extract.feed import is_feed, read_feed
from crawler.extract.select import selector
from crawler.normalise.tree import read_html, read_xml
from crawler.source import ListingRules, Source, View, load_sources

RSS = """<?xml version="1.0" encoding="big5"?><?xml-stylesheet href="x.xsl"?>
<!DOCTYPE rss [<!ENTITY lol "lol"><!ENTITY file SYSTEM "file:///etc/passwd">]>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>T</title>
<atom:link rel="self" href="https://a.mo/rss"/>
<item><title>一&nbsp;二 &file;</title><link> /a/1 </link><description>short</description>
<content:encoded><![CDATA[<p>whole &nbsp; text</p>]]></content:encoded><dc:creator>市政署</dc:creator>
<pubDate>2026-04-14T09:55:00+08:00</pubDate><dc:date>2026-04-14T01:55:00Z</dc:date>
<media:content url="/i.jpg" medium="image"><media:title>ignored as title</media:title></media:content>
<enclosure url="/f.pdf" type="application/pdf" length="12"/></item>
<item><title>no address</title></item>
<item><title>by guid</title><guid>https://a.mo/2</guid><pubDate>Tue, 27 Dec 2005 13:08:54+0900</pubDate></item>
<item><title>guid is no address</title><guid isPermaLink="false">x-3</guid><link>https://a.mo/3</link><author>b@a.mo (Lei)</author></item>
<item><title>again</title><link>/a/1</link></item></channel></rss>"""  # noqa: E501 - one line of a feed

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://a.hk/b/"><entry><id>urn:1</id>
<title type="html">A &lt;b&gt;bold&lt;/b&gt; title</title><link rel="edit" href="/edit"/><link href="one.html"/>
<published>2026-04-14</published><updated>2026-05-01T00:00:00Z</updated><author><name>Office</name></author>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Text.</p></div></content></entry>
<link rel="next" href="?page=2"/></feed>"""


def test_rss_as_official_bodies_write_it() -> None:
    found = read_feed(RSS, "https://a.mo/rss", zone="Asia/Macau")
    assert [item.url for item in found.items] == ["https://a.mo/a/1", "https://a.mo/2", "https://a.mo/3"]
    first = found.items[0]
    assert (first.title.strip(), first.date) == ("一\xa0二 &file;", "2026-04-14T09:55:00+08:00")
    fields = first.draft_fields
    assert fields is not None
    assert (fields.html, fields.summary, fields.author) == ("<p>whole &nbsp; text</p>", "short", "市政署")
    assert [photo.url for photo in fields.photos] == ["https://a.mo/i.jpg"]
    assert [(part.url, part.length) for part in fields.attachments] == [("https://a.mo/f.pdf", 12)]
    assert found.items[1].date == "2005-12-27T13:08:54+09:00"
    assert found.items[2].draft_fields is not None
    assert (found.items[2].draft_fields.author, found.items[2].draft_fields.guid) == ("Lei", "x-3")


def test_atom_with_a_base_and_markup_in_titles() -> None:
    found = read_feed(ATOM, "https://a.hk/feed", zone="Asia/Hong_Kong")
    (item,) = found.items
    assert (item.url, item.date) == ("https://a.hk/b/one.html", "2026-04-14T00:00:00+08:00")
    assert item.title == "A <b>bold</b> title"
    assert item.draft_fields is not None
    assert "<p>Text.</p>" in item.draft_fields.html
    assert found.next == "https://a.hk/b/?page=2"


@pytest.mark.parametrize("text", ["", "<html></html>", "{}", "<opml/>", "<rss><channel/></rss>", "<rss>&undefined;"])
def test_what_is_no_feed_gives_no_items_and_a_reason(text: str) -> None:
    found = read_feed(text, "https://a.hk/")
    assert found.items == ()
    assert found.reason


def test_entities_of_a_document_are_never_followed() -> None:
    bomb = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><rss>&b;</rss>'
    assert "aaaa" not in "".join(read_xml(bomb).itertext())


def test_parsers_take_text_only() -> None:
    for read in (read_html, read_xml):
        with pytest.raises(TypeError, match="decode"):
            read(b"<p>x")  # type: ignore[arg-type] - that is what is tested


def test_a_feed_is_told_from_a_page() -> None:
    assert is_feed(RSS)
    assert is_feed(f"\ufeff<!-- by hand -->{ATOM}")
    assert not is_feed("<!DOCTYPE html><html><body>rss feed</body></html>")


def source(kind: str, url: str = "https://a.cn/list", **rules: object) -> Source:
    return Source(key="a", title="A", kind=kind, zone="Asia/Shanghai", listing=ListingRules(url=url, **rules))  # type: ignore[arg-type] - fields of ListingRules


def listed(declared: Source, document: object) -> Listing:
    return read_declared_listing(declared, json.dumps(document), declared.listing.url)


def test_postmeta_lists_epoch_seconds_and_addresses() -> None:
    rows = [
        {"id": 1, "title": "通知", "url": "http://gdii.gd.gov.cn/x/content/post_1.html", "publish_time": 1776131700}
    ]
    found = listed(load_sources()["cn-gd-gdii"], {"articles": rows})
    assert [(item.url, item.title, item.date) for item in found.items] == [
        ("http://gdii.gd.gov.cn/x/content/post_1.html", "通知", "2026-04-14T09:55:00+08:00")
    ]


def test_csia_makes_addresses_of_numbers_and_posts_a_form() -> None:
    declared = load_sources()["cn-csia"]
    rows = [{"id": 6085, "name": "关于举办大会的通知", "createTime": "2026-07-25 09:50:37"}, {"id": None, "name": "x"}]
    found = listed(declared, {"code": 0, "data": {"content": rows}})
    assert [(item.url, item.date) for item in found.items] == [
        ("https://www.csia.org.cn/content/6085.html", "2026-07-25T09:50:37+08:00")
    ]
    (request,) = declared.requests(__import__("datetime").datetime(2026, 1, 1, tzinfo=__import__("datetime").UTC))
    assert (request.method, dict(request.form)) == ("POST", {"pageNo": "1", "categoryId": "10"})


def test_a_misspelt_key_is_a_key_like_others() -> None:
    rows = [
        {
            "TITLE": "今日大湾区",
            "PUBURL": "https://news.ycwb.com/2026-04/14/content_1.htm",
            "PUBTIME": "2026-04-14 08:00",
        }
    ]
    assert len(listed(load_sources()["cn-ycwb-gba"], {"artiles": rows}).items) == 1


def test_wordpress_gives_the_whole_text_in_the_time_of_the_place() -> None:
    row = {
        "id": 7,
        "link": "https://a.cn/7",
        "title": {"rendered": "A"},
        "date_gmt": "2026-04-13T23:30:00",
        "content": {"rendered": "<p>x"},
    }
    (item,) = listed(source("wordpress"), [row]).items
    assert (item.url, item.date) == ("https://a.cn/7", "2026-04-14T07:30:00+08:00")
    assert item.draft_fields is not None
    assert item.draft_fields.html == "<p>x"


def test_sitemap_of_news_gives_titles_and_days() -> None:
    text = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">
    <url><loc>https://a.cn/1</loc><n:news><n:publication_date>2026-04-14</n:publication_date><n:title>T</n:title></n:news></url>
    <url><loc>https://a.cn/2</loc><lastmod>2026-04-13</lastmod></url></urlset>"""
    found = read_declared_listing(source("sitemap"), text, "https://a.cn/sitemap.xml").items
    assert [(item.url, item.title, (item.date or "")[:10]) for item in found] == [
        ("https://a.cn/1", "T", "2026-04-14"),
        ("https://a.cn/2", "", "2026-04-13"),
    ]


@pytest.mark.parametrize(
    "text", ["", "<html>", "[]", "{}", '{"articles": 3}', '{"articles": [1, null, {}]}', "[" * 100_000]
)
@pytest.mark.parametrize("kind", ["json", "wordpress", "sitemap"])
def test_lists_that_are_none_give_the_reason(kind: str, text: str) -> None:
    fields = {"items": "articles", "url": "url", "title": "title"}
    found = read_declared_listing(source(kind, fields=fields), text, "https://a.cn/list")
    assert found.items == ()
    assert found.reason


def test_a_source_of_one_author_takes_only_its_items() -> None:
    declared = Source(
        key="a", title="A", kind="feed", listing=ListingRules(url="https://a.mo/rss", authors=("市政署",))
    )
    assert len(read_declared_listing(declared, RSS, "https://a.mo/rss").items) == 1


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Cyberport opens", "", True),
        ("", "the CYBERPORT's centre", True),
        ("Cyberportal", "cybersport", False),
        ("", "", False),
    ],
)
def test_views_match_whole_words(title: str, text: str, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    assert View(of="hk-gia-en", phrases=("Cyberport",)).matches(title=title, text=text) is expected


def test_views_match_authors_and_chinese() -> None:
    view = View(of="mo-gcs-zh", phrases=("數字政策辦公室",), authors=("經濟及科技發展局",))
    assert view.matches(title="", text="", author="經濟及科技發展局")
    assert view.matches(title="", text="據數字政策辦公室公布")
    assert not view.matches(title="", text="", author="市政署")


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        ("a::attr(href)", ["/1", "/2", "/3"]),
        ("li:has(> b) a::attr(href)", ["/2"]),
        ("li:has(b, i) a::attr(href)", ["/2", "/3"]),
        ("li:has(+ li) a", ["one", "two"]),
        ("li:nth-child(2) a::text", ["two"]),
        ("time::attr(datetime)", []),
    ],
)
def test_selectors_of_source_files(css: str, expected: list[str]) -> None:
    page = read_html("<ul><li><a href=/1>one</a><li><b></b><a href=/2>two</a><li><i></i><a href=/3>three</a></ul>")
    assert selector(css).strings(page) == expected


@pytest.mark.parametrize("css", ["a[", "li:has(", "a::after", "", "a >"])
def test_selectors_that_are_none_are_refused(css: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        selector(css)
