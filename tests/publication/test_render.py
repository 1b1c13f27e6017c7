"""What an entry looks like in each format, and that the formats agree."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from html import unescape
from pathlib import Path

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feeds.release import Photo
from feeds.render import atom, html, json_feed, rss
from feeds.render.entry import VERSION
from feeds.render.extension import atom_entry, atom_feed, rss_feed, rss_item
from feeds.render.fragment import join, parse_back
from feeds.render.model import EPOCH, Category, Entry, Feed, Link, Origin, newest_update
from feeds.render.words import words
from feeds.site import LANGUAGES, Site

HONG_KONG = timezone(timedelta(hours=8))
PLAIN = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=40,
).map(lambda text: " ".join(text.split()) or "x")


def entry(number: int = 1, **more: object) -> Entry:
    moment = datetime(2026, 3, 4, 5, number % 60, 7, tzinfo=HONG_KONG)
    values: dict[str, object] = {
        "id": f"tag:news.example,2026:release/harbour-en/R{number}",
        "url": f"https://harbour.example/{number}?a=1&b=2",
        "title": f"A & B <{number}>",
        "language": "en",
        "author": "Pier & Ferry",
        "published": moment,
        "updated": moment + timedelta(minutes=5),
        "summary": "5 < 6 & so on.",
        "html": "<p>Hello ]]&gt; <b>x</b> &amp; y</p>",
        "categories": (Category(term="ai", scheme="https://news.example/topics/", label="AI & more"),),
        "related": (Link(rel="related", href="https://harbour.example/zh", type="text/html", language="zh-Hant"),),
        "enclosures": (Link(rel="enclosure", href="https://h.example/a.pdf", type="application/pdf", length=12),),
        "photos": (Photo(url="https://h.example/a.jpg", caption="cap & <"),),
        "origin": Origin(
            id="tag:news.example,2026:feed/source/harbour-en",
            title="Harbour & Co",
            page="https://harbour.example/",
            feed="https://news.example/feeds/source/harbour-en.atom",
        ),
        "rights": "All & sundry",
        "more": {"page": "https://news.example/releases/harbour-en/R1/", "revision": 1},
    }
    return Entry(**{**values, **more})  # type: ignore[arg-type]  # a test says of an entry what it likes


def feed(entries: tuple[Entry, ...], **more: object) -> Feed:
    values: dict[str, object] = {
        "id": "tag:news.example,2026:feed/ai",
        "title": "A & B",
        "about": "about <x>",
        "address": "https://news.example/feeds/ai.atom",
        "page": "https://news.example/topics/ai/",
        "updated": newest_update(entries),
        "language": "en",
        "author": "Example wire",
        "hub": "https://hub.example/",
        "previous": "https://news.example/feeds/archive/ai/2026-02.atom",
        "categories": entries[0].categories if entries else (),
        "logo": "https://news.example/icon.png",
        "icon": "https://news.example/icon.svg",
    }
    return Feed(**{**values, **more})  # type: ignore[arg-type]  # as above


ENTRIES = (entry(2), entry(1, language="und", enclosures=(), photos=(), related=(), rights="", summary=""))


def test_atom_is_feedgens_own_document_byte_for_byte() -> None:
    generator = atom_feed(feed(ENTRIES))
    for one in ENTRIES:
        generator.add_entry(atom_entry(one), order="append")
    assert join(atom.head(feed(ENTRIES)), map(atom.entry, ENTRIES)) == generator.atom_str()


def test_rss_is_feedgens_own_document_but_for_the_references_in_titles() -> None:
    generator = rss_feed(feed(ENTRIES))
    for one in ENTRIES:
        generator.add_entry(rss_item(one), order="append")
    assert join(rss.head(feed(ENTRIES)), map(rss.entry, ENTRIES)) == rss.hexadecimal(generator.rss_str())


def test_no_date_passes_through_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    import locale

    def refuse(*_args: object) -> str:
        raise AssertionError("feedgen wrote a date")

    monkeypatch.setattr(locale, "setlocale", refuse)
    written = join(rss.head(feed(ENTRIES)), map(rss.entry, ENTRIES))
    assert b"<pubDate>Wed, 04 Mar 2026 05:02:07 +0800</pubDate>" in written
    assert b"<lastBuildDate>Tue, 03 Mar 2026 21:07:07 +0000</lastBuildDate>" in written


def test_atom_is_valid_against_the_schema_of_its_rfc(shared: Path) -> None:
    schema = etree.RelaxNG(etree.parse(shared / "feeds/atom.rng"))
    document = join(atom.head(feed(ENTRIES, archive=True)), map(atom.entry, ENTRIES))
    # The schema allows no foreign element inside another: without media and fh, all must hold.
    schema.assertValid(etree.fromstring(document))


def test_titles_of_rss_are_read_alike_by_those_who_expect_html_and_those_who_do_not() -> None:
    written = join(rss.head(feed(ENTRIES)), map(rss.entry, ENTRIES)).decode()
    assert "<title>A &#x26; B &#x3C;2&gt;</title>" in written
    assert "<title>A &amp;" not in written
    assert parse_back(written.encode()).findtext("channel/item/title") == "A & B <2>"


def test_a_feed_without_entries_gives_no_date_of_a_build() -> None:
    assert b"<updated>1970-01-01T00:00:00Z</updated>" in join(atom.head(feed(())), ())
    assert b"lastBuildDate" not in join(rss.head(feed(())), ())
    assert feed(()).updated == EPOCH


@pytest.mark.parametrize("bad", ["a\x00b", "a\x1bb", "a\ufffeb", "a\ud800b"], ids=ascii)
@pytest.mark.parametrize("write", [atom.entry, rss.entry])
def test_a_character_xml_has_no_place_for_is_refused_at_the_entry(write: Callable[[Entry], bytes], bad: str) -> None:
    for field in ("title", "html", "summary", "author"):
        with pytest.raises(ValueError):  # noqa: PT011 -- lxml and the codec say it each in their own words
            write(entry(**{field: bad}))


@settings(max_examples=60, deadline=None)
@given(title=PLAIN, summary=PLAIN, author=PLAIN, body=PLAIN, label=PLAIN)
def test_three_writers_carry_equal_data(title: str, summary: str, author: str, body: str, label: str) -> None:
    from html import escape

    told = entry(
        title=title,
        summary=summary,
        author=author,
        html=f"<p>{escape(body)}</p>",
        categories=(Category(term="ai", scheme="https://news.example/topics/", label=label),),
    )
    head = feed((told,))
    read = {
        form: feedparser.parse(join(writer.head(head), [writer.entry(told)])).entries[0]
        for form, writer in (("atom", atom), ("rss", rss))
    }
    item = json.loads(join(json_feed.head(head), [json_feed.entry(told)]))["items"][0]
    for one in read.values():
        assert one.id == told.id == item["id"]
        assert one.link == told.url == item["url"]
        assert datetime(*one.published_parsed[:6], tzinfo=UTC) == told.published
        assert datetime(*one.updated_parsed[:6], tzinfo=UTC) == told.updated
        assert one.tags[0]["scheme"] == told.categories[0].scheme
    assert datetime.fromisoformat(item["date_published"]) == told.published
    assert datetime.fromisoformat(item["date_modified"]) == told.updated
    # lxml as the second reader: feedparser sanitises, and so changes text that looks like markup.
    names = {"a": "http://www.w3.org/2005/Atom", "dc": "http://purl.org/dc/elements/1.1/"}
    atom_tree = etree.fromstring(join(atom.head(head), [atom.entry(told)])).find("a:entry", names)
    rss_tree = etree.fromstring(join(rss.head(head), [rss.entry(told)])).find("channel/item")
    assert atom_tree is not None
    assert rss_tree is not None
    content = "{http://purl.org/rss/1.0/modules/content/}encoded"
    assert atom_tree.findtext("a:title", None, names) == rss_tree.findtext("title") == item["title"] == title
    assert atom_tree.findtext("a:summary", None, names) == item["summary"] == summary
    assert unescape(rss_tree.findtext("description") or "") == summary
    assert atom_tree.findtext("a:content", None, names) == rss_tree.findtext(content) == item["content_html"]
    creator = rss_tree.findtext("dc:creator", None, names)
    assert atom_tree.findtext("a:author/a:name", None, names) == creator == item["authors"][0]["name"] == author
    category = atom_tree.find("a:category", names)
    assert category is not None
    assert category.get("label") == rss_tree.findtext("category") == item["tags"][0] == label


def test_an_entry_has_one_alternate_and_its_links_keep_their_attributes() -> None:
    written = atom.entry(entry()).decode()
    assert written.count('rel="alternate"') == 2  # its own, and that of the source it is from
    assert re.search(r'<link rel="enclosure" href="\S+" type="application/pdf" length="12"/>', written)
    assert re.search(r'<link rel="related" href="\S+" type="text/html" hreflang="zh-Hant"/>', written)


def test_every_language_says_everything_with_the_same_places_to_fill() -> None:
    import tomllib

    told = tomllib.loads(Path(html.__file__).with_name("words.toml").read_text(encoding="utf-8"))
    assert tuple(told) == LANGUAGES
    dates = {"date", "moment", "month"}
    for language, texts in told.items():
        assert texts.keys() == told["en"].keys(), language
        for key, text in texts.items():
            if isinstance(text, list):
                assert len(text) == len(told["en"][key]), (language, key)
            elif key not in dates:
                places = [set(re.findall(r"\{\w+\}", one)) for one in (text, told["en"][key])]
                assert places[0] == places[1], (language, key)
        assert words(language).tag == language


def test_every_format_says_what_may_be_done_with_the_text() -> None:
    assert b"<rights>All &amp; sundry</rights>" in atom.entry(entry())
    assert b"<dc:rights>All &amp; sundry</dc:rights>" in rss.entry(entry())
    assert b'"rights":"All & sundry"' in json_feed.entry(entry())


def test_every_text_of_the_pages_is_used() -> None:
    import tomllib

    folder = Path(html.__file__).parents[1]
    told = tomllib.loads((folder / "render/words.toml").read_text(encoding="utf-8"))["en"]
    files = [*folder.rglob("*.py"), *folder.rglob("*.html")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    states = {"pending", "healthy", "repaired", "suspicious", "failing", "blocked", "gone", "disabled"}
    unused = [key for key in told if key not in states and not re.search(rf'\.{key}\b|"{key}"', code)]
    assert unused == []


def test_bytes_change_only_with_the_version() -> None:
    """Whoever changes what is written raises VERSION (html.VERSION for pages) and then these hashes."""
    from hashlib import sha256

    site = Site(base_url="https://news.example/")
    written = [atom.entry(entry()), rss.entry(entry()), json_feed.entry(entry())]
    seen = [sha256(b"\n".join(written)).hexdigest()[:12], sha256(html.item(entry(), site)).hexdigest()[:12]]
    render = Path(html.__file__).parent
    files = [render / "words.toml", *sorted((render / "templates").iterdir())]
    seen.append(sha256(b"\n".join(file.read_bytes() for file in files)).hexdigest()[:12])
    assert ([VERSION, html.VERSION], seen) == ([8, 12], ["ba597540461a", "fdb1fb1000e1", "64592cc85daf"])
