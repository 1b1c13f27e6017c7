"""Real readers, each pointed at the Atom and the RSS feed of one topic, agree on what is in them."""

from __future__ import annotations

import json
import mailbox
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import feedparser
import pytest

from feeds import topic
from feeds.serve import application

if TYPE_CHECKING:
    from conftest import Live

TOPIC = "greater-bay-area"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Item(NamedTuple):
    """What a reader shows of an entry."""

    id: str
    title: str
    link: str
    published: datetime
    topics: frozenset[str] | None = None  # None where the reader keeps none


Read = Callable[[str, Path], list[Item]]


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"needs {name}: install it to see what it reads")
    return found


def run(command: list[str], folder: Path, stdin: bytes | None = None) -> bytes:
    environ = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    done = subprocess.run(command, input=stdin, capture_output=True, check=True, timeout=300, env=environ, cwd=folder)
    return done.stdout


def fetched(url: str) -> bytes:
    from urllib.request import urlopen

    with urlopen(url, timeout=120) as answer:  # noqa: S310 -- our own server, on loopback
        return bytes(answer.read())


def with_feedparser(url: str, folder: Path) -> list[Item]:
    del folder
    return [
        Item(
            one.id,
            one.title,
            one.link,
            datetime(*one.published_parsed[:6], tzinfo=UTC),
            frozenset(tag.label or tag.term for tag in one.get("tags", ())),
        )
        for one in feedparser.parse(url).entries
    ]


def with_fastfeedparser(url: str, folder: Path) -> list[Item]:
    import fastfeedparser

    del folder
    return [
        Item(
            one.id,
            one.title,
            one.link,
            datetime.fromisoformat(one.published).astimezone(UTC),
            frozenset(tag["label"] or tag["term"] for tag in one.get("tags") or ()),
        )
        for one in fastfeedparser.parse(fetched(url)).entries
    ]


def with_reader(url: str, folder: Path) -> list[Item]:
    from reader import make_reader

    with closing(make_reader(str(folder / "reader.sqlite"))) as one:
        one.add_feed(url, exist_ok=True)
        one.update_feed(url)
        entries = list(one.get_entries())
    return [
        Item(entry.id, entry.title or "", entry.link or "", (entry.published or NEVER).astimezone(UTC))
        for entry in entries
    ]


def with_node(package: str) -> Read:
    def read(url: str, folder: Path) -> list[Item]:
        modules = os.environ.get("BAYWIRE_NODE_MODULES", "")
        if not (Path(modules) / package / "package.json").is_file():
            pytest.skip(f"needs {package} from npm: BAYWIRE_NODE_MODULES names the node_modules that holds it")
        script = [program("node"), str(Path(__file__).with_name("readers.mjs")), modules, package]
        rows = json.loads(run(script, folder, fetched(url)))
        return [
            Item(id_, title, link, datetime.fromtimestamp(when, UTC), frozenset(topics) if topics else None)
            for id_, title, link, when, topics in rows
        ]

    return read


def with_sfeed(url: str, folder: Path) -> list[Item]:
    lines = run([program("sfeed")], folder, fetched(url)).decode().split("\n")[:-1]
    rows = [line.split("\t") for line in lines]
    return [Item(row[5], row[1], row[2], datetime.fromtimestamp(int(row[0]), UTC)) for row in rows]


def with_newsboat(url: str, folder: Path) -> list[Item]:
    (folder / "urls").write_text(f"{url}\n")
    (folder / "config").write_text("")
    cache = folder / "cache.db"
    files = ["-u", str(folder / "urls"), "-c", str(cache), "-C", str(folder / "config")]
    run([program("newsboat"), *files, "-x", "reload"], folder)
    with closing(sqlite3.connect(cache)) as database:
        rows = database.execute("SELECT guid, title, url, pubDate FROM rss_item ORDER BY id").fetchall()
    return [Item(guid, title, link, datetime.fromtimestamp(when, UTC)) for guid, title, link, when in rows]


def with_rss2email(url: str, folder: Path) -> list[Item]:
    config, box = folder / "r2e.cfg", folder / "mail"
    r2e = [program("r2e"), "-c", str(config), "-d", str(folder / "r2e.json")]
    if not config.exists():
        run([*r2e, "new", "reader@news.example"], folder)
        mailbox.Maildir(box)
        wanted = {"email-protocol": "maildir", "maildir-path": str(box), "date-header": "True"}
        first, *lines = config.read_text().splitlines()
        lines = [line for line in lines if line.split(" ")[0] not in wanted]
        config.write_text("\n".join([first, *(f"{name} = {value}" for name, value in wanted.items()), *lines]) + "\n")
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
    "fastfeedparser": with_fastfeedparser,
    "reader": with_reader,
    "rss-parser": with_node("rss-parser"),
    "@rowanmanning/feed-parser": with_node("@rowanmanning/feed-parser"),
    "feedsmith": with_node("feedsmith"),
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
    heads = live.press.store.heads(ids)
    names = {one.key: one for one in topic.load().topics}
    return {
        one.id: Item(
            one.id,
            one.title,
            one.url,
            one.published.astimezone(UTC),
            frozenset(names[key].name(one.language) for key in heads[one.id].topics),
        )
        for one in releases
        if one.id in in_feed
    }


