"""A store of made-up releases, published and served on loopback, for every test of what readers see."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from feeds import topic
from feeds.publish import Published, publish
from feeds.release import Attachment, Draft, Newsroom, Photo, Translation
from feeds.serve import Health, Search, application
from feeds.serve.asgi import Application
from feeds.serve.limit import LIMITS, Limits
from feeds.site import Site
from feeds.store import Run, SourceState, Store, open_store
from feeds.store.state import Outcome, State
from scheduler.server import Server

HONG_KONG = timezone(timedelta(hours=8))
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
AUTHORITY = "news.example,2026"

NEWSROOMS = (
    Newsroom(key="harbour-en", title="Harbour Office", site="https://harbour.example/", language="en"),
    Newsroom(key="harbour-zh", title="海港辦公室", site="https://harbour.example/zh/", language="zh-hant"),
    Newsroom(key="pier-en", title="Pier & Ferry Department", site="https://pier.example/", language="en"),
    Newsroom(key="bay-hans", title="湾区数据局", site="https://bay.example/", language="zh-hans"),
    Newsroom(
        key="garcas-pt",
        title="Direcção das Garças",
        site="https://garcas.example/",
        language="pt",
        rights="Reproduction with acknowledgement.",
        attribution="Direcção das Garças",
    ),
)

AI = "The office opened an artificial intelligence laboratory for the Guangdong-Hong Kong-Macao Greater Bay Area."


def draft(number: int, **more: object) -> Draft:
    """Return a release of the Harbour Office, number *number*, an hour older than the one before it."""
    values: dict[str, object] = {
        "source": "harbour-en",
        "url": f"https://harbour.example/news/{number}.htm",
        "title": f"Release {number}",
        "seen": NOW,
        "native_id": f"R{number:04}",
        "language": "en",
        "author": "Harbour Office",
        "published": datetime(2026, 3, 3, 18, 0, tzinfo=HONG_KONG) - timedelta(hours=number),
        "text": f"{AI}\n\nIt is the number {number}.",
        "html": f"<p>{AI}</p><p>It is the number {number}.</p>",
    }
    return Draft(**{**values, **more})  # type: ignore[arg-type]  # a test says of a release what it likes


def sample() -> list[Draft]:
    """Return releases with everything a release can have."""
    chinese = "海港辦公室今日宣布，在粵港澳大灣區設立人工智能實驗室。市民可於下月起預約參觀。"
    simple = "湾区数据局今日宣布，在粤港澳大湾区设立人工智能实验室。"
    portuguese = "A Direcção das Garças anunciou um laboratório de inteligência artificial na Grande Baía."
    return [
        draft(
            1,
            title='Q&A: is 5 < 6 & "7" > 6? AI in the Greater Bay Area',
            translations=(Translation(language="zh-Hant", url="https://harbour.example/zh/1.htm"),),
            photos=(
                Photo(url="https://harbour.example/p/1.jpg", caption="The <pier> & the bridge"),
                Photo(url="https://harbour.example/p/2.png"),
            ),
            attachments=(
                Attachment(url="https://harbour.example/a/1.pdf", title="Plan", type="application/pdf", length=4711),
                Attachment(url="https://harbour.example/a/2.pdf", title="Annex"),
            ),
        ),
        draft(
            1,
            source="harbour-zh",
            url="https://harbour.example/zh/1.htm",
            native_id="C0001",
            title="海港辦公室設立人工智能實驗室",
            language="zh-Hant",
            author="海港辦公室",
            text=chinese,
            html=f"<p>{chinese}</p>",
            translations=(Translation(language="en", url="https://harbour.example/news/1.htm"),),
        ),
        draft(
            2,
            source="bay-hans",
            url="https://bay.example/2.htm",
            title="湾区设立人工智能实验室",
            language="zh-Hans",
            author="湾区数据局",
            text=simple,
            html=f"<p>{simple}</p>",
        ),
        draft(
            3,
            source="garcas-pt",
            url="https://garcas.example/3",
            native_id="",
            title="Inteligência artificial na Grande Baía",
            language="pt",
            author="",
            text=portuguese,
            html=f"<p>{portuguese}</p><table><tr><td>1</td></tr></table>",
        ),
        draft(4, title="Ferry timetable", text="Ferries leave as ever.", html="<p>Ferries leave as ever.</p>"),
        draft(5),
        draft(5, source="pier-en", url="https://pier.example/5", native_id="", author="Pier & Ferry Department"),
        draft(6, native_id="", language="und", title="Poem"),
    ]


@dataclass(slots=True)
class Press:
    """A store, a site and a folder, and what publishes one into the other."""

    store: Store
    site: Site
    directory: Path
    now: datetime = NOW

    def put(self, *drafts: Draft) -> list[str]:
        """Take *drafts* in, a minute later each; return their ids."""
        ids = []
        with self.store.writing() as writing:
            for one in drafts:
                self.now += timedelta(minutes=1)
                ids.append(writing.put(one, now=self.now)[1])
        return ids

    def publish(self, **more: object) -> Published:
        """Publish."""
        return publish(self.store, TOPICS(), self.site, self.directory, now=self.now, **more)  # type: ignore[arg-type]

    def read(self, path: str) -> bytes:
        """Return the file at *path*."""
        return (self.directory / path).read_bytes()

    def files(self) -> dict[str, tuple[bytes, int]]:
        """Return every file, its bytes and when it changed."""
        return {
            str(path.relative_to(self.directory)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted(self.directory.rglob("*"))
            if path.is_file()
        }


def TOPICS() -> topic.Topics:  # noqa: N802 -- a constant that is made late
    """Return the shipped topics."""
    global _topics  # noqa: PLW0603 -- building the automata takes a tenth of a second
    if _topics is None:
        _topics = topic.load()
    return _topics


_topics: topic.Topics | None = None


@pytest.fixture
def press(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Press]:
    """Yield an empty press with five newsrooms, on a disk that needs not outlast a power failure."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    monkeypatch.setattr("feeds.publish.target._syncfs", lambda: lambda _descriptor: 0)
    with open_press(tmp_path, Site(base_url="https://news.example/", authority=AUTHORITY)) as one:
        yield one


