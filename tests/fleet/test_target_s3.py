"""Publishing to an object store: each object says what it is, and whoever follows a link arrives."""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from feeds import topic
from feeds.error import PublishError
from feeds.publish import publish
from feeds.publish.target_s3 import S3Target
from feeds.release import Draft, Newsroom
from feeds.render.packing import packed
from feeds.site import Site
from feeds.store import Store, open_store
from scheduler.config import load
from scheduler.doctor import look_at_setup

if TYPE_CHECKING:
    from fleet.bucket import Breaking, Bucket

NOW = datetime(2026, 6, 4, 5, tzinfo=UTC)
SITE = Site(base_url="https://feeds.example/", title="Feeds", formats=("atom",), languages=("en",))
NEWSROOM = Newsroom(key="harbour-en", title="Harbour", site="https://harbour.example/", language="en")
TOPICS = topic.load()


@pytest.fixture
def target(bucket: Bucket) -> S3Target:
    del bucket  # the environment leads to it
    return S3Target("s3://feeds/public", SITE)


def draft(number: int, *, month: int) -> Draft:
    text = f"The office opened an artificial intelligence laboratory, the number {month}-{number}."
    return Draft(
        source="harbour-en",
        url=f"https://harbour.example/{month}/{number}.htm",
        title=f"Release {month}-{number}",
        seen=NOW,
        native_id=f"R{month}{number:04}",
        language="en",
        published=datetime(2026, month, 1, tzinfo=UTC) + timedelta(hours=number),
        text=text,
        html=f"<p>{text}</p>",
    )


