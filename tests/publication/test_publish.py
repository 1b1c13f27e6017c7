"""What a publication writes, leaves alone, refuses, and that nothing but the store decides it."""

from __future__ import annotations

import gzip
import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import feedparser
import pytest
from lxml import etree

from feeds.error import ConfigError, PublishError
from feeds.publish import publish
from feeds.release import Attachment, Draft, Photo, Translation

if TYPE_CHECKING:
    from conftest import Press

Draw = Callable[..., Draft]
ATOM = {"a": "http://www.w3.org/2005/Atom"}


def ids(document: bytes) -> list[str]:
    return [entry.id for entry in feedparser.parse(document).entries]


def test_every_address_of_the_design_is_there(press: Press, sample: Sequence[Draft]) -> None:
    press.site = replace(press.site, combinations={"ai-and-greater-bay-area": "ai and greater-bay-area"})
    press.put(*sample)
    press.publish()
    names = ["all", "corrections", "source/harbour-en", "ai-and-greater-bay-area", "ai", "greater-bay-area"]
    names += ["ai.en", "ai.zh-hant", "ai.zh-hans", "ai.pt"]
    wanted = [f"feeds/{name}.{form}" for name in names for form in ("atom", "rss", "json")]
    wanted += ["index.html", "topics/ai/index.html", "topics/ai/zh-hant/index.html", "sources/harbour-en/index.html"]
    wanted += ["releases/harbour-en/R0001/index.html", "feeds/index.opml", "feeds/index.json", "corrections/index.html"]
    wanted += ["status.atom", "status.json", "status/index.html"]
    assert [path for path in wanted if not (press.directory / path).is_file()] == []
    assert len(ids(press.read("feeds/ai-and-greater-bay-area.atom"))) == len(ids(press.read("feeds/ai.atom"))) > 0


def test_publishing_again_touches_nothing(press: Press, sample: Sequence[Draft]) -> None:
    press.put(*sample)
    first = press.publish()
    before = press.files()
    press.now += timedelta(days=40)
    again = press.publish()
    assert (again.written, again.removed, again.refused, again.feeds) == ((), (), (), ())
    assert again.unchanged == len(first.written) == len(before)
    assert press.files() == before


def test_a_lost_folder_comes_back_byte_for_byte(press: Press, sample: Sequence[Draft]) -> None:
    press.put(*sample)
    press.publish()
    before = {path: body for path, (body, _) in press.files().items()}
    shutil.rmtree(press.directory)
    press.publish()
    assert {path: body for path, (body, _) in press.files().items()} == before
    (press.directory / "feeds/ai.atom").unlink()
    (press.directory / "feeds/ai.rss").write_bytes(b"spoilt")
    assert set(press.publish().written) == {"feeds/ai.atom", "feeds/ai.rss"}
    for path in press.directory.rglob("*.gz"):
        assert gzip.decompress(path.read_bytes()) == path.with_suffix("").read_bytes()
    assert {path: body for path, (body, _) in press.files().items()} == before


def test_the_order_of_crawling_decides_nothing(
    press: Press, tmp_path: Path, sample: Sequence[Draft], draft: Draw, open_press: Callable[..., Press]
) -> None:
    drafts = [*sample, *(draft(number) for number in range(20, 40))]
    press.put(*drafts)
    press.publish()
    random.Random(7).shuffle(drafts)  # noqa: S311 -- an order, no secret
    (tmp_path / "other").mkdir()
    other = open_press(tmp_path / "other", press.site)
    other.put(*drafts)
    other.publish()
    assert {p: b for p, (b, _) in other.files().items()} == {p: b for p, (b, _) in press.files().items()}


def test_check_writes_nothing_and_tells_what_differs(press: Press, sample: Sequence[Draft]) -> None:
    press.put(*sample)
    assert "feeds/ai.atom" in press.publish(check=True).written
    assert not press.directory.exists()
    press.publish()
    assert press.publish(check=True).written == ()
    path = press.directory / "feeds/ai.atom"
    path.write_bytes(path.read_bytes() + b" ")
    assert press.publish(check=True).written == ("feeds/ai.atom",)
    assert path.read_bytes().endswith(b" ")


def test_one_new_release_changes_only_what_holds_it(press: Press, sample: Sequence[Draft], draft: Draw) -> None:
    press.put(*sample)
    press.publish()
    text = "Ferries leave at noon."
    press.put(draft(0, native_id="R9", url="https://harbour.example/9", title="Ferries", text=text, html=text))
    done = press.publish()
    feeds = {"feeds/all", "feeds/all.en", "feeds/source/harbour-en"}
    written = {path.removesuffix(".gz").rpartition(".")[0] for path in done.written if path.startswith("feeds/")}
    assert written == feeds
    assert set(done.feeds) == {press.site.url(f"{name}.{form}") for name in feeds for form in press.site.formats}
    assert "releases/harbour-en/R9/index.html" in done.written
    assert not [path for path in done.written if path.startswith("topics/")]


