"""Feed and Entry: what all three formats carry, told once, so that they cannot differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple

from feeds.release import Photo

__all__ = ["EPOCH", "NOTHING", "Category", "Entry", "Feed", "Link", "Origin", "instant", "newest_update"]

# What a feed without entries gives as its last change: a date that is never the time of a build.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of a feed or an entry (RFC 4287 §4.2.7); *length* in bytes."""

    rel: str
    href: str
    type: str = ""
    language: str = ""
    title: str = ""
    length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A topic of a feed or an entry: *term* for machines, *label* for people, *scheme* the list it is from."""

    term: str
    scheme: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The feed of the source that an entry came from (RFC 4287 §4.2.11)."""

    id: str
    title: str
    page: str
    feed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One release inside a feed.

    *url* is the one address it leads to, the official page. *summary* is plain text,
    *html* the sanitised whole, which begins with *notes*: that it was withdrawn,
    corrected, published by others too. *enclosures* have a type and a true length. *more* is
    what only JSON Feed has a place for.
    """

    id: str
    url: str
    title: str
    language: str
    author: str
    published: datetime
    updated: datetime
    summary: str
    html: str
    notes: tuple[str, ...] = ()
    author_url: str = ""
    categories: tuple[Category, ...] = ()
    related: tuple[Link, ...] = ()
    enclosures: tuple[Link, ...] = ()
    photos: tuple[Photo, ...] = ()
    origin: Origin | None = None
    rights: str = ""
    more: Mapping[str, object] = field(default_factory=dict)


class _Nothing(dict[str, object]):
    """A mapping that stays empty: what has it can be a key. It prints as `{}`, of which signs are made."""

    def __hash__(self) -> int:  # type: ignore[override]  # a dict has none
        return 0


NOTHING: Final = _Nothing()


class Feed(NamedTuple):  # a dataclass takes ten times as long to make, with another address, for each file
    """What stands before the entries.

    *address* is where the format being written lives, *page* its HTML twin. *language*
    is that of its own words; *mixed* says that its entries come in several. An
    *archive* is a finished month (RFC 5005 §4): *current* is its subscription document,
    *previous* and *next* its neighbours; a subscription document has only *previous*,
    the last finished month. *more* is what only JSON Feed has a place for.
    """

    id: str
    title: str
    about: str
    address: str
    page: str
    updated: datetime = EPOCH
    language: str = ""
    mixed: bool = False
    categories: tuple[Category, ...] = ()
    author: str = ""
    author_url: str = ""
    rights: str = ""
    icon: str = ""
    logo: str = ""
    hub: str = ""
    ttl_minutes: int = 15
    archive: bool = False
    current: str = ""
    previous: str = ""
    next: str = ""
    more: Mapping[str, object] = NOTHING


def instant(moment: datetime) -> str:
    """Return *moment* as RFC 3339 has it, to the second, in its own offset.

    >>> instant(EPOCH)
    '1970-01-01T00:00:00Z'
    """
    text = moment.isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def newest_update(entries: tuple[Entry, ...]) -> datetime:
    """Return the `updated` of a feed of *entries*: its newest entry's, never the time of a build.

    >>> newest_update(()) == EPOCH
    True
    """
    return max((entry.updated for entry in entries), default=EPOCH)
