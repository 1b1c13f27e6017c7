"""Language versions of one release find each other, whichever comes first, and nobody is told of an update."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from crawler.source import load_sources
from feeds.release import Draft, Sibling, Translation
from feeds.store import Store, open_store

if TYPE_CHECKING:
    from conftest import Typed

NOW = datetime(2026, 6, 10, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"

# Made by hand to the known structure of the site: its Chinese pages could not be recorded.
CHINESE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>行政長官出席InnoHK啟動禮致辭</title></head><body>
<a href="/gia/general/202205/25/P2022052500609.htm"><img id="hdrENLnk" alt="English"></a>
<span id="PRHeadlineSpan">行政長官出席InnoHK啟動禮致辭</span>
<span id="pressrelease">　　以下是行政長官今日在InnoHK啟動禮的致辭：<br><br>　　多謝各位蒞臨。
<div>完</div><div>2022年5月25日（星期三）<br>香港時間18時49分</div></span></body></html>"""
CHINESE_LIST = """<html><body><div class="leftBody">
<a href="/gia/general/202205/25/P2022052500607.htm">行政長官出席InnoHK啟動禮致辭</a></div></body></html>"""


@pytest.fixture
def recorded(shared: Path, tmp_path: Path) -> Path:
    """Return the recorded pages, with Chinese ones beside them: by hand of one site, of its feed for the other."""
    folder = tmp_path / "recorded"
    folder.mkdir()
    with (shared / "pages" / "index.tsv").open(encoding="utf-8") as lines:
        kept = {row["original_url"]: shared / "pages" / row["file"] for row in csv.DictReader(lines, delimiter="\t")}
    hant = kept["https://govinfohub.gcs.gov.mo/api/rss/n/zh-hant"]
    gia = "https://www.info.gov.hk/gia/general/"
    rows = {url: kept[url].name for url in (f"{gia}today.htm", f"{gia}202205/25/P2022052500609.htm")}
    for url, name in rows.items():
        shutil.copy(kept[url], folder / name)
    (folder / "hant.xml").write_bytes(hant.read_bytes())
    (folder / "hans.xml").write_bytes(hant.read_bytes().replace(b"/zh-hant/", b"/zh-hans/"))
    (folder / "list.htm").write_text(CHINESE_LIST, "utf-8")
    (folder / "release.htm").write_text(CHINESE, "utf-8")
    rows |= {
        "https://govinfohub.gcs.gov.mo/api/rss/n/zh-hant": "hant.xml",
        "https://govinfohub.gcs.gov.mo/api/rss/n/zh-hans": "hans.xml",
        f"{gia}ctoday.htm": "list.htm",
        f"{gia}202205/25/P2022052500607.htm": "release.htm",
    }
    index = "".join(f"{name}\t{url}\n" for url, name in rows.items())
    (folder / "index.tsv").write_text("file\toriginal_url\n" + index, "utf-8")
    return folder


