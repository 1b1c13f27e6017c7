"""What the newest 50 of 150 feeds cost on PostgreSQL, of 10,000 releases and of a million.

``python tests/benchmarks/newest.py [--releases 1000000] [--folder DIR]`` starts a PostgreSQL of its own, which makes
the releases itself; a million take some minutes and 3 GB below the folder. Asked as publishing asks: the newest 50 ids
of each of 50 topics in 3 languages, then their heads. Wall time, the best of nine; CPU is of client and server.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import psycopg

from feeds.release import Newsroom
from feeds.store import Store, open_store

NOW = datetime(2026, 3, 20, tzinfo=UTC)
LANGUAGES = ("en", "zh-Hant", "pt")
TOPICS, SOURCES, TIMES = 50, 10, 9


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"benchmark_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


fleet = _load(Path(__file__).with_name("fleet.py"))

# Ten years, evenly; every release is in one topic and has three hundred characters.
_FILL = """
CREATE TEMPORARY TABLE made AS
SELECT n AS key, 'source-' || n % {sources} AS source, (ARRAY['en', 'zh-Hant', 'pt'])[n % 3 + 1] AS language,
    1458432000000000 + n * (315360000000000 / {count}) AS at,
    'tag:baywire.invalid,2026:release/source-' || n % {sources} || '/N' || n AS id,
    'topic-' || n / 3 % {topics} AS topic,
    n || repeat(' The office said that the harbour would be open to ships from next month on.', 4) AS said
FROM generate_series({start}::bigint, {count} - 1) AS n;
INSERT INTO releases (key, id, source, native_id, numbered, url, language, title, title_key, author, published,
    published_offset, dated, updated, first_seen, summary, extras, revision, tagged, once_tagged, search_key, changed)
SELECT key, id, source, 'N' || key, true, 'https://harbour.example/' || key, language, 'Release ' || key,
    'release ' || key, 'Harbour Office', at, 0, true, at, at, '',
    '{{"attachments":[],"facts":{{}},"photos":[],"repairs":[]}}', 1, '1', true, key, 1 FROM made;
INSERT INTO revisions (release, number, seen, digest, page, title, text, html)
SELECT key, 1, at, to_hex(key), '', 'Release ' || key, said, '<p>' || said || '</p>' FROM made;
INSERT INTO memberships (id, topic, language, source, published) SELECT id, topic, language, source, at FROM made;
DROP TABLE made;
"""


def fill(url: str, start: int, count: int) -> float:
    """Fill the store at *url*, which holds *start* releases, up to *count*; return how many seconds it took."""
    began = time.monotonic()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_FILL.format(sources=SOURCES, topics=TOPICS, start=start, count=count).encode())
        connection.execute(b"VACUUM ANALYZE")
    return time.monotonic() - began


def ask(store: Store) -> None:
    """Ask for the newest 50 of every edition, and for their heads."""
    for topic in range(TOPICS):
        for language in LANGUAGES:
            assert len(store.heads(store.newest(topic=f"topic-{topic}", language=language, limit=50))) == 50


def newest(url: str, server: int) -> tuple[float, float]:
    """Return how many milliseconds the newest 50 of 150 editions take: of wall time, at best, and of CPU, on average.

    *server* is the process of PostgreSQL.
    """
    best = float("inf")
    with open_store(url) as store:
        ask(store)
        before = time.process_time(), fleet.cpu_of(server)
        for _ in range(TIMES):
            began = time.perf_counter()
            ask(store)
            best = min(best, time.perf_counter() - began)
        spent = time.process_time() - before[0] + fleet.cpu_of(server) - before[1]
    return best * 1000, spent * 1000 / TIMES


def main() -> None:
    """Print what each size takes, and how many times the small one the large one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--releases", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    given = parser.parse_args()
    server = fleet.farm.Server(given.folder / f"bwn-{os.getpid()}")
    try:
        stores = {}
        for count in (10_000, given.releases):
            with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
                admin.execute(f"CREATE DATABASE newest_{count}".encode())
            url = stores[count] = server.url(f"newest_{count}")
            with open_store(url) as store:
                store.sync_sources([Newsroom(key=f"source-{n}", title=f"Source {n}") for n in range(SOURCES)], now=NOW)
            fleet.say(f"{count} releases made in {fill(url, 0, count):.0f} s")
        walls = {count: newest(url, server.pid) for _ in range(2) for count, url in stores.items()}
        for count, (wall, cpu) in walls.items():
            fleet.say(f"newest 50 of 150 editions of {count}: {wall:.0f} ms, {cpu:.0f} ms of CPU")
        fleet.say(f"{walls[given.releases][0] / walls[10_000][0]:.2f} times as long (the goal is 1.5)")
    finally:
        server.remove()


if __name__ == "__main__":
    main()
