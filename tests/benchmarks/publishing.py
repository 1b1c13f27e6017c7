"""Measure publishing and serving against plain feedgen and nginx, in one run: `python tests/benchmarks/publishing.py`.

Ratios of CPU time are what to read; seconds depend on the machine. The work: 50 topics
in 3 languages and 3 formats, 50 entries of 5 kB each, 450 files; then one new release
in 3 of the 150 editions; then requests over loopback, where nginx and wrk are installed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feedgen.feed import FeedGenerator

from feeds.edition import editions
from feeds.publish import publish
from feeds.publish.book import Book
from feeds.publish.feed import FeedFiles
from feeds.publish.fragments import Fragments
from feeds.publish.lineup import Lineup
from feeds.publish.outbox import Outbox
from feeds.publish.selection import Selection
from feeds.publish.target import DirectoryTarget
from feeds.release import Draft, Newsroom, Release
from feeds.site import Site
from feeds.store import Store, open_store
from feeds.tag import Tag

NOW = datetime(2026, 3, 20, tzinfo=UTC)
LANGUAGES = ("en", "zh-Hant", "pt")
SENTENCE = "The office said that the harbour would be open to ships of every size from next month on. "


@dataclass(frozen=True)
class Topic:
    """A topic that finds its own key in a title."""

    key: str
    digest: str = "1"
    about: str = "A topic."
    maps: tuple[object, ...] = ()

    @property
    def names(self) -> dict[str, str]:
        return {"en": self.key}

    def name(self, _language: str) -> str:
        return self.key


class Topics:
    """As many topics as asked for."""

    digest = "1"

    def __init__(self, count: int) -> None:
        self.topics = tuple(Topic(f"topic-{number}") for number in range(count))

    def explain(self, *, title: str, **_more: str) -> tuple[Tag, ...]:
        return tuple(Tag(topic=key, score=3.0, threshold=3.0) for key in title.split() if key.startswith("topic-"))


def draft(number: int, language: str, topics: str) -> Draft:
    text = "\n\n".join(SENTENCE * 7 for _ in range(8))
    return Draft(
        source=f"source-{LANGUAGES.index(language)}",
        url=f"https://harbour.example/{language}/{number}",
        native_id=f"N{number}",
        title=f"Release {number} {topics}",
        seen=NOW,
        language=language,
        author="Harbour Office",
        published=NOW - timedelta(minutes=number % 7500),
        text=f"{number} {text}",
        html="".join(f"<p>{number} {part}</p>" for part in text.split("\n\n")),
    )


def fill(store: Store, topics: Topics, entries: int) -> None:
    store.sync_sources([Newsroom(key=f"source-{n}", title=f"Source {n}") for n in range(3)], now=NOW)
    number = 0
    for topic in topics.topics:
        with store.writing() as writing:
            for language in LANGUAGES:
                for _ in range(entries):
                    writing.put(draft(number, language, topic.key), now=NOW)
                    number += 1
    tag(store, topics)


def tag(store: Store, topics: Topics) -> None:
    while untagged := store.untagged(topics.digest, limit=500):
        store.put_tags([(one, topics.explain(title=one.title)) for one in untagged], digest=topics.digest)


def news(store: Store, number: int) -> None:
    """Take in a release that is newer than all, in one language and three topics."""
    one = replace(draft(number, "en", "topic-1 topic-2 topic-3"), published=NOW + timedelta(seconds=number - 999_000))
    with store.writing() as writing:
        writing.put(one, now=NOW)


def cpu(work: Callable[[], object], repeat: int = 1) -> float:
    best = float("inf")
    for _ in range(repeat):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def plain_feedgen(store: Store, plan: list[tuple[str, tuple[str, ...]]], folder: Path) -> None:
    """Write the same feeds as anybody would: Atom and RSS by feedgen, JSON by json.dumps."""
    import json

    folder.mkdir(parents=True, exist_ok=True)
    for key, ids in plan:
        releases: list[Release] = list(store.releases(ids).values())
        made = FeedGenerator()
        made.id(f"tag:{key}")
        made.title(key)
        made.link(href="https://news.example/")
        made.description(key)
        for one in releases:
            entry = made.add_entry(order="append")
            entry.id(one.id)
            entry.title(one.title)
            entry.link(href=one.url)
            entry.published(one.published)
            entry.updated(one.updated)
            entry.author(name=one.author)
            entry.summary(one.text[:300])
            entry.content(one.html, type="html")
        made.atom_file(str(folder / f"{key}.atom"))
        made.rss_file(str(folder / f"{key}.rss"))
        items = [
            {"id": one.id, "url": one.url, "title": one.title, "content_html": one.html, "summary": one.text[:300],
             "date_published": one.published.isoformat(), "date_modified": one.updated.isoformat()}
            for one in releases
        ]  # fmt: skip
        (folder / f"{key}.json").write_text(json.dumps({"version": "1.1", "title": key, "items": items}))


def our_feeds(store: Store, site: Site, topics: Topics, folder: Path) -> int:
    """Write the editions of every topic and language that are not in *folder* as they should be; return how many files.

    The first time into a place the store is asked what is in each, and all is rendered
    that never was. Later the book remembers: of a lost folder all is written again, of
    news what they touch, by the same steps as `publish` takes.
    """
    tag(store, topics)
    newsrooms = store.newsrooms()
    outbox = Outbox(DirectoryTarget(folder))
    book = Book(store, outbox.target)
    fragments = Fragments(store, site, topics.topics, newsrooms)
    ids = [id_ for id_, _ in store.changed(book.mark, limit=100)] if book.settings else []
    book.forget_heads(ids)
    selection = Selection(store, topics=(), sources=(), heads=book.heads)
    changed = {head.id: head for head in selection.heads(ids)}
    files = FeedFiles(
        store,
        site,
        topics,  # type: ignore[arg-type]
        outbox=outbox,
        book=book,
        fragments=fragments,
        changed=changed,
        selection=selection,
        same=True,
    )
    plan = [one for one in editions(site, topics.topics, newsrooms) if one.topic and one.language]
    touched = selection.touched(plan, changed.values(), book)
    for edition in plan:
        known = None if edition.key in touched else book.leaf(edition.key)
        if known and book.is_intact(edition.key):
            book.keep(edition.key)
            continue
        lineup = Lineup.recall(known.told, fragments) if known else None
        lineup = lineup or Lineup.of(selection.holds(edition), fragments)
        files.edition(edition, lineup, book.open(edition.key))
    outbox.settle()
    book.stamp()
    book.close(mark=store.last_change(), settings="same", full=None)
    return len([path for path in outbox.written if not path.endswith(".gz")])


@contextmanager
def served(folder: Path, site: Site) -> Iterator[int]:
    """Serve *folder* with the built-in server in a process of its own; yield its port."""
    port = free_port()
    code = (
        "import uvicorn\nfrom pathlib import Path\nfrom feeds.serve import application\nfrom feeds.site import Site\n"
        f"uvicorn.run(application(Path({str(folder)!r}), site=Site(base_url={site.base_url!r})), port={port}, "
        "log_level='error', access_log=False, server_header=False)"
    )
    with running([sys.executable, "-c", code], port) as _:
        yield port


@contextmanager
def nginx(folder: Path, work: Path) -> Iterator[int]:
    port = free_port()
    config = work / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; worker_processes 1; pid {work}/pid; error_log stderr crit; user root;\n"
        "events { worker_connections 1024; }\n"
        f"http {{ access_log off; gzip_static on; open_file_cache max=1000; server {{ listen 127.0.0.1:{port}; "
        f"root {folder}; }} }}\n"
    )
    with running(["nginx", "-c", str(config)], port):
        yield port


PIDS: dict[int, int] = {}


@contextmanager
def running(command: list[str], port: int) -> Iterator[int]:
    process = subprocess.Popen(command)
    PIDS[port] = process.pid
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def load(port: int, path: str, headers: list[str], seconds: int) -> float:
    """Return how many microseconds of CPU the server at *port* takes for a request."""
    before = ticks(PIDS[port])
    options = [option for header in headers for option in ("-H", header)]
    url = f"http://127.0.0.1:{port}/{path}"
    done = subprocess.run(
        ["wrk", "-t1", "-c16", f"-d{seconds}s", *options, url], capture_output=True, text=True, check=True
    )
    requests = next(int(line.split()[0]) for line in done.stdout.splitlines() if "requests in" in line)
    assert "Non-2xx" not in done.stdout or "If-None-Match" in str(headers), done.stdout
    return (ticks(PIDS[port]) - before) * 10_000 / requests


def etag_of(port: int, path: str) -> str:
    from urllib.request import Request, urlopen

    request = Request(f"http://127.0.0.1:{port}/{path}", headers={"Accept-Encoding": "gzip"})
    with urlopen(request, timeout=10) as answer:  # noqa: S310 -- loopback
        return str(answer.headers["ETag"])


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--topics", type=int, default=50)
    parser.add_argument("--entries", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=4)
    asked = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="baywire-bench-"))
    try:
        measure(asked, work)
    finally:
        shutil.rmtree(work)


def measure(asked: argparse.Namespace, work: Path) -> None:
    topics = Topics(asked.topics)
    site = Site(base_url="https://news.example/", languages=LANGUAGES, gzip=False)
    with open_store(f"sqlite:///{work}/store.sqlite3") as store:
        fill(store, topics, asked.entries)
        cold = cpu(lambda: our_feeds(store, site, topics, work / "cold"))
        selection = Selection(store, topics=(), sources=())
        plan = [
            (edition.key, tuple(one.head.id for one in selection.holds(edition)))
            for edition in editions(site, topics.topics, store.newsrooms())
            if edition.topic and edition.language
        ]
        files = 3 * len(plan)
        packed_site = replace(site, gzip=True)

        def rebuild(site: Site, name: str) -> float:
            our_feeds(store, site, topics, work / name)
            spent = []
            for _ in range(3):
                shutil.rmtree(work / name)
                spent.append(cpu(lambda: our_feeds(store, site, topics, work / name)))
            return min(spent)

        def one_more(number: int, work_of: Callable[[], object]) -> float:
            spent = []
            for more in range(3):
                news(store, number + more)
                spent.append(cpu(work_of))
            return min(spent)

        theirs = cpu(lambda: plain_feedgen(store, plan, work / "feedgen"), 3)
        plainly = rebuild(site, "plain")
        packed = rebuild(packed_site, "packed")
        theirs = min(theirs, cpu(lambda: plain_feedgen(store, plan, work / "feedgen"), 2))
        nine = one_more(999_100, lambda: our_feeds(store, packed_site, topics, work / "packed"))
        _say(f"{files} files; plain feedgen {theirs * 1000:.0f} ms CPU = 1; load {os.getloadavg()[0]:.1f}")
        for name, spent, goal in (
            ("rebuild of a lost folder", plainly, 5),
            ("the same with .gz", packed, 3.5),
            ("one release in 3 pairs", nine, 100),
            ("all rendered for the first time", cold, 0),
        ):
            aim = f"   (goal 1/{goal:g})" if goal else ""
            _say(f"  {name:32} {spent * 1000:8.1f} ms   1/{theirs / spent:.1f}{aim}")
        target = work / "public"
        start = time.process_time()
        publish(store, topics, packed_site, target, now=NOW)  # type: ignore[arg-type]  # as much of topics as is asked
        spent = time.process_time() - start
        _say(f"  whole site, {sum(1 for path in target.rglob('*') if path.is_file())} files {spent:.1f} s")
        before = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}
        idle = cpu(lambda: publish(store, topics, packed_site, target, now=NOW), 3)  # type: ignore[arg-type]
        assert before == {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}
        one = one_more(999_200, lambda: publish(store, topics, packed_site, target, now=NOW))  # type: ignore[arg-type]
        _say(f"  whole site, nothing new          {idle * 1000:8.1f} ms   1/{theirs / idle:.0f}")
        _say(f"  whole site, one release in 3     {one * 1000:8.1f} ms   1/{theirs / one:.0f}")
        serve(asked, target, site, work)


def serve(asked: argparse.Namespace, target: Path, site: Site, work: Path) -> None:
    if not (shutil.which("nginx") and shutil.which("wrk")):
        _say("serving: needs nginx and wrk")
        return
    path = "feeds/topic-1.en.atom"
    with served(target, site) as ours, nginx(target, work) as theirs:
        for name, headers in (("304", None), ("gzip 200", ["Accept-Encoding: gzip"])):
            spent = {}
            for who, port in (("baywire", ours), ("nginx", theirs)):
                asks = headers or [f"If-None-Match: {etag_of(port, path)}", "Accept-Encoding: gzip"]
                spent[who] = load(port, path, asks, asked.seconds)
            ratio = spent["nginx"] / spent["baywire"]
            took = f"baywire {spent['baywire']:.1f} us, nginx {spent['nginx']:.1f} us a request"
            _say(f"{name:9} {took}: {ratio:.2f} x nginx (goal 0.3)")


if __name__ == "__main__":
    main()
