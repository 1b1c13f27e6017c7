"""A site that lives by lot, as readers and the operator see it: ids, bytes and alarms after each cycle."""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import feedparser
import pytest
from faults.life import LISTS, PAGES, Place
from faults.test_life import Routes

if TYPE_CHECKING:
    from faults.chaos import Chaos
    from faults.office import Office

STEPS = 25
AHEAD = timedelta(hours=8)  # of the clock there


class Told:
    """An office whose place lives by lot, and what its feed said of each paper so far."""

    def __init__(self, office: Office, chaos: Chaos, chance: random.Random) -> None:
        self.office, self.chance = office, chance
        self.place = Place(chaos, chance)
        chaos.routes = Routes(self.place)
        self.entries: dict[int, Any] = {}
        self.ids: dict[int, str] = {}
        self.said: list[str] = []
        for hours in range(8, 0, -1):
            self.place.publish(self.now - timedelta(hours=3 * hours))

    @property
    def now(self) -> datetime:
        return self.office.now + AHEAD

    def crawl(self, hours: float = 0.0) -> str:
        """Crawl and publish, *hours* later; return the outcome, once the feed was compared with what it was."""
        before = self.office.feeds()
        outcome = self.office.crawl(hours)
        self.said.append(f"{self.now:%d %H:%M} {outcome} {self.office.told()}")
        assert outcome in {"new", "unchanged"} or self.office.feeds() == before, "a fault changed what readers get"
        entries = self._read()
        for number, entry in entries.items():
            assert self.ids.setdefault(number, entry.id) == entry.id, f"{number} has another id"
        assert len(set(self.ids.values())) == len(self.ids)
        assert entries.keys() >= self.entries.keys() or len(entries) >= 50, "lost"
        if outcome == "unchanged":
            assert {entry.id: entry.updated for entry in entries.values()} == {
                entry.id: entry.updated for entry in self.entries.values()
            }
        self.entries = entries
        return outcome

    def _read(self) -> dict[int, Any]:
        parsed = feedparser.parse((self.office.folder / "public/feeds/source/bad.atom").read_bytes())
        assert not parsed.bozo
        found: dict[int, Any] = {}
        for entry in parsed.entries:
            (mark,) = set(re.findall(r"Q(\d+)Z", entry.content[0].value)) or {f"nothing of ours: {entry.title}"}
            assert int(mark) not in found, f"doubled: {mark}"
            found[int(mark)] = entry
        return found

    def step(self) -> None:
        """Let some hours go by, in which something may happen."""
        self.office.now += timedelta(hours=self.chance.choice((0.2, 1, 2, 3, 8, 26)))
        for _ in range(self.chance.choice((0, 0, 0, 1, 2, 4))):
            self.place.publish(self.now)
        self.said.append(self.place.lives(self.now))
        if self.chance.random() < 0.3:
            self.crawl()
            self.place.fault = self.chance.choice(LISTS)
            self.said.append(f"list: {self.place.fault}")
            for _ in range(self.chance.choice((1, 3))):
                self.crawl(1)
            self.place.fault = ""
        if self.chance.random() < 0.2:
            fault = self.chance.choice(PAGES)
            self.place.faults = {one.number: fault for one in self.place.listed() if self.chance.random() < 0.5}
            self.said.append(f"pages: {self.place.faults}")
            self.crawl(1)
            self.place.faults = {}
        self.crawl()

    def ends_well(self) -> None:
        """Let the place be well for days: the feed tells every paper as it is, and each alarm was taken back."""
        assert [self.crawl(hours) for hours in (1, 2, 7, 20, 30)][-1] in {"new", "unchanged"}
        for paper in self.place.listed():
            entry = self.entries[paper.number]
            assert paper.title in entry.title
            assert paper.late or all(text in entry.content[0].value for text in paper.paragraphs), "in old words"
        alarm = ""
        for told in self.office.told():
            assert told in {"recovered", "reminder"} or told != alarm, "told twice"
            assert alarm or told not in {"recovered", "reminder"}, "nothing to recover from"
            alarm = "" if told == "recovered" else alarm if told == "reminder" else told
        assert not alarm


@pytest.mark.soak
@pytest.mark.parametrize("turn", range(4))
def test_p3_p9_of_a_life_by_lot_readers_get_each_paper_once_and_the_operator_each_alarm_once(
    empty: Office, chaos: Chaos, turn: int
) -> None:
    told = Told(empty, chaos, random.Random(turn))  # noqa: S311  # it guards nothing
    try:
        assert told.crawl() == "new"
        for _ in range(STEPS):
            told.step()
        told.ends_well()
    except AssertionError:
        print("\n".join(told.said))  # noqa: T201  # pytest shows it with a failure
        raise
