"""A year of publications: after each, a reader that follows the links from any feed finds all that belongs to it."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from feeds.release import Draft

if TYPE_CHECKING:
    from conftest import Press

Draw = Callable[..., Draft]
SOURCES = ("harbour-en", "pier-en", "garcas-pt")
WORDS = ("ferry", "pier", "opens", "night", "day", "all", "who", "wait", "either", "side", "bay", "bridge", "office")
FEEDS: dict[str, Callable[[Draft], bool]] = {
    "all": lambda _: True,
    "all.pt": lambda one: one.language == "pt",
    "ai": lambda one: "intelligence" in one.text,
    "ai.en": lambda one: "intelligence" in one.text and one.language == "en",
    "source/pier-en": lambda one: one.source == "pier-en",
}


@dataclass
class Year:
    """What came until now, by id, and how it comes."""

    press: Press
    draft: Draw
    random: random.Random
    now: datetime = datetime(2025, 1, 3, tzinfo=UTC)
    held: dict[str, Draft] = field(default_factory=dict)

    def come(self, count: int) -> None:
        """Take in *count* releases: most of these hours, some months late, some another body's text, some corrected."""
        for _ in range(count):
            kind = self.random.random()
            made = self._new()
            if self.held and kind < 0.2:
                other = self.random.choice([*self.held.values()][-40:])
                if kind < 0.1:
                    made = replace(other, text=f"{other.text} Corrected.", html=f"<p>{other.text} Corrected.</p>")
                elif other.source != made.source:
                    later = other.published and other.published + timedelta(hours=self.random.randrange(1, 60))
                    told = {name: getattr(other, name) for name in ("title", "text", "html", "language")}
                    made = replace(made, **told, published=later)
            (id_,) = self.press.put(replace(made, seen=self.now))
            self.held[id_] = made

    def _new(self) -> Draft:
        number = len(self.held)
        age = timedelta(minutes=self.random.randrange(600))
        if self.random.random() < 0.1:
            age += timedelta(days=self.random.randrange(90))
        text = f"Notice {number}: " + " ".join(self.random.choices(WORDS, k=40))
        if self.random.random() < 0.5:
            text += " Artificial intelligence will help, says the office of artificial intelligence."
        source = self.random.choice(SOURCES)
        return self.draft(
            number,
            source=source,
            native_id=f"Y{number}",
            url=f"https://{source}.example/{number}",
            title=f"Notice {number}",
            text=text,
            html=f"<p>{text}</p>",
            language=self.random.choice(("en", "pt")),
            author="",
            published=self.now - age,
        )

    def found(self, feed: str) -> set[str]:
        """Return what a reader finds from *feed* on, an entry that tells of several bodies counted for each."""
        found: set[str] = set()
        path = f"feeds/{feed}.json"
        while path:
            told = json.loads(self.press.read(path))
            found.update(item["id"] for item in told["items"])
            found.update(other["id"] for item in told["items"] for other in item["_baywire"].get("also", ()))
            path = told.get("next_url", "").removeprefix(self.press.site.base_url)
        return found


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2))
def test_whatever_comes_whenever_all_of_a_feed_is_found_from_it(press: Press, draft: Draw, seed: int) -> None:
    """Folders are lost and settings change meanwhile."""
    year = Year(press, draft, random.Random(f"year {seed}"))  # noqa: S311 -- the same each time
    for step in range(120):
        year.now += timedelta(hours=year.random.choice((1, 9, 24, 60, 100)))
        year.come(year.random.choice((1, 2, 3, 5, 8, 40)))
        if year.random.random() < 0.03:
            shutil.rmtree(press.directory, ignore_errors=True)
        if year.random.random() < 0.05:
            press.site = replace(press.site, title=f"Wire {step}")
        press.publish()
        for feed, belongs in FEEDS.items():
            wanted = {id_ for id_, one in year.held.items() if belongs(one)}
            assert wanted - year.found(feed) == set(), (step, feed)