def entries(folder: Path, source: str) -> dict[str, tuple[str, dict[str, str]]]:
    """Return of each entry of a source's feed when it was updated, and its other languages."""
    root = etree.fromstring((folder / "public/feeds/source" / f"{source}.atom").read_bytes())
    return {
        entry.findtext(f"{ATOM}id", ""): (
            entry.findtext(f"{ATOM}updated", ""),
            {
                link.get("hreflang", ""): link.get("href", "")
                for link in entry.iter(f"{ATOM}link")
                if link.get("hreflang")
            },
        )
        for entry in root.iter(f"{ATOM}entry")
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("hk-gia-en", "mo-gcs-zh"), ("hk-gia-zh", "mo-gcs-zh-hans")),
        (("hk-gia-zh", "mo-gcs-zh-hans"), ("hk-gia-en", "mo-gcs-zh")),
    ],
)
def test_feeds_name_the_other_language_whichever_was_crawled_first(
    recorded: Path, typed: Typed, tmp_path: Path, *, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    for some in (first, second):
        done = typed("crawl", *some, "--replay", str(recorded))
        assert done.returncode == 0, done.stdout + done.stderr
        if some == first:
            before = {key: entries(tmp_path, key) for key in first}
    after = {key: entries(tmp_path, key) for key in (*first, *second)}
    for key, told in before.items():
        assert {id_: updated for id_, (updated, _) in told.items()} == {
            id_: updated for id_, (updated, _) in after[key].items()
        }
    (english,) = [links for id_, (_, links) in after["hk-gia-en"].items() if id_.endswith("P2022052500609")]
    (chinese,) = [links for _, links in after["hk-gia-zh"].values()]
    assert english["zh-Hant"].endswith("/P2022052500607.htm")
    assert chinese["en"].endswith("/P2022052500609.htm")
    assert len(after["mo-gcs-zh"]) == len(after["mo-gcs-zh-hans"]) == 24
    assert all("/detail/zh-hans/" in links["zh-Hans"] for _, links in after["mo-gcs-zh"].values())
    assert all("/detail/zh-hant/" in links["zh-Hant"] for _, links in after["mo-gcs-zh-hans"].values())


def draft(source: str, language: str, *siblings: Sibling, number: str = "17") -> Draft:
    return Draft(
        source=source,
        url=f"https://{source}.example/{language.lower()}/{number}",
        native_id=number,
        title=f"{source} {number}",
        text="One text.",
        language=language,
        seen=NOW,
        siblings=siblings,
    )


ENGLISH = draft("a-en", "en", Sibling(language="pt", source="a-pt"))
PORTUGUESE = draft("a-pt", "pt", Sibling(language="en", source="a-en"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path}/s.sqlite3") as found:
        yield found


def linked(store: Store, *drafts: Draft, together: bool = False) -> dict[str, list[tuple[str, str]]]:
    """Return which other languages each source's release has, after *drafts* came in that order."""
    if together:
        with store.writing() as writing:
            ids = [writing.put(one, now=NOW)[1] for one in drafts]
    else:
        ids = []
        for one in drafts:
            with store.writing() as writing:
                ids.append(writing.put(one, now=NOW)[1])
    releases = store.releases(list(dict.fromkeys(ids))).values()
    return {one.source: [(other.language, other.id or "") for other in one.translations] for one in releases}


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("drafts", [(ENGLISH, PORTUGUESE), (PORTUGUESE, ENGLISH)])
def test_a_shared_number_pairs_them_whichever_comes_first(
    store: Store, drafts: tuple[Draft, ...], *, together: bool
) -> None:
    found = linked(store, *drafts, together=together)
    assert [language for language, _ in found["a-en"]] == ["pt"]
    assert [language for language, _ in found["a-pt"]] == ["en"]
    assert all(id_.endswith("/17") for others in found.values() for _, id_ in others)


def test_a_number_that_is_not_held_there_leads_nowhere(store: Store) -> None:
    other = draft("b-pt", "pt")  # the same number, of another body
    assert linked(store, ENGLISH, other, replace(PORTUGUESE, native_id="18")) == {"a-en": [], "b-pt": [], "a-pt": []}


def test_a_link_on_the_page_goes_before_a_rule(store: Store) -> None:
    shown = replace(ENGLISH, translations=(Translation(language="pt", url="https://a-pt.example/pt/99"),))
    found = linked(store, PORTUGUESE, shown)
    assert found["a-en"] == [("pt", "")]


def test_a_rule_that_leads_to_another_language_than_it_says_is_not_believed(store: Store) -> None:
    wrong = replace(PORTUGUESE, language="zh-Hant", siblings=())
    assert linked(store, wrong, ENGLISH)["a-en"] == []


def test_rules_of_sources_say_where_the_others_are(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        '[listing]\nurl = "https://a.mo/list"\n[translations]\nen = { source = "b" }\n'
        'pt = { match = "/zh/", to = "/pt/" }\n'
        'zh-hans = { css = "a.sc::attr(href)", match = "^https://a", to = "https://s" }\n',
        "utf-8",
    )
    source = load_sources(tmp_path)["a"]
    assert source.siblings_of("https://a.mo/zh/1.htm") == (
        Sibling(language="en", source="b"),
        Sibling(language="pt", url="https://a.mo/pt/1.htm"),
        Sibling(language="zh-Hans", url="https://s.mo/zh/1.htm"),
    )
    assert source.siblings_of("https://a.mo/en/1.htm")[1:] == (
        Sibling(language="zh-Hans", url="https://s.mo/en/1.htm"),
    )
    assert source.translations == {"zh-Hans": "a.sc::attr(href)"}
