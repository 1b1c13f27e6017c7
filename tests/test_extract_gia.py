"""Releases of the Hong Kong and Macao governments, as recorded: every field, from the folder of recorded pages."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.extract import Item, Listing, NotARelease, read_declared_listing, read_declared_release, read_release
from crawler.normalise import decode
from crawler.source import Source, load_sources
from feeds.release import Draft

SEEN = datetime(2026, 11, 22, tzinfo=UTC)
GIA = "https://www.info.gov.hk/gia/general"


def recorded(shared: Path, url: str) -> str:
    with (shared / "pages" / "index.tsv").open(encoding="utf-8", newline="") as lines:
        rows = {row["original_url"]: row for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}
    return decode((shared / "pages" / rows[url]["file"]).read_bytes(), rows[url]["content_type"], url).text


def listed(shared: Path, source: Source) -> Listing:
    return read_declared_listing(source, recorded(shared, source.listing.url), source.listing.url)


def draft(shared: Path, source: Source, item: Item) -> Draft:
    text = recorded(shared, item.url) if source.release.fetch else ""
    found = read_declared_release(source, text, item.url, item=item, seen=SEEN)
    assert isinstance(found, Draft), found
    return found


@pytest.fixture(scope="session")
def gia(shared: Path) -> Mapping[str, Draft]:
    source = load_sources()["hk-gia-en"]
    drafts = [draft(shared, source, item) for item in listed(shared, source).items]
    return {found.native_id: found for found in drafts}


@pytest.fixture(scope="session")
def macao(shared: Path) -> tuple[Draft, ...]:
    source = load_sources()["mo-gcs-zh"]
    return tuple(draft(shared, source, item) for item in listed(shared, source).items)


def test_all_recorded_releases_are_listed_and_read(gia: Mapping[str, Draft]) -> None:
    assert len(gia) == 18
    assert all(key in found.url for key, found in gia.items())


def test_titles_have_no_suffix_and_keep_it_as_a_fact(gia: Mapping[str, Draft]) -> None:
    assert not [found.title for found in gia.values() if "(with" in found.title or "nly)" in found.title]
    assert gia["P2017092100150"].title == "Speech by CE at HKTDC Annual Dinner in London"
    assert gia["P2017092100150"].facts["suffixes"] == ("English Only", "with photos/video")
    assert "suffixes" not in gia["P2020010400582"].facts


@pytest.mark.parametrize(
    ("key", "published"),
    [
        ("P2017092100150", "2017-09-21T06:22:00+08:00"),
        ("P2020010400582", "2020-01-04T17:35:00+08:00"),
        ("P2022052500609", "2022-05-25T18:49:00+08:00"),
        ("P2020010200831", "2020-01-02T23:56:00+08:00"),
    ],
)
def test_instant_is_the_one_below_the_text(gia: Mapping[str, Draft], key: str, published: str) -> None:
    found = gia[key].published
    assert found is not None
    assert found.isoformat() == published


def test_nothing_that_closes_a_release_is_left_in_it(gia: Mapping[str, Draft]) -> None:
    for found in gia.values():
        for word in ("Ends/", "Issued at HKT", "NNNN", "\u200b"):
            assert word not in found.text, found.native_id
            assert word not in found.html, found.native_id


def test_paragraphs_are_paragraphs_and_tables_stay(gia: Mapping[str, Draft]) -> None:
    assert all(found.html.startswith("<p>") and found.html.count("<p>") >= 3 for found in gia.values())
    assert [key for key in sorted(gia) if "<table" in gia[key].html] == ["P2019123100709", "P2020010600666"]


def test_photos_are_absolute_secure_and_have_captions(gia: Mapping[str, Draft]) -> None:
    counts = {key: len(found.photos) for key, found in gia.items() if found.photos}
    assert counts["P2017100100341"] == 10
    assert counts["P2022052500609"] == 2
    for found in gia.values():
        for photo in found.photos:
            assert photo.url.startswith("https://gia.info.gov.hk/general/")
            assert photo.caption == " ".join(photo.caption.split()) != ""


def test_links_to_the_other_languages_are_told(gia: Mapping[str, Draft]) -> None:
    found = gia["P2021112600385"].translations
    assert [(part.language, part.url) for part in found] == [
        ("zh-Hant", f"{GIA}/202111/26/P2021112600769.htm"),
        ("zh-Hans", "https://sc.isd.gov.hk/TuniS/www.info.gov.hk/gia/general/202111/26/P2021112600769.htm"),
    ]
    assert gia["P2017092100150"].translations == ()


def test_author_is_the_body_a_release_was_issued_for(gia: Mapping[str, Draft]) -> None:
    assert {key: found.author for key, found in gia.items() if found.author} == {"P2020010400582": "Hospital Authority"}


def test_video_keeps_the_address_whole(gia: Mapping[str, Draft]) -> None:
    assert gia["P2022052500609"].facts["videos"] == ("https://isd.wecast.hk/vod/?id=13434",)


def test_print_view_is_an_alias(gia: Mapping[str, Draft]) -> None:
    assert gia["P2020010400582"].aliases == (f"{GIA}/202001/04/P2020010400582p.htm",)


def test_general_reader_finds_what_the_rules_find(shared: Path, gia: Mapping[str, Draft]) -> None:
    for key in ("P2020010400582", "P2022052500609"):
        found = read_release(recorded(shared, gia[key].url), gia[key].url)
        assert found.title == gia[key].title
        assert found.published is not None
        assert found.published.date() == gia[key].published.date()  # type: ignore[union-attr] - tested above


def test_macao_feed_carries_whole_releases(macao: tuple[Draft, ...]) -> None:
    assert len(macao) == 24
    assert all(found.author and len(found.text) > 200 and found.html.startswith("<p>") for found in macao)
    assert {found.language for found in macao} == {"zh-Hant"}
    assert {len(found.native_id) for found in macao} == {10}


def test_macao_instants_keep_the_offset_of_the_place(macao: tuple[Draft, ...]) -> None:
    first = macao[0]
    assert (first.author, first.native_id) == ("橫琴粵澳深度合作區民生事務局", "N26DNTyiSY")
    assert first.published is not None
    assert first.published.isoformat() == "2026-04-14T09:55:00+08:00"


def test_release_as_plain_text_comes_out_clean(shared: Path) -> None:
    text = (shared / "seed" / "release.txt").read_text("utf-8")
    source = load_sources()["hk-gia-en"]
    url = f"{GIA}/202506/12/P2025061200000.htm"
    found = read_declared_release(source, text, url, item=None, seen=SEEN)
    assert isinstance(found, Draft)
    assert found.title.startswith("CDP attends 2025 ")
    assert found.title.endswith("in Guangzhou")
    assert "â€‹" not in found.text
    assert "a $3 billion AI Subsidy Scheme" in found.text
    assert 'two systems" principle of having strong support' in found.text
    assert found.published is not None
    assert found.published.isoformat() == "2025-06-12T00:00:00+08:00"
    assert read_release(text, url).published == found.published


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<html><title>404 Not Found</title><h1>Not Found</h1></html>", "no body: expected #pressrelease"),
        ("<span id=PRHeadlineSpan>A</span><span id=pressrelease><div>NNNN</div></span>", "an empty body"),
        ("<span id=pressrelease>Text of a release.</span>", "no title"),
        ("", "no body: expected #pressrelease"),
    ],
)
def test_what_is_no_release_is_said_to_be_none(text: str, reason: str) -> None:
    source = load_sources()["hk-gia-en"]
    assert read_declared_release(source, text, f"{GIA}/x.htm", item=None, seen=SEEN) == NotARelease(reason)
