"""Worlds made up by chance, crawled for weeks, and a judge who knows which page is of which release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from feeds.release import Change, Draft
from feeds.store import Store, open_store
from feeds.tag import Tag

SEEN = datetime(2026, 5, 1, tzinfo=UTC)
AI = Tag(topic="ai", score=1.0, threshold=1.0)
_WORDS = [
    f"{one}{two}"
    for one in ("ba", "ke", "li", "mo", "nu", "ra", "se", "ti")
    for two in ("lon", "rim", "tas", "vek", "dor", "pan")
]
_HOSTS = ("", "", "www.", "m.")
_FIELDS = ("", "", "utm_source=x", "sid={sid:032x}", "print=1", "lang=en", "fontSize=2")
_PLACES = {"folder": "news/{}/", "file": "news/2026/{}.htm", "query": "show?id={}"}
_EVENTS = ("none", "none", "edit", "title", "another title", "date", "issued again")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a body shows now of one release."""

    truth: int
    place: str
    title: str
    text: str
    published: datetime | None
    number: str = ""
    plain: bool = True  # no other is told alike, and its date stands: who issues it again is understood


class World:
    """One newsroom: numbered or not, dated to the minute, to the day, or not at all."""

    def __init__(self, seed: int, store: Store) -> None:
        """Begin with nothing."""
        self.random = Random(seed)  # noqa: S311 -- no secret
        self.store = store
        self.style = _PLACES[self.random.choice(list(_PLACES))]
        self.numbered = self.random.random() < 0.5
        self.dated = self.random.choice(["minute", "minute", "day", "never"])
        self.pages: list[Page] = []
        self.ids: dict[int, str] = {}
        self.told: set[str] = set()  # ids that readers have seen
        self.now = SEEN
        self.wrong: Counter[str] = Counter()

    def live(self, days: int) -> None:
        """Let *days* pass: releases come, are edited, and are read at one of their addresses."""
        for _ in range(days):
            self.now += timedelta(hours=self.random.randrange(12, 36))
            for _ in range(self.random.randint(0, 2)):
                self.read(self._new())
            if self.pages and self.dated != "never" and self.random.random() < 0.3:
                self._tell_alike()
            for page in self.random.sample(self.pages, min(len(self.pages), 5)):
                edited = self._edited(page)
                self.pages[self.pages.index(page)] = edited
                self.read(edited)
            if self.random.random() < 0.4:
                tags = [(id_, (AI,)) for id_ in self.store.untagged("d", limit=999)]
                self.store.put_tags(tags, digest="d")
                self.told.update(self.ids.values())

    def read(self, page: Page, *, shape: bool = True) -> None:
        """Give the store *page* under one of its addresses, and judge what the store makes of it."""
        draft = Draft(source="s", native_id=page.number, url=self._address(page) if shape else f"https://{page.place}",
                      title=page.title, seen=self.now, published=page.published, language="en",
                      text=page.text, html=f"<p>{page.text}</p>")  # fmt: skip
        with self.store.writing() as writing:
            change, id_ = writing.put(draft, now=self.now)
        before = self.ids.get(page.truth)
        if any(id_ == other and truth != page.truth for truth, other in self.ids.items()):
            self.wrong["two releases in one"] += 1
        elif before not in {None, id_} and (before in self.told or change is Change.NEW):
            self.wrong["another id"] += 1
        self.ids[page.truth] = id_

    def _address(self, page: Page) -> str:
        host, _, rest = page.place.partition("/")
        field = self.random.choice(_FIELDS).format(sid=self.random.getrandbits(128))
        index = "index.html" if rest.endswith("/") and self.random.random() < 0.2 else ""
        joint = ("&" if "?" in rest else "?") if field else ""
        return (
            f"{self.random.choice(['http', 'https'])}://{self.random.choice(_HOSTS)}{host}/{rest}{index}{joint}{field}"
        )

    def _words(self, count: int) -> str:
        return " ".join(self.random.choice(_WORDS) for _ in range(count)).capitalize()

    def _new(self) -> Page:
        text = " ".join(
            f"{self._words(8)} {self.random.randrange(100, 9999)}." for _ in range(self.random.randint(3, 8))
        )
        moment = self.now - timedelta(minutes=self.random.randrange(1, 2000))
        published = {"minute": moment, "day": moment.replace(hour=0, minute=0), "never": None}[self.dated]
        return self._add(self._words(6), text, published)

    def _tell_alike(self) -> None:
        """Let another release come of the same title and day, told in the same words with other figures."""
        others = [page for page in self.pages[-4:] if not page.number.endswith("R")]
        if not others:
            return
        other = self.random.choice(others)
        self.pages[self.pages.index(other)] = replace(other, plain=False)
        words = [f"{self.random.randrange(10_000, 99_999)}." if "." in word else word for word in other.text.split()]
        published = other.published
        if published and self.dated == "minute":
            published = published.replace(minute=self.random.randrange(60))
        page = self._add(other.title, " ".join(words), published)
        self.pages[-1] = replace(page, plain=False)
        self.read(page, shape=False)

    def _add(self, title: str, text: str, published: datetime | None) -> Page:
        truth = len(self.ids) + len(self.pages) + 1
        number = f"N{truth:05}" if self.numbered else ""
        page = Page(truth=truth, place=f"a.example/{self.style.format(truth)}", title=title, text=text,
                    published=published, number=number)  # fmt: skip
        self.pages.append(page)
        return page

    def _edited(self, page: Page) -> Page:
        words, title = page.text.split(), page.title.split()
        event = self.random.choice(_EVENTS)
        if event == "edit":
            words[self.random.randrange(len(words))] = self.random.choice(_WORDS)
            return replace(page, text=" ".join(words))
        if event == "title":
            title[self.random.randrange(len(title))] = self.random.choice(_WORDS)
            return replace(page, title=" ".join(title))
        if event == "another title":
            return replace(page, title=self._words(6))
        if event == "date" and page.published:
            later = timedelta(hours=self.random.choice([1, 24]))
            return replace(page, published=page.published + later, plain=False)
        if event == "issued again" and page.number and page.published and page.plain:
            place = f"a.example/{self.style.format(f'{page.truth}-r{self.random.randrange(99)}')}"
            mark = "" if "(Correction)" in page.title else " (Correction)"
            return replace(page, number=f"{page.number}R", place=place, title=page.title + mark)
        return page


