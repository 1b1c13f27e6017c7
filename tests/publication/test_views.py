"""A publisher that speaks through another's newsroom has feeds of its own, made of the releases that are there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from feeds.publish.worse import ids_of
from feeds.release import Draft, Newsroom
from feeds.view import View

if TYPE_CHECKING:
    from conftest import Press

Draw = Callable[..., Draft]

LABORATORY = Newsroom(
    key="laboratory",
    title="The Laboratory",
    language="en",
    view=View(of="harbour-en", phrases=("artificial intelligence laboratory",)),
)


def watch(press: Press, *views: Newsroom) -> None:
    known = {**press.store.newsrooms(), **{view.key: view for view in views}}
    press.store.sync_sources(list(known.values()), now=press.now)


def held(press: Press, form: str = "atom", key: str = "source/laboratory") -> tuple[str, ...]:
    return ids_of(press.read(f"feeds/{key}.{form}"), form)


def test_a_view_has_feeds_a_page_and_entries_in_the_lists(press: Press, draft: Draw) -> None:
    watch(press, LABORATORY)
    ids = press.put(draft(1), draft(2, text="Ferries leave at nine."), draft(3, source="pier-en", native_id=""))
    press.publish()
    for form in press.site.formats:
        assert held(press, form) == (ids[0],), form
    assert b"Release 1" in press.read("sources/laboratory/index.html")
    assert b"The Laboratory" in press.read("sources/index.html")
    assert b"feeds/source/laboratory.atom" in press.read("feeds/index.opml")
    assert b"feeds/source/laboratory.json" in press.read("feeds/index.json")


def test_a_release_in_a_view_is_the_one_release_under_its_one_id(press: Press, draft: Draw) -> None:
    watch(press, LABORATORY)
    (id_,) = press.put(draft(1))
    press.publish()
    assert press.store.count() == 1
    assert held(press, key="source/harbour-en") == held(press, key="all") == (id_,)
    entry = press.read("feeds/source/harbour-en.atom").split(b"<entry")[1]
    assert entry in press.read("feeds/source/laboratory.atom")


def test_another_condition_holds_with_the_next_publication_of_the_same_store(press: Press, draft: Draw) -> None:
    watch(press, LABORATORY)
    ids = press.put(draft(1), draft(2, text="Ferries leave at nine."), draft(3, text="Piers.", author="The Lab"))
    press.publish()
    ferries = replace(LABORATORY, view=View(of="harbour-en", phrases=("ferries",), authors=("the lab",)))
    watch(press, ferries)
    done = press.publish()
    assert held(press) == (ids[1], ids[2])
    assert done.refused == ()
    assert {path for path in done.written if path.startswith("feeds/")} == {
        f"feeds/source/laboratory.{form}{packed}" for form in press.site.formats for packed in ("", ".gz")
    }


def test_a_condition_that_nothing_meets_any_more_empties_the_feed(press: Press, draft: Draw) -> None:
    watch(press, LABORATORY)
    press.put(draft(1))
    press.publish()
    watch(press, replace(LABORATORY, view=View(of="harbour-en", phrases=("nothing of this",))))
    assert press.publish().refused == ()
    assert held(press) == ()


def test_a_correction_moves_a_release_into_a_view_and_out_of_it(press: Press, draft: Draw) -> None:
    watch(press, LABORATORY)
    (id_,) = press.put(draft(1, text="Ferries leave at nine."))
    press.publish()
    assert held(press) == ()
    press.put(draft(1))
    press.publish()
    assert held(press) == (id_,)


def test_expressions_may_name_a_view(press: Press, draft: Draw) -> None:
    press.site = replace(
        press.site, combinations={"lab-ai": "source:laboratory and ai", "rest": "not source:laboratory"}
    )
    watch(press, LABORATORY)
    ids = press.put(draft(1), draft(2, text="Ferries leave at nine."))
    press.publish()
    assert held(press, key="lab-ai") == (ids[0],)
    assert held(press, key="rest") == (ids[1],)


def test_the_past_of_a_view_goes_into_its_archive(press: Press, draft: Draw) -> None:
    watch(press, LABORATORY)
    press.put(*(draft(10 * number) for number in range(80, 0, -1)))
    press.publish()
    assert held(press)
    assert len(held(press)) < 80
    months = sorted((press.directory / "feeds/archive/source/laboratory").glob("*.atom"))
    archived = {id_ for path in months for id_ in ids_of(path.read_bytes(), "atom")}
    assert len(archived | set(held(press))) == 80


def test_views_do_not_disturb_what_the_topics_said(press: Press, draft: Draw) -> None:
    (id_,) = press.put(draft(1))
    press.publish()
    topics = press.store.heads([id_])[id_].topics
    before = press.files()
    watch(press, LABORATORY)
    press.publish()
    after = press.store.heads([id_])[id_]
    assert (after.topics, after.views) == (topics, ("laboratory",))
    assert all(press.files()[path] == kept for path, kept in before.items() if path.startswith("feeds/all"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the\nDigital   Policy Office said", True),
        ("a Digital Policy Officer", False),
        ("由Digital Policy Office公布", True),
        ("digitalpolicy office", False),
    ],
)
def test_phrases_are_whole_words_over_any_white_space(text: str, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    assert View(of="a", phrases=("Digital Policy Office",)).matches(title="", text=text) is expected
