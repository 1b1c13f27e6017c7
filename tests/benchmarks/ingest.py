"""What taking releases in costs beside the bare inserts of the same rows: `python tests/benchmarks/ingest.py [URL]`.

Without *URL* on a file of SQLite; else on an empty database of PostgreSQL, which is emptied
at the end. Bare means: the rows as they are in our tables, ready made, sent by the driver's
`executemany`, as many a transaction as ours. Both alternate, so that a busy machine is busy for both.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from store import NOW, draft, say

from feeds.release import Draft
from feeds.store import KeptPage, Store, open_store
from feeds.store.tables import metadata

TABLES = ("releases", "revisions", "aliases", "pages", "validators")
COUNT, TIMES = 1_000, 3
Rows = dict[str, list[tuple[Any, ...]]]


def page(one: Draft) -> KeptPage:
    """Return the page of *one*: its text between tags."""
    body = f"<html><body>{one.html}</body></html>".encode()
    return KeptPage(source=one.source, url=one.url, fetched_at=NOW, status=200, body=body, etag='"x"')


def ours(store: Store, drafts: Sequence[Draft], size: int) -> None:
    """Put *drafts* with their pages, *size* a transaction."""
    for start in range(0, len(drafts), size):
        with store.writing() as writing:
            some = drafts[start : start + size]
            writing.put_all(some, now=NOW)
            writing.keep_pages(page(one) for one in some)


def rows_of(store: Store) -> Rows:
    """Return all rows that *store* holds, as the driver gave and takes them."""
    found: Rows = {}
    with store._database.reading() as connection:
        for name in TABLES:
            table = metadata.tables[name]
            told = [f"CAST({one.name} AS TEXT)" if one.name in {"extras", "headers"} else one.name for one in table.c]
            first = "release" if name == "aliases" else "1"
            asked = f"SELECT {', '.join(told)} FROM {name} ORDER BY {first}"  # noqa: S608 -- ours
            found[name] = [tuple(row) for row in connection.exec_driver_sql(asked)]
    return found


def bare(store: Store, rows: Rows, size: int) -> None:
    """Insert *rows* by the driver alone, those of *size* releases a transaction."""
    raw = store._database.engine.raw_connection()
    cursor: Any = raw.cursor()
    mark = "?" if store._database.is_sqlite else "%s"
    share = {name: -(-len(rows[name]) * size // len(rows["releases"])) for name in TABLES}
    for step in range(-(-len(rows["releases"]) // size)):
        if store._database.is_sqlite:
            cursor.execute("BEGIN IMMEDIATE")
        for name in TABLES:
            if some := rows[name][step * share[name] : (step + 1) * share[name]]:
                marks = ", ".join([mark] * len(some[0]))
                cursor.executemany(f"INSERT INTO {name} VALUES ({marks})", some)  # noqa: S608 -- ours
        raw.commit()
    raw.close()


def empty(store: Store) -> None:
    """Forget all releases and pages."""
    with store._database.writing() as connection:
        for name in (*TABLES, "tags", "memberships", "fragments", "links"):
            if name in metadata.tables:
                connection.execute(metadata.tables[name].delete())


def cost(work: Callable[[], object]) -> tuple[float, float]:
    """Return CPU and wall milliseconds a release."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return (time.process_time() - cpu) * 1000 / COUNT, (time.perf_counter() - wall) * 1000 / COUNT


def measure(store: Store, size: int) -> None:
    """Print what *size* releases a transaction cost, ours and bare, and how far ours comes."""
    dice = random.Random(1)  # noqa: S311 -- no secret
    drafts = [replace(draft(number, dice), source=f"s{number // 50}") for number in range(COUNT)]
    found: dict[str, list[tuple[float, float]]] = {"ours": [], "bare": []}
    for _ in range(TIMES):
        found["ours"].append(cost(lambda: ours(store, drafts, size)))
        rows = rows_of(store)
        empty(store)
        found["bare"].append(cost(lambda rows=rows: bare(store, rows, size)))  # type: ignore[misc]  # a default binds it
        empty(store)
    mine, raw = ([statistics.median(column) for column in zip(*found[name], strict=True)] for name in found)
    told = [f"{one:.3f}\t{other:.3f}\t{other / one:.2f}" for one, other in zip(mine, raw, strict=True)]
    say("\t".join([str(size), *told]))


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{Path(folder)}/store.sqlite3"
        with open_store(url) as store:
            kind = f"SQLite {sqlite3.sqlite_version}" if store._database.is_sqlite else "PostgreSQL"
            say(f"a transaction\tCPU ms, ours\tbare\tspeed\twall ms, ours\tbare\tspeed\t({kind}, {COUNT} releases)")
            for size in (20, 100):
                measure(store, size)


if __name__ == "__main__":
    main()
