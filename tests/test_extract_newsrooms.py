"""Listings of 54 designs and pages that list nothing, written before anybody looked how they are read."""

from __future__ import annotations

import importlib
import re

import pytest

from crawler.extract import read_listing

DESIGNS = importlib.import_module("newsrooms.layout")
SPECIALS = importlib.import_module("newsrooms.special")
LAYOUTS = {**DESIGNS.LAYOUTS, **SPECIALS.specials(DESIGNS)}
OTHERS = SPECIALS.no_listings(DESIGNS)


def letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


@pytest.mark.parametrize("name", LAYOUTS)
def test_finds_what_a_person_finds(name: str) -> None:
    page = LAYOUTS[name]
    found = {item.url: item for item in read_listing(page.html, page.url).items}
    wanted = page.items
    assert list(found) == [entry.url for entry in wanted] or set(found) == {entry.url for entry in wanted}
    assert [letters(found[entry.url].title) for entry in wanted] == [letters(entry.title) for entry in wanted]
    dated = [entry for entry in wanted if entry.day]
    wrong = [
        (entry.title, day) for entry in dated if (day := found[entry.url].date) is not None and day[:10] != entry.day
    ]
    assert wrong == []
    assert sum(found[entry.url].date is not None for entry in dated) >= 0.9 * len(dated)


@pytest.mark.parametrize("name", LAYOUTS)
def test_finds_the_following_page_where_there_is_one(name: str) -> None:
    page = LAYOUTS[name]
    assert read_listing(page.html, page.url).next == page.next


@pytest.mark.parametrize("name", OTHERS)
def test_a_page_that_lists_nothing_gives_nothing_and_says_why(name: str) -> None:
    html, url = OTHERS[name]
    found = read_listing(html, url)
    assert (found.items, found.next) == ((), "")
    assert found.reason