def test_ids_stay_when_the_address_of_the_site_changes(press: Press, sample: Sequence[Draft]) -> None:
    press.put(*sample)
    press.publish()
    before = ids(press.read("feeds/all.atom"))
    press.site = replace(press.site, base_url="https://elsewhere.example/wire/")
    press.publish()
    after = feedparser.parse(press.read("feeds/all.atom"))
    assert [entry.id for entry in after.entries] == before
    assert after.feed.id == "tag:news.example,2026:feed/all"
    assert b"news.example/" not in press.read("feeds/all.atom").replace(b"tag:news.example", b"")


def test_an_edition_holds_fifty_or_a_week_and_a_hundred_at_most(press: Press, draft: Draw) -> None:
    day = datetime(2026, 1, 1, 12, tzinfo=UTC)
    press.put(*(draft(n, published=day - timedelta(days=n)) for n in range(60)))
    press.publish()
    assert len(ids(press.read("feeds/all.atom"))) == 50
    press.put(*(draft(n, published=day + timedelta(hours=n)) for n in range(100, 170)))
    press.publish()
    assert len(ids(press.read("feeds/all.atom"))) == 70
    press.put(*(draft(n, published=day + timedelta(days=9, minutes=n)) for n in range(200, 400)))
    press.publish()
    assert len(ids(press.read("feeds/all.atom"))) == 100


def test_a_correction_keeps_its_id_and_has_an_entry_of_its_own(press: Press, draft: Draw) -> None:
    (release,) = press.put(draft(1, text="It costs $3 million.", html="<p>It costs $3 million.</p>"))
    press.publish()
    assert ids(press.read("feeds/corrections.atom")) == []
    first = feedparser.parse(press.read("feeds/all.atom")).entries[0]
    press.put(draft(1, text="It costs $4 million.", html="<p>It costs $4 million.</p>"))
    press.publish()
    (entry,) = feedparser.parse(press.read("feeds/all.atom")).entries
    assert entry.id == first.id == release
    assert entry.published == first.published
    assert entry.updated > first.updated
    assert "Corrected 4 March 2026" in entry.content[0].value
    for form in ("atom", "rss"):
        (correction,) = feedparser.parse(press.read(f"feeds/corrections.{form}")).entries
        assert correction.id == "tag:news.example,2026:correction/harbour-en/R0001/2"
        assert correction.link == "https://news.example/releases/harbour-en/R0001/#revision-2"
        assert "<del>3</del><ins>4</ins> million" in correction.content[0].value
    page = press.read("releases/harbour-en/R0001/index.html").decode()
    assert 'id="revision-2"' in page
    assert "$<del>3</del><ins>4</ins> million" in page


def test_a_withdrawn_release_stays_and_says_so(press: Press, draft: Draw) -> None:
    (release,) = press.put(draft(1))
    press.publish()
    with press.store.writing() as writing:
        writing.withdraw(release, now=press.now)
    press.publish()
    (entry,) = feedparser.parse(press.read("feeds/all.rss")).entries
    assert entry.id == release
    assert "Withdrawn by its publisher" in entry.content[0].value
    assert "Withdrawn by its publisher" in press.read("releases/harbour-en/R0001/index.html").decode()


def test_one_text_of_two_bodies_is_told_once_where_they_meet(press: Press, draft: Draw) -> None:
    first = draft(5)
    assert first.published is not None
    later = first.published + timedelta(hours=3)
    other = draft(5, source="pier-en", url="https://pier.example/5", native_id="", published=later)
    ours, theirs = press.put(first, other)
    press.publish()
    (entry,) = feedparser.parse(press.read("feeds/ai.atom")).entries
    assert entry.id == ours
    assert "Also published by" in entry.content[0].value
    assert "https://pier.example/5" in [link.href for link in entry.links if link.rel == "related"]
    assert json.loads(press.read("feeds/ai.json"))["items"][0]["_baywire"]["also"][0]["id"] == theirs
    assert ids(press.read("feeds/source/pier-en.atom")) == [theirs]
    assert b"Also published" not in press.read("feeds/source/harbour-en.atom")


