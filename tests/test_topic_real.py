"""Whole recorded releases, of up to 20,000 letters: a topic that is only mentioned must not be tagged.

The labels are by reading: `required /  optional` topics of each release that has any, by its own number; what is a
side of the matter, an item of a list or open to debate is optional. All other releases of the two listings have none.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.extract import read_declared_listing, read_declared_release
from crawler.normalise import decode
from crawler.source import load_sources
from feeds.release import Draft
from feeds.topic import load
from feeds.topic_score import Labelled, score

SEEN = datetime(2026, 11, 22, tzinfo=UTC)
LABELS = """
P2017092100150 / cross-boundary-cooperation
P2017100100341 / cross-boundary-cooperation
P2017120801003 talent-education /
P2018110500716 innovation-technology / ai greater-bay-area talent-education start-ups-funding
P2019022100429 greater-bay-area cross-boundary-cooperation / innovation-technology talent-education start-ups-funding
P2019041500441 innovation-technology / greater-bay-area fintech start-ups-funding ai data
P2021061700432 greater-bay-area / innovation-technology cross-boundary-cooperation fintech
P2021100600213 talent-education / greater-bay-area cross-boundary-cooperation innovation-technology
P2021111700309 innovation-technology / greater-bay-area talent-education start-ups-funding
P2021112600385 greater-bay-area cross-boundary-cooperation / innovation-technology
P2022052500609 innovation-technology / talent-education
N26DNTyiSY / cross-boundary-cooperation
N26DNGgpxI talent-education cross-boundary-cooperation / greater-bay-area innovation-technology start-ups-funding
N26DMvOGWg / smart-city
N26DMLsvQI innovation-technology cross-boundary-cooperation / greater-bay-area talent-education
N26DMPiTDS / cross-boundary-cooperation
N26DMhSWtS innovation-technology / cross-boundary-cooperation start-ups-funding
N26DMZ7NH0 talent-education / cross-boundary-cooperation
N26DMGCVfq digital-government /
N26DM1yMAa / cross-boundary-cooperation
N26DMo9yip talent-education / innovation-technology
N26DMpk5RA talent-education /
"""


def labels() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    found = {}
    for line in LABELS.split("\n"):
        number, _, topics = line.partition(" ")
        required, _, optional = topics.partition("/")
        found[number] = frozenset(required.split()), frozenset(optional.split())
    return found


def drafts(shared: Path, key: str) -> Iterator[Draft]:
    with (shared / "pages" / "index.tsv").open(encoding="utf-8", newline="") as lines:
        rows = {row["original_url"]: row for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}

    def text(url: str) -> str:
        return decode((shared / "pages" / rows[url]["file"]).read_bytes(), rows[url]["content_type"], url).text

    source = load_sources()[key]
    for item in read_declared_listing(source, text(source.listing.url), source.listing.url).items:
        page = text(item.url) if source.release.fetch else ""
        found = read_declared_release(source, page, item.url, item=item, seen=SEEN)
        assert isinstance(found, Draft)
        yield found


@pytest.fixture(scope="module")
def releases(shared: Path) -> tuple[Labelled, ...]:
    known = labels()
    return tuple(
        Labelled(
            id=draft.native_id,
            title=draft.title,
            text=draft.text,
            labels=known.get(draft.native_id, (frozenset(), frozenset()))[0],
            optional=known.get(draft.native_id, (frozenset(), frozenset()))[1],
        )
        for key in ("hk-gia-en", "mo-gcs-zh")
        for draft in drafts(shared, key)
    )


def test_whole_releases_are_tagged_right(releases: tuple[Labelled, ...]) -> None:
    result = score(releases, load())
    told = "\n".join(f"{wrong.kind} {wrong.tag.topic} {wrong.tag.score} {wrong.id}" for wrong in result.mistakes)
    assert result.texts == 42
    assert {key for key in labels() if key} <= {release.id for release in releases}
    assert result.total.precision >= 0.9, told
    assert result.total.recall >= 0.9, told
