"""Self-repair: selectors that find nothing are replaced by others only where the known releases say so."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extract import NotARelease, read_declared_listing
from crawler.mend import Known, Mend, Mended, NotMended, mend_listing, mend_release
from crawler.mend.patch import fragment, patched
from crawler.source import ListingRules, ReleaseRules, Source
from feeds.release import Draft

NOON = datetime(2026, 4, 14, 12, tzinfo=UTC)
URL = "https://www.a.hk/news/"
SOURCE = Source(
    key="a",
    title="A",
    language="en",
    hosts=("www.a.hk",),
    listing=ListingRules(url=URL, links="a.release", item="li.entry", date="span.day"),
    release=ReleaseRules(title="h1", body="div.body"),
)
SUBJECTS = ("Water supply", "Road works", "Vaccination", "School places", "Air quality", "Ferry service", "Job fair")
PLACES = ("Sha Tin", "Tai Po", "Central", "Yuen Long", "Sai Kung")


def title(n: int) -> str:
    return f"{SUBJECTS[n % 7]} in {PLACES[n % 5]} to be extended from number {n}"


def known(numbers: Iterable[int]) -> list[Known]:
    return [Known(url=f"{URL}{n}.htm", title=title(n)) for n in numbers]


KNOWN = known(range(20, 0, -1))
CHROME = (
    '<nav><ul><li><a href="/">Home</a><li><a href="/about">About us</a><li><a href="/contact">Contact</a>'
    '<li><a href="/jobs">Vacancies</a></ul></nav>'
)


def cards(numbers: Iterable[int], path: str = "/news/{n}.htm") -> str:
    rows = "".join(
        f'<article class="card"><h3><a href="{path.format(n=n)}">{title(n)}</a></h3>'
        f'<time datetime="2026-04-{n % 28 + 1:02d}">{n % 28 + 1} April 2026</time></article>'
        for n in numbers
    )
    return f'<main><div class="cards">{rows}</div></main>'


def table(numbers: Iterable[int], path: str = "/news/{n}.htm") -> str:
    rows = "".join(
        f'<tr><td>2026-04-{n % 28 + 1:02d}</td><td><a href="{path.format(n=n)}">{title(n)}</a></td></tr>'
        for n in numbers
    )
    return f"<table class=news><tbody>{rows}</tbody></table>"


def more(numbers: Iterable[int], path: str = "/news/{n}.htm") -> str:
    rows = "".join(
        f'<div class="box"><p class="headline">{title(n)}</p><p>The department said more.</p>'
        f'<a class="more" href="{path.format(n=n)}">Read more</a></div>'
        for n in numbers
    )
    return f'<div id="grid">{rows}</div>'


def bare(numbers: Iterable[int], path: str = "/news/{n}.htm") -> str:
    return "<main>" + "".join(f'<p><a href="{path.format(n=n)}">{title(n)}</a></p>' for n in numbers) + "</main>"


Layout = Callable[..., str]


def utilities(numbers: Iterable[int], path: str = "/news/{n}.htm") -> str:
    rows = "".join(
        f'<div class="md:flex w-1/2 hover:bg-[#fff]"><div class="md:text-lg/7 font-bold 2xl">{title(n)}</div>'
        f'<a class="underline hover:no-underline" href="{path.format(n=n)}">Details</a></div>'
        for n in numbers
    )
    return f'<section class="grid-cols-[1fr_auto]">{rows}</section>'


LAYOUTS = (cards, table, more, bare, utilities)


def page(body: str) -> str:
    return f"<html><head><title>News</title></head><body>{CHROME}{body}<footer><a href='/law'>Law</a></footer></body>"


def mended(text: str, source: Source = SOURCE, held: list[Known] = KNOWN) -> Mended:
    found = mend_listing(source, text, URL, held, usual=20)
    assert isinstance(found, Mended), found
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_redesigned_listing_is_read_again_with_its_new_release(layout: Layout) -> None:
    text = page(layout(range(22, 2, -1)))
    assert not read_declared_listing(SOURCE, text, URL).items
    found = mended(text)
    assert [item.url for item in found.listing.items] == [f"{URL}{n}.htm" for n in range(22, 2, -1)]
    assert [item.title for item in found.listing.items] == [title(n) for n in range(22, 2, -1)]
    assert (found.matched, found.expected) == (18, 20)
    assert found.confidence > 0.8
    assert "18 of 20 known" in found.why
    again = read_declared_listing(found.source, text, URL)
    assert again == found.listing


@pytest.mark.parametrize("layout", LAYOUTS)
def test_releases_that_moved_are_known_by_their_titles(layout: Layout) -> None:
    found = mended(page(layout(range(21, 1, -1), path="/en/media/{n}/index.html")))
    assert found.matched == 19
    assert found.listing.items[0].url == "https://www.a.hk/en/media/21/index.html"


def test_dates_are_read_where_the_new_page_has_them() -> None:
    found = mended(page(cards(range(20, 0, -1))))
    assert found.listing.items[0].date is not None
    assert found.listing.items[0].date.startswith("2026-04-21")


def test_a_pattern_that_no_address_follows_any_more_is_taken_out() -> None:
    source = replace(SOURCE, listing=replace(SOURCE.listing, match=r"/news/\d+\.htm"))
    found = mended(page(cards(range(20, 0, -1), path="/en/{n}")), source)
    assert found.changes["match"] == ""
    kept = mended(page(cards(range(20, 0, -1))), source)
    assert "match" not in kept.changes


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<title>Maintenance</title><p>The site is under maintenance.</p>", "another page: maintenance"),
        (page("<p>Nothing here.</p>"), "0 of 20 known"),
        (page(cards(range(20, 18, -1))), "2 of 20 known"),
        (page(cards([3, 5, 1, 9, 7])), "of the newest 5"),
        (page(cards([20, 19, 18, *range(100, 130)])), "too few to be sure"),
        ("", "known releases are on the page"),
        ('<?xml version="1.0"?><rss version="2.0"><channel><title>x</title></channel></rss>', "only listings"),
    ],
)
def test_what_proves_nothing_is_not_believed(text: str, why: str) -> None:
    found = mend_listing(SOURCE, text, URL, KNOWN, usual=20)
    assert isinstance(found, NotMended)
    assert why in found.reason


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["div", "li", "td", "p", "a", "b", "html", "base"]),
            st.text("abz:./[]#\"'\\é 1", max_size=8),
            st.integers(1, 20),
        ),
        max_size=40,
    )
)
def test_no_page_makes_it_fail(parts: list[tuple[str, str, int]]) -> None:
    text = "".join(
        f"<{tag} class='{name}'><a class='{name}' href='/news/{n}.htm'>{title(n)}</a>" for tag, name, n in parts
    )
    found = mend_listing(SOURCE, text, URL, KNOWN, usual=20)
    if isinstance(found, Mended):
        assert read_declared_listing(found.source, text, URL) == found.listing
        assert found.matched >= 3


def test_with_nothing_known_nothing_is_mended() -> None:
    assert isinstance(mend_listing(SOURCE, page(cards(range(20))), URL, KNOWN[:2]), NotMended)


def test_links_to_other_sites_are_none_of_the_source() -> None:
    text = page(cards(range(20, 0, -1), path="https://evil.example/{n}"))
    assert isinstance(mend_listing(SOURCE, text, URL, KNOWN), NotMended)


def test_the_patch_makes_the_file_say_what_was_mended() -> None:
    found = mended(page(cards(range(20, 0, -1))))
    text = (
        '# Mine.\ntitle = "A"\n\n[listing]\nurl = "https://www.a.hk/news/"  # the list\nlinks = "a.release"\n'
        'item  = "li.entry"\ndate = "span.day"\n\n[release]\nbody = "div.body"  # as seen in 2025\n'
    )
    written = patched(text, found.changes)
    assert tomllib.loads(written)["listing"] == {
        "url": "https://www.a.hk/news/",
        **{name: value for name, value in found.changes.items() if value},
    }
    assert "# the list" in written
    assert "# as seen in 2025" in written
    assert 'links = "' in found.patch
    assert "without item" in fragment(found.changes)


@pytest.mark.parametrize("text", ['listing = { url = "x", links = "y" }\n', '[listing]\nlinks = """\nx"""\n'])
def test_a_file_that_cannot_be_changed_line_by_line_is_left_to_a_person(text: str) -> None:
    with pytest.raises(ValueError, match="by hand"):
        patched(text, {"links": "z"})


def test_a_key_of_a_preset_is_taken_out_by_saying_nothing() -> None:
    written = patched('preset = "trs"\n[listing]\nurl = "x"\n', {"links": "z", "item": ""})
    assert tomllib.loads(written)["listing"] == {"url": "x", "links": "z", "item": ""}


def test_what_was_mended_is_applied_as_long_as_the_file_says_the_same() -> None:
    mend = Mend(rules="1", listing={"links": "main a", "item": "", "no such key": "x"}, why="because")
    learnt = mend.write({"crawl": {"counts": [1]}})
    read = Mend.read(learnt, rules="1")
    assert read == mend
    assert (read.apply(SOURCE).listing.links, read.apply(SOURCE).listing.item) == ("main a", "")
    assert Mend.read(learnt, rules="2") is None
    assert Mend.read({"mend": "nonsense"}, rules="1") is None


TEXT = "".join(
    f"<p>The department announced on Monday that part {n} of the works had been finished.</p>" for n in range(6)
)


def read(text: str, heading: str = "Works finished ahead of time") -> Draft | NotARelease:
    return mend_release(SOURCE, text, f"{URL}1.htm", item=None, title=heading, seen=NOON)


def test_a_release_page_in_a_new_dress_is_read_by_vote() -> None:
    found = read(page(f"<main><h2>Works finished ahead of time</h2><article>{TEXT}</article></main>"))
    assert isinstance(found, Draft), found
    assert found.title == "Works finished ahead of time"
    assert found.text.count("had been finished") == 6
    assert "Vacancies" not in found.text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            page("<h1>The page you look for has moved</h1><p>Please use our search to find what you need here.</p>"),
            "title",
        ),
        (page("<h1>Works finished ahead of time</h1>"), ""),
        ("<title>Just a moment...</title>", "title"),
        ("", "title"),
    ],
)
def test_a_page_that_is_not_the_release_is_not_taken_for_it(text: str, why: str) -> None:
    found = read(text)
    assert isinstance(found, NotARelease), found
    assert why in found.reason


def test_without_a_title_to_know_it_by_nothing_is_believed() -> None:
    assert isinstance(read(page(f"<main>{TEXT}</main>"), ""), NotARelease)
