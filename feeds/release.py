"""Release, Draft, Revision and what hangs on them: the frozen types every step passes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from urllib.parse import urlsplit

from feeds.view import View

__all__ = [
    "Attachment",
    "Change",
    "Draft",
    "Facts",
    "Newsroom",
    "Photo",
    "Release",
    "Revision",
    "Sibling",
    "Translation",
]

Facts = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photograph that stays at its publisher: absolute https address, caption as plain text."""

    url: str
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A document beside a release; *length* in bytes, None where nobody said."""

    url: str
    title: str = ""
    type: str = ""
    length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """The same release in another *language* (en, zh-Hant, zh-Hans, pt); *id* once we hold that release."""

    language: str
    url: str
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sibling:
    """Where the same release may stand in another *language*: at *url*, or under its own number in *source*.

    A guess by rule, not a link that a page shows: it counts once we hold that release.
    """

    language: str
    url: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsroom:
    """What a reader is told of a source: the body, its site, its language, what may be done with its text.

    With a *view* it has no releases of its own, but those of another that are this body's.
    """

    key: str
    title: str
    site: str = ""
    publisher: str = ""  # the author of what names none; "": the title
    language: str = ""
    rights: str = ""
    attribution: str = ""
    content: str = "full"  # "summary": only the summary may be published
    every_s: int = 900
    host: str = ""  # that its listing is asked from; its circuit keeps the source waiting
    view: View | None = None

    def author(self, named: str) -> str:
        """Return who issues a release in which the author *named* stands, which may be none.

        >>> office = Newsroom(key="harbour-en", title="Harbour Office: latest news", publisher="Harbour Office")
        >>> office.author(""), office.author("Pilots of the Bay")
        ('Harbour Office', 'Pilots of the Bay')
        >>> Newsroom(key="harbour-en", title="", site="https://www.harbour.example/news/").author("")
        'harbour.example'
        """
        host = (urlsplit(self.site).hostname or "").removeprefix("www.")
        return named or self.publisher or self.title or host or self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One release as a crawl read it, normalised, before the store has given it an id.

    *html* is sanitised with absolute links, *text* the same as plain text with
    paragraphs parted by blank lines. *published* is aware and keeps the offset the
    page implies; None where the page does not say. *seen* is when it was fetched.
    *native_id* is the source's own number, empty where it has none. *aliases* are
    further addresses known to lead to this release. *siblings* are where it may stand in
    other languages. *page* is the hash of the bytes it
    was read from: a wording that differs though these bytes are equal is our own better
    reading, not a correction.
    """

    source: str
    url: str
    title: str
    seen: datetime
    native_id: str = ""
    language: str = "und"
    author: str = ""
    published: datetime | None = None
    summary: str = ""
    text: str = ""
    html: str = ""
    photos: tuple[Photo, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    translations: tuple[Translation, ...] = ()
    facts: Facts = field(default_factory=dict)
    repairs: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    siblings: tuple[Sibling, ...] = ()
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release as the store keeps it.

    *id* is a `tag:` URI minted once (RFC 4151), *native_id* its last part: the
    source's own number where it has one, else a hash of the canonical address; it is
    safe as a name of a folder. *published* falls back on *first_seen*. *updated* moves
    only when the normalised text changed materially. *revision* counts the wordings,
    from 1. *withdrawn* is when its source said that it no longer stands.
    """

    id: str
    source: str
    native_id: str
    url: str
    language: str
    title: str
    author: str
    published: datetime
    updated: datetime
    first_seen: datetime
    summary: str
    text: str
    html: str
    photos: tuple[Photo, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    translations: tuple[Translation, ...] = ()
    facts: Facts = field(default_factory=dict)
    repairs: tuple[str, ...] = ()
    revision: int = 1
    withdrawn: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One wording of a release: what it said, and since when we know."""

    release: str
    number: int
    seen: datetime
    title: str
    text: str
    html: str


class Change(Enum):
    """What the store found a draft to be."""

    NEW = "new"
    CHANGED = "changed"
    SEEN = "seen"
