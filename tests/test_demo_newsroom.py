"""The bundled newsroom has the faults it is there for, and its story moves."""

from __future__ import annotations

import http.client
from datetime import UTC, datetime, timedelta

import pytest

from scheduler.newsroom.page import CAPTIONS, Page, pages
from scheduler.newsroom.server import Newsroom
from scheduler.newsroom.story import FOLDER, Site, Story, sites

START = datetime(2026, 6, 12, 4, 0, 30, tzinfo=UTC)
BASE = "http://127.0.0.1:8400"
STORIES = [story for stories in sites().values() for story in stories]
LATER = timedelta(hours=1)


def site(key: str) -> Site:
    return next(site for site in sites() if site.key == key)


def page(path: str, after: timedelta = timedelta()) -> Page:
    return pages(BASE, START, START + after)[path]


def test_begins_with_about_twenty_releases_and_about_ten_arrive_within_two_minutes() -> None:
    arriving = [story for story in STORIES if story.offset > timedelta()]
    assert len(STORIES) - len(arriving) >= 20
    assert len(arriving) >= 10
    assert max(story.offset for story in arriving) <= timedelta(minutes=2)


def test_speaks_four_languages() -> None:
    assert {site.language for site in sites()} == {"en", "zh-Hant", "zh-Hans", "pt"}


def test_numbers_are_used_once() -> None:
    assert len({(story.site.key, story.number) for story in STORIES}) == len(STORIES)


def test_every_photo_that_is_named_is_there() -> None:
    assert {name for story in STORIES for name in story.photos} == CAPTIONS.keys()
    assert all((FOLDER / "photos" / f"{name}.svg").is_file() for name in CAPTIONS)


def test_has_a_source_for_every_site() -> None:
    assert {path.stem for path in (FOLDER / "sources").glob("*.toml")} == {site.key for site in sites()}


def test_traditional_chinese_is_big5_with_hong_kong_characters() -> None:
    body = page("/zh/C0101.html").body
    assert b"charset=big5" in body
    text = body.decode("big5hkscs")
    assert "深水埗" in text
    with pytest.raises(UnicodeDecodeError):
        body.decode("big5")


def test_simplified_chinese_is_declared_gb2312_and_needs_gb18030() -> None:
    body = page("/pearl/t20260101.html").body
    assert b"charset=gb2312" in body
    assert "朱镕喆" in body.decode("gb18030")
    for narrower in ("gb2312", "gbk"):
        with pytest.raises(UnicodeDecodeError):
            body.decode(narrower)


def test_one_release_is_double_encoded_and_cut_in_two() -> None:
    text = page("/en/R0104.html").body.decode()
    assert "<p>â€‹The Director" in text
    assert r"The Officeâ€™s \$3 billion" in text
    assert "under the principle of</p>\n<p>lending before owning" in text
    # and only that one
    others = [found for path, found in pages(BASE, START, START + LATER).items() if path != "/en/R0104.html"]
    assert not any("â€".encode() in other.body for other in others)


def test_listings_grow_as_time_goes_by() -> None:
    lengths = [
        sum(page(site.listing, timedelta(seconds=after)).body.count(b".html") for site in sites())
        for after in (0, 15, 45, 70, 120)
    ]
    assert lengths == sorted(set(lengths))


def test_a_release_is_absent_before_it_is_issued() -> None:
    assert "/en/R0109.html" not in pages(BASE, START, START + timedelta(seconds=13))
    assert "/en/R0109.html" in pages(BASE, START, START + timedelta(seconds=14))


def test_one_release_is_corrected_after_publication() -> None:
    (story,) = [story for story in STORIES if story.corrected is not None]
    assert story.corrected is not None
    issued = page(story.path, story.offset).body.decode()
    mended = page(story.path, story.offset + story.correction_after).body.decode()
    assert "two sites" in issued
    assert "two sites" not in mended
    assert "three sites" in mended
    assert story.corrected.title in page(story.site.listing, LATER).body.decode()


def test_nothing_is_dated_in_the_future() -> None:
    text = page("/en/R0109.html", timedelta(seconds=14)).body.decode()
    assert "Ends/Friday, June 12, 2026<br>Issued at HKT 12:00" in text
    assert "the Office said today (June 12)" in text


def test_versions_in_other_languages_are_linked_once_they_are_there() -> None:
    assert 'hreflang="zh-Hant"' in page("/en/R0101.html").body.decode()
    assert "hreflang" not in page("/en/R0109.html", timedelta(seconds=15)).body.decode()
    assert 'href="/zh/C0106.html"' in page("/en/R0109.html", timedelta(seconds=21)).body.decode()


def test_same_instants_give_the_same_bytes() -> None:
    assert pages(BASE, START, START + LATER) == pages(BASE, START, START + LATER)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.number)
def test_every_release_can_be_written_in_the_encoding_of_its_site(story: Story) -> None:
    body = page(story.path, LATER).body.decode(story.site.codec)
    wording = story.corrected or story.wording
    assert story.damage or wording.title in body


def test_server_answers_an_unchanged_page_with_304() -> None:
    with Newsroom(start=START, clock=lambda: START) as newsroom:
        connection = http.client.HTTPConnection("127.0.0.1", newsroom.port, timeout=120)
        connection.request("GET", "/zh/")
        first = connection.getresponse()
        body = first.read()
        assert (first.status, first.headers["Content-Type"]) == (200, "text/html")
        assert body == pages(newsroom.base, START, START)["/zh/"].body
        connection.request("GET", "/zh/", headers={"If-None-Match": first.headers["ETag"]})
        again = connection.getresponse()
        assert (again.status, again.read()) == (304, b"")
        connection.request("GET", "/en/R0109.html")
        missing = connection.getresponse()
        missing.read()
        assert missing.status == 404
        connection.close()


def test_server_takes_another_port_when_its_own_is_busy() -> None:
    with (
        Newsroom(start=START, clock=lambda: START) as first,
        Newsroom(start=START, clock=lambda: START, port=first.port) as second,
    ):
        assert second.port not in {0, first.port}
