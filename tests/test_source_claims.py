"""What each shipped source says of itself is held: pages for each kind, a text for each view, a reason for each no."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from crawler.case import find_cases
from crawler.source import load_sources

SOURCES: Final = load_sources()
READ: Final = {key: source for key, source in SOURCES.items() if source.view is None}
VIEWS: Final = {key: source for key, source in SOURCES.items() if source.view is not None}
CASES: Final = find_cases(Path(__file__).parent / "pages")
# Whom the first users care about, and what they read them by.
PUBLISHERS: Final = {
    "HKSAR press releases": ("hk-gia-en", "hk-gia-zh", "hk-gia-zh-hans"),
    "Digital Policy Office": ("hk-dpo", "hk-dpo-zh", "hk-dpo-en"),
    "news.gov.hk": ("hk-news-en", "hk-news-zh", "hk-news-zh-hans"),
    "ITIB": ("hk-itib", "hk-itib-zh"),
    "ITC": ("hk-itc", "hk-itc-zh"),
    "Cyberport and its AI Supercomputing Centre": ("hk-cyberport", "hk-cyberport-zh", "hk-cyberport-site-en"),
    "HKGAI": ("hk-hkgai", "hk-hkgai-zh", "hk-hkgai-site-en"),
    "InnoHK": ("hk-innohk", "hk-innohk-zh", "hk-innohk-site-en"),
    "Hong Kong AI R&D Institute": ("hk-airdi", "hk-airdi-zh"),
    "HKSTP": ("hk-hkstp", "hk-hkstp-zh", "hk-hkstp-site-en"),
    "GBA office": ("hk-gba-office", "hk-gba-office-zh", "hk-gba-office-site-en"),
    "Macao Information Bureau": ("mo-gcs-zh", "mo-gcs-zh-hans", "mo-gcs-pt", "mo-gcs-en"),
    "DSEDT": ("mo-dsedt-zh", "mo-dsedt-site-zh"),
    "Computer Chambers of Macau": ("mo-ccm",),
    "Guangdong Department of Industry and IT": ("cn-gd-gdii",),
    "Guangdong government": ("cn-gd-gov",),
    "Guangzhou, Shenzhen, Hengqin": ("cn-guangzhou", "cn-shenzhen", "cn-hengqin"),
    "Guangdong Software Industry Association": ("cn-gdsia",),
    "China Software Industry Association": ("cn-csia",),
    "Yangcheng Evening News": ("cn-ycwb-gba",),
}
PROVEN: Final = {"hk-gia-en": "www.info.gov.hk/", "mo-gcs-zh": "govinfohub.gcs.gov.mo/"}


@pytest.mark.parametrize("publisher", PUBLISHERS)
def test_every_publisher_has_its_files(publisher: str) -> None:
    assert set(PUBLISHERS[publisher]) <= set(SOURCES)


def test_no_source_is_of_a_publisher_nobody_asked_for() -> None:
    assert {key for keys in PUBLISHERS.values() for key in keys} == set(SOURCES)


def case_of(key: str, kind: str) -> list[Path]:
    """Return the cases of source *key* that are a listing, or a release."""
    own = [case for case in CASES if case.parent.name == key]
    return [case for case in own if json.loads((case / "meta.json").read_text("utf-8")).get("kind", "release") == kind]


@pytest.mark.parametrize("key", READ)
def test_every_list_has_a_page_written_to_its_structure_that_it_reads(key: str) -> None:
    (case,) = case_of(key, "listing")
    meta = json.loads((case / "meta.json").read_text("utf-8"))
    opening = READ[key].listing
    assert meta["url"] == opening.url
    items = json.loads((case / "release.json").read_text("utf-8"))["items"]
    assert items
    assert all(item["url"] and item["title"] and item["date"] for item in items)


@pytest.mark.parametrize("key", [key for key, source in READ.items() if source.release.fetch and source.release.body])
def test_every_declared_body_has_a_page_that_it_reads(key: str) -> None:
    texts = [json.loads((case / "release.json").read_text("utf-8")) for case in case_of(key, "release")]
    assert texts
    assert all(found["text"] and found["published"] for found in texts)


@pytest.mark.parametrize("key", READ)
def test_numbers_of_the_publisher_are_in_the_addresses_it_lists(key: str) -> None:
    source = READ[key]
    for case in case_of(key, "listing"):
        items = json.loads((case / "release.json").read_text("utf-8"))["items"]
        assert all(source.native_id(item["url"]) for item in items) == bool(source.listing.native_id)


@pytest.mark.parametrize("key", VIEWS)
def test_every_view_takes_what_names_its_body_and_leaves_the_rest(key: str) -> None:
    view = VIEWS[key].view
    assert view is not None
    for phrase in view.phrases:
        assert view.matches(title="", text=f"({phrase})")
        assert view.matches(title=phrase.upper(), text="")
    for author in view.authors:
        assert view.matches(title="", text="", author=author)
    assert not view.matches(
        title="Weather station moved", text="氣象站已經搬遷。 The station moved.", author="Observatory"
    )
    origin = SOURCES[view.of]
    assert (origin.enabled, origin.language) == (True, VIEWS[key].language)


@pytest.mark.parametrize("key", SOURCES)
def test_what_is_not_proven_is_not_called_so_and_what_is_off_says_how_to_look(key: str, shared: Path) -> None:
    source = SOURCES[key]
    assert (source.status == "proven") == (key in PROVEN)
    if key in PROVEN:
        pages = (shared / "pages" / "index.tsv").read_text("utf-8")
        assert PROVEN[key] in pages
    assert source.enabled == (source.status == "proven" or source.view is not None or key == "hk-gia-zh")
    if not source.enabled:
        assert f"baywire check --live {key}" in source.why_disabled or "baywire add URL" in source.why_disabled
    for said in ("rights", "attribution", "site", "title", "checked", "evidence"):
        assert getattr(source, said), said


@pytest.mark.parametrize("key", SOURCES)
def test_what_the_rights_allow_is_what_is_carried(key: str) -> None:
    source = SOURCES[key]
    assert ("only the summary is carried" in source.rights) == (source.content == "summary")


@pytest.mark.parametrize("key", [key for key, source in READ.items() if source.siblings])
def test_rules_for_other_languages_lead_back(key: str) -> None:
    """Whichever version comes second then links both."""
    (case,) = case_of(key, "listing")
    (first, *_) = json.loads((case / "release.json").read_text("utf-8"))["items"]
    for sibling in READ[key].siblings_of(first["url"]):
        back = [
            other.url
            for source in READ.values()
            if source.language == sibling.language
            for other in source.siblings_of(sibling.url)
        ]
        assert first["url"] in back, sibling