@pytest.mark.parametrize(
    ("reader", "form"),
    [(reader, form) for reader in READERS for form in ("atom", "rss")] + [("feedsmith", "json"), ("reader", "json")],
)
def test_reader_shows_what_was_published(
    live: Live, tmp_path: Path, expected: dict[str, Item], reader: str, form: str
) -> None:
    listed = READERS[reader](f"{live.base}feeds/{TOPIC}.{form}", tmp_path)
    shown = {item.id: item for item in listed}
    assert shown.keys() == expected.keys()
    assert len(listed) == len(shown) > 50
    for id_, item in expected.items():
        got = shown[id_]
        if reader == "rss2email":  # a mail is dated by when its entry last changed
            got = got._replace(published=item.published)
        if got.topics is None:
            got = got._replace(topics=item.topics)
        assert got == item


def test_atom_and_rss_have_the_same_categories(live: Live) -> None:
    def categories(form: str) -> dict[str, set[tuple[str, str]]]:
        entries = feedparser.parse(live.press.read(f"feeds/{TOPIC}.{form}")).entries
        return {one.id: {(tag.scheme, tag.label or tag.term) for tag in one.tags} for one in entries}

    assert categories("atom") == categories("rss")
    assert (f"{live.base}topics/", "Greater Bay Area") in next(iter(categories("rss").values()))


# Readers that remember what they have shown.
KEEPING = {name: READERS[name] for name in ("reader", "newsboat", "rss2email")}


@pytest.mark.parametrize("name", KEEPING)
@pytest.mark.parametrize("form", ["atom", "rss"])
def test_an_edited_release_is_new_to_no_reader(
    live: Live, tmp_path: Path, running: Callable[..., AbstractContextManager[None]], name: str, form: str
) -> None:
    """Shown before and after a correction: no entry more, and none under another id."""
    press = live.press
    folder = tmp_path / "public/feeds"
    folder.mkdir(parents=True)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    feed = folder / f"one.{form}"
    whole = press.read(f"feeds/{TOPIC}.{form}")
    feed.write_bytes(whole)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/feeds/one.{form}"
    with running(application(folder.parent, site=press.site), listener):
        first = KEEPING[name](url, tmp_path)
        # A folder of mails has no order, and RSS writes "<" of a title in a way of its own.
        corrected = min((item for item in first if not set("&<>") & set(item.title)), key=lambda item: item.id)
        feed.write_bytes(edited(whole, corrected.title))
        os.utime(feed, (time.time() + 60, time.time() + 60))
        second = KEEPING[name](url, tmp_path)
    assert len(first) > 50
    assert sorted(item.id for item in second) == sorted(item.id for item in first)
    titles = {item.id: item.title for item in second}
    if name != "rss2email":  # a mail that was sent stays as it was
        assert titles[corrected.id] == f"{corrected.title} (corrected)"


def edited(feed: bytes, title: str) -> bytes:
    """Return *feed* as it is after the release called *title* was given another and a new `updated`."""
    start = feed.index(f"<title>{title}</title>".encode())
    end = feed.index(b"</", start)
    told = feed[:end] + b" (corrected)" + feed[end:]
    entry = max(told.rfind(b"<entry", 0, start), told.rfind(b"<item>", 0, start))
    changed = re.compile(rb"(updated>)\d{4}-[^<]*(<)")
    return told[:entry] + changed.sub(rb"\g<1>2026-03-05T00:00:00Z\g<2>", told[entry:], count=1)


def test_a_correction_is_an_entry_of_its_own_where_corrections_are_asked_for(live: Live, tmp_path: Path) -> None:
    """The corrected release has one id in every reader; in the feed of corrections it has another."""
    for name, read in READERS.items():
        folder = tmp_path / name.replace("/", "-")
        folder.mkdir()
        shown = [item.id for item in read(f"{live.base}feeds/all.atom", folder)]
        assert len(shown) == len(set(shown)), name
        (folder / "corrections").mkdir()
        corrections = read(f"{live.base}feeds/corrections.atom", folder / "corrections")
        assert [item.link for item in corrections], name
        assert not {item.id for item in corrections} & set(shown), name