@pytest.fixture(name="draft")
def _draft() -> Callable[..., Draft]:
    return draft


@pytest.fixture(name="sample")
def _sample() -> list[Draft]:
    return sample()


@pytest.fixture(name="open_press")
def _open_press() -> Iterator[Callable[[Path, Site], Press]]:
    """Yield what opens another press."""
    with contextlib.ExitStack() as stack:
        yield lambda folder, site: stack.enter_context(open_press(folder, site))


class open_press:  # noqa: N801 -- used as a function
    """A press whose store is open for the length of a block."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.press = Press(
            store=open_store(f"sqlite:///{folder}/store.sqlite3", authority=site.authority),
            site=site,
            directory=folder / "public",
        )

    def __enter__(self) -> Press:
        self.press.store.sync_sources(NEWSROOMS, now=NOW)
        return self.press

    def __exit__(self, *_error: object) -> None:
        self.press.store.close()


@dataclass(frozen=True, slots=True)
class Live:
    """A press that is served."""

    press: Press
    base: str


@contextlib.contextmanager
def running(answer: Application, listener: socket.socket, limits: Limits = LIMITS) -> Iterator[None]:
    """Serve *answer* on *listener* with the server that the daemon has, in a thread with a loop of its own."""
    server = Server(answer, limits=limits)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=[server.serve(sockets=[listener])], daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield
    loop.call_soon_threadsafe(server.stop)
    thread.join(10)
    assert not thread.is_alive()
    loop.close()
    listener.close()


@pytest.fixture(name="running")
def _running() -> Callable[..., contextlib.AbstractContextManager[None]]:
    """Return what serves another application for the length of a block."""
    return running


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Yield the sample, one of it corrected and one withdrawn, published and served on loopback."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    base = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    combinations = {"ai-and-greater-bay-area": "ai and greater-bay-area"}
    site = Site(base_url=base, title="Example wire", authority=AUTHORITY, combinations=combinations)
    with open_press(tmp_path_factory.mktemp("live"), site) as press:
        fill(press)
        press.site = site = replace(site, retired=("telecom",))
        press.publish()
        answer = application(
            press.directory,
            site=site,
            search=Search(press.store, site, TOPICS().topics),
            health=lambda: Health(ready=True),
        )
        with running(answer, listener):
            yield Live(press, base)


def fill(press: Press) -> None:
    """Put the sample into *press*, publish, then correct one release and withdraw another."""
    ids = press.put(*sample())
    press.put(*(draft(number) for number in range(10, 70)))
    press.publish()
    press.put(draft(4, title="Ferry timetable", text="Ferries leave at nine.", html="<p>Ferries leave at nine.</p>"))
    with press.store.writing() as writing:
        writing.withdraw(ids[2], now=press.now)
        for key, state in (("harbour-en", State.HEALTHY), ("pier-en", State.FAILING)):
            run = Run(id=key, source=key, started=NOW, ended=NOW, outcome=Outcome.UNCHANGED)
            reason = "the listing answers 500" if state is State.FAILING else ""
            writing.finish_run(run, SourceState(key=key, state=state, reason=reason, since=NOW))
