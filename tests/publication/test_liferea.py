"""Liferea, a reader with windows, on a display that nobody sees: what it lists is what was published."""

from __future__ import annotations

import calendar
import html
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import feedparser  # type: ignore[import-untyped]  # it ships no types
import pytest

from feeds.serve import application

if TYPE_CHECKING:
    from conftest import Live

pytestmark = pytest.mark.soak  # it takes its time to start, and to look

FEED = "feeds/greater-bay-area"
NOTHING = '<opml version="1.0"><head><title>One</title></head><body></body></opml>'
# By D-Bus it looks again, as often as the file is there.
INSIDE = """
liferea --mainwindow-state=hidden -a "$1" &
while kill -0 $!; do
    if [ -e "$2" ]; then
        rm "$2"
        gdbus call --session --dest org.gnome.feed.Reader --object-path /org/gnome/feed/Reader \
            --method org.gnome.feed.Reader.Refresh
    fi
    sleep 0.2
done
"""


class Item(NamedTuple):
    """What it lists of an entry."""

    id: str
    title: str
    link: str
    published: datetime
    topics: frozenset[str]


@contextmanager
def liferea(url: str, folder: Path) -> Iterator[Path]:
    """Run Liferea, subscribed to *url* alone, with its files in *folder*; yield what to touch for it to look again."""
    for name in ("xvfb-run", "dbus-run-session", "liferea", "gdbus"):
        if shutil.which(name) is None:
            pytest.skip(f"needs {name}: install it to see what Liferea reads")
    (folder / "config/liferea").mkdir(parents=True, exist_ok=True)
    (folder / "config/liferea/feedlist.opml").write_text(NOTHING)
    again = folder / "again"
    homes = {"HOME": "", "XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_CACHE_HOME": "cache"}
    environ = os.environ | {name: str(folder / place) for name, place in homes.items()}
    environ |= {"GSETTINGS_BACKEND": "memory", "NO_AT_BRIDGE": "1", "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
    process = subprocess.Popen(
        ["xvfb-run", "-a", "dbus-run-session", "--", "sh", "-c", INSIDE, "sh", url, str(again)],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield again
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)


def listed(path: Path) -> list[Item]:
    """Return what the database at *path* has; nothing where it is being made."""
    if not path.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
            rows = database.execute("SELECT item_id, source_id, title, source, date FROM items").fetchall()
            more = database.execute("SELECT item_id, key, value FROM metadata").fetchall()
    except sqlite3.OperationalError:
        return []
    told: dict[int, dict[str, list[str]]] = {}
    for number, key, value in more:
        told.setdefault(number, {}).setdefault(key, []).append(value)
    found = []
    for number, id_, title, link, changed in rows:
        one = told.get(number, {})
        # Where an entry has two dates, "date" is when it last changed.
        when = datetime.fromisoformat(one["pubDate"][0]) if "pubDate" in one else datetime.fromtimestamp(changed, UTC)
        topics = frozenset(map(html.unescape, one.get("category", ())))
        found.append(Item(id_, html.unescape(title), link, when.astimezone(UTC), topics))
    return found


def published(feed: bytes) -> set[Item]:
    return {
        Item(
            one.id,
            one.title,
            one.link,
            datetime.fromtimestamp(calendar.timegm(one.published_parsed), UTC),
            frozenset(tag.label or tag.term for tag in one.tags),
        )
        for one in feedparser.parse(feed).entries
    }


def until(database: Path, wanted: set[Item]) -> list[Item]:
    """Return what *database* lists once that is *wanted*, or after two minutes."""
    end = time.monotonic() + 120
    while set(found := listed(database)) != wanted and time.monotonic() < end:
        time.sleep(0.2)
    return found


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_liferea_lists_what_was_published_and_an_edited_release_once(
    live: Live, tmp_path: Path, running: Callable[..., AbstractContextManager[None]], form: str
) -> None:
    """An entry that comes later shows that it looked again; it leaves the wording that it had of an edited one."""
    press, folder = live.press, tmp_path / "public/feeds"
    folder.mkdir(parents=True)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    feed, database = folder / f"one.{form}", tmp_path / "data/liferea/liferea.db"
    whole = press.read(f"{FEED}.{form}")
    before = re.sub(rb"<(entry|item)\b.*?</\1>", b"", whole, count=1, flags=re.DOTALL)
    edited = re.sub(rb"(updated>)\d{4}-[^<]*(<)", rb"\g<1>2026-03-05T00:00:00Z\g<2>", whole)
    edited = edited.replace(b"<title>Release 2", b"<title>Corrected release 2")
    feed.write_bytes(before)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/feeds/one.{form}"
    with running(application(folder.parent, site=press.site), listener), liferea(url, tmp_path) as again:
        first = until(database, published(before))
        assert set(first) == published(before)
        assert len(first) == len({one.id for one in first}) > 50
        feed.write_bytes(edited)
        os.utime(feed, (time.time() + 60, time.time() + 60))
        again.touch()
        second = until(database, published(whole))
    assert set(second) == published(whole)
    assert len(second) == len(first) + 1
