"""Measure publishing against plain feedgen, in one run: `python tests/benchmarks/publishing.py`.

Ratios of CPU time are what to read; seconds depend on the machine. The work: 50 topics
in 3 languages and 3 formats, 50 entries of 5 kB each, 450 files, each time into a folder
that is not there yet; then one new release in 3 of the 150 editions; then the whole
site. The process is one that published before, as a daemon is.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from feedgen.feed import FeedGenerator

from feeds.edition import editions
from feeds.publish import publish
from feeds.publish.book import Book
from feeds.publish.feed import FeedFiles
from feeds.publish.fragments import Fragments
from feeds.publish.lineup import Lineup
from feeds.publish.outbox import Outbox
from feeds.publish.selection import Selection
from feeds.publish.target import DirectoryTarget
from feeds.release import Draft, Newsroom, Release
from feeds.site import Site
from feeds.store import Store, open_store
from feeds.tag import Tag

NOW = datetime(2026, 3, 20, tzinfo=UTC)
LANGUAGES = ("en", "zh-Hant", "pt")
PLACES = ("plain", ".gz")
SENTENCE = "The office said that the harbour would be open to ships of every size from next month on. "


@dataclass(frozen=True)
class Topic:
    """A topic that finds its own key in a title."""

    key: str
    digest: str = "1"
    about: str = "A topic."
    maps: tuple[object, ...] = ()

    @property
    def names(self) -> dict[str, str]:
        return {"en": self.key}

    def name(self, _language: str) -> str:
        return self.key


class Topics:
    """As many topics as asked for."""

    digest = "1"

    def __init__(self, count: int) -> None:
        self.topics = tuple(Topic(f"topic-{number}") for number in range(count))

    def explain(self, *, title: str, **_more: str) -> tuple[Tag, ...]:
        return tuple(Tag(topic=key, score=3.0, threshold=3.0) for key in title.split() if key.startswith("topic-"))


def draft(number: int, language: str, topics: str) -> Draft:
    text = "\n\n".join(SENTENCE * 7 for _ in range(8))
    return Draft(
        source=f"source-{LANGUAGES.index(language)}",
        url=f"https://harbour.example/{language}/{number}",
        native_id=f"N{number}",
        title=f"Release {number} {topics}",
        seen=NOW,
        language=language,
        author="Harbour Office",
        published=NOW - timedelta(minutes=number % 7500),
        text=f"{number} {text}",
        html="".join(f"<p>{number} {part}</p>" for part in text.split("\n\n")),
    )


def fill(store: Store, topics: Topics, entries: int) -> None:
    store.sync_sources([Newsroom(key=f"source-{n}", title=f"Source {n}") for n in range(3)], now=NOW)
    number = 0
    for topic in topics.topics:
        with store.writing() as writing:
            for language in LANGUAGES:
                for _ in range(entries):
                    writing.put(draft(number, language, topic.key), now=NOW)
                    number += 1
    tag(store, topics)


def tag(store: Store, topics: Topics) -> None:
    while untagged := store.untagged(topics.digest, limit=500):
        store.put_tags([(one, topics.explain(title=one.title)) for one in untagged], digest=topics.digest)


def news(store: Store, number: int) -> None:
    """Take in a release that is newer than all, of a length of its own, in one language and three topics."""
    made = draft(999_000 + number, "en", "topic-1 topic-2 topic-3")
    more = SENTENCE * (number % 5)
    one = replace(
        made, published=NOW + timedelta(seconds=number), text=made.text + more, html=f"{made.html}<p>{more}</p>"
    )
    with store.writing() as writing:
        writing.put(one, now=NOW)


def cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def plain_feedgen(store: Store, plan: list[tuple[str, tuple[str, ...]]], folder: Path) -> None:
    """Write the same feeds as anybody would: Atom and RSS by feedgen, JSON by json.dumps."""
    import json

    folder.mkdir(parents=True, exist_ok=True)
    for key, ids in plan:
        releases: list[Release] = list(store.releases(ids).values())
        made = FeedGenerator()
        made.id(f"tag:{key}")
        made.title(key)
        made.link(href="https://news.example/")
        made.description(key)
        for one in releases:
            entry = made.add_entry(order="append")
            entry.id(one.id)
            entry.title(one.title)
            entry.link(href=one.url)
            entry.published(one.published)
            entry.updated(one.updated)
            entry.author(name=one.author)
            entry.summary(one.text[:300])
            entry.content(one.html, type="html")
        made.atom_file(str(folder / f"{key}.atom"))
        made.rss_file(str(folder / f"{key}.rss"))
        items = [
            {"id": one.id, "url": one.url, "title": one.title, "content_html": one.html, "summary": one.text[:300],
             "date_published": one.published.isoformat(), "date_modified": one.updated.isoformat()}
            for one in releases
        ]  # fmt: skip
        (folder / f"{key}.json").write_text(json.dumps({"version": "1.1", "title": key, "items": items}))


def our_feeds(store: Store, site: Site, topics: Topics, folder: Path) -> int:
    """Write the editions of every topic and language that are not in *folder* as they should be; return how many files.

    The first time into a place the store is asked what is in each, and all is rendered
    that never was. Later the book remembers: of a lost folder all is written again, of
    news what they touch, by the same steps as `publish` takes.
    """
    tag(store, topics)
    newsrooms = store.newsrooms()
    outbox = Outbox(DirectoryTarget(folder))
    book = Book(store, outbox.target)
    fragments = Fragments(store, site, topics.topics, newsrooms, hoard=book.hoard)
    ids = [id_ for id_, _ in store.changed(book.mark, limit=100)] if book.settings else []
    book.forget(ids)
    selection = Selection(store, topics=(), sources=(), heads=book.heads)
    changed = {head.id: head for head in selection.heads(ids)}
    files = FeedFiles(
        store,
        site,
        topics,  # type: ignore[arg-type]
        outbox=outbox,
        book=book,
        fragments=fragments,
        changed=changed,
        selection=selection,
        same=True,
        now=NOW,
    )
    plan = [one for one in editions(site, topics.topics, newsrooms) if one.topic and one.language]
    touched = selection.touched(plan, changed.values(), book)
    for edition in plan:
        known = None if edition.key in touched else book.leaf(edition.key)
        if known and book.is_intact(edition.key):
            book.keep(edition.key)
            continue
        lineup = Lineup.recall(known.told, fragments) if known else None
        lineup = lineup or Lineup.of(selection.holds(edition), fragments)
        files.edition(edition, lineup, book.open(edition.key))
    outbox.settle()
    book.stamp()
    book.close(mark=store.last_change(), arrival=store.last_arrival(), settings="same", full=None)
    return len([path for path in outbox.written if not path.endswith(".gz")])


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--topics", type=int, default=50)
    parser.add_argument("--entries", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5, help="of which the best counts, for each alike")
    asked = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="baywire-bench-"))
    try:
        measure(asked, work)
    finally:
        shutil.rmtree(work)


def measure(asked: argparse.Namespace, work: Path) -> None:
    topics = Topics(asked.topics)
    sites = {name: Site(base_url="https://news.example/", languages=LANGUAGES, gzip=name == ".gz") for name in PLACES}
    with ExitStack() as stack:
        stores = {}
        for name in PLACES:  # each keeps the fragments of its own settings
            (work / name).mkdir()
            stores[name] = stack.enter_context(open_store(f"sqlite:///{work}/{name}/store.sqlite3"))
            fill(stores[name], topics, asked.entries)
        spent: dict[str, list[float]] = defaultdict(list)
        for name in PLACES:
            spent["cold"].append(cpu(partial(our_feeds, stores[name], sites[name], topics, work / name / "out")))
        plan = plan_of(stores["plain"], sites["plain"], topics)
        for turn in range(asked.rounds):  # in turns: what else the machine does is then the same for all
            spent["feedgen"].append(cpu(partial(plain_feedgen, stores["plain"], plan, work / "feedgen")))
            shutil.rmtree(work / "feedgen")  # so that all write into memory that the machine has used before
            for name in PLACES:
                out = work / name / "out"
                shutil.rmtree(out)
                spent[name].append(cpu(partial(our_feeds, stores[name], sites[name], topics, out)))
            news(stores[".gz"], turn)
            spent["nine"].append(cpu(partial(our_feeds, stores[".gz"], sites[".gz"], topics, work / ".gz" / "out")))
        theirs = min(spent["feedgen"])
        _say(f"{3 * len(plan)} files; plain feedgen {theirs * 1000:.0f} ms CPU = 1; load {os.getloadavg()[0]:.1f}")
        for name, told, goal in (
            ("plain", "rebuild of a lost folder", 5),
            (".gz", "the same with .gz", 3.5),
            ("nine", "one release in 3 pairs", 100),
            ("cold", "all rendered for the first time", 0),
        ):
            best = min(spent[name])
            aim = f"   (goal 1/{goal:g})" if goal else ""
            _say(f"  {told:32} {best * 1000:8.1f} ms   1/{theirs / best:.1f}{aim}")
        whole_site(stores[".gz"], sites[".gz"], topics, work / "public", theirs)


def whole_site(store: Store, site: Site, topics: Topics, target: Path, theirs: float) -> None:
    """Publish all that there is, then nothing, then one release."""

    def go() -> None:
        publish(store, topics, site, target, now=NOW)  # type: ignore[arg-type]  # as much of topics as is asked

    spent = cpu(go)
    _say(f"  whole site, {sum(1 for path in target.rglob('*') if path.is_file())} files {spent:.1f} s")
    before = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}
    idle = min(cpu(go) for _ in range(3))
    assert before == {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}
    one = []
    for number in range(100, 105):
        news(store, number)
        one.append(cpu(go))
    _say(f"  whole site, nothing new          {idle * 1000:8.1f} ms   1/{theirs / idle:.0f}")
    _say(f"  whole site, one release in 3     {min(one) * 1000:8.1f} ms   1/{theirs / min(one):.0f}")


def plan_of(store: Store, site: Site, topics: Topics) -> list[tuple[str, tuple[str, ...]]]:
    """Return the keys of the feeds that are compared, and what each holds."""
    selection = Selection(store, topics=(), sources=())
    return [
        (edition.key, tuple(one.head.id for one in selection.holds(edition)))
        for edition in editions(site, topics.topics, store.newsrooms())
        if edition.topic and edition.language
    ]


if __name__ == "__main__":
    main()
