"""Pages that nobody described, written here: every field read, and nothing that raises."""

# ruff: noqa: E501 - a page is read best as it is written

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from crawler.extract import (
    NotARelease,
    read_declared_listing,
    read_declared_release,
    read_listing,
    read_release,
)
from crawler.source import ListingRules, ReleaseRules, Source

URL = "https://www.example.gov.hk/en/news/2026/04/14/park.html"
SEEN = datetime(2026, 4, 20, tzinfo=UTC)
SENTENCE = "The Government today welcomed the opening of the new technology park in the north of the territory. "
BODY = "".join(f"<p>{SENTENCE * 3}Paragraph {word} says so.</p>" for word in ("one", "two", "three", "four", "five"))
MENU = "<nav><ul>" + "".join(f'<li><a href="/{n}">Menu entry {n}</a></li>' for n in range(12)) + "</ul></nav>"
ASIDE = (
    '<aside class="related"><h3>Related</h3><ul>'
    + "".join(f'<li><a href="/r/{n}">Another release of ours {n}</a></li>' for n in range(8))
    + "</ul></aside>"
)
PAGE = f"""<!DOCTYPE html><html lang="en"><head><title>Technology park opens | Example Department</title>
<meta property="og:site_name" content="Example Department"><link rel="alternate" hreflang="zh-HK" href="/tc/news/park.html">
<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "Technology park opens",
"datePublished": "2026-04-14T09:55:00+08:00"}}</script></head><body>{MENU}
<main><article><h1>Technology park opens (with photos)</h1><p class="date">14 April 2026</p>{BODY}
<figure><img src="/photo/1.jpg" alt="x" width="800"><figcaption>The park, seen from above.</figcaption></figure>
<p>{SENTENCE * 2}<a href="plan.pdf">The plan</a> and <a href="https://www.youtube.com/watch?v=abc">a film</a> tell more.</p>
<table><tr><th>Year</th><th>Jobs</th></tr><tr><td>2027</td><td>4,000</td></tr></table>
<p>{SENTENCE}The last paragraph closes the release.</p></article></main>{ASIDE}
<footer>Copyright 2026 Example Department. All rights reserved.</footer></body></html>"""


def test_reads_every_field_of_a_page() -> None:
    found = read_release(PAGE, URL)
    assert (found.title, found.facts) == ("Technology park opens", {"suffixes": ("with photos",)})
    assert found.published is not None
    assert found.published.isoformat() == "2026-04-14T09:55:00+08:00"
    assert found.language == "en"
    assert "Paragraph one says so." in found.text
    assert "The last paragraph closes the release." in found.text
    assert "Menu entry" not in found.text
    assert "Another release of ours" not in found.text
    assert "All rights reserved" not in found.text
    assert found.agreement > 0.7
    assert [(photo.url, photo.caption) for photo in found.photos] == [
        ("https://www.example.gov.hk/photo/1.jpg", "The park, seen from above.")
    ]
    assert [(part.url, part.type) for part in found.attachments] == [
        ("https://www.example.gov.hk/en/news/2026/04/14/plan.pdf", "application/pdf")
    ]
    assert found.videos == ("https://www.youtube.com/watch?v=abc",)
    assert [(part.language, part.url) for part in found.translations] == [
        ("zh-Hant", "https://www.example.gov.hk/tc/news/park.html")
    ]


@pytest.mark.parametrize("times", [1, 2, 4, 16])
@pytest.mark.parametrize(
    "sentence", ["The scheme opens on Monday. ", "政府今日公布人工智能應用指引，鼓勵各部門使用。", SENTENCE]
)
@pytest.mark.parametrize("around", ["<p>{}</p>", "<div id=content><div>{}</div></div>", "<table><tr><td>{}</table>"])
def test_a_short_text_and_one_that_repeats_itself_are_read(sentence: str, times: int, around: str) -> None:
    title = "<h1>Guideline on artificial intelligence</h1><div>4 January 2026</div>"
    page = f"<html><head><title>Guideline on artificial intelligence</title></head><body>{title}"
    found = read_release(page + around.format(sentence * times) + "</body></html>", URL)
    assert found.text == (sentence * times).strip()


def test_body_is_html_with_absolute_links() -> None:
    html = read_release(PAGE, URL).html
    assert html.count("<p>") >= 6
    assert 'href="https://www.example.gov.hk/en/news/2026/04/14/plan.pdf"' in html
    assert "<script" not in html


def test_origins_name_what_gave_each_field() -> None:
    origins = read_release(PAGE, URL).origins
    assert origins == {"title": "h1", "body": "vote", "published": "json-ld", "precision": "second"}


