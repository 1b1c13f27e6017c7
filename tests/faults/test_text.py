"""Rows X of the fault matrix: hostile text, from the page through the store into every feed and page that is served."""

from __future__ import annotations

import html
import json
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import feedparser
import pytest

from crawler.extract import read_listing, read_release
from crawler.normalise import clean_title, decode, language, read_date, repair
from crawler.normalise.clock import read_zone
from feeds import topic
from feeds.identity import canonical
from feeds.publish import publish
from feeds.serve import application
from feeds.site import Site

if TYPE_CHECKING:
    from faults.chaos import Chaos
    from faults.conftest import Desk

FORMATS = ("atom", "rss", "json")
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SAID = "The department said that the harbour would stay open. "


@dataclass(frozen=True)
class Shown:
    """One release as every document shows it."""

    title: str
    body: str


@dataclass(frozen=True)
class Told:
    """What is served after a crawl: entries by address of the release, for each format; and every document."""

    entries: dict[str, dict[str, Shown]]
    documents: dict[str, str]

    def of(self, number: int) -> list[Shown]:
        """Return the release *number* in each format; a whole feed has it exactly once."""
        return [
            next(one for url, one in held.items() if url.endswith(f"/r/{number}.htm")) for held in self.entries.values()
        ]


Tell = Callable[..., Told]


@pytest.fixture
def tell(desk: Desk, newsroom: Chaos, tmp_path: Path) -> Tell:
    """Return what crawls the newsroom, publishes and reads all of it back as it is served."""

    def told(*, key: str = "bad") -> Told:
        assert newsroom.asked is not None
        desk.outcome(key)
        site = Site(base_url="https://news.example/", authority="news.example,2026")
        with desk.store() as store:
            published = publish(store, topic.load(), site, tmp_path / "public", now=datetime.now(UTC))
        assert published.refused == ()
        answer = application(tmp_path / "public", site=site)
        documents = {}
        for path in (tmp_path / "public").rglob("*"):
            if path.suffix in {".atom", ".rss", ".json", ".html", ".opml"} and path.is_file():
                place = f"/{path.relative_to(tmp_path / 'public')}"
                reply = answer.reply("GET", place, b"", {})
                assert reply is not None
                assert reply.status == 200
                body = reply.body or path.read_bytes()
                documents[place] = body.decode()
                if path.suffix in {".atom", ".rss", ".opml"}:
                    ET.fromstring(body)  # noqa: S314 -- our own, and whole
                elif path.suffix == ".json":
                    json.loads(body)
        entries = {form: _entries(form, documents[f"/feeds/source/{key}.{form}"]) for form in FORMATS}
        return Told(entries, documents)

    return told


def _entries(form: str, document: str) -> dict[str, Shown]:
    if form == "json":
        items = json.loads(document)["items"]
        found = {one["url"]: Shown(one["title"], one["content_html"]) for one in items}
        assert len(found) == len(items)
        return found
    feedparser.SANITIZE_HTML = 0  # what we wrote, not what it leaves of it
    try:
        parsed = feedparser.parse(document.encode())
    finally:
        feedparser.SANITIZE_HTML = 1
    assert not parsed.bozo
    found = {
        one.link: Shown(one.title, one.content[0].value if "content" in one else one.summary) for one in parsed.entries
    }
    assert len(found) == len(parsed.entries)
    return found


SCRIPTS = (
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></ScRiPt>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>a</a>",
    "<a href='jAva&#x09;script:alert(1)'>b</a>",
    "<a href=' &#1;javascript:alert(1)'>c</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action=//evil.example><button formaction='javascript:alert(1)'>d</button></form>",
    "<svg><script>alert(1)</script></svg>",
    "<svg onload=alert(1)>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<p style='background:url(javascript:alert(1))'>e</p>",
    "<style>@import '//evil.example/x.css';</style>",
    "<a href='data:text/html,<script>alert(1)</script>'>f</a>",
    "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
    "<object data=//evil.example/x></object>",
    "<embed src=//evil.example/x>",
    "<base href='//evil.example/'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<a href='vbscript:x'>g</a>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<p onclick=alert(1) onmouseover='alert(1)'>h</p>",
    "<template><script>alert(1)</script></template>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
)
ACTIVE = re.compile(
    r"<\s*/?(script|iframe|object|embed|form|button|svg|math|style|meta|base|link|template)\b"
    r"|<[^>]*\son\w+\s*=|<[^>]*\b(srcdoc|formaction|style)\s*=|<[^>]*=\s*[\"']?\s*(javascript|vbscript|data):",
    re.IGNORECASE,
)


