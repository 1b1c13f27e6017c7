"""A site that lives by lot, whose list goes on over pages that are out of order too: nothing listed is ever lost."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from faults.conftest import RULES
from faults.life import Paper, Place
from faults.test_life import STEPS, Life

if TYPE_CHECKING:
    from faults.chaos import Answer, Chaos, Wire
    from faults.conftest import Desk

    from feeds.store import SourceState

SIZE = 8
FURTHER = ("500", "404", "reset", "captcha", "cut", "closed", "home", "empty", "429")
SOUNDS = ("bcdfghjklmnprstvw", "aeiou", "bdfgklmnprst", ("er", "ing", "ion", "al", "y"))


@dataclass
class Shelf(Place):
    """A place that lists sixty papers, eight a page; *further* is what the pages behind the first do."""

    further: str = ""

    def listed(self) -> list[Paper]:
        return [paper for paper in self.papers if not paper.withdrawn][-60:][::-1]

    def answer(self, path: str) -> Answer | None:
        found = re.fullmatch(r"/list\?page=(\d+)", path)
        return super().answer(path) if found is None else lambda wire: self._page(wire, int(found[1]))

    def _list(self, wire: Wire) -> None:
        self._page(wire, 1)

    def _page(self, wire: Wire, number: int) -> None:
        fault = self.fault if number == 1 else self.further
        papers = self.listed()[(number - 1) * SIZE : number * SIZE][: 2 if fault == "shrunk" else None]
        rows = "".join(f'<li><a class="release" href="{self._path(p.number)}">{p.title}</a></li>' for p in papers)
        more = f'<a class="next" href="/list?page={number + 1}">Next</a>' if number * SIZE < len(self.listed()) else ""
        page = f"<html><head><title>Releases</title></head><body><ul>{rows}</ul>{more}</body></html>"
        self._says(wire, re.sub("[A-Z][^<]*</a></li>", "????</a></li>", page) if fault == "lost" else page, fault)

    def _words(self, count: int) -> str:
        """Return *count* words that no other paper is likely to have: sixty of them are compared."""
        return " ".join("".join(map(self.chance.choice, SOUNDS)) for _ in range(count)).capitalize() + "."


class Shelves(Life):
    """A life in which many papers come out at once now and then."""

    place: Shelf

    def __init__(self, desk: Desk, chaos: Chaos, chance: random.Random) -> None:
        super().__init__(desk, chaos, chance, Shelf)
        desk.source("bad", chaos.url("/list"), rules=RULES, listing='next = "a.next"\npages = 8')

    def step(self) -> None:
        if self.chance.random() < 0.4:
            for ago in range(self.chance.choice((5, 12, 20, 30)), 0, -1):
                self.place.publish(self.now - timedelta(minutes=3 * ago))
        if self.chance.random() < 0.3:
            self.place.further = self.chance.choice(FURTHER)
            self.said.append(f"further pages: {self.place.further}")
            self.crawl(1)
            self.place.further = ""
        super().step()

    def ends_well(self) -> SourceState:
        state = super().ends_well()
        held = self.crawl(1)
        assert [paper.number for paper in self.place.papers if not paper.withdrawn and paper.number not in held] == []
        return state


@pytest.mark.soak
@pytest.mark.parametrize("turn", range(4))
def test_n4_p3_p9_a_life_by_lot_on_many_pages_loses_nothing_that_was_ever_listed(
    desk: Desk, chaos: Chaos, turn: int
) -> None:
    life = Shelves(desk, chaos, random.Random(turn))  # noqa: S311  # it guards nothing
    try:
        assert len(life.crawl()) == 8
        for _ in range(STEPS):
            life.step()
        assert life.ends_well().state.value == "healthy"
    except AssertionError:
        print("\n".join(life.said))  # noqa: T201  # pytest shows it with a failure
        raise
