"""A publication that looks only at what changed leaves the very bytes that one from nothing would make."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as some

import feeds.publish
from feeds import topic
from feeds.publish import publish
from feeds.release import Draft, Translation
from feeds.site import Site
from feeds.store import Store

if TYPE_CHECKING:
    from conftest import Press

Draw = Callable[..., Draft]

WORDS = (
    "An artificial intelligence laboratory opened in the Greater Bay Area.",
    "Ferries leave as ever.",
    "The office published a data protection guide for artificial intelligence.",
)
STEPS = (
    "put",
    "put",
    "put",
    "edit",
    "soft",
    "withdraw",
    "link",
    "twin",
    "old",
    "retag",
    "title",
    "combine",
    "spoil",
    "lose",
)
DAY = datetime(2026, 3, 3, 12, tzinfo=UTC)


def narrowed(folder: Path) -> topic.Topics:
    """Return the shipped topics, one of them with other rules."""
    file = folder / "ai.toml"
    file.write_text(
        '[[topic]]\nid = "ai"\nabout = "Robots."\nname = { en = "Robots" }\nterms = [{ t = ["guide"], w = 3 }]\n'
    )
    return topic.load(file)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class World:
    """A press that lives through steps."""

    def __init__(self, press: Press, draft: Draw, topics: topic.Topics, narrowed: topic.Topics) -> None:
        self.press, self.draft = press, draft
        self.rules = (topics, narrowed)
        self.topics = topics
        self.count = 0
        self.ids: list[str] = []

    def release(self, number: int, words: int, **more: object) -> Draft:
        told = {
            "text": f"{WORDS[words]} It is number {number}.",
            "html": f"<p>{WORDS[words]} It is number {number}.</p>",
        }
        return self.draft(number, **{"published": DAY - timedelta(hours=7 * number), **told, **more})

    def step(self, kind: str, number: int, words: int) -> None:
        """Do one thing to the store, the settings or the files."""
        known = self.ids[number % len(self.ids)] if self.ids else ""
        getattr(self, f"_{kind}")(number % self.count + 1 if self.count else 1, words, known)

    def _put(self, _number: int, words: int, _known: str) -> None:
        self.count += 1
        self.ids += self.press.put(self.release(self.count, words))

    def _edit(self, number: int, words: int, _known: str) -> None:
        self.press.put(self.release(number, words))

    def _soft(self, number: int, words: int, _known: str) -> None:
        self.press.put(self.release(number, 0, author=f"Author {words}"))

    def _withdraw(self, _number: int, _words: int, known: str) -> None:
        with self.press.store.writing() as writing:
            writing.withdraw(known, now=self.press.now)

    def _link(self, number: int, words: int, _known: str) -> None:
        english = Translation(language="en", url=f"https://harbour.example/news/{number}.htm")
        told = {"source": "harbour-zh", "language": "zh-Hant", "native_id": f"C{number}", "translations": (english,)}
        self.press.put(self.release(number, words, url=f"https://harbour.example/zh/{number}.htm", **told))

    def _twin(self, number: int, words: int, _known: str) -> None:
        told = {"source": "pier-en", "native_id": "", "url": f"https://pier.example/{number}"}
        self.press.put(self.release(number, words, **told))

    def _old(self, number: int, words: int, _known: str) -> None:
        self.press.put(self.release(900 + number, words, published=DAY - timedelta(days=2, hours=number)))

    def _retag(self, _number: int, _words: int, _known: str) -> None:
        self.topics = self.rules[self.topics is self.rules[0]]

    def _title(self, number: int, _words: int, _known: str) -> None:
        self.press.site = replace(self.press.site, title=f"Wire {number % 2}")

    def _combine(self, _number: int, words: int, _known: str) -> None:
        wheres = ("", "ai and greater-bay-area", "not ai")
        self.press.site = replace(self.press.site, combinations={"both": wheres[words]} if words else {})

    def _spoil(self, number: int, words: int, _known: str) -> None:
        if paths := self._paths():
            paths[7 * number * (words + 1) % len(paths)].write_bytes(b"spoilt")

    def _lose(self, number: int, words: int, _known: str) -> None:
        if paths := self._paths():
            paths[7 * number * (words + 1) % len(paths)].unlink()

    def _paths(self) -> list[Path]:
        return sorted(path for path in self.press.directory.rglob("*") if path.is_file())

    def publish(self, store: Store, site: Site, folder: Path) -> None:
        publish(store, self.topics, site, folder, now=self.press.now)


@settings(
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=some.lists(
        some.lists(
            some.tuples(some.sampled_from(STEPS), some.integers(0, 40), some.integers(0, 2)), min_size=1, max_size=5
        ),
        min_size=2,
        max_size=6,
    )
)
# An edit takes a release out of its topic in the publication that has another title for the site.
@example(steps=[[("put", 0, 2)], [("title", 1, 0), ("edit", 0, 1)]])
# The same, and the language with it, while a combination begins and ends.
@example(
    steps=[
        [("title", 12, 2)],
        [("link", 8, 2), ("combine", 4, 1)],
        [("retag", 2, 0), ("put", 38, 1)],
        [("link", 40, 1), ("combine", 8, 2), ("spoil", 21, 0)],
    ]
)
# A combination is told by another expression that fits none of what it held.
@example(steps=[[("put", 0, 0), ("combine", 0, 1)], [("put", 0, 1), ("combine", 0, 2)]])
def test_publishing_what_changed_leaves_what_publishing_all_would(
    steps: list[list[tuple[str, int, int]]],
    tmp_path_factory: pytest.TempPathFactory,
    open_press: Callable[[Path, Site], Press],
    draft: Draw,
) -> None:
    folder = tmp_path_factory.mktemp("world")
    site = Site(base_url="https://news.example/", languages=("en", "zh-Hant"))
    press = open_press(folder, site)
    world = World(press, draft, shipped(), narrowed(folder))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feeds.publish, "_SMALL", 0)
        patch.setattr("os.fsync", lambda _: None)
        for day in steps:
            for kind, number, words in day:
                world.step(kind, number, words)
            world.publish(press.store, press.site, press.directory)
        press.now += timedelta(days=2)  # a page that was lost alone is back within a day
        world.publish(press.store, press.site, press.directory)
        world.publish(press.store, press.site, folder / "other")
    assert tree(press.directory) == tree(folder / "other")
    shutil.rmtree(folder / "other")


_shipped: list[topic.Topics] = []


def shipped() -> topic.Topics:
    if not _shipped:
        _shipped.append(topic.load())
    return _shipped[0]


def test_an_entry_that_another_body_tells_now_is_not_lost(press: Press, draft: Draw) -> None:
    text = f"{WORDS[0]} It is number 5."
    press.put(
        draft(5, text="Ferries."), draft(5, source="pier-en", url="https://pier.example/5", native_id="", text=text)
    )
    press.publish()
    press.put(draft(5, text=text))
    assert press.publish().refused == ()
    assert press.read("feeds/ai.en.json").count(b'"date_published"') == 1


def test_a_topic_whose_members_the_store_lost_keeps_its_entries(press: Press, draft: Draw, tmp_path: Path) -> None:
    (id_,) = press.put(draft(1))
    press.publish()
    with contextlib.closing(sqlite3.connect(tmp_path / "store.sqlite3")) as damage, damage:
        damage.execute("DELETE FROM memberships")
    press.site = replace(press.site, title="Another wire")
    assert "feeds/ai.atom" in dict(press.publish().refused)
    assert id_.encode() in press.read("feeds/ai.atom")
