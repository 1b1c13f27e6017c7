"""What the bodies of the bundled newsroom say, and when: read from the TOML files beside this one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

__all__ = ["FOLDER", "MONTHS", "ZONE", "Item", "Site", "Story", "Text", "Version", "read_span", "sites", "told"]

FOLDER = Path(__file__).parent
ZONE = ZoneInfo("Asia/Hong_Kong")
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MESES = (
    *("janeiro", "fevereiro", "março", "abril", "maio", "junho"),
    *("julho", "agosto", "setembro", "outubro", "novembro", "dezembro"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One body's site. Its pages say that they are *declared*; their bytes are made with *codec*."""

    key: str
    path: str
    language: str
    title: str
    kind: str
    declared: str
    codec: str
    content_type: str

    @property
    def listing(self) -> str:
        """The path of the page, or the feed, that lists its releases."""
        return f"{self.path}rss.xml" if self.kind == "rss" else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One wording of a release, as its author meant it; paragraphs are parted by blank lines."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One release: what it says, *offset* from the start when it is issued, and how its page spoils it.

    *damage* names what is done to the characters, *cut_after* the words behind which a
    paragraph is cut in two. *corrected* is said from *correction_after* its issue.
    """

    site: Site
    number: str
    offset: timedelta
    wording: Text
    subject: str = ""
    author: str = ""
    photos: tuple[str, ...] = ()
    damage: str = ""
    cut_after: str = ""
    corrected: Text | None = None
    correction_after: timedelta = timedelta()

    @property
    def path(self) -> str:
        """Where it stands on the site."""
        return f"{self.site.path}{self.number}.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The same release in another language."""

    language: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A release as it stands at one instant: issued at *published*, in the wording of that instant."""

    story: Story
    published: datetime
    title: str
    paragraphs: tuple[str, ...]
    versions: tuple[Version, ...] = ()


def read_span(text: str) -> timedelta:
    """Return the span that *text* says in days, hours, minutes and seconds.

    >>> read_span("1d 6h"), read_span("14s")
    (datetime.timedelta(days=1, seconds=21600), datetime.timedelta(seconds=14))
    """
    return timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([dhms])", text)))


@cache
def sites() -> Mapping[Site, tuple[Story, ...]]:
    """Return the sites of the newsroom, each with all it will ever say, in the order of the files."""
    found = {}
    for path in sorted((FOLDER / "releases").glob("*.toml")):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        site = Site(key=path.stem, **{key.replace("-", "_"): value for key, value in document["site"].items()})
        found[site] = tuple(_story(site, table) for table in document["release"])
    return found


def told(start: datetime, now: datetime) -> Mapping[Site, tuple[Item, ...]]:
    """Return what stands on each site at *now* when the newsroom started at *start*, newest first.

    Instants are whole minutes of Hong Kong: pages say no more than that.
    """
    issued = {site: [story for story in stories if start + story.offset <= now] for site, stories in sites().items()}
    everything = [story for stories in issued.values() for story in stories]
    return {
        site: tuple(
            _item(story, start, now, everything)
            for story in sorted(stories, key=lambda story: (story.offset, story.number), reverse=True)
        )
        for site, stories in issued.items()
    }


def _story(site: Site, table: Mapping[str, object]) -> Story:
    def word(key: str) -> str:
        return str(table.get(key, ""))

    correction = table.get("correction")
    photos = table.get("photos")
    return Story(
        site=site,
        number=word("number"),
        offset=read_span(word("arrives")) if "arrives" in table else -read_span(word("age")),
        wording=Text(title=word("title"), text=word("text").strip("\n")),
        subject=word("story"),
        author=word("author"),
        photos=tuple(str(name) for name in photos) if isinstance(photos, list) else (),
        damage=word("damage"),
        cut_after=word("cut-after"),
        corrected=Text(title=correction["title"], text=correction["text"].strip("\n"))
        if isinstance(correction, dict)
        else None,
        correction_after=read_span(correction["after"]) if isinstance(correction, dict) else timedelta(),
    )


def _item(story: Story, start: datetime, now: datetime, issued: list[Story]) -> Item:
    instant = start + story.offset
    published = instant.astimezone(ZONE).replace(second=0, microsecond=0)
    corrected = story.corrected if now >= instant + story.correction_after else None
    wording = corrected or story.wording
    text = wording.text.replace("{day}", _day(published, story.site.language))
    others = [other for other in issued if story.subject and other.subject == story.subject and other is not story]
    return Item(
        story=story,
        published=published,
        title=wording.title,
        paragraphs=tuple(text.split("\n\n")),
        versions=tuple(Version(language=other.site.language, path=other.path) for other in others),
    )


def _day(instant: datetime, language: str) -> str:
    match language:
        case "en":
            return f"{MONTHS[instant.month - 1]} {instant.day}"
        case "pt":
            return f"{instant.day} de {_MESES[instant.month - 1]}"
        case _:
            return f"{instant.month}月{instant.day}日"
