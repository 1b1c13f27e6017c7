"""Readers that never look away: of files, of the server, and one that remembers every entry it was ever shown."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import feedparser
from lxml import etree

if TYPE_CHECKING:
    from faults.rig import Rig

__all__ = ["FEED", "Watch"]

FEED = "feeds/source/bad.atom"


@dataclass(slots=True)
class Watch:
    """Three readers at once: one opens every file, one asks the server, one remembers each entry it was ever shown."""

    rig: Rig
    ask: Callable[[], int]  # the port of the server, 0 while there is none
    torn: list[str] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)  # id → address, of all that was ever shown
    looks: Counter[str] = field(default_factory=Counter)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        for work in (self._files, self._served, self._reader):
            self._threads.append(threading.Thread(target=self._often, args=(work,), daemon=True))
            self._threads[-1].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def lost(self) -> set[str]:
        """Return the addresses of releases that no reader was shown."""
        return self.rig.newsroom.addresses() - set(self.seen.values())

    def doubled(self) -> list[str]:
        """Return the addresses that came under more than one id."""
        return [url for url, times in Counter(self.seen.values()).items() if times > 1]

    def faults(self) -> int:
        """Return releases lost + releases doubled + torn reads."""
        return len(self.lost()) + len(self.doubled()) + len(self.torn)

    def told(self) -> str:
        return f"lost {sorted(self.lost())}, doubled {self.doubled()}, torn {self.torn[:5]}, looks {dict(self.looks)}"

    def _often(self, work: Callable[[], None]) -> None:
        while not self._over.wait(0.02):
            work()
        work()

    def _files(self) -> None:
        for path in self.rig.public.glob("**/*"):
            if path.suffix in {".atom", ".rss", ".json", ".html", ".opml"} and not path.name.startswith("."):
                with contextlib.suppress(FileNotFoundError):
                    self._look(f"file {path.name}", path.suffix, path.read_bytes())

    def _served(self) -> None:
        port = self.ask()
        for path in (FEED, "feeds/all.atom", "feeds/index.json", "status.atom", "") if port else ():
            with contextlib.suppress(OSError, http.client.HTTPException):
                self._serve(port, path)

    def _serve(self, port: int, path: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.closing(connection):
            connection.request("GET", f"/{path}")
            answer = connection.getresponse()
            body = answer.read()  # IncompleteRead where the server was killed: the reader knows that it has not all
            if answer.status == http.client.OK:
                self._look(f"http {path}", Path(path).suffix or ".html", body)

    def _reader(self) -> None:
        archives = self.rig.public.glob("feeds/archive/source/bad/*.atom")  # what a reader of RFC 5005 walks
        for path in (self.rig.public / FEED, *archives):
            with contextlib.suppress(FileNotFoundError):
                for entry in feedparser.parse(path.read_bytes()).entries:
                    before = self.seen.setdefault(entry.id, entry.link)
                    if before != entry.link:
                        self.torn.append(f"{entry.id} was {before}, is {entry.link}")
                self.looks["reader"] += 1

    def _look(self, what: str, kind: str, body: bytes) -> None:
        self.looks[what.partition(" ")[0]] += 1
        if problem := broken(kind, body):
            self.torn.append(f"{what}: {problem}")


def broken(kind: str, body: bytes) -> str:
    """Return why *body* is no whole document of its *kind*, "" where it is one."""
    try:
        if kind == ".json":
            json.loads(body)
        elif kind == ".html":
            return "" if body.rstrip().endswith(b"</html>") else f"{len(body)} bytes, no end"
        else:
            etree.fromstring(body)
    except (ValueError, etree.XMLSyntaxError) as error:
        return f"{len(body)} bytes: {error}"
    return ""
