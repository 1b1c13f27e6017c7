from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.rhythm import Rhythm, learn

MONDAY = datetime(2026, 4, 13, tzinfo=UTC)
HOUR = timedelta(hours=1)
ZONE = ZoneInfo("Asia/Hong_Kong")


def _office_hours(seed: int, weeks: int) -> list[datetime]:
    """Instants in the manner of a government's press office: weekdays from nine to seven, a little on Saturdays."""
    chance = random.Random(seed)  # noqa: S311  # a test's own releases
    start = datetime(2026, 1, 5, tzinfo=ZONE)
    found = []
    for day in range(7 * weeks):
        for hour in range(24):
            rate = 2.0 if 9 <= hour < 19 and day % 7 < 5 else 0.5 if 9 <= hour < 13 and day % 7 == 5 else 0.03
            many = sum(chance.random() < rate / 4 for _ in range(4))
            found += [start + timedelta(days=day, hours=hour, minutes=60 * chance.random()) for _ in range(many)]
    return found


def _slots(rhythm: Rhythm, start: datetime, end: datetime) -> list[datetime]:
    found, at = [], start
    while (at := rhythm.next(at)) < end:
        found.append(at)
    return found


def _mean_delay(slots: list[datetime], published: list[datetime]) -> float:
    waits = [min(slot - moment for slot in slots if slot >= moment) for moment in published]
    return sum(wait.total_seconds() for wait in waits) / len(waits) / 60


def test_learnt_hours_bring_releases_sooner_for_no_more_requests() -> None:
    hours = learn(_office_hours(1, 4), zone="Asia/Hong_Kong", within=HOUR)
    learnt = Rhythm(key="a", every=HOUR, zone="Asia/Hong_Kong", hours=hours)
    fixed = Rhythm(key="a", every=timedelta(minutes=15))
    start = datetime(2026, 1, 5, tzinfo=ZONE)
    end = start + timedelta(days=8)
    later = [moment for moment in _office_hours(2, 1) if moment < end - timedelta(days=1)]
    by_hours, by_clock = (_slots(rhythm, start, end) for rhythm in (learnt, fixed))
    week = start + timedelta(days=7)
    assert sum(slot < week for slot in by_hours) <= sum(slot < week for slot in by_clock) + 1
    assert _mean_delay(by_hours, later) < 0.75 * _mean_delay(by_clock, later)


@given(st.integers(0, 2**32), st.integers(1, 30), st.sampled_from(["30m", "1h", "6h"]))
def test_no_wait_is_longer_than_promised(seed: int, count: int, promised: str) -> None:
    within = {"30m": HOUR / 2, "1h": HOUR, "6h": 6 * HOUR}[promised]
    chance = random.Random(seed)  # noqa: S311
    published = [MONDAY + timedelta(hours=chance.choice([3, 9, 33, 100])) for _ in range(count)]
    rhythm = Rhythm(key=str(seed), every=within, hours=learn(published, zone="UTC", within=within))
    slots = _slots(rhythm, MONDAY - HOUR * 7, MONDAY + timedelta(days=8))
    gaps = [later - earlier for earlier, later in pairwise(slots)]
    assert max(gaps) <= within + timedelta(seconds=1)
    assert min(gaps) >= timedelta(minutes=4, seconds=50)
    assert abs(sum(rhythm.hours) - round(sum(rhythm.hours))) < 1e-6


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_slot_is_the_first_after_any_moment_before_it(moment: datetime) -> None:
    hours = learn(_office_hours(3, 2), zone="Asia/Hong_Kong", within=HOUR)
    for rhythm in (
        Rhythm(key="b", every=HOUR, zone="Asia/Hong_Kong", hours=hours),
        Rhythm(key="b", every=HOUR, zone="Europe/Lisbon", cron="*/20 8-20 * * 1-5"),
    ):
        slot = rhythm.next(moment)
        assert slot > moment
        again = rhythm.next(moment + (slot - moment) / 2)
        assert abs(again - slot) < timedelta(milliseconds=1)
        assert rhythm.next(slot) - slot > timedelta(seconds=1)


@pytest.mark.parametrize(
    ("day", "slots"),
    [(datetime(2026, 3, 29, tzinfo=UTC), 23), (datetime(2026, 10, 25, tzinfo=UTC), 25), (MONDAY, 24)],
)
def test_changes_of_the_clock_neither_repeat_nor_skip_an_hourly_crawl(day: datetime, slots: int) -> None:
    lisbon = ZoneInfo("Europe/Lisbon")
    rhythm = Rhythm(key="a", every=HOUR, zone="Europe/Lisbon", cron="0 * * * *")
    start = day.replace(tzinfo=lisbon)
    found = _slots(rhythm, start.astimezone(UTC) - HOUR / 30, (start + timedelta(days=1)).astimezone(UTC) - HOUR / 30)
    assert len(found) == slots
    assert {later - earlier for earlier, later in pairwise(found)} == {HOUR}


def test_a_crawl_that_ends_just_before_its_slot_waits_for_the_next() -> None:
    rhythm = Rhythm(key="a", every=timedelta(minutes=20), cron="*/20 * * * *")
    assert rhythm.after_a_run(MONDAY + timedelta(minutes=19)) >= MONDAY + timedelta(minutes=40)