def test_x1_nothing_that_could_run_survives_in_any_format(
    newsroom: Chaos, listing: Callable[..., str], release: Callable[..., str], tell: Tell
) -> None:
    newsroom.page("/list", listing(*range(1, len(SCRIPTS) + 1)))
    for number, script in enumerate(SCRIPTS, 1):
        title = html.escape(f"Notice {number} {script}")
        page = release(number, title=title).replace("</p></div>", f"</p>{script}<p>{SAID * 3}</p></div>")
        newsroom.page(f"/r/{number}.htm", page)
    told = tell()
    for form, entries in told.entries.items():
        assert len(entries) == len(SCRIPTS), form
        for shown in entries.values():
            assert not ACTIVE.search(shown.body), shown.body
    for place, document in told.documents.items():
        if place.startswith("/releases/"):
            main = document.partition("<main")[2].partition("</main>")[0]
            assert not ACTIVE.search(main.replace(' style="', ' data-x="')), place
            assert "evil.example/x" not in re.sub(r">[^<]*<", "><", main)


def test_x2_markup_of_markup_leaves_every_document_whole(
    newsroom: Chaos, listing: Callable[..., str], release: Callable[..., str], tell: Tell
) -> None:
    storms = (
        "]]>",
        "--> <!-- -->",
        "<![CDATA[ <![CDATA[ ]]> ]]>",
        "&" * 500,
        "&amp;" * 300,
        "&lt;/entry&gt;&lt;/feed&gt;",
        "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]>&a;",
        "</content></entry></item></channel>",
    )
    newsroom.page("/list", listing(*range(1, len(storms) + 1)))
    for number, storm in enumerate(storms, 1):
        page = release(number, text=f"{SAID * 3} {storm} The end of {number}.", title=f"Notice {number} {storm}")
        newsroom.page(f"/r/{number}.htm", page)
    told = tell()
    for number in range(1, len(storms) + 1):
        for shown in told.of(number):
            assert f"Notice {number}" in shown.title
            assert SAID.strip() in shown.body


@pytest.mark.parametrize("bomb", ["entity", "file", "parameter"])
def test_x2_a_source_feed_with_entities_reads_no_file_and_does_not_grow(  # noqa: PLR0913, PLR0917 -- all of it
    desk: Desk, newsroom: Chaos, feed_rules: str, tmp_path: Path, tell: Tell, bomb: str
) -> None:
    (tmp_path / "secret").write_text("the word of passage")
    types = {
        "entity": "".join(f"<!ENTITY x{n + 1} '{f'&x{n};' * 10}'>" for n in range(9)) + "<!ENTITY x0 'boom'>",
        "file": f"<!ENTITY x9 SYSTEM 'file://{tmp_path}/secret'>",
        "parameter": f"<!ENTITY % p SYSTEM '{newsroom.url('/dtd')}'> %p;<!ENTITY x9 'x'>",
    }
    items = "".join(
        f"<item><title>Notice {n} of the office</title><link>{newsroom.url(f'/r/{n}.htm')}</link><guid>g{n}</guid>"
        f"<description>{SAID * 4} {'&x9;' if n == 1 else ''}</description></item>"
        for n in range(1, 4)
    )
    document = f"<?xml version='1.0'?><!DOCTYPE rss [{types[bomb]}]><rss version='2.0'><channel><title>t</title>{items}"
    newsroom.page("/feed", f"{document}</channel></rss>", kind="application/rss+xml")
    desk.source("fed", newsroom.url("/feed"), rules=feed_rules)
    begun = time.monotonic()
    told = tell(key="fed")
    assert time.monotonic() - begun < 120
    if told.entries["atom"] == {}:  # refused whole, and then the operator knows
        assert (desk.state("fed").state.value in {"suspicious", "failing"}, bool(desk.state("fed").reason)) == (
            True,
            True,
        )
    else:
        assert len(told.entries["atom"]) == 3
        assert desk.state("fed").state.value == "healthy"
    for document in told.documents.values():
        assert "word of passage" not in document
        assert "boom" * 10 not in document
    assert all(asked.path != "/dtd" for asked in newsroom.asked)


def test_x3_characters_that_are_none_and_endless_titles_break_no_document(
    newsroom: Chaos, listing: Callable[..., str], release: Callable[..., str], tell: Tell
) -> None:
    odd = [
        "".join(map(chr, range(32))),
        "\ufffe\uffff",
        "&#0;&#8;&#xD800;&#xDFFF;&#xFFFE;",
        "𠮷𩸽🚢\U0010ffff",
        "\x7f\x85\x9f",
        "漢" * 3_000_000,
    ]
    newsroom.page("/list", listing(*range(1, len(odd) + 1)))
    for number, text in enumerate(odd, 1):
        page = release(number, text=f"{SAID * 3} [{text[:5000]}] The end of {number}.", title=f"Notice {number} {text}")
        newsroom.page(f"/r/{number}.htm", page)
    surrogate = (
        release(len(odd) + 1, title=f"Notice {len(odd) + 1} ").encode().replace(b"Notice", b"Notice \xed\xa0\x80")
    )
    newsroom.page(f"/r/{len(odd) + 1}.htm", surrogate)
    newsroom.page("/list", listing(*range(1, len(odd) + 2)))
    told = tell()
    for number in (1, 2, 3, 4, 5, len(odd) + 1):
        for shown in told.of(number):
            assert shown.title.startswith("Notice")
            assert len(shown.title) <= 1000
    assert "𠮷𩸽🚢" in told.of(4)[0].title
    for document in told.documents.values():
        assert not ILLEGAL.search(document)
        assert len(document) < 3_000_000


