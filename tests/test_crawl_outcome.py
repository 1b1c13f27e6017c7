"""What a crawl amounts to, when to come again, and what a source remembers: pure, so by table."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from crawler.extract import Item
from crawler.memory import Memory, PageMemory, item_digest
from crawler.outcome import Trouble, next_state, of_error, of_status
from crawler.retry import backoff
from crawler.source import Source
from crawler.spiders.progress import Progress
from feeds.store import Outcome, Run, SourceState, State

NOON = datetime(2026, 4, 14, 12, tzinfo=UTC)
EVERY = timedelta(minutes=10)


def dice(seed: int = 1) -> Random:
    return Random(seed)  # noqa: S311 - spreads load, guards nothing


def run(outcome: Outcome, reason: str = "why") -> Run:
    return Run(id="1", source="a", started=NOON, ended=NOON, outcome=outcome, reason=reason)


@pytest.mark.parametrize(
    ("outcome", "state", "least", "most"),
    [
        (Outcome.NEW, State.HEALTHY, 10, 10),
        (Outcome.UNCHANGED, State.HEALTHY, 10, 10),
        (Outcome.SUSPICIOUS, State.SUSPICIOUS, 10, 10),
        (Outcome.FAILED, State.FAILING, 1, 2),
        (Outcome.BLOCKED, State.BLOCKED, 10, 10),
    ],
)
def test_the_outcome_decides_state_and_next_time(outcome: Outcome, state: State, least: float, most: float) -> None:
    after = next_state(SourceState(key="a"), run(outcome), every=EVERY, random=dice())
    assert after.state is state
    assert after.next_due is not None
    assert least <= (after.next_due - NOON) / timedelta(minutes=1) <= most
    assert (after.failures == 0) == (state is State.HEALTHY)
    assert (after.last_good == NOON) == (state is State.HEALTHY)
    assert (after.reason == "") == (state is State.HEALTHY)


def test_failures_in_a_row_wait_longer_and_never_longer_than_six_hours() -> None:
    state = SourceState(key="a")
    waits = []
    for _ in range(14):
        state = next_state(state, run(Outcome.FAILED), every=EVERY, random=dice())
        assert state.next_due is not None
        waits.append(state.next_due - NOON)
    assert waits[:8] == sorted(waits[:8])
    assert max(waits) <= timedelta(hours=6)
    assert state.failures == 14
    well = next_state(state, run(Outcome.NEW), every=EVERY, random=dice())
    assert (well.failures, well.next_due) == (0, NOON + EVERY)


def test_since_moves_only_when_the_state_does() -> None:
    first = next_state(SourceState(key="a"), run(Outcome.FAILED), every=EVERY, random=dice())
    later = replace(run(Outcome.FAILED), ended=NOON + timedelta(hours=1))
    assert next_state(first, later, every=EVERY, random=dice()).since == NOON
    well = replace(run(Outcome.NEW), ended=NOON + timedelta(hours=2))
    assert next_state(first, well, every=EVERY, random=dice()).since == NOON + timedelta(hours=2)


def test_a_repair_stays_marked_until_a_person_has_looked_at_it() -> None:
    repaired = SourceState(key="a", state=State.REPAIRED, since=NOON, reason="selectors derived anew")
    again = next_state(repaired, run(Outcome.NEW), every=EVERY, random=dice(), repaired=repaired.reason)
    assert (again.state, again.reason, again.since) == (State.REPAIRED, repaired.reason, NOON)
    assert next_state(repaired, run(Outcome.NEW), every=EVERY, random=dice()).state is State.HEALTHY
    assert next_state(repaired, run(Outcome.FAILED), every=EVERY, random=dice()).state is State.FAILING


def test_gone_is_gone_and_what_the_host_asked_for_counts() -> None:
    gone = Trouble(outcome=Outcome.FAILED, reason="HTTP 410", gone=True)
    after = next_state(SourceState(key="a"), run(Outcome.FAILED), every=EVERY, random=dice(), trouble=gone)
    assert (after.state, after.next_due) == (State.GONE, None)
    until = NOON + timedelta(hours=9)
    after = next_state(SourceState(key="a"), run(Outcome.NEW), every=EVERY, random=dice(), wait_until=until)
    assert after.next_due == until


@pytest.mark.parametrize(
    ("said", "waits_a_day"),
    [
        ((404, 404, 404), True),
        ((404, 404), False),
        ((500, 500, 404), False),
        ((404, None, 404), False),  # nothing listed in between
        ((404, 500, 404), False),
        ((500, 404, 404, 404), True),
        ((404, 404, 404, 500), False),
        ((404, 404, 404, 404), True),
    ],
)
def test_the_third_404_in_a_row_lets_a_source_wait_for_a_day(
    said: tuple[int | None, ...], *, waits_a_day: bool
) -> None:
    state = SourceState(key="a", learnt={"crawl": {"seen": 1}})
    for status in said:
        outcome = Outcome.FAILED if status else Outcome.SUSPICIOUS
        trouble = of_status(status) if status else None
        state = next_state(state, run(outcome), every=EVERY, random=dice(), trouble=trouble)
    assert state.next_due is not None
    assert (state.next_due - NOON >= timedelta(hours=24)) == waits_a_day
    assert state.learnt["crawl"] == {"seen": 1}
    assert next_state(state, run(Outcome.NEW), every=EVERY, random=dice()).learnt == {"crawl": {"seen": 1}}


def test_every_status_is_a_page_or_a_reason() -> None:
    for status in range(100, 600):
        trouble = of_status(status)
        assert (trouble is None) == (status in (200, 203, 304))
        assert trouble is None or str(status) in trouble.reason


def test_every_error_has_words() -> None:
    for error in (ValueError(), OSError("x\ny"), TimeoutError(), KeyError("k"), MemoryError(), None):
        assert of_error(error).reason.strip()
        assert "\n" not in of_error(error).reason


def test_backoff_spreads_what_failed_together() -> None:
    waits = {backoff(5, random=dice(seed)) for seed in range(50)}
    assert len(waits) == 50
    assert timedelta(minutes=16) <= min(waits) < max(waits) <= timedelta(minutes=32)


def item(n: int, title: str = "") -> Item:
    return Item(url=f"https://a.example/{n}", title=title or f"Title {n}")


def test_memory_survives_json_and_keeps_what_others_learnt() -> None:
    memory = Memory(rules="r", counts=[3, 4], checked={"u": 2})
    memory.pages["https://a.example/"] = PageMemory(body="b", seal='"1"', whole=1.5, items={"u": "d"})
    memory.set_aside("https://a.example/x", now=NOON)
    learnt = json.loads(json.dumps(memory.write({"theirs": [1]})))
    assert learnt["theirs"] == [1]
    assert Memory.read(learnt, rules="r") == memory
    assert Memory.read({}, rules="r") == Memory(rules="r")


def test_other_rules_forget_pages_but_not_what_is_usual() -> None:
    memory = Memory(rules="r", counts=[3, 4])
    memory.pages["https://a.example/"] = PageMemory(body="b")
    again = Memory.read(memory.write({}), rules="s")
    assert (again.pages, again.counts, again.rules) == ({}, [3, 4], "s")


def test_memory_stays_small() -> None:
    memory = Memory(counts=list(range(1000)), checked={str(n): 1 for n in range(2000)})
    for n in range(1000):
        memory.set_aside(str(n), now=NOON)
    kept = Memory.read(memory.write({}), rules="")
    assert (len(kept.counts), len(kept.checked), len(kept.aside)) == (20, 1000, 200)
    assert kept.counts[-1] == 999


def test_memory_tells_lines_in_other_words_from_new_ones() -> None:
    memory = Memory()
    memory.pages["p"] = PageMemory(items={item(n).url: item_digest(item(n)) for n in (1, 2)})
    assert memory.changed([item(1), item(2, "Other words"), item(3)]) == (item(2, "Other words"),)


def test_what_led_nowhere_is_tried_after_an_hour_then_less_and_less() -> None:
    memory, now, waits = Memory(), NOON, []
    for _ in range(6):
        memory.set_aside("u", now=now)
        start = now
        while memory.is_aside("u", now=now):
            now += timedelta(minutes=30)
        waits.append((now - start) / timedelta(hours=1))
    assert waits == [1, 4, 16, 64, 168, 168]


@pytest.mark.parametrize(
    ("agreements", "said"),
    [
        ([0.2, 0.3, 0.9], "bodies in doubt: the readers agree to 30%; declare release.body"),
        ([0.2, 0.3], ""),
        ([0.2, 0.9, 0.9], ""),
    ],
)
def test_bodies_on_which_the_readers_do_not_agree_are_told(agreements: list[float], said: str) -> None:
    crawl = Progress(
        source=Source(key="a", title="A"), state=SourceState(key="a"), memory=Memory(), host="a.hk", started=NOON,
        began=0.0, proven=True, new=3, agreements=agreements,
    )  # fmt: skip
    assert crawl.ending() == (Outcome.NEW, said)
    assert crawl.doubt == said


def test_doubt_outlasts_crawls_without_anything_new_and_not_other_rules() -> None:
    learnt = Memory(rules="a", agreements=[0.1] * 30).write({})
    memory = Memory.read(learnt, rules="a")
    assert len(memory.agreements) == 20
    crawl = Progress(
        source=Source(key="a", title="A"), state=SourceState(key="a"), memory=memory, host="a.hk", started=NOON,
        began=0.0, proven=True,
    )  # fmt: skip
    assert crawl.ending()[0] is Outcome.UNCHANGED
    assert crawl.doubt.startswith("bodies in doubt")
    crawl.agreements = [0.9] * 11
    assert crawl.doubt == ""
    assert Memory.read(learnt, rules="b").agreements == []


RANDOM = Random(0)  # noqa: S311 - spreads load, guards nothing


def test_a_source_in_doubt_is_suspicious_though_its_crawls_are_good() -> None:
    run = Run(id="r", source="a", started=NOON, ended=NOON, outcome=Outcome.NEW)
    state = next_state(SourceState(key="a"), run, every=timedelta(minutes=15), random=RANDOM, doubt="in doubt")
    assert (state.state, state.reason, state.last_good) == (State.SUSPICIOUS, "in doubt", NOON)
    assert next_state(state, run, every=timedelta(minutes=15), random=RANDOM).state is State.HEALTHY
