"""What readers find: items of a listing, the fields of a page, and why something is no release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from feeds.release import Attachment, Photo, Translation

__all__ = ["Extracted", "Item", "ItemFields", "Listing", "NotARelease"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFields:
    """What a feed or a JSON list says of a release beside its address and title; *html* as it came, not yet cleaned."""

    html: str = ""
    summary: str = ""
    author: str = ""
    published: datetime | None = None
    guid: str = ""
    photos: tuple[Photo, ...] = ()
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a listing. *date* is ISO 8601: a day, or an instant with offset; None where the listing has none."""

    url: str
    title: str
    date: str | None = None
    draft_fields: ItemFields | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The releases a page lists, in its order; no items when it is no listing, *reason* then says why.

    *via* names what read it (declared, feed, json-ld, state, wordpress, group, …),
    *confidence* is 0 to 1, *next* the address of the following page or "". *rules*
    are selectors that would read the page again ("links", "title", "date", "next").
    *feeds* are addresses of feeds the page announces.
    """

    items: tuple[Item, ...] = ()
    next: str = ""
    via: str = ""
    confidence: float = 0.0
    reason: str = ""
    url: str = ""
    rules: Mapping[str, str] = field(default_factory=dict)
    feeds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What a page that nobody described says.

    *agreement* is how alike the candidates for the body were, 0 to 1. *origins* names
    for each field what gave it ("title": "h1", "published": "json-ld", …), and
    "precision" of the instant: "day", "minute" or "second".
    """

    url: str = ""
    title: str = ""
    published: datetime | None = None
    html: str = ""
    text: str = ""
    language: str = "und"
    summary: str = ""
    author: str = ""
    photos: tuple[Photo, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    videos: tuple[str, ...] = ()
    translations: tuple[Translation, ...] = ()
    agreement: float = 0.0
    origins: Mapping[str, str] = field(default_factory=dict)
    repairs: tuple[str, ...] = ()
    facts: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotARelease:
    """A page that is no release, and why: a captcha, a notice that it has gone, a template we do not know."""

    reason: str