def test_x4_what_turns_or_hides_text_stays_out_of_titles_and_the_text_is_kept(
    newsroom: Chaos, listing: Callable[..., str], release: Callable[..., str], tell: Tell
) -> None:
    titles = {
        1: "Payment to \u202egnp.exe\u202c approved",
        2: "Har\u200bbour\u200d \u2060opens\ufeff",
        3: "\u2066\u2067\u2068 isolated \u2069 \u200f\u200e\u061c",
        4: "Z" + "\u0335\u0322\u0347" * 300 + "algo of the harbour",
        5: "Pаypal and Нarbour in Cyrillic",
    }
    newsroom.page("/list", listing(*titles))
    for number, title in titles.items():
        text = f"{SAID * 3} {title} {SAID}"
        newsroom.page(f"/r/{number}.htm", release(number, title=f"{title} number {number}", text=text))
    told = tell()
    for number in titles:
        for shown in told.of(number):
            assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\u200e\u200f\u061c]", shown.title), (
                number
            )
            assert f"number {number}" in shown.title
            assert shown.body.count("harbour would stay open") == 4
    assert "gnp.exe" in told.of(1)[0].title
    assert told.of(2)[0].title.startswith("Harbour")
    assert "Pаypal" in told.of(5)[0].title  # another alphabet is no error: names are written so


def test_x6_formulas_and_escapes_are_one_line_of_log_and_harmless_on_a_terminal(  # noqa: PLR0913, PLR0917 -- all of it
    desk: Desk,
    newsroom: Chaos,
    listing: Callable[..., str],
    release: Callable[..., str],
    tell: Tell,
    caplog: pytest.LogCaptureFixture,
) -> None:
    titles = {
        1: "=cmd|' /C calc'!A0 notice 1",
        2: "Notice 2 \x1b[2J\x1b]0;owned\x07 \x9b31m",
        3: "Notice 3\r\n2026-01-01 ERROR all is lost\nline",
        4: "@SUM(1+1)*cmd notice 4",
    }
    newsroom.page("/list", listing(*titles))
    for number, title in titles.items():
        newsroom.page(f"/r/{number}.htm", release(number, title=html.escape(title)))
    with caplog.at_level(logging.DEBUG):
        told = tell()
    for number in titles:
        for shown in told.of(number):
            assert shown.title.isprintable()
            assert "otice" in shown.title
    assert all("\x1b" not in document and "\x9b" not in document for document in told.documents.values())
    assert all(record.getMessage().isprintable() for record in caplog.records if "\x1b" in record.getMessage())
    for event in desk.events:
        line = json.dumps(event)
        assert "\n" not in line
        assert "\x1b" not in line


HARD = {
    "spaces": " " * 100_000, "digits": "1" * 100_000, "parentheses": "(" * 100_000, "tags": "<a " * 33_000,
    "ampersands": "&" * 100_000, "dates": "2026-01-" * 12_500, "months": "June " * 20_000, "mojibake": "â€™" * 33_000,
    "big5 as latin": "¤¤¤å" * 25_000, "quotes": '"' * 100_000, "brackets": "[" * 100_000, "years": "年" * 100_000,
    "dots": "." * 100_000, "slashes": "/" * 100_000, "equals": "=?utf-8?q?" * 10_000, "colons": "10:10:" * 16_000,
    "marks": "a\u0301" * 50_000, "entities": "&#x26;" * 16_000, "words": "hong kong " * 10_000, "crlf": "\r\n" * 50_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HARD)
def test_x7_no_input_of_100_kb_keeps_a_parser_long(name: str) -> None:
    """Each below 50 ms for a date, a title or an address; bodies of that size stay linear."""
    text = HARD[name]
    seen = datetime(2026, 3, 4, tzinfo=UTC)
    short = {
        "date": lambda: read_date(text, zone="Asia/Hong_Kong", seen=seen),
        "language": lambda: language(text),
        "title": lambda: clean_title(text),
        "address": lambda: canonical.__wrapped__(f"https://a.example/{text}"),
        "zone": lambda: read_zone(text),
    }
    whole = {
        "repair": lambda: repair(text),
        "decode": lambda: decode(text.encode(), "text/html; charset=big5"),
        "listing": lambda: read_listing(f"<ul><li><a href='{text[:5000]}'>{text}</a></li></ul>", "https://a.example/"),
        "release": lambda: read_release(f"<h1>{text[:5000]}</h1><p>{text}</p>", "https://a.example/"),
        "topics": lambda: topic.load().tag(title=text[:5000], text=text),
    }
    for limit_s, calls in ((0.05, short), (3.0, whole)):
        for called, call in calls.items():
            spent = []
            for _ in range(3):
                begun = time.process_time()
                call()
                spent.append(time.process_time() - begun)
                if spent[-1] < limit_s:
                    break
            assert min(spent) < limit_s, f"{called}: {min(spent):.3f} s"
