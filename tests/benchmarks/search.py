"""Measure search among 100,000 releases: `python tests/benchmarks/search.py [--releases N] [--postgresql URL]`.

CPU time of a question, the worst ordinary ones: words in every release, narrowed by topics that few
of them have, two Chinese characters, what must not be there, spans of time. The texts are made up of words as frequent
as words are (Zipf), a third of them Chinese.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

from feeds.store import open_store
from feeds.store.index import index, search_key_of
from feeds.store.tables import memberships, releases, revisions
from feeds.where import parse

NEWEST = datetime(2026, 3, 20, tzinfo=UTC)
STEP = timedelta(minutes=40)
GOAL_MS = 50
TOPICS = {"common": 2, "some": 20, "rare": 2000}  # one release in so many is a member

random = Random(7)  # noqa: S311 -- the same texts in every run
ENGLISH = ["government", "department", "laboratory", "policy"]
ENGLISH += ["".join(random.choices("etaoinshrdlucmfwyp", k=random.randint(3, 10))) for _ in range(30_000)]
CHINESE = [chr(0x4E00 + random.randrange(6000)) for _ in range(4000)]
WEIGHTS = {len(words): list(accumulate(1 / (n + 1) for n in range(len(words)))) for words in (ENGLISH, CHINESE)}


def text(language: str) -> str:
    if language == "en":
        return " ".join(["government", *random.choices(ENGLISH, cum_weights=WEIGHTS[len(ENGLISH)], k=200)])
    signs = "".join(random.choices(CHINESE, cum_weights=WEIGHTS[len(CHINESE)], k=400))
    return f"政府{signs[:200]}。{signs[200:]}"


def rows(start: int, count: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    told, worded, members = [], [], []
    for number in range(start, start + count):
        language = "zh-Hant" if number % 3 == 0 else "en"
        published = NEWEST - STEP * number
        id_ = f"tag:news.example,2026:release/source-{number % 7}/{number}"
        body = text(language)
        told.append({
            "key": number + 1, "id": id_, "source": f"source-{number % 7}", "native_id": str(number), "numbered": True,
            "url": f"https://news.example/{number}", "language": language, "title": body[:60], "title_key": str(number),
            "author": "Harbour Office", "published": published, "published_offset": 0, "dated": True,
            "updated": published, "first_seen": published, "summary": body[:100], "extras": {}, "revision": 1,
            "once_tagged": True, "search_key": search_key_of(id_, published),
        })  # fmt: skip
        worded.append(
            {"release": number + 1, "number": 1, "seen": published, "digest": "", "page": "", "title": body[:60],
             "text": body, "html": ""}
        )  # fmt: skip
        member = {"id": id_, "language": language, "source": f"source-{number % 7}", "published": published}
        members += [{**member, "topic": topic} for topic, every in TOPICS.items() if number % every == every - 1]
    return told, worded, members


def fill(url: str, count: int) -> None:
    with open_store(url) as store:
        for start in range(0, count, 500):
            told, worded, members = rows(start, min(500, count - start))
            with store._database.writing() as connection:
                connection.execute(releases.insert(), told)
                connection.execute(revisions.insert(), worded)
                if members:
                    connection.execute(memberships.insert(), members)
                index(connection, [row["key"] for row in told])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=100_000)
    parser.add_argument("--store", help="where the store is or is to be: sqlite:///FILE, postgresql://…")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="baywire-bench-") as work:
        url = asked.store or f"sqlite:///{Path(work)}/store.sqlite3"
        with open_store(url) as store:
            have = store.count()
        if have == 0:
            fill(url, asked.releases)
        measure(url)


def measure(url: str) -> None:
    middle = NEWEST - STEP * 50_000
    where = parse("(some or rare) and not source:source-3", topics=list(TOPICS))
    with open_store(url) as store:
        questions: dict[str, Callable[[], Any]] = {
            "government (in two of three)": lambda: store.search("government"),
            "government, topic common": lambda: store.search("government", topic="common"),
            "government, topic some": lambda: store.search("government", topic="some"),
            "government, topic rare": lambda: store.search("government", topic="rare"),
            "government policy, topic rare": lambda: store.search("government policy", topic="rare"),
            "政府 (in one of three)": lambda: store.search("政府"),
            "政府, topic rare": lambda: store.search("政府", topic="rare"),
            "two frequent characters": lambda: store.search(CHINESE[0] + CHINESE[1]),
            "one frequent character": lambda: store.search(CHINESE[0]),
            "government -laboratory": lambda: store.search("government -laboratory"),
            "laboratory -government": lambda: store.search("laboratory -government"),
            "-government, topic rare": lambda: store.search("-government", topic="rare"),
            "government, ten days": lambda: store.search("government", since=middle, until=middle + timedelta(days=10)),
            "government, long ago": lambda: store.search("government", until=NEWEST - STEP * 90_000),
            "government, page 20": lambda: store.search("government", offset=475, limit=25),
            "where two topics, not a source": lambda: store.search("government", where=where),
            "source and language, no word": lambda: store.search("", source="source-1", language="en"),
            '"government department" (rare)': lambda: store.search('"government department"'),
            "none of the words": lambda: store.search("government qqqqq"),
        }
        for name, ask in questions.items():
            spent = []
            for _ in range(5):
                start, begun = time.process_time(), time.perf_counter()
                found = ask()
                spent.append((time.process_time() - start, time.perf_counter() - begun))
            took, wall = min(spent)[0] * 1000, min(one for _, one in spent) * 1000
            count = f"{found.total}{'+' if found.more else ''}"
            mark = "" if max(took, 0) <= GOAL_MS else "   ABOVE"
            sys.stdout.write(f"{name:34} {count:>6} found {took:7.1f} ms CPU {wall:7.1f} ms{mark}\n")
    sys.stdout.write(f"goal: {GOAL_MS} ms CPU each\n")


if __name__ == "__main__":
    main()
