"""Several processes that write one store at once: on a server side by side, on a file one after the other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection

from feeds.store import Store, open_store
from feeds.store.tables import meta

# Each process puts the same releases, in an order of its own, some at once; those of two sources link to each other.
CRAWL = """
import random
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from feeds.release import Change, Draft, Translation
from feeds.store import KeptPage, open_store

url, mine = sys.argv[1], int(sys.argv[2])
seen = datetime(2026, 5, 6, tzinfo=UTC)
dice = random.Random(mine)

def draft(source, other, number):
    address = f"https://{source}.example/{number}"
    return Draft(source=source, native_id=f"N{number}", url=address, title=f"T {source} {number}", seen=seen,
                 published=seen - timedelta(hours=number), language=source, text=f"Words {source} {number} " * 9,
                 translations=(Translation(language=other, url=f"https://{other}.example/{number}"),))

drafts = [draft(*pair, number) for number in range(30) for pair in (("en", "pt"), ("pt", "en"))]
with open_store(url) as store:
    for turn in range(2):
        if turn:  # all corrected meanwhile
            store.set_meta(f"read {mine}", "once")
            while not all(store.meta(f"read {other}") for other in range(3)):
                time.sleep(0.02)
            drafts = [replace(one, text=one.text + " corrected", seen=seen + timedelta(days=1)) for one in drafts]
        dice.shuffle(drafts)
        for start in range(0, len(drafts), 15):
            some = drafts[start : start + 15]
            pages = [KeptPage(source=one.source, url=one.url, fetched_at=seen, status=200, body=b"x") for one in some]

            def work(writing):
                found = writing.put_all(some, now=seen)
                writing.keep_pages(dice.sample(pages, len(pages)))
                return found

            for change, id_ in store.write(work):
                if change is not Change.SEEN:
                    print(change.value, id_, flush=True)
    store.set_meta(f"read {mine}", "twice")
"""
TAG = """
import sys
from feeds.store import open_store
with open_store(sys.argv[1]) as store:
    while not all(store.meta(f"read {one}") == "twice" for one in range(3)):
        store.put_tags([(release, ()) for release in store.untagged("d", limit=30)], digest="d")
"""


@pytest.fixture
def said(store_url: str) -> list[str]:
    """Return what three crawls and a publication at once said of what they did."""
    told = [sys.executable, "-W", "error", "-c"]
    crawls = [
        subprocess.Popen([*told, CRAWL, store_url, str(mine)], stdout=subprocess.PIPE, text=True) for mine in range(3)
    ]
    tagging = subprocess.Popen([*told, TAG, store_url])
    heard = [line for crawl in crawls for line in crawl.communicate(timeout=300)[0].splitlines()]
    assert [crawl.returncode for crawl in crawls] == [0, 0, 0]
    assert tagging.wait(30) == 0
    return heard


def test_what_several_crawls_bring_at_once_is_there_once(
    store_url: str, said: list[str], publish: Callable[[Store], None]
) -> None:
    new = [line for line in said if line.startswith("new ")]
    changed = [line for line in said if line.startswith("changed ")]
    assert len(new) == len(set(new)) == 60
    assert len(changed) == len(set(changed)) == 60
    with open_store(store_url) as store:
        everything = store.releases(store.newest(limit=None))
        assert len(everything) == 60
        assert {(release.revision, len(release.translations)) for release in everything.values()} == {(2, 1)}
        assert all(release.translations[0].id in everything for release in everything.values())
        publish(store)
        assert store.search("corrected").total == 60
        assert len(store.pages()) == 60


@pytest.mark.parametrize("fresh", ["postgresql"], indirect=True)  # a file lets in one writer after the other
def test_a_write_that_two_make_at_once_is_done_anew(store: Store, tmp_path: Path) -> None:
    rest = tmp_path / "rest"
    program = f"""
import sys, time
from pathlib import Path
from feeds.store import open_store
from feeds.store.tables import meta
with open_store(sys.argv[1]) as store, store._database.writing() as connection:
    connection.execute(meta.insert(), {{"key": "a", "value": "theirs"}})
    Path({str(rest)!r}).touch()
    time.sleep(0.5)
"""
    url = store._database.url.render_as_string(hide_password=False)
    other = subprocess.Popen([sys.executable, "-W", "error", "-c", program, url])
    while not rest.exists():
        assert other.poll() is None
    tries: list[str] = []

    def work(connection: Connection) -> None:
        tries.append("ab"[len(tries)])
        connection.execute(meta.insert(), {"key": tries[-1], "value": "ours"})

    store._database.write(work)
    assert other.wait(10) == 0
    assert tries == ["a", "b"]
    assert (store.meta("a"), store.meta("b")) == ("theirs", "ours")