def add(store: Store, month: int, numbers: range) -> None:
    with store.writing() as writing:
        for number in numbers:
            writing.put(draft(number, month=month), now=NOW)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Yield a store whose feeds have archives."""
    with open_store(f"sqlite:///{tmp_path}/store.sqlite3") as opened:
        opened.sync_sources(
            [Newsroom(key="harbour-en", title="Harbour", site="https://h.example/", language="en")], now=NOW
        )
        add(opened, 3, range(90))
        add(opened, 4, range(40))
        yield opened


def test_a_file_is_there_once_it_is_settled(target: S3Target) -> None:
    target.write("feeds/ai.atom", b"one")
    target.settle()
    assert target.read("feeds/ai.atom") == b"one"
    assert target.read("feeds/none.atom") is None
    target.write("feeds/ai.atom", b"two")
    target.settle()
    assert S3Target(target.name, SITE).read("feeds/ai.atom") == b"two"


def test_a_stamp_is_the_same_as_written_and_as_listed_and_tells_an_edited_object(target: S3Target) -> None:
    for path in ("index.html", "feeds/ai.atom"):
        target.write(path, b"one")
    target.settle()
    other = S3Target(target.name, SITE)
    for path in ("index.html", "feeds/ai.atom"):
        assert target.stamp(path) == other.stamp(path) != ""
    other.write("feeds/ai.atom", b"two")
    other.settle()
    assert other.stamp("feeds/ai.atom") != target.stamp("feeds/ai.atom")
    assert target.stamp("feeds/b.atom") == target.stamp("b.txt") == ""


def test_removing_twice_is_no_error(target: S3Target) -> None:
    target.write("feeds/archive/ai/2026-01.atom", b"old")
    target.settle()
    for _ in range(2):
        target.remove("feeds/archive/ai/2026-01.atom")
    assert target.stamp("feeds/archive/ai/2026-01.atom") == ""
    assert list(target.paths()) == []


def test_paths_are_those_below_a_folder_and_below_our_prefix(target: S3Target) -> None:
    elsewhere = S3Target("s3://feeds/public-2", SITE)
    for place in (target, elsewhere):
        for number in range(3):
            place.write(f"feeds/archive/ai/{number}.atom", b"x")
        place.write("index.html", b"x")
        place.settle()
    assert sorted(target.paths("feeds/archive/")) == [f"feeds/archive/ai/{number}.atom" for number in range(3)]
    assert len(list(target.paths())) == 4


@pytest.mark.parametrize(
    ("path", "kind", "age", "coding"),
    [
        ("feeds/ai.atom", "application/atom+xml; charset=utf-8", "max-age=300", None),
        ("feeds/ai.json", "application/feed+json", "max-age=300", None),
        ("feeds/ai.rss.gz", "application/rss+xml; charset=utf-8", "max-age=300", "gzip"),
        ("feeds/archive/ai/2026-01.atom", "application/atom+xml; charset=utf-8", "max-age=300", None),
        ("topics/ai/index.html", "text/html; charset=utf-8", "max-age=120", None),
        ("feeds/index.opml", "text/x-opml; charset=utf-8", "max-age=300", None),
    ],
)
def test_an_object_says_what_it_is(  # noqa: PLR0913, PLR0917 -- a table of four columns
    target: S3Target, bucket: Bucket, path: str, kind: str, age: str, coding: str | None
) -> None:
    target.write(path, b"x")
    target.settle()
    status, headers, _ = bucket.get(f"public/{path}")
    assert status == 200
    assert headers["content-type"] == kind
    assert age in headers["cache-control"]
    assert headers.get("content-encoding") == coding


def test_a_month_that_is_over_is_kept_for_ever_packed_or_not(target: S3Target, bucket: Bucket) -> None:
    body = b'<feed xmlns:fh="http://purl.org/syndication/history/1.0"><fh:archive/></feed>'
    for end, copy in (("", body), (".gz", gzip.compress(body)), (".br", packed(body))):
        target.write(f"feeds/archive/ai/2026-01.atom{end}", copy)
        target.settle()
        headers = bucket.get(f"public/feeds/archive/ai/2026-01.atom{end}")[1]
        assert "immutable" in headers["cache-control"], end


@pytest.mark.parametrize(
    ("url", "told"), [("s3://nowhere/x", "NoSuchBucket|not found|Not Found"), ("http://feeds/x", "s3://BUCKET")]
)
def test_a_place_that_is_none_is_told_by_name(bucket: Bucket, url: str, told: str) -> None:
    def upload() -> None:
        place = S3Target(url, SITE)
        place.write("a.txt", b"x")
        place.settle()

    del bucket
    with pytest.raises(PublishError, match=told) as raised:
        upload()
    assert url in str(raised.value)
    assert "writer" not in str(raised.value)


def test_what_is_published_to_a_bucket_is_what_is_published_to_a_directory(
    store: Store, target: S3Target, tmp_path: Path
) -> None:
    publish(store, TOPICS, SITE, target, now=NOW)
    publish(store, TOPICS, SITE, tmp_path / "public", now=NOW)
    there = {path: target.read(path) for path in target.paths()}
    here = {
        path.relative_to(tmp_path / "public").as_posix(): path.read_bytes()
        for path in (tmp_path / "public").rglob("*")
        if path.is_file()
    }
    assert there == here
    assert len(here) > 100


def test_publishing_again_uploads_nothing(store: Store, breaking: Breaking) -> None:
    publish(store, TOPICS, SITE, S3Target("s3://feeds/public", SITE), now=NOW)
    before = breaking.changes
    again = publish(store, TOPICS, SITE, S3Target("s3://feeds/public", SITE), now=NOW)
    assert again.written == ()
    assert breaking.changes == before > 100


_OLDER = re.compile(rb'href="https://feeds\.example/(feeds/archive/[^"]+)"')
_LISTED = re.compile(rb'xmlUrl="https://feeds\.example/([^"]+)"')


def astray(bucket: Bucket) -> list[str]:
    """Return what a reader finds missing who asks for every listed feed, and for every older part that one names."""
    listed = bucket.get("public/feeds/index.opml")[2]
    lost = []
    ask = {path.decode() for path in _LISTED.findall(listed)}
    seen = {"feeds/all.atom", "feeds/source/harbour-en.atom"}  # subscribed to before there was a list
    for path in seen:
        ask |= {found.decode() for found in _OLDER.findall(bucket.get(f"public/{path}")[2])}
    while ask:
        path = ask.pop()
        seen.add(path)
        status, _, body = bucket.get(f"public/{path}")
        if status != 200:
            lost.append(path)
        ask |= {found.decode() for found in _OLDER.findall(body)} - seen
    return lost


@pytest.mark.parametrize(
    "uploads",
    [
        pytest.param((60,), marks=pytest.mark.soak),
        pytest.param((1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144), marks=pytest.mark.soak),
    ],
    ids=["some", "many"],
)
def test_no_feed_names_an_archive_that_is_not_there_wherever_a_publication_breaks(
    store: Store, bucket: Bucket, breaking: Breaking, uploads: tuple[int, ...]
) -> None:
    lost: list[str] = []
    done = threading.Event()
    broken = 0

    def read() -> None:
        while not done.is_set():
            lost.extend(astray(bucket))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for month in (5, 6):
            for after in uploads:
                breaking.refuse = breaking.changes + after
                try:
                    publish(store, TOPICS, SITE, S3Target("s3://feeds/public", SITE), now=NOW)
                except PublishError:
                    broken += 1
                assert astray(bucket) == []
            add(store, month, range(60))
        breaking.refuse = 0
        last = publish(store, TOPICS, SITE, S3Target("s3://feeds/public", SITE), now=NOW)
    finally:
        done.set()
        reader.join()
    assert lost == []
    assert broken > len(uploads)
    assert last.refused == ()
    assert astray(bucket) == []
    _, _, packed = bucket.get("public/feeds/all.atom.gz")
    assert gzip.decompress(packed) == bucket.get("public/feeds/all.atom")[2]


def test_the_doctor_looks_into_the_bucket(tmp_path: Path, target: S3Target) -> None:
    environ = {"BAYWIRE_PUBLISH_TARGET": target.name}
    config = load(tmp_path, environ=environ)
    with open_store(config.store.url) as store:
        store.sync_sources([NEWSROOM], now=NOW)
        add(store, 3, range(2))

    def told() -> tuple[bool, str]:
        found = {one.subject: one for one in look_at_setup(config, now=NOW)}
        assert "folder" not in found
        return found["published"].wrong, found["published"].found

    assert told() == (True, "nothing in s3://feeds/public: type baywire publish")
    target.write("manifest.json", b"{}")
    target.settle()
    assert told() == (False, "a manifest in s3://feeds/public")
