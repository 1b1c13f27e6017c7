"""A site that lives by lot, against what its own author knows of it: nothing lost, doubled, falsely new or left old."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from faults.conftest import FEED_RULES, RULES
from faults.life import LISTS, PAGES, Place, Wireroom

if TYPE_CHECKING:
    from faults.chaos import Answer, Chaos
    from faults.conftest import Desk

    from feeds.release import Release
    from feeds.store import SourceState

STEPS = 25


class Routes(dict[str, "Answer"]):
    """The addresses of a place."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self._place = place

    def get(self, path: str, default: Answer | None = None) -> Answer | None:  # type: ignore[override]
        return self._place.answer(path) or default


class Life:
    """A place, the crawls of it, and what is held of each of its papers."""

    def __init__(self, desk: Desk, chaos: Chaos, chance: random.Random, kind: type[Place] = Place) -> None:
        self.desk, self.chance = desk, chance
        self.now = datetime(2026, 4, 29, 3, tzinfo=UTC)
        self.place = kind(chaos, chance)
        chaos.routes = Routes(self.place)
        self.ids: dict[int, str] = {}
        self.said: list[str] = []
        rules = RULES if chance.random() < 0.8 else re.sub(r"body .*\n", "", RULES)
        rules = rules if kind is Place else FEED_RULES
        desk.source("bad", chaos.url("/list"), rules=rules)
        for hours in range(8, 0, -1):
            self.place.publish(self.now - timedelta(hours=3 * hours))

    def crawl(self, hours: float = 0.0, **how: object) -> dict[int, Release]:
        """Crawl, *hours* later; return what is held of each paper, once it was compared with what was held before."""
        self.now += timedelta(hours=hours)
        report = self.desk.crawl("bad", now=self.now.isoformat(), **how)
        ended = report.outcomes[0] if report.outcomes else None
        self.said.append(f"{self.now:%d %H:%M} {ended.outcome if ended else report.ended} {ended}")
        assert not report.errors, report.errors
        with self.desk.store() as store:  # as after a cycle, they are published
            store.put_tags(((release, ()) for release in store.untagged("none", limit=1000)), digest="none")
            held = store.releases(store.newest(source="bad", limit=None)).values()
        found: dict[int, Release] = {}
        for release in held:
            (mark,) = set(re.findall(r"Q(\d+)Z", release.text)) or {f"nothing of ours: {release.title}"}
            assert int(mark) not in found, f"doubled: {mark}"
            found[int(mark)] = release
        assert self.ids.items() <= {(number, release.id) for number, release in found.items()}, "lost, or another id"
        self.ids = {number: release.id for number, release in found.items()}
        return found

    def step(self) -> None:
        """Let some hours go by, in which something may happen."""
        self.now += timedelta(hours=self.chance.choice((0.2, 1, 2, 3, 8, 26)))
        for _ in range(self.chance.choice((0, 0, 0, 1, 2, 4))):
            self.place.publish(self.now)
        self.said.append(self.place.lives(self.now))
        if self.chance.random() < 0.3:
            before = self.crawl()
            self.place.fault = self.chance.choice(LISTS)
            self.said.append(f"list: {self.place.fault}")
            assert self.place.fault == "shrunk" or self.crawl(1) == before, f"{self.place.fault} changed what is held"
            self.place.fault = ""
        if self.chance.random() < 0.2:
            fault = self.chance.choice(PAGES)
            self.place.faults = {one.number: fault for one in self.place.listed() if self.chance.random() < 0.5}
            self.said.append(f"pages: {self.place.faults}")
            self.crawl(1)
            self.place.faults = {}
        if self.chance.random() < 0.1:
            self.crawl(wall_s=self.chance.choice((0.05, 0.2)))  # its child is killed
        self.crawl()

    def ends_well(self) -> SourceState:
        """Let the place be well for days; every paper listed is held then as it is."""
        for hours in (1, 2, 7, 20, 30):
            held = self.crawl(hours)
        for paper in self.place.listed():
            assert held[paper.number].title == paper.title
            old = [text for text in paper.paragraphs if text not in held[paper.number].text]
            assert paper.late or not old, f"{paper.number} is held in old words"
        with self.desk.store() as store:
            assert len(store.corrections(limit=1000)) <= sum(paper.times for paper in self.place.papers)
        return self.desk.state("bad")


@pytest.mark.soak
@pytest.mark.parametrize("turn", range(6))
@pytest.mark.parametrize("kind", [Place, Wireroom])
def test_p3_p9_a_life_by_lot_loses_nothing_doubles_nothing_and_ends_as_its_author_knows_it(
    desk: Desk, chaos: Chaos, turn: int, kind: type[Place]
) -> None:
    life = Life(desk, chaos, random.Random(turn), kind)  # noqa: S311  # it guards nothing
    try:
        assert len(life.crawl()) == 8
        for _ in range(STEPS):
            life.step()
        assert life.ends_well().state.value == "healthy"
    except AssertionError:
        print("\n".join(life.said))  # noqa: T201
        raise