def _judged(seeds: range, days: int) -> tuple[Counter[str], int]:
    wrong: Counter[str] = Counter()
    count = 0
    for seed in seeds:
        with open_store("sqlite://") as store:
            world = World(seed, store)
            world.live(days)
            wrong += world.wrong
            count += len(world.ids)
            if store.count() != len(world.ids):
                wrong[f"world {seed} holds {store.count()} for {len(world.ids)}"] += 1
    return wrong, count


def test_weeks_of_crawls_keep_every_release_one_and_apart() -> None:
    wrong, count = _judged(range(8), 10)
    assert wrong == {}
    assert count > 60


@pytest.mark.soak
def test_many_weeks_of_crawls_keep_every_release_one_and_apart() -> None:
    wrong, count = _judged(range(1000, 1060), 40)
    assert wrong == {}
    assert count > 2_000


def test_two_that_are_told_alike_and_have_no_number_stay_two(put: Callable[..., list[str]]) -> None:
    """In one folder, on one day: no page moved. Elsewhere on the site the figures may be of another layout."""
    text = "The CHP is investigating a case of dengue fever. The patient, aged {}, is in hospital and stable. {} views."
    one = Draft(source="s", url="https://a.example/news/dengue", title="Dengue fever case", seen=SEEN, language="en",
                published=SEEN, text=text.format(33, 5))  # fmt: skip
    two = replace(one, url="https://a.example/news/dengue-2", text=text.format(58, 9))
    moved = replace(one, url="https://www.a.example/en/press/dengue.html", text=text.format(33, 7))
    first, second = put(one, two)
    assert first != second
    assert put(moved, replace(two, url="https://m.a.example/news/dengue-2?lang=en")) == put(one, two)


def test_a_correction_is_of_the_release_that_it_is_closest_to(put: Callable[..., list[str]]) -> None:
    text = "The CHP is investigating a case of dengue fever. The patient, aged {}, is in hospital {} and stable."
    first, second = (
        Draft(
            source="s",
            native_id=f"N{n}",
            url=f"https://a.example/{n}",
            title="Dengue case",
            seen=SEEN,
            language="en",
            published=SEEN + timedelta(hours=n),
            text=text.format(age, n),
        )
        for n, age in ((1, 33), (2, 58))
    )
    later = replace(second, native_id="N9", url="https://a.example/9", title="Dengue case (Correction)",
                    published=SEEN + timedelta(hours=3), text=text.format(58, 4))  # fmt: skip
    another = replace(
        first, native_id="N8", url="https://a.example/8", published=SEEN + timedelta(hours=4), text=text.format(71, 8)
    )
    ids = put(first, second, later, another)
    assert ids[2] == ids[1]
    assert len(set(ids)) == 3
    assert put(*reversed((first, second, later, another))) == ids[::-1]


def test_another_language_at_an_address_that_is_told_to_be_the_same_stays_apart(put: Callable[..., list[str]]) -> None:
    english = Draft(source="s", url="https://a.example/7?lang=en", title="Harbour opens", seen=SEEN, language="en",
                    published=SEEN, text="The harbour opens at noon for all.")  # fmt: skip
    chinese = replace(
        english, url="https://a.example/7?lang=tc", title="海港開放", language="zh-Hant", text="海港於正午開放。"
    )
    bare = replace(chinese, url="https://www.a.example/7")
    ids = put(english, chinese, bare, replace(english, url="https://m.a.example/7", title="Harbour to open"))
    assert ids == [ids[0], ids[1], ids[1], ids[0]]
    assert ids[0] != ids[1]


@pytest.fixture
def put(store: Store) -> Callable[..., list[str]]:
    def record(*drafts: Draft) -> list[str]:
        with store.writing() as writing:
            for draft in drafts:
                writing.put(draft, now=draft.seen)
        return [store.find(draft.url)[0].id for draft in drafts]  # an id may be another until it is published

    return record
