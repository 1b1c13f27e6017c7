"""A web server on loopback that is told what to answer, for newsrooms that a person points baywire at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from crawler.batch import Fetched
from crawler.outcome import of_status

Typed = Callable[..., "CompletedProcess[str]"]
"""What a person types, and how it ended."""

PARAGRAPHS = (
    "The department said that the new pier will open to the public next month, after trial operation.",
    "A spokesman said that some 3,000 visitors a day are expected, most of them by ferry from the other side.",
    "Details are on the website of the department, and at its enquiry counters during office hours.",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a path answers."""

    body: bytes
    kind: str = "text/html; charset=utf-8"
    status: int = 200
    location: str = ""


@dataclass(slots=True)
class Site:
    """A server; *asked* remembers what was asked of it, in order: method, path, body."""

    base: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)

    def url(self, path: str) -> str:
        """Return the address of *path*."""
        return self.base + path

    def put(self, path: str, body: str | bytes, kind: str = "text/html; charset=utf-8", status: int = 200) -> None:
        """Answer *path* with *body*."""
        whole = body.encode() if isinstance(body, str) else body
        self.answers[path] = Answer(whole, kind, status)

    def fetch(self, urls: Sequence[str], **_how: object) -> tuple[Fetched, ...]:
        """Return *urls* as they would be fetched from it, without a network."""
        return tuple(self._fetched(url) for url in urls)

    def _fetched(self, url: str) -> Fetched:
        path = url.removeprefix(self.base)
        self.asked.append(("GET", path, b""))
        found = self.answers.get(path, Answer(b"", status=404))
        if found.location:
            return replace(self._fetched(found.location), asked=url)
        trouble = of_status(found.status)
        return Fetched(
            asked=url,
            url=url,
            status=found.status,
            content_type=found.kind,
            body=found.body,
            reason=trouble.reason if trouble is not None else "",
            robots=self.answers["/robots.txt"].body.decode() if "/robots.txt" in self.answers else "",
        )

    def move(self, path: str, to: str) -> None:
        """Answer *path* with a redirect."""
        self.answers[path] = Answer(b"", status=301, location=self.url(to))


_NONE = Answer(b"<h1>Not found</h1>", status=404)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _answer(self, sent: bytes) -> None:
        self.site.asked.append((self.command, self.path, sent))
        asked = f"{self.path} {sent.decode('latin-1')}".strip()
        found = self.site.answers.get(asked) or self.site.answers.get(self.path, _NONE)
        self.send_response(found.status)
        self.send_header("Content-Type", found.kind)
        self.send_header("Content-Length", str(len(found.body)))
        if found.location:
            self.send_header("Location", found.location)
        self.end_headers()
        self.wfile.write(found.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    """Yield an empty server."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    found = Site(f"http://127.0.0.1:{server.server_port}")
    handler.site = found  # type: ignore[attr-defined]  # made just above
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def release_page(number: int, *, more: str = "", body: str = "body") -> str:
    """Return the page of release *number*."""
    text = "".join(f"<p>{paragraph}</p>" for paragraph in (f"Pier {number} it is.", *PARAGRAPHS))
    return (
        f"<html><head><title>Pier {number} opens to the public | Harbour</title></head><body>"
        f"<nav><a href='/'>Home</a></nav>"
        f"<h1>Pier {number} opens to the public</h1><p class='date'>{number} June 2026 10:30</p>"
        f"<div class='{body}'>{text}</div>{more}<footer>Copyright 2026 Harbour Department</footer></body></html>"
    )


def list_page(*numbers: int, link: str = "/news/{n}.html", head: str = "") -> str:
    """Return a page that lists the releases *numbers*."""
    rows = "".join(
        f"<li class='row'><a href='{link.format(n=n)}'>Pier {n} opens to the public</a>"
        f" <span class='day'>{n} June 2026</span></li>"
        for n in numbers
    )
    title = "Press releases"
    body = f"<body><h1>{title}</h1><ul class='list'>{rows}</ul></body>"
    return f"<html><head><title>{title}</title>{head}</head>{body}</html>"


HARBOUR = """\
title     = "Harbour Department"  # as it calls itself
site      = "{base}/"
status    = "unproven"
language  = "en"
time-zone = "Asia/Hong_Kong"
delay     = 0
allow-private = true
enabled   = false
why-disabled = "never fetched by us"

[listing]
url   = "{base}/press/"
links = "ul.list a"
date  = "span.day"
native-id = "/news/(\\\\d+)\\\\.html"

[release]
title     = "h1"
body      = "div.body"
published = "p.date"
"""


@pytest.fixture
def harbour(site: Site, tmp_path: Path) -> Site:
    """Yield the newsroom of the Harbour Department, and its source file in sources.d."""
    site.put("/press/", list_page(9, 8, 7, 6, 5))
    for number in range(5, 10):
        site.put(f"/news/{number}.html", release_page(number))
    (tmp_path / "sources.d").mkdir()
    (tmp_path / "sources.d" / "harbour.toml").write_text(HARBOUR.format(base=site.base), encoding="utf-8")
    return site


@pytest.fixture(name="list_page")
def _list_page() -> Callable[..., str]:
    return list_page


@pytest.fixture(name="release_page")
def _release_page() -> Callable[..., str]:
    return release_page
