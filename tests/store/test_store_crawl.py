"""What a crawl and the schedule keep: pages, validators, runs, states, circuits, due times."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from feeds.error import StoreError
from feeds.release import Draft, Newsroom
from feeds.store import HostState, KeptPage, Outcome, PageKind, Run, SourceState, State, StateEvent, Store

A = Newsroom(key="a", title="A", site="https://a.example/", language="en", rights="R", every_s=60, host="a.example")
B = Newsroom(key="b", title="乙", host="b.example")
PAGE = "https://a.example/1"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def page(now: datetime) -> KeptPage:
    return KeptPage(source="a", url=PAGE, fetched_at=now, status=200, body=b"\x00\xff<p>" * 100, etag='"e"',
                    last_modified="Wed", content_type="text/html")  # fmt: skip


def test_a_new_source_is_due_at_once_and_one_without_a_file_never(store: Store, now: datetime) -> None:
    store.sync_sources([A, B], now=now)
    assert [state.key for state in store.due(now=now)] == ["a", "b"]
    assert store.due(now=now - MINUTE) == ()
    assert store.next_due() == now
    assert store.newsrooms() == {"a": A, "b": B}
    store.sync_sources([replace(B, title="B")], now=now + MINUTE)
    assert [state.key for state in store.due(now=now)] == ["b"]
    assert [(state.key, state.configured) for state in store.source_states()] == [("a", False), ("b", True)]
    assert store.newsrooms() == {"a": A, "b": replace(B, title="B")}
    store.sync_sources([A], now=now + MINUTE)
    assert [state.key for state in store.due(now=now)] == ["a"]


def test_the_longest_due_comes_first(store: Store, now: datetime) -> None:
    store.sync_sources([A, B], now=now)
    store.set_next_due("b", now - MINUTE)
    assert [state.key for state in store.due(now=now)] == ["b", "a"]
    assert [state.key for state in store.due(now=now, limit=1)] == ["b"]
    assert store.next_due() == now - MINUTE


def test_a_batch_is_put_off_in_one_go(store: Store, now: datetime) -> None:
    store.sync_sources([A, B], now=now)
    store.set_next_dues({"b": now + MINUTE, "a": now + 2 * MINUTE, "unknown": now})
    assert {key: state.next_due for key, state in store.states_of(["a", "b", "unknown"]).items()} == {
        "a": now + 2 * MINUTE,
        "b": now + MINUTE,
    }
    store.set_next_dues({})
    assert store.states_of([]) == {}
    assert store.states_of(["b"]) == {"b": store.source_state("b")}


def test_a_source_waits_for_the_circuit_of_its_host(store: Store, now: datetime) -> None:
    store.sync_sources([A, B], now=now)
    assert store.host("a.example") is None
    broken = HostState(host="a.example", open_until=now + MINUTE, failures=3, retry_after=now + 2 * MINUTE)
    with store.writing() as writing:
        writing.set_host(broken)
    assert store.host("a.example") == broken
    assert [state.key for state in store.due(now=now + MINUTE)] == ["b"]
    assert [state.key for state in store.due(now=now + 2 * MINUTE)] == ["a", "b"]


def test_the_operators_word_outlives_a_run(store: Store, now: datetime) -> None:
    store.sync_sources([A], now=now)
    store.set_enabled("a", False, now=now)
    assert store.due(now=now) == ()
    assert store.next_due() is None
    with store.writing() as writing:
        run = Run(id="1", source="a", started=now, ended=now, outcome=Outcome.NEW)
        writing.finish_run(run, SourceState(key="a", state=State.DISABLED, next_due=now, enabled=True))
    assert store.due(now=now) == ()
    store.set_enabled("a", True, now=now + MINUTE)
    state = store.source_state("a")
    assert state is not None
    assert (state.state, state.enabled, state.next_due) == (State.PENDING, True, now + MINUTE)
    assert [event.state for event in store.events()] == [State.PENDING, State.DISABLED]


def test_a_run_is_kept_with_where_it_leaves_its_source(store: Store, now: datetime) -> None:
    store.sync_sources([A, B], now=now)
    run = Run(id="1", source="a", started=now, ended=now + MINUTE, outcome=Outcome.FAILED, listed=3, new=1, changed=1,
              reason="500", errors=("one", "two"))  # fmt: skip
    after = SourceState(key="a", state=State.FAILING, reason="500", since=now, outcome=Outcome.FAILED, last_run=now,
                        last_good=now - MINUTE, next_due=now + MINUTE, failures=2, listed_median=18.5,
                        learnt={"rhythm": [1, 2], "share": 0.5})  # fmt: skip
    with store.writing() as writing:
        writing.finish_run(run, after)
    assert store.runs() == store.runs("a") == (run,)
    assert store.runs("b") == ()
    assert store.source_state("a") == after
    event = StateEvent(source="a", state=State.FAILING, since=now, reason="500", previous=State.PENDING)
    assert store.events() == store.events(source="a") == (event,)


def test_only_a_change_of_state_is_an_event(store: Store, now: datetime) -> None:
    store.sync_sources([A], now=now)
    for number, state in enumerate((State.HEALTHY, State.HEALTHY, State.SUSPICIOUS, State.HEALTHY)):
        with store.writing() as writing:
            moment = now + number * MINUTE
            run = Run(id=str(number), source="a", started=moment, ended=moment, outcome=Outcome.UNCHANGED)
            writing.finish_run(run, SourceState(key="a", state=state, since=moment))
    assert [event.state for event in store.events()] == [State.HEALTHY, State.SUSPICIOUS, State.HEALTHY]
    assert [run.id for run in store.runs("a", limit=2)] == ["3", "2"]
    assert store.prune_runs(before=now + MINUTE) == 1


def test_a_run_of_a_source_nobody_knows_is_refused(store: Store, now: datetime) -> None:
    run = Run(id="1", source="x", started=now, ended=now, outcome=Outcome.NEW)
    with pytest.raises(StoreError, match="unknown to the store"), store.writing() as writing:
        writing.finish_run(run, SourceState(key="x"))
    with pytest.raises(StoreError, match="same source"), store.writing() as writing:
        writing.finish_run(run, SourceState(key="y"))
    assert store.runs() == ()


def test_a_page_is_kept_with_its_validators(store: Store, now: datetime, page: KeptPage) -> None:
    with store.writing() as writing:
        writing.keep_page(page)
        writing.touch_page(PAGE, now=now + MINUTE)
        writing.touch_page("https://a.example/never", now=now)
    assert store.page(PAGE) == page
    kept = store.validators(PAGE)
    assert kept is not None
    assert (kept.etag, kept.last_modified, kept.fetches, kept.fetched_at) == ('"e"', "Wed", 1, now + MINUTE)
    assert store.validators("https://a.example/never") is None
    with store.writing() as writing:
        writing.keep_page(replace(page, etag="", body=b"new"))
    again = store.validators(PAGE)
    assert again is not None
    assert (again.etag, again.fetches) == ("", 0)


def test_a_page_in_quarantine_stands_in_for_nothing(store: Store, now: datetime, page: KeptPage) -> None:
    captcha = replace(page, kind=PageKind.QUARANTINE, body=b"?", etag="x", reason="captcha", fetched_at=now + MINUTE)
    with store.writing() as writing:
        writing.keep_page(page)
        writing.keep_page(captcha)
    assert store.page(PAGE) == page
    kept = store.validators(PAGE)
    assert kept is not None
    assert kept.etag == page.etag
    assert store.pages("a") == (captcha, page)
    assert store.pages(kind=PageKind.QUARANTINE) == (captcha,)
    assert store.pages("a", limit=1) == (captcha,)
    assert store.prune_pages(before=now + MINUTE) == 1
    assert store.page(PAGE) is None
    assert store.validators(PAGE) == kept


def test_what_is_kept_under_a_name_can_be_replaced(store: Store) -> None:
    assert store.meta("k") is None
    store.set_meta("k", "1")
    store.set_meta("k", "2")
    assert store.meta("k") == "2"


def test_when_a_source_publishes_is_known_to_the_hour_or_left_out(store: Store, now: datetime) -> None:
    def draft(number: int, published: datetime | None, seen: datetime) -> Draft:
        url = f"https://a.example/{number}"
        return Draft(source="a", url=url, title=f"Number {number}", text=str(number), published=published, seen=seen)

    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ten = day + timedelta(hours=10)
    with store.writing() as writing:
        writing.put(draft(1, ten, now), now=now)  # the page says the hour
        writing.put(draft(2, day, ten), now=now)  # it says the day: we saw it that day
        writing.put(draft(3, day - timedelta(days=30), now), now=now)  # found in an archive
    assert store.publication_times("a") == (ten, ten)
    assert store.publication_times("b") == ()
