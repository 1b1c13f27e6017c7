"""Real readers, each pointed at the Atom and the RSS feed of one topic, agree on what is in them."""

from __future__ import annotations

import mailbox
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import feedparser
import pytest

if TYPE_CHECKING:
    from conftest import Live

TOPIC = "greater-bay-area"


class Item(NamedTuple):
    """What a reader shows of an entry."""

    id: str
    title: str
    link: str
    published: datetime


Read = Callable[[str, Path], list[Item]]


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"needs {name}: install it to see what it reads")
    return found


def run(command: list[str], folder: Path, stdin: bytes | None = None) -> bytes:
    environ = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    done = subprocess.run(command, input=stdin, capture_output=True, check=True, timeout=60, env=environ, cwd=folder)
    return done.stdout


def with_feedparser(url: str, folder: Path) -> list[Item]:
    del folder
    return [
        Item(one.id, one.title, one.link, datetime(*one.published_parsed[:6], tzinfo=UTC))
        for one in feedparser.parse(url).entries
    ]


def with_sfeed(url: str, folder: Path) -> list[Item]:
    from urllib.request import urlopen

    with urlopen(url, timeout=10) as answer:  # noqa: S310 -- our own server, on loopback
        lines = run([program("sfeed")], folder, answer.read()).decode().splitlines()
    rows = [line.split("\t") for line in lines]
    return [Item(row[5], row[1], row[2], datetime.fromtimestamp(int(row[0]), UTC)) for row in rows]


def with_newsboat(url: str, folder: Path) -> list[Item]:
    (folder / "urls").write_text(f"{url}\n")
    (folder / "config").write_text("")
    cache = folder / "cache.db"
    files = ["-u", str(folder / "urls"), "-c", str(cache), "-C", str(folder / "config")]
    run([program("newsboat"), *files, "-x", "reload"], folder)
    with sqlite3.connect(cache) as database:
        rows = database.execute("SELECT guid, title, url, pubDate FROM rss_item ORDER BY id").fetchall()
    return [Item(guid, title, link, datetime.fromtimestamp(when, UTC)) for guid, title, link, when in rows]


def with_rss2email(url: str, folder: Path) -> list[Item]:
    r2e = [program("r2e"), "-c", str(folder / "r2e.cfg"), "-d", str(folder / "r2e.json")]
    run([*r2e, "new", "reader@news.example"], folder)
    config = (folder / "r2e.cfg").read_text()
    box = folder / "mail"
    mailbox.Maildir(box)
    for name, value in (("email-protocol", "maildir"), ("maildir-path", str(box)), ("date-header", "True")):
        lines = [line for line in config.splitlines() if not line.startswith(f"{name} ")]
        config = "\n".join([lines[0], f"{name} = {value}", *lines[1:]])
    (folder / "r2e.cfg").write_text(config + "\n")
    run([*r2e, "add", "one", url], folder)
    run([*r2e, "run"], folder)
    found = []
    for message in mailbox.Maildir(box / "INBOX" if (box / "INBOX").exists() else box, create=False):
        title = " ".join(str(make_header(decode_header(str(message["Subject"])))).split())
        when = parsedate_to_datetime(str(message["Date"])).astimezone(UTC)
        found.append(Item(str(message["X-RSS-ID"]).strip(), title, str(message["X-RSS-URL"]).strip(), when))
    return found


READERS: dict[str, Read] = {
    "feedparser": with_feedparser,
    "sfeed": with_sfeed,
    "newsboat": with_newsboat,
    "rss2email": with_rss2email,
}


@pytest.fixture
def expected(live: Live) -> dict[str, Item]:
    """Return what the store holds of the topic's edition."""
    ids = live.press.store.newest(topic=TOPIC, limit=100)
    releases = live.press.store.releases(ids).values()
    in_feed = {one.id for one in feedparser.parse(live.press.read(f"feeds/{TOPIC}.atom")).entries}
    return {
        one.id: Item(one.id, one.title, one.url, one.published.astimezone(UTC)) for one in releases if one.id in in_feed
    }


@pytest.mark.parametrize("form", ["atom", "rss"])
@pytest.mark.parametrize("reader", READERS)
def test_reader_shows_what_was_published(
    live: Live, tmp_path: Path, expected: dict[str, Item], reader: str, form: str
) -> None:
    shown = {item.id: item for item in READERS[reader](f"{live.base}feeds/{TOPIC}.{form}", tmp_path)}
    assert shown.keys() == expected.keys()
    assert len(shown) > 50
    for id_, item in expected.items():
        got = shown[id_]
        if reader == "rss2email":  # a mail is dated by when its entry last changed
            got = got._replace(published=item.published)
        assert got == item


def test_atom_and_rss_have_the_same_categories(live: Live) -> None:
    def categories(form: str) -> dict[str, set[tuple[str, str]]]:
        entries = feedparser.parse(live.press.read(f"feeds/{TOPIC}.{form}")).entries
        return {one.id: {(tag.scheme, tag.label or tag.term) for tag in one.tags} for one in entries}

    assert categories("atom") == categories("rss")
    assert (f"{live.base}topics/", "Greater Bay Area") in next(iter(categories("rss").values()))


def test_a_correction_is_an_update_to_no_reader_a_new_entry(live: Live, tmp_path: Path) -> None:
    """The corrected release has one id in every reader: none of them shows it twice."""
    for name, read in READERS.items():
        folder = tmp_path / name
        folder.mkdir()
        shown = [item.id for item in read(f"{live.base}feeds/all.atom", folder)]
        assert len(shown) == len(set(shown)), name
