"""What publishing keeps: which releases changed since it looked, and the book of what it made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from feeds.release import Draft, Translation
from feeds.store import FragmentKey, Store

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def draft(number: int, **more: object) -> Draft:
    plain = Draft(source="s", native_id=f"N{number}", url=f"https://s.example/{number}", title=f"T{number}", seen=NOW,
                  published=NOW, language="en", text=f"Text {number}")  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]  # a test says of a draft what it likes


def put(store: Store, *drafts: Draft) -> list[str]:
    with store.writing() as writing:
        return [writing.put(one, now=NOW + timedelta(hours=1))[1] for one in drafts]


def tag(store: Store) -> None:
    while found := store.untagged("t1", limit=10):
        store.put_tags([(release, ()) for release in found], digest="t1")


def changed(store: Store, mark: int) -> set[str]:
    return {id_.rpartition("/")[2] for id_, _ in store.changed(mark, limit=100)}


def _reword(store: Store) -> None:
    put(store, draft(1, text="Other words, all of them"))


def _polish(store: Store) -> None:
    put(store, draft(1, author="An author"))


def _withdraw(store: Store) -> None:
    with store.writing() as writing:
        writing.withdraw("tag:baywire.invalid,2026:release/s/N1", now=NOW)


def _link(store: Store) -> None:
    put(
        store,
        draft(3, url="https://s.example/pt/3", translations=(Translation(language="en", url="https://s.example/1"),)),
    )


@pytest.mark.parametrize("change", [_reword, _polish, _withdraw, _link])
def test_whatever_readers_would_see_is_counted_as_a_change(store: Store, change: Callable[[Store], None]) -> None:
    put(store, draft(1), draft(2))
    tag(store)
    mark = store.last_change()
    assert changed(store, 0) == {"N1", "N2"}
    assert changed(store, mark) == set()
    change(store)
    tag(store)
    assert "N1" in changed(store, mark)
    assert "N2" not in changed(store, mark)
    assert changed(store, store.last_change()) == set()


def test_what_is_read_again_with_the_same_words_is_no_change(store: Store) -> None:
    put(store, draft(1))
    tag(store)
    mark = store.last_change()
    put(store, draft(1))
    tag(store)
    assert store.last_change() == mark


def test_what_was_rendered_while_a_release_changed_is_dropped(store: Store) -> None:
    (id_,) = put(store, draft(1))
    tag(store)
    put(store, draft(1, author="An author"))
    key = FragmentKey(id_, 1, "atom", "d")
    store.put_fragments({key: b"rendered from what was read before"})
    tag(store)
    assert store.fragments([key]) == {}


def test_every_release_is_met_once_on_a_walk(store: Store) -> None:
    ids = put(store, *(draft(number) for number in range(1, 8)))
    assert [id_ for some in store.walk() for id_ in some] == ids


def test_a_book_is_kept_by_place_and_only_over_the_one_that_was_read(store: Store) -> None:
    assert store.book("here") == {}
    assert store.put_book("here", {"serial": 1}, {"a": ["x", 1], "b": {"é": None}}, (), serial=0)
    assert store.book("here") == {"": {"serial": 1}, "a": ["x", 1], "b": {"é": None}}
    assert store.book("there") == {}
    assert not store.put_book("here", {"serial": 1}, {"a": ["late", 2]}, (), serial=0)
    assert store.put_book("here", {"serial": 2}, {"a": ["y", 1]}, ["b", "c"], serial=1)
    assert store.book("here") == {"": {"serial": 2}, "a": ["y", 1]}
    assert store.book_head("here") == {"serial": 2}