def test_the_same_title_over_another_text_is_another_release(press: Press, draft: Draw) -> None:
    text = "Quite another matter, told in other words by another body altogether: the AI laboratory has closed."
    press.put(draft(5), draft(5, source="pier-en", url="https://pier.example/5", text=text, html=text))
    press.publish()
    assert len(ids(press.read("feeds/ai.atom"))) == 2


def test_a_release_that_no_feed_can_carry_stays_out_and_the_rest_goes_out(
    press: Press, draft: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    from feeds.render import rss

    def refuse(entry: object) -> bytes:
        if getattr(entry, "title", "") == "Release 2":
            raise ValueError("does not parse back")
        return real(entry)  # type: ignore[arg-type]  # an entry

    real = rss.entry
    monkeypatch.setattr(rss, "entry", refuse)
    _, bad = press.put(draft(1), draft(2))
    done = press.publish()
    assert done.quarantined == ((bad, "does not parse back"),)
    for form in ("atom", "rss"):
        assert bad not in ids(press.read(f"feeds/all.{form}"))
    assert len(ids(press.read("feeds/all.atom"))) == 1


@pytest.mark.parametrize(
    "poison",
    [
        {"title": "a\x00b\x1b]]>\ud800"},
        {"title": "T" * 2_000_000},
        {"html": "<p>" + "x" * 10_000_000 + "</p>", "text": "x" * 10_000_000},
        {"text": "]]>]]&gt;<![CDATA[", "html": "<p>]]&gt;]]&amp;gt;&lt;![CDATA[</p>"},
        {"url": "javascript:alert(1)"},
        {"author": "<script>alert(1)</script>", "title": "</title><script>alert(1)</script>"},
        {"photos": (), "attachments": (), "language": "x-klingon"},
        {
            "author": "]]>\ufffe\ud800",
            "attachments": (Attachment(url="https://a.example/]]>", title="\x00]]>", length=1),),
        },
        {"translations": (Translation(language="pt", url="javascript:alert(1)"),)},
        {"attachments": (Attachment(url="java\tscript:alert(1)"), Attachment(url="data:text/html,x", length=5))},
        {"photos": (Photo(url="javascript:alert(1)"), Photo(url="data:image/png;base64,AA"))},
        {"attachments": tuple(Attachment(url=f"https://a.example/{n}.pdf", length=9) for n in range(5_000))},
        {"photos": tuple(Photo(url=f"https://a.example/{n}.jpg", caption="P" * 50) for n in range(5_000))},
        {"html": "<p>" + "<b>" * 60_000 + "x" * 1_000_000},
        {"html": "<table>" + "<tr><td>1</td></tr>" * 60_000 + "</table>"},
    ],
    ids=[
        *("control", "long-title", "long-body", "cdata", "javascript", "markup", "language"),
        *("names", "translation", "attachment", "photograph", "attachments", "photographs", "deep", "table"),
    ],
)
def test_poison_never_breaks_a_feed(press: Press, draft: Draw, poison: dict[str, object]) -> None:
    press.put(draft(1), draft(2, **poison))
    done = press.publish()
    for path in ("feeds/all.atom", "feeds/all.rss"):
        tree = etree.fromstring(press.read(path), etree.XMLParser(huge_tree=True))
        links = tree.xpath("//*[local-name()='link']/@href | //link/text()")
        assert isinstance(links, list)
        assert [link for link in links if not str(link).startswith("https://")] == []
    items = json.loads(press.read("feeds/all.json"))["items"]
    assert len(items) + len(done.quarantined) == 2
    assert b"<script" not in press.read("index.html")
    if not done.quarantined:
        assert b"script:" not in press.read("releases/harbour-en/R0002/index.html")
    assert max(len(item["title"]) for item in items) <= 1000
    for path, (body, _) in press.files().items():
        assert len(body) < (100_000 if path.endswith(".html") else 3_500_000), path


def test_an_edition_that_lost_its_entries_stays_as_it_was(
    press: Press, tmp_path: Path, sample: Sequence[Draft], open_press: Callable[..., Press]
) -> None:
    press.put(*sample)
    press.publish()
    before = press.read("feeds/ai.atom")
    (tmp_path / "empty").mkdir()
    empty = open_press(tmp_path / "empty", press.site)
    empty.directory = press.directory
    done = empty.publish()
    assert ("feeds/ai.atom", "has no entries where there were 6: the file before it stays") in done.refused
    assert press.read("feeds/ai.atom") == before


def test_an_edition_that_lost_most_of_what_it_should_hold_stays_as_it_was(
    press: Press, tmp_path: Path, draft: Draw, open_press: Callable[..., Press]
) -> None:
    press.put(*(draft(number) for number in range(1, 11)))
    press.publish()
    (tmp_path / "poor").mkdir()
    poor = open_press(tmp_path / "poor", press.site)
    poor.directory = press.directory
    poor.put(*(draft(number) for number in range(7, 11)))
    refused = dict(poor.publish().refused)
    assert refused["feeds/all.atom"] == "lost 6 of 10 entries: the file before it stays"
    poor.put(*(draft(number) for number in range(5, 7)))
    assert "feeds/all.atom" in poor.publish().written


def test_a_topic_that_the_operator_narrowed_may_lose_entries(press: Press, sample: Sequence[Draft]) -> None:
    from feeds import topic

    press.put(*sample)
    press.publish()
    assert len(ids(press.read("feeds/ai.atom"))) == 6
    narrowed = press.directory.parent / "ai.toml"
    narrowed.write_text(
        '[[topic]]\nid = "ai"\nabout = "Robots."\nname = { en = "Robots" }\nterms = [{ t = ["robot"], w = 3 }]\n'
    )
    done = publish(press.store, topic.load(narrowed), press.site, press.directory, now=press.now)
    assert done.refused == ()
    assert ids(press.read("feeds/ai.atom")) == []


def test_a_topic_that_is_gone_takes_its_files_along(press: Press, sample: Sequence[Draft]) -> None:
    press.put(*sample)
    press.site = replace(press.site, combinations={"both": "ai and greater-bay-area"})
    press.publish()
    assert (press.directory / "topics/both/index.html").is_file()
    stranger = press.directory / "robots.txt"
    stranger.write_text("mine")
    press.site = replace(press.site, combinations={})
    assert set(press.publish().removed) == {
        *(f"feeds/both.{form}{end}" for form in ("atom", "rss", "json") for end in ("", ".gz")),
        "topics/both/index.html",
    }
    assert not (press.directory / "topics/both").exists()
    assert stranger.read_text() == "mine"


def test_a_combination_named_like_a_topic_is_refused(press: Press) -> None:
    press.site = replace(press.site, combinations={"ai": "greater-bay-area"})
    with pytest.raises(ConfigError, match=r"feeds\.ai: is the name of something else"):
        press.publish()


def test_a_folder_that_cannot_be_written_is_named(press: Press) -> None:
    press.directory.write_text("a file")
    with pytest.raises(PublishError, match="public"):
        press.publish()


def test_without_photos_none_is_shown(press: Press, sample: Sequence[Draft]) -> None:
    press.site = replace(press.site, photos=False)
    shown = replace(sample[0], html='<p>A <img src="https://harbour.example/p/9.jpg" alt="pier"> B</p>')
    press.put(shown)
    press.publish()
    for path in ("feeds/all.atom", "feeds/all.rss", "feeds/all.json", "releases/harbour-en/R0001/index.html"):
        body = press.read(path).decode()
        assert "<img" not in body, path
        assert "&lt;img" not in body, path
        assert "media:content" not in body, path
        assert "p/9.jpg" in body, path


def test_a_source_that_gives_only_its_summary_is_not_told_whole(press: Press, draft: Draw) -> None:
    from feeds.release import Newsroom

    press.store.sync_sources([Newsroom(key="harbour-en", title="H", content="summary")], now=press.now)
    press.put(draft(1, summary="Only this.", html="<p>The whole secret.</p>", text="The whole secret."))
    press.publish()
    for path in ("feeds/all.atom", "feeds/all.rss", "feeds/all.json", "releases/harbour-en/R0001/index.html"):
        assert b"secret" not in press.read(path), path
        assert b"Only this." in press.read(path), path


def test_a_release_that_names_no_author_is_by_the_body_and_not_by_its_list(press: Press, draft: Draw) -> None:
    from feeds.release import Newsroom

    body = Newsroom(key="harbour-en", title="Harbour Office: latest news", publisher="Harbour Office")
    press.store.sync_sources([body], now=press.now)
    press.put(draft(1, author=""), draft(2, author="Pilots of the Bay"))
    press.publish()
    atom = feedparser.parse(press.read("feeds/all.atom"))
    assert sorted(entry.author for entry in atom.entries) == ["Harbour Office", "Pilots of the Bay"]
    assert {entry.source.title for entry in atom.entries} == {"Harbour Office: latest news"}
    told = json.loads(press.read("feeds/all.json"))["items"]
    assert sorted(item["authors"][0]["name"] for item in told) == ["Harbour Office", "Pilots of the Bay"]
    assert b"<dc:creator>Harbour Office</dc:creator>" in press.read("feeds/all.rss")
    assert b"<dd>Harbour Office</dd>" in press.read("releases/harbour-en/R0001/index.html")
