"""Turns at hosts, which all machines take out of one database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import pytest

from crawler.turns import Turns
from feeds.error import StoreError
from feeds.store import open_store
from scheduler.fleet.schema import make_schema

if TYPE_CHECKING:
    from fleet import farm

    from feeds.store.pace import Pace

HOST = "a.example"


@pytest.fixture
def paces(fleet: farm.Fleet) -> Iterator[tuple[Pace, Pace]]:
    """Yield what two machines take turns by."""
    make_schema(fleet.url)
    with open_store(fleet.url) as store:
        one, other = store.pace(), store.pace()
        assert one is not None
        assert other is not None
        with closing(one), closing(other):
            yield one, other


def cut_off(fleet: farm.Fleet) -> None:
    """End every connection to the fleet's database."""
    with psycopg.connect(fleet.url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )


def test_one_of_two_has_the_turn_until_it_gives_it(paces: tuple[Pace, Pace]) -> None:
    one, other = paces
    assert one.take(HOST, 60) == 0
    assert other.take(HOST, 60) > 0
    assert one.take(HOST, 60) > 0
    assert other.take("b.example", 60) == 0
    one.give(HOST, 0.001)
    time.sleep(0.1)
    assert other.take(HOST, 60) == 0


def test_nobody_waits_for_a_host_without_a_delay(paces: tuple[Pace, Pace]) -> None:
    one, other = paces
    assert [one.take(HOST, 0), other.take(HOST, 0)] == [0, 0]


def test_who_waits_is_told_when_to_ask_again(paces: tuple[Pace, Pace]) -> None:
    one, other = paces
    assert one.take(HOST, 600) == 0
    one.give(HOST, 600)
    assert 0 < other.take(HOST, 600) <= 600
    assert 0 < other.take(HOST, 0.01) <= 0.2  # looks again soon: whoever has it may give it back


def test_a_turn_outlives_a_lost_connection(paces: tuple[Pace, Pace], fleet: farm.Fleet) -> None:
    one, other = paces
    assert one.take(HOST, 60) == 0
    assert other.take(HOST, 60) > 0
    cut_off(fleet)
    with pytest.raises(StoreError, match="cannot be reached for a turn"):
        other.take(HOST, 60)
    assert other.take(HOST, 60) > 0  # connected anew


def test_while_the_database_is_away_nobody_has_a_turn(paces: tuple[Pace, Pace], fleet: farm.Fleet) -> None:
    turns = Turns(paces[0], {HOST: 60}, 60)
    assert turns.take(HOST) == 0
    cut_off(fleet)
    turns.give(HOST)  # which is lost: the turn is free by itself when its time is over
    assert turns.take(HOST) > 0


def test_hosts_that_nobody_asked_for_a_day_are_forgotten(paces: tuple[Pace, Pace], fleet: farm.Fleet) -> None:
    paces[0].take(HOST, 60)
    with psycopg.connect(fleet.url, autocommit=True) as admin:
        admin.execute("INSERT INTO paces VALUES ('old.example', 1)")
        paces[0].forget()
        assert admin.execute("SELECT host FROM paces").fetchall() == [(HOST,)]
