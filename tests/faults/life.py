"""A site that lives by lot: it publishes, edits, retitles, withdraws, moves, and is out of order now and then."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faults.chaos import Answer, Chaos, Wire

__all__ = ["LISTS", "PAGES", "Paper", "Place", "Wireroom"]

_WORDS = (
    "harbour", "ferry", "tunnel", "budget", "clinic", "school", "reservoir", "typhoon", "festival", "museum", "vaccine",
    "railway", "airport", "customs", "fisheries", "tender", "scholarship", "rainfall", "housing", "levy",
)  # fmt: skip
_TITLES = (
    "Weather forecast", "Fatal traffic accident in {}", "Transcript of remarks by the Secretary", "Man arrested in {}",
    "Appointment to the {} board", "New measures for {} announced", "Statistics on {} for the month",
)  # fmt: skip
_PATHS = ("/r/{}.htm", "/news/2026/{}.html", "/content_{}.htm", "/en/press/detail.aspx?id={}")
LISTS = ("500", "404", "reset", "captcha", "maintenance", "empty", "cut", "closed", "shrunk", "lost", "429", "home")
PAGES = ("500", "404", "soft", "home", "captcha", "reset", "cut")
_INSTEAD = {
    "captcha": "<title>Just a moment...</title><p>Verify you are human</p>",
    "maintenance": "<html><title>Maintenance</title><body><h1>Under maintenance</h1></body></html>",
    "empty": "<html><body><ul></ul></body></html>",
    "soft": "<html><title>Not found</title><body><h1>Page not found</h1><p>What you asked for is not here.</p></body>",
}


@dataclass
class Paper:
    """A release as its author knows it; *mark* stands in its text and in no other."""

    number: int
    title: str
    paragraphs: list[str]
    at: datetime
    withdrawn: bool = False
    times: int = 0  # corrected
    late: bool = False  # so long after it came out that nobody looks any more

    @property
    def mark(self) -> str:
        return f"Reference Q{self.number}Z."

    @property
    def body(self) -> str:
        return "".join(f"<p>{text}</p>" for text in (f"{self.mark} {self.paragraphs[0]}", *self.paragraphs[1:]))

    def page(self) -> str:
        """Return it as a page."""
        return (
            f"<html><head><title>{self.title}</title></head><body><h1>{self.title}</h1>"
            f'<p class="date">{self.at:%Y-%m-%d %H:%M}</p><div class="body">{self.body}</div></body></html>'
        )


@dataclass
class Place:
    """The site; *fault* is what its list says instead, *faults* what its pages do."""

    server: Chaos
    chance: Random
    papers: list[Paper] = field(default_factory=list)
    fault: str = ""
    faults: dict[int, str] = field(default_factory=dict)
    moved: int = 0
    keeps: str = "redirect"  # what became of the addresses before
    tagged: bool = False

    def publish(self, at: datetime) -> None:
        """Put out one more."""
        title = self.chance.choice(_TITLES).format(self.chance.choice(_WORDS))
        texts = [self._words(25) for _ in range(self.chance.choice((1, 2, 3, 5)))]
        self.papers.append(Paper(len(self.papers), title, texts, at))

    def listed(self) -> list[Paper]:
        """Return what its list holds, the newest first."""
        return [paper for paper in self.papers if not paper.withdrawn][-15:][::-1]

    def lives(self, now: datetime) -> str:
        """Let one thing happen, by lot, and say what."""
        paper = self.chance.choice(self.listed()[:6])
        match self.chance.choice(("edit", "retitle", "withdraw", "move", "tags", "", "", "", "", "", "")):
            case "edit":
                which = self.chance.randrange(len(paper.paragraphs))
                paper.paragraphs[which] = f"{paper.paragraphs[which].rsplit(' ', 4)[0]} {self._words(6).lower()}"
                paper.times += 1
                paper.late |= now - paper.at > timedelta(hours=20)
                return f"edit {paper.number}"
            case "retitle":
                paper.times += 1
                paper.title = f"{paper.title.partition(' (')[0]} (corrected {paper.times})"
                return f"retitle {paper.number}"
            case "withdraw":
                paper.withdrawn = True
                return f"withdraw {paper.number}"
            case "move":
                self.moved, self.keeps = self.moved + 1, self.chance.choice(("redirect", "404", "both"))
                return f"move, old addresses: {self.keeps}"
            case "tags":
                self.tagged = not self.tagged
        return ""

    def answer(self, path: str) -> Answer | None:
        """Return what answers *path*."""
        for number, form in enumerate(_PATHS):
            found = re.fullmatch(re.escape(form).replace(r"\{\}", r"(\d+)"), path)
            if found is not None and int(found[1]) < len(self.papers):
                return lambda wire: self._paper(wire, self.papers[int(found[1])], number)
        return {"/list": self._list, "/": lambda wire: wire.page("<h1>Welcome</h1><p>All our services.</p>")}.get(path)

    def _words(self, count: int) -> str:
        return " ".join(self.chance.choice(_WORDS) for _ in range(count)).capitalize() + "."

    def _path(self, number: int) -> str:
        return _PATHS[self.moved % len(_PATHS)].format(number)

    def _list(self, wire: Wire) -> None:
        papers = self.listed()[: 2 if self.fault == "shrunk" else None]
        rows = "".join(f'<li><a class="release" href="{self._path(p.number)}">{p.title}</a></li>' for p in papers)
        page = f"<html><head><title>Releases</title></head><body><ul>{rows}</ul></body></html>"
        if self.fault == "lost":
            page = re.sub(">[A-Z][^<]*</a>", ">???????</a>", page)
        self._says(wire, page, self.fault)

    def _paper(self, wire: Wire, paper: Paper, way: int) -> None:
        fault = self.faults.get(paper.number, "")
        if paper.withdrawn:
            wire.page("gone", 410)
        elif fault or way == self.moved % len(_PATHS) or self.keeps == "both":
            self._says(wire, paper.page(), fault)
        elif self.keeps == "redirect":
            wire.page("", 301, f"Location: {self._path(paper.number)}")
        else:
            wire.page("no", 404)

    def _says(self, wire: Wire, page: str, fault: str) -> None:
        half = page.encode()[: len(page) // 2]
        tag = f'"{blake2b(page.encode(), digest_size=4).hexdigest()}"'
        match fault:
            case "500" | "404" | "429":
                wire.page("no", int(fault))
            case "reset":
                wire.reset()
            case "home":
                wire.page("", 302, "Location: /")
            case "cut":
                wire.head(200, length=len(page))
                wire.write(half)
            case "closed":
                wire.head(200, f"ETag: {tag}")
                wire.write(half)
            case _ if fault in _INSTEAD:
                wire.page(_INSTEAD[fault])
            case _ if self.tagged and wire.asked.headers.get("if-none-match") == tag:
                wire.write(f"HTTP/1.1 304 X\r\nETag: {tag}\r\nConnection: close\r\n\r\n".encode())
            case _:
                wire.page(page, 200, *([f"ETag: {tag}"] if self.tagged else []))


@dataclass
class Wireroom(Place):
    """A place that tells its papers whole, in a feed; *numbers* says what its items are called by."""

    numbers: str = ""
    dated: bool = True

    def __post_init__(self) -> None:
        self.numbers = self.chance.choice(("own", "address", ""))
        self.dated = self.chance.random() < 0.75

    def _list(self, wire: Wire) -> None:
        papers = self.listed()[: 2 if self.fault == "shrunk" else None]
        items = "".join(map(self._item, papers)) if self.fault != "empty" else ""
        space = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        page = f"<rss version='2.0' {space}><channel><title>Chaos</title>{items}</channel></rss>"
        if self.fault == "lost":
            page = re.sub("[A-Za-z]{4,}(?=[^<>]*</(title|p)>)", "????", page)
        self._says(wire, page, "" if self.fault == "empty" else self.fault)

    def _item(self, paper: Paper) -> str:
        link = self.server.url(self._path(paper.number))
        number = {"own": f'<guid isPermaLink="false">n-{paper.number}</guid>', "address": f"<guid>{link}</guid>"}
        date = f"<pubDate>{format_datetime(paper.at)}</pubDate>" if self.dated else ""
        told = f"<content:encoded><![CDATA[{paper.body}]]></content:encoded>"
        return f"<item><title>{paper.title}</title><link>{link}</link>{number.get(self.numbers, '')}{date}{told}</item>"
