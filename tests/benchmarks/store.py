"""How the store does at 10,000 and 1,000,000 releases, as ratios; `python tests/benchmarks/store.py [SIZE] [URL]`."""

from __future__ import annotations

import gc
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feeds.release import Draft, Newsroom
from feeds.store import Store, open_store
from feeds.store.engine import Database
from feeds.store.tables import metadata, sources
from feeds.tag import Evidence, Tag

BASE = datetime(2005, 1, 1, tzinfo=UTC)
LANGUAGES = ("en", "zh-Hant", "zh-Hans")
TOPICS = [f"topic{number}" for number in range(50)]
ENGLISH = (
    "the", "government", "secretary", "said", "policy", "development", "innovation", "technology", "finance", "bay",
    "area",
)  # fmt: skip
CHINESE = "特區政府今日表示粵港澳大灣區發展創新科技人工智能財經事務及庫務局局長出席論壇致辭指出"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def draft(number: int, rng: random.Random) -> Draft:
    """Return the *number*th release: 5 kB, a third of them English."""
    language = LANGUAGES[number % 3]
    if language == "en":
        text = " ".join(rng.choices(ENGLISH, k=370)) + f" rare{number % 997}"
    else:
        text = "".join(rng.choices(CHINESE, k=900)) + f" rare{number % 997}"
    moment = BASE + timedelta(minutes=10 * number)
    return Draft(
        source=f"s{number % 200}", native_id=f"N{number}", url=f"https://s{number % 200}.example/{number}.htm",
        title=f"Title {number} {text[:40]}", seen=moment, published=moment, language=language, author="Bureau",
        summary=text[:200], text=text, html=f"<p>{text}</p>",
    )  # fmt: skip


