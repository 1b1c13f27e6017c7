"""Measure what a large store costs to publish: `python tests/benchmarks/large.py --releases 100000 [--ten-thousand]`.

Fills a store of made-up releases past the ordinary way in, a few thousand a second, then
asks for the newest 50 of 150 editions as publishing does, and publishes everything in a
process of its own, whose peak memory it tells. A release has three hundred characters,
so that a million of them and their archives fit on a disk: about 20 GB below --folder.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feeds.publish import publish
from feeds.release import Newsroom
from feeds.site import Site
from feeds.store import Store, open_store

NOW = datetime(2026, 3, 20, tzinfo=UTC)
YEARS = timedelta(days=3650)
LANGUAGES = ("en", "zh-Hant", "pt")
TOPICS, SOURCES, BATCH = 50, 10, 5000
TEXT = "The office said that the harbour would be open to ships of every size from next month on. " * 3


@dataclass(frozen=True)
class Topic:
    """A topic of which the store knows already what belongs to it."""

    key: str
    about: str = "A topic."
    digest: str = "1"
    maps: tuple[object, ...] = ()

    @property
    def names(self) -> dict[str, str]:
        return {"en": self.key}

    def name(self, _language: str) -> str:
        return self.key


class Topics:
    """Topics that have nothing left to say."""

    digest = "1"
    topics = tuple(Topic(f"topic-{number}") for number in range(TOPICS))

    def explain(self, **_told: str) -> tuple[()]:
        raise AssertionError("every release is tagged already")


def fill(path: Path, count: int) -> None:
    """Write *count* releases of ten years into the store at *path*."""
    with open_store(f"sqlite:///{path}") as store:
        store.sync_sources([Newsroom(key=f"source-{n}", title=f"Source {n}") for n in range(SOURCES)], now=NOW)
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA synchronous = OFF")
    for start in range(0, count, BATCH):
        rows = list(_rows(start, min(count, start + BATCH), count))
        with raw:
            raw.executemany(
                "INSERT INTO releases (key, id, source, native_id, numbered, url, language, title, title_key, author,"
                " published, published_offset, dated, updated, first_seen, summary, extras, revision, tagged,"
                " once_tagged, search_key, changed) VALUES"
                " (?, ?, ?, ?, 1, ?, ?, ?, ?, 'Harbour Office', ?, 0, 1, ?, ?, '', ?, 1, '1', 1, ?, 1)",
                [row[0] for row in rows],
            )
            raw.executemany(
                "INSERT INTO revisions (release, number, seen, digest, page, title, text, html)"
                " VALUES (?, 1, ?, ?, '', ?, ?, ?)",
                [row[1] for row in rows],
            )
            raw.executemany(
                "INSERT INTO memberships (id, topic, language, source, published) VALUES (?, ?, ?, ?, ?)",
                [row[2] for row in rows],
            )
    raw.close()


def _rows(start: int, end: int, count: int) -> Iterator[tuple[tuple[object, ...], ...]]:
    first = int((NOW - YEARS).timestamp() * 1_000_000)
    step = int(YEARS.total_seconds() * 1_000_000) // count
    nothing = '{"attachments":[],"facts":{},"photos":[],"repairs":[]}'
    for number in range(start, end):
        source, language = f"source-{number % SOURCES}", LANGUAGES[number % 3]
        id_ = f"tag:baywire.invalid,2026:release/{source}/N{number}"
        published = first + number * step
        title, text = f"Release {number}", f"{number} {TEXT}"
        url = f"https://harbour.example/{number}"
        instants = (published, published, published)
        yield (
            (number, id_, source, f"N{number}", url, language, title, title.lower(), *instants, nothing, number),
            (number, published, f"{number:x}", title, text, f"<p>{text}</p>"),
            (id_, f"topic-{number // 3 % TOPICS}", language, source, published),
        )


def newest(path: Path) -> float:
    """Return how many milliseconds of CPU the newest 50 of 150 editions take, heads and all; the best of nine."""
    best = float("inf")
    with open_store(f"sqlite:///{path}") as store:
        for _ in range(9):
            began = time.process_time()
            _ask(store)
            best = min(best, time.process_time() - began)
    return best * 1000


def _ask(store: Store) -> None:
    for topic in Topics.topics:
        for language in LANGUAGES:
            assert len(store.heads(store.newest(topic=topic.key, language=language, limit=50))) == 50


def publish_whole(path: Path, folder: Path) -> None:
    """Publish the store at *path* into *folder*, and say what it took."""
    site = Site(base_url="https://news.example/", languages=("en",), formats=("atom",), gzip=False)
    with open_store(f"sqlite:///{path}") as store:
        for name in ("first", "idle"):
            began = time.process_time()
            done = publish(store, Topics(), site, folder, now=NOW)  # type: ignore[arg-type]  # as much of topics as is asked
            spent = time.process_time() - began
            written = len(done.written) + done.more
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            _say(f"{name} publish: {written} files, {spent:.1f} s CPU, peak memory {peak:.0f} MB (goal 200)")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--only-newest", action="store_true", help="do not publish")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        publish_whole(asked.inside / "store.sqlite3", asked.inside / "public")
        return
    work = Path(tempfile.mkdtemp(prefix="baywire-large-", dir=asked.folder))
    try:
        small, large = work / "small.sqlite3", work / "store.sqlite3"
        fill(small, 10_000)
        began = time.monotonic()
        fill(large, asked.releases)
        _say(f"{asked.releases} releases in {time.monotonic() - began:.0f} s")
        few, many = newest(small), newest(large)
        _say(f"newest 50 of 150 editions: {few:.0f} ms of 10,000, {many:.0f} ms: {many / few:.2f} x (goal 1.5)")
        if not asked.only_newest:
            subprocess.run([sys.executable, __file__, "--inside", str(work)], check=True)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
