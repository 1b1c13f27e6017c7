"""What holds whatever comes in which order: ids, wordings, membership, search; through crashes and restarts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from feeds.release import Draft, Release, Translation
from feeds.store import Store, open_store
from feeds.tag import Tag

SEEN = datetime(2026, 5, 6, 7, tzinfo=UTC)
AI = Tag(topic="ai", score=1.0, threshold=1.0)
SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


def _release(number: int, *, source: str = "s", numbered: bool = True) -> tuple[Draft, ...]:
    """Return what a crawl may read of one release: its address in several shapes, another number, a correction."""
    url = f"https://{source}.example/news/{number:04}.htm"
    told = f"Body {number} says that word{number} and many other words were said by the speaker at noon on that day"
    first = Draft(source=source, native_id=f"N{number}" if numbered else "", url=url, title=f"Title {number}",
                  seen=SEEN, published=SEEN - timedelta(hours=number), text=told, html=f"<p>{told}</p>", language="en",
                  translations=(Translation(language="pt", url=f"https://{source}.example/{number + 1}"),))  # fmt: skip
    shapes = [first, replace(first, url=url.replace("https", "http")), replace(first, url=url + "?utm_source=x#y")]
    moved = f"https://{source}.example/archive/{number}"
    if numbered:
        later = first.published and first.published + timedelta(minutes=5)
        again = replace(first, native_id=f"N{number}9", url=moved, published=later)
        marked = replace(again, title=f"{first.title} (Correction)", text=told.replace("noon", "night"),
                         native_id=f"N{number}99", url=f"{moved}c")  # fmt: skip
        return (*shapes, again, marked)
    return (*shapes, replace(first, url=moved))


UNIVERSE = tuple(_release(number, numbered=number % 2 == 0, source="st"[number % 3 == 0]) for number in range(6))


def _everything(store: Store) -> list[Release]:
    return list(store.releases(store.newest(limit=None)).values())


def _put(store: Store, *drafts: Draft) -> list[str]:
    with store.writing() as writing:
        return [writing.put(draft, now=SEEN)[1] for draft in drafts]


@pytest.fixture
def blank() -> Iterator[Callable[[], Store]]:
    opened: list[Store] = []

    def make() -> Store:
        opened.append(open_store("sqlite://"))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@given(seed=st.integers(0, 2**32), size=st.integers(1, 6))
@settings(max_examples=20, deadline=None, suppress_health_check=SLOW)
def test_the_order_of_a_crawl_changes_nothing(blank: Callable[[], Store], seed: int, size: int) -> None:
    drafts = [draft for shapes in UNIVERSE[:size] for draft in shapes]
    straight, shuffled = blank(), blank()
    _put(straight, *drafts)
    Random(seed).shuffle(drafts)  # noqa: S311 -- no secret
    for draft in drafts:
        _put(shuffled, draft)
    assert _everything(straight) == _everything(shuffled)
    assert len(_everything(straight)) == size
    for release in _everything(straight):
        assert straight.revisions(release.id) == shuffled.revisions(release.id)
    _put(shuffled, *drafts)
    assert _everything(straight) == _everything(shuffled)


_WORDS = ("first", "second", "third", "fourth", "lost", "gone")


class Crawls(RuleBasedStateMachine):
    """Crawls, corrections, publishes, crashes and restarts in any order, against what must be true."""

    fresh: Callable[[], str]

    @initialize()
    def begin(self) -> None:
        self.url = type(self).fresh()
        self.store = open_store(self.url)
        self.words: dict[int, str] = {}
        self.said: dict[int, set[str]] = {}
        self.homes: dict[int, set[str]] = {}
        self.fixed: dict[int, str] = {}
        self.days = 0

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()

    @rule(number=st.integers(0, 5), shape=st.integers(0, 2))
    def crawl(self, number: int, shape: int) -> None:
        self._read(number, shape, self.words.get(number, "first"))

    @rule(number=st.integers(0, 5), shape=st.integers(0, 2), word=st.sampled_from(["second", "third", "fourth"]))
    def correct(self, number: int, shape: int, word: str) -> None:
        if word not in self.said.get(number, ()) or word == self.words[number]:  # what comes back is doubted first
            self._read(number, shape, word)

    @rule(number=st.integers(0, 5), word=st.sampled_from(["lost", "gone"]))
    def crash(self, number: int, word: str) -> None:
        with suppress(ZeroDivisionError), self.store.writing() as writing:
            writing.put(self._draft(number, 0, word), now=SEEN)
            _ = 1 / 0

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = open_store(self.url)

    @rule()
    def publish(self) -> None:
        self.store.put_tags([(release, (AI,)) for release in self.store.untagged("d", limit=99)], digest="d")
        for number, homes in self.homes.items():
            (id_,) = {release.id for home in homes for release in self.store.find(home)}
            assert self.fixed.setdefault(number, id_) == id_
        for word in _WORDS:
            assert self.store.search(word).total == list(self.words.values()).count(word), word

    @invariant()
    def every_release_is_there_once(self) -> None:
        assert self.store.count() == len(self.words)

    @invariant()
    def every_address_leads_to_one_id_and_a_published_id_stays(self) -> None:
        for number, homes in self.homes.items():
            ids = {release.id for home in homes for release in self.store.find(home)}
            assert len(ids) == 1
            assert self.fixed.get(number, *ids) in ids

    @invariant()
    def search_finds_no_wording_but_the_present(self) -> None:
        for word in _WORDS:
            found = self.store.releases(self.store.search(word).ids).values()
            assert all(release.text.endswith(word) for release in found), word

    @invariant()
    def wordings_are_numbered_from_one(self) -> None:
        for release in _everything(self.store):
            wordings = self.store.revisions(release.id)
            assert [wording.number for wording in wordings] == list(range(1, release.revision + 1))
            assert wordings[-1].text == release.text

    @precondition(lambda self: self.fixed)
    @invariant()
    def who_was_tagged_is_in_the_feed(self) -> None:
        assert set(self.store.newest(topic="ai", limit=None)) == set(self.fixed.values())

    def _draft(self, number: int, shape: int, word: str) -> Draft:
        draft = UNIVERSE[number][shape]
        self.days += 1
        return replace(draft, text=f"{draft.text} {word}", seen=SEEN + timedelta(days=self.days))

    def _read(self, number: int, shape: int, word: str) -> None:
        draft = self._draft(number, shape, word)
        before = self.words.get(number)
        with self.store.writing() as writing:
            change, _ = writing.put(draft, now=SEEN)
        assert change.value == ("new" if before is None else "seen" if before == word else "changed")
        self.words[number] = word
        self.said.setdefault(number, set()).add(word)
        self.homes.setdefault(number, set()).add(draft.url)


def test_no_order_of_events_loses_or_doubles_a_release(fresh: Callable[[], str]) -> None:
    class Here(Crawls):
        pass

    Here.fresh = staticmethod(fresh)
    count = 15 if fresh().startswith("sqlite") else 6
    run_state_machine_as_test(
        Here, settings=settings(max_examples=count, stateful_step_count=15, deadline=None, suppress_health_check=SLOW)
    )


_READINGS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.sampled_from(["first", "second"])), max_size=9)


def _as_told(store: Store) -> object:
    found = sorted(_everything(store), key=lambda release: release.id)
    return [(release, store.revisions(release.id)) for release in found]


@settings(max_examples=10, deadline=None, suppress_health_check=SLOW)
@given(batches=st.lists(_READINGS, max_size=4))
def test_many_at_once_become_what_one_after_the_other_become(
    fresh: Callable[[], str], batches: list[list[tuple[int, int, str]]]
) -> None:
    with open_store(fresh()) as singly, open_store(fresh()) as together:
        day = 0
        for batch in batches:
            drafts = []
            for number, shape, word in batch:
                draft = UNIVERSE[number][shape % len(UNIVERSE[number])]
                day += 1
                drafts.append(replace(draft, text=f"{draft.text} {word}", seen=SEEN + timedelta(days=day)))
            with singly.writing() as writing:
                expected = tuple(writing.put(draft, now=SEEN) for draft in drafts)
            with together.writing() as writing:
                assert writing.put_all(drafts, now=SEEN) == expected
            assert _as_told(together) == _as_told(singly)
            for store in (singly, together):
                store.put_tags([(release, (AI,)) for release in store.untagged("d", limit=99)], digest="d")
        for word in _WORDS:
            assert together.search(word) == singly.search(word)