def test_state_metas_of_the_mainland_come_first() -> None:
    metas = '<meta name="ArticleTitle" content="关于开展申报的通知"><meta name="PubDate" content="2026-04-14 09:55"><meta name="ContentSource" content="本网">'
    body = "".join(
        f"<p>　　为贯彻落实有关要求，现就第{n}项工作通知如下，请各单位认真组织实施，按时报送材料。</p>"
        for n in range(8)
    )
    page = f"<html><head>{metas}<title>通知</title></head><body><h1>网站名称</h1><div class='zw'>{body}</div></body></html>"
    found = read_release(page, "https://gdii.gd.gov.cn/x/post_1.html")
    assert (found.title, found.language, found.author) == ("关于开展申报的通知", "zh-Hans", "")
    assert found.published is not None
    assert found.published.isoformat() == "2026-04-14T09:55:00+08:00"


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        ("2026-04-13T23:30:00Z", "2026-04-14T07:30:00+08:00"),
        ("2026-04-14", "2026-04-14T00:00:00+08:00"),
        ("2026-04-14T01:30:00+00:00", "2026-04-14T09:30:00+08:00"),
    ],
)
def test_instants_in_utc_are_told_in_the_time_of_the_place(published: str, expected: str) -> None:
    page = f'<html><head><meta property="article:published_time" content="{published}"></head><body><h1>A title</h1>{BODY}</body></html>'
    found = read_release(page, "https://www.example.gov.hk/x").published
    assert found is not None
    assert found.isoformat() == expected


BAD = {
    "nothing": "",
    "white space": " \n ",
    "a tag": "<",
    "no body": "<html><head><title>Title alone</title></head></html>",
    "frames": "<frameset><frame src=a></frameset>",
    "deep": "<div>" * 5000 + BODY + "</div>" * 5000,
    "deep and unclosed": "<p><font><b>" * 5000 + SENTENCE,
    "two bases": "<base href='http://['><base href='//b.hk/'>" + PAGE,
    "hrefs with newlines": "<a href='\n/a\nb'>A link that is broken over lines</a>" * 9 + BODY,
    "only scripts": "<script>document.write('x')</script>" * 50,
    "controls": "<p>\x00\x01\x08\ufffe" + SENTENCE * 9,
    "lone surrogates": f"<p>\ud800{SENTENCE * 9}",
    "declared as XML": '<?xml version="1.0" encoding="gb2312"?>' + PAGE,
    "comment never closed": "<!-- " + PAGE,
    "broken JSON-LD": PAGE.replace("{", "{{", 1).replace('"@type"', '"@type": [[[[', 1),
    "captcha": "<title>Verify you are human</title><p>Please complete the captcha.</p>",
    "a date in the future": PAGE.replace("2026", "2999"),
    "entities": "&#0;&#x110000;&nosuch;&" * 200,
    "attributes": "<p " + " ".join(f"a{n}=1" for n in range(5000)) + ">" + SENTENCE,
    "a table of tables": "<table><tr><td>" * 800 + SENTENCE,
    "plain text": "A title\n\n" + SENTENCE,
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("url", [URL, "", "http://[", "not an address"])
def test_no_page_raises(kind: str, url: str) -> None:
    found = read_release(BAD[kind], url)
    assert isinstance(found.text, str)
    listing = read_listing(BAD[kind], url)
    assert listing.items or listing.reason


@pytest.mark.parametrize("kind", ["nothing", "no body", "frames", "only scripts", "captcha"])
def test_a_page_without_text_gives_none(kind: str) -> None:
    assert len(read_release(BAD[kind], URL).text) < 60


@pytest.mark.parametrize(
    "page",
    [
        BAD["captcha"],
        "<title>Just a moment...</title><h1>example.org</h1><p>Checking your browser before accessing the site.</p>",
        "<title>安全验证</title><h1>请完成安全验证</h1><ul>"
        + "<li><a href=/help>常见问题与帮助说明</a></li>" * 9
        + "</ul>",
    ],
)
def test_what_stands_before_a_site_is_neither_release_nor_listing(page: str) -> None:
    found = read_release(page, URL)
    assert (found.title, found.text, found.origins) == ("", "", {"wall": "captcha"})
    wide = Source(
        key="a", title="A", listing=ListingRules(url=URL, links="li a"), release=ReleaseRules(title="h1", body="body")
    )
    assert read_listing(page, URL).items == ()
    assert read_declared_listing(wide, page, URL).items == ()
    assert isinstance(read_declared_release(wide, page, URL, item=None, seen=SEEN), NotARelease)


def test_a_text_of_twenty_megabytes_is_read_in_seconds() -> None:
    page = f"<html><h1>A title</h1><p>{SENTENCE * 200_000}</p></html>"
    start = time.process_time()
    found = read_release(page, URL)
    assert read_listing(page, URL).items == ()
    assert time.process_time() - start < 60
    assert found.title == "A title"