def said(number: int) -> tuple[Tag, ...]:
    """Return 2.7 tags on the mean."""
    hit = Evidence(field="text", start=0, end=4, text="word", term="word", weight=1.0, snippet="a word here")
    chosen = {TOPICS[(number * 7) % 50], TOPICS[(number * 11) % 50], TOPICS[(number // 3) % 50]}
    return tuple(Tag(topic=topic, score=2.0, threshold=1.0, evidence=(hit,)) for topic in sorted(chosen))


def fill(store: Store, start: int, end: int) -> tuple[float, float]:
    """Put and tag releases; return the CPU seconds of each."""
    rng = random.Random(1)  # noqa: S311 -- no secret
    putting = tagging = 0.0
    for first in range(start, end, 500):
        drafts = [draft(number, rng) for number in range(first, min(first + 500, end))]
        before = time.process_time()
        with store.writing() as writing:
            for one in drafts:
                writing.put(one, now=NOW)
        putting += time.process_time() - before
        before = time.process_time()
        store.put_tags(
            ((release, said(int(release.native_id[1:]))) for release in store.untagged("d", limit=500)), digest="d"
        )
        tagging += time.process_time() - before
    return putting, tagging


def say(line: str) -> None:
    """Print *line* at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def copy(store: Store, times: int) -> None:
    """Make *times* as many releases of those there are, by the database itself: enough to measure its indexes."""
    database = store._database
    if database.is_sqlite:  # the copy need not outlive a power cut
        raw = database.engine.raw_connection()
        raw.cursor().execute("PRAGMA synchronous = OFF")
        raw.close()
    for number in range(1, times):
        with database.writing() as connection:
            step = f"{number:03}"
            for table, values in (
                ("releases", {"key": f"key + {number}0000000", "id": f"id || '-{step}'", "tagged": "'d'",
                              "search_key": f"search_key - {number}00000000000000"}),
                ("revisions", {"release": f"release + {number}0000000", "text": "'text'", "html": "'<p>text</p>'"}),
                ("memberships", {"id": f"id || '-{step}'"}),
            ):  # fmt: skip
                names = metadata.tables[table].c.keys()
                told = ", ".join(values.get(name, name) for name in names)
                first = {"releases": "key < 10000000", "revisions": "release < 10000000"}.get(
                    table, "substr(id, length(id) - 3, 1) <> '-'"
                )
                connection.exec_driver_sql(
                    f"INSERT INTO {table} ({', '.join(names)}) SELECT {told} FROM {table} WHERE {first}"  # noqa: S608 -- all of it is ours
                )


def feeds(store: Store) -> int:
    """Ask for the newest 50 of 150 feeds."""
    return sum(len(store.newest(topic=topic, language=name, limit=50)) for topic in TOPICS for name in LANGUAGES)


def bodies(store: Store) -> int:
    """Ask for the newest 50 of 150 feeds with their text."""
    asked = ((topic, name) for topic in TOPICS for name in LANGUAGES)
    return sum(len(store.releases(store.newest(topic=topic, language=name, limit=50))) for topic, name in asked)


def heads(store: Store) -> int:
    """Ask for the newest 50 of 150 feeds with their heads."""
    asked = ((topic, name) for topic in TOPICS for name in LANGUAGES)
    return sum(len(store.heads(store.newest(topic=topic, language=name, limit=50))) for topic, name in asked)


def cost(work: Callable[[], object], *, times: int = 5) -> tuple[float, float]:
    """Return the least CPU and wall milliseconds of *work*."""
    work()
    gc.collect()
    best = (float("inf"), float("inf"))
    for _ in range(times):
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        best = min(best, ((time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000))
    return best


def schedule(url: str) -> None:
    """Print what a tick costs at 100,000 due times."""
    with open_store(url) as store:
        store.sync_sources(
            [Newsroom(key=f"q{number}", title="T", host=f"h{number}") for number in range(100_000)], now=NOW
        )
        cpu, wall = cost(lambda: store.due(now=NOW - timedelta(days=1), limit=50))
        say(f"tick, 100,000 sources, none due\t{cpu:.2f}\t{wall:.2f}")
        cpu, wall = cost(lambda: store.due(now=NOW, limit=50))
        say(f"tick, 100,000 sources, all due, 50 taken\t{cpu:.2f}\t{wall:.2f}")
        cpu, wall = cost(store.next_due)
        say(f"next_due, 100,000 sources\t{cpu:.2f}\t{wall:.2f}")
        with store._database.writing() as connection:
            connection.execute(sources.delete())


def measure(store: Store, size: int, *, search: bool) -> None:
    """Print what the store answers how fast at *size* releases."""
    publishing: tuple[tuple[str, Callable[[], object]], ...] = (
        ("newest 50 of 150 feeds", lambda: feeds(store)),
        ("the same, heads", lambda: heads(store)),
        ("the same, whole", lambda: bodies(store)),
        ("untagged, none", lambda: store.untagged("d", limit=100)),
        ("newest 50 of all", lambda: store.newest(limit=50)),
        ("newest 50 of a source", lambda: store.newest(source="s7", limit=50)),
        ("corrections", lambda: store.corrections(limit=50)),
        ("months of a topic", lambda: store.months(topic="topic7")),
        ("count of a topic", lambda: store.count(topic="topic7")),
    )
    searching: tuple[tuple[str, Callable[[], object]], ...] = (
        ("search common word", lambda: store.search("government")),
        ("search 2 characters", lambda: store.search("人工")),
        ("search phrase", lambda: store.search("大灣區")),
        ("search rare word", lambda: store.search("rare13")),
        ("search common word in topic", lambda: store.search("policy", topic="topic7")),
        ("search common word in source", lambda: store.search("policy", source="s7")),
        ("search 3 words", lambda: store.search("policy finance innovation", language="en")),
        ("search 1 character", lambda: store.search("人")),
    )
    for name, work in (*publishing, *(searching if search else ())):
        cpu, wall = cost(work)
        say(f"{size}: {name}\t{cpu:.2f}\t{wall:.2f}")


def main() -> None:
    """Print a table: what, CPU ms, wall ms; *SIZE* releases are put one by one, then copied to 1,000,000."""
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder}/store.sqlite3"
        say(f"what\tCPU ms\twall ms\t(SQLite {sqlite3.sqlite_version})")
        schedule(url)
        with open_store(url) as store:
            held = 0
            for size in (10_000, 100_000):
                if size > largest:
                    break
                putting, tagging = fill(store, held, size)
                each = 1000 / (size - held)
                held = size
                say(f"{size}: put, each\t{putting * each:.3f}\n{size}: tag, each\t{tagging * each:.3f}")
                measure(store, size, search=True)
                if file := Database(url).path:
                    say(f"{size}: bytes a release\t{sum(map(_size, [file, Path(f'{file}-wal')])) / size:.0f}")
            copy(store, 1_000_000 // held)
            measure(store, store.count(), search=False)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


if __name__ == "__main__":
    main()
