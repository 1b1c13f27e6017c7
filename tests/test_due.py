from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from feeds.store.state import Outcome, SourceState, State
from scheduler.due import next_due
from scheduler.rhythm import Rhythm, phase

NOON = datetime(2026, 4, 14, 12, tzinfo=UTC)
TEN = timedelta(minutes=10)
KEYS = [f"source-{number}" for number in range(200)]


def _ten(key: str) -> Rhythm:
    return Rhythm(key=key, every=TEN)


def test_two_hundred_sources_do_not_fire_together() -> None:
    seconds = sorted(phase(key, TEN).total_seconds() for key in KEYS)
    busiest = max(sum(start <= second < start + 30 for second in seconds) for start in range(0, 600, 30))
    assert busiest < 25  # 200 over 20 half minutes: 10 each, were chance fair


def test_slots_lie_one_interval_apart_whatever_happened_before() -> None:
    for key in KEYS:
        first = _ten(key).next(NOON)
        assert NOON < first <= NOON + TEN
        assert _ten(key).next(first) == first + TEN
        assert _ten(key).next(first - timedelta(microseconds=1)) == first


def test_missed_runs_fall_together_into_the_next() -> None:
    eight_hours_later = NOON + timedelta(hours=8)
    assert eight_hours_later < _ten("a").next(eight_hours_later) <= eight_hours_later + TEN


@pytest.mark.parametrize("outcome", [Outcome.NEW, Outcome.UNCHANGED, Outcome.SUSPICIOUS])
def test_a_listing_that_was_read_is_asked_for_again_in_its_slot(outcome: Outcome) -> None:
    for key in KEYS:
        due = next_due(SourceState(key=key, outcome=outcome), outcome, rhythm=_ten(key), now=NOON)
        assert due is not None
        assert NOON + TEN / 2 < due <= NOON + TEN * 1.5
        assert due == _ten(key).next(due - timedelta(microseconds=1))


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.BLOCKED])
def test_what_a_failed_crawl_put_off_stays_put_off(outcome: Outcome) -> None:
    state = SourceState(key="a", outcome=outcome, failures=1, next_due=NOON + timedelta(hours=23))
    assert next_due(state, outcome, rhythm=_ten("a"), now=NOON) == NOON + timedelta(hours=23)


@pytest.mark.parametrize("put_off", [None, NOON - TEN, NOON])
def test_a_failed_crawl_is_not_repeated_at_once(put_off: datetime | None) -> None:
    state = SourceState(key="a", next_due=put_off)
    assert next_due(state, Outcome.FAILED, rhythm=_ten("a"), now=NOON) == NOON + timedelta(minutes=1)


def test_gone_is_never_due() -> None:
    state = SourceState(key="a", state=State.GONE, outcome=Outcome.FAILED)
    assert next_due(state, Outcome.FAILED, rhythm=_ten("a"), now=NOON) is None
