"""What comes out of the bundled newsroom's pages is what their authors meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from crawler.extract import NotARelease, read_declared_listing, read_declared_release
from crawler.extract.found import Item as Listed
from crawler.normalise import decode
from crawler.source import Source, load_sources
from feeds import topic
from feeds.release import Draft
from scheduler.newsroom.page import Page, pages
from scheduler.newsroom.story import FOLDER, Item, Site, sites, told

START = datetime(2026, 6, 12, 4, 0, tzinfo=UTC)
NOW = START + timedelta(hours=1)
BASE = "http://127.0.0.1:8400"
PAGES: Mapping[str, Page] = pages(BASE, START, NOW)
ITEMS = [(site, item) for site, items in told(START, NOW).items() for item in items]


@pytest.fixture(scope="module")
def sources() -> Mapping[str, Source]:
    return load_sources(FOLDER / "sources", use=[site.key for site in sites()])


def text_at(path: str) -> str:
    page = PAGES[path]
    decoded = decode(page.body, page.content_type, BASE + path)
    assert decoded.errors == 0
    return decoded.text


@pytest.fixture(scope="module")
def listed(sources: Mapping[str, Source]) -> Mapping[str, Listed]:
    """Return what the listings name, by address."""

    def read() -> Iterator[Listed]:
        for site in sites():
            yield from read_declared_listing(sources[site.key], text_at(site.listing), BASE + site.listing).items

    return {item.url: item for item in read()}


def read(site: Site, item: Item, sources: Mapping[str, Source], listed: Mapping[str, Listed]) -> Draft:
    url = BASE + item.story.path
    draft = read_declared_release(sources[site.key], text_at(item.story.path), url, item=listed[url], seen=NOW)
    assert not isinstance(draft, NotARelease), draft
    return draft


def test_every_listing_names_every_release(listed: Mapping[str, Listed]) -> None:
    assert listed.keys() == {BASE + item.story.path for _, item in ITEMS}


@pytest.mark.parametrize(("site", "item"), ITEMS, ids=[item.story.number for _, item in ITEMS])
def test_reads_each_release_as_it_was_meant(
    site: Site, item: Item, sources: Mapping[str, Source], listed: Mapping[str, Listed]
) -> None:
    draft = read(site, item, sources, listed)
    meant = [paragraph for paragraph in item.paragraphs if not paragraph.startswith("|")]
    got = [paragraph for paragraph in draft.text.split("\n\n") if "\t" not in paragraph]
    assert got == [paragraph.lstrip("\u200b") for paragraph in meant]
    assert item.title.startswith(draft.title)
    assert (draft.native_id, draft.language, draft.published) == (
        item.story.number,
        site.language,
        item.published,
    )
    assert {other.url for other in draft.translations} <= {BASE + version.path for version in item.versions}
    if site.kind == "html":
        assert len(draft.translations) == len(item.versions)
    assert [photo.url for photo in draft.photos] == [f"{BASE}/photos/{name}.svg" for name in item.story.photos]


def test_says_what_it_repaired(sources: Mapping[str, Source], listed: Mapping[str, Listed]) -> None:
    (found,) = [(site, item) for site, item in ITEMS if item.story.damage]
    assert {"mojibake", "zero-width", "dollar", "joined-paragraph"} <= {*read(*found, sources, listed).repairs}


def test_both_topics_and_neither_are_well_represented(
    sources: Mapping[str, Source], listed: Mapping[str, Listed]
) -> None:
    topics = topic.load()
    found: dict[str, list[str]] = {}
    for site, item in ITEMS:
        draft = read(site, item, sources, listed)
        tags = topics.tag(title=draft.title, text=draft.text, language=draft.language, source=draft.source)
        for key in {tag.topic for tag in tags} or {""}:
            found.setdefault(key, []).append(site.language)
    for key in ("ai", "greater-bay-area"):
        assert len(found[key]) >= 8, key
        assert {*found[key]} == {"en", "zh-Hant", "zh-Hans", "pt"}, key
    assert len(found[""]) >= 8
