"""What the store says of sources, runs, hosts and pages: plain frozen values, free of SQLAlchemy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

__all__ = [
    "NEVER",
    "Found",
    "FragmentKey",
    "Head",
    "HostState",
    "KeptPage",
    "Outcome",
    "PageKind",
    "Run",
    "SourceState",
    "State",
    "StateEvent",
    "Validators",
]

NEVER: Final = 2**62  # the number of a publication that has not come


class Outcome(StrEnum):
    """How one crawl of one source ended."""

    NEW = "new"
    UNCHANGED = "unchanged"
    SUSPICIOUS = "suspicious"
    FAILED = "failed"
    BLOCKED = "blocked"


class State(StrEnum):
    """How a source stands."""

    PENDING = "pending"
    HEALTHY = "healthy"
    REPAIRED = "repaired"
    SUSPICIOUS = "suspicious"
    FAILING = "failing"
    BLOCKED = "blocked"
    GONE = "gone"
    DISABLED = "disabled"


class PageKind(StrEnum):
    """Why a page is kept; quarantine never stands in for a page that was believed."""

    LISTING = "listing"
    RELEASE = "release"
    QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """One source as the schedule sees it.

    *since* is when it entered *state*; *last_good* the last proven fetch of its
    listing; *failures* counts in a row; *listed_median* is over its last good runs;
    *learnt* is what the contract keeps of its history (JSON values). *enabled* is the
    operator's word, *configured* whether its file still exists.
    """

    key: str
    state: State = State.PENDING
    reason: str = ""
    since: datetime | None = None
    outcome: Outcome | None = None
    last_run: datetime | None = None
    last_good: datetime | None = None
    next_due: datetime | None = None
    failures: int = 0
    enabled: bool = True
    configured: bool = True
    listed_median: float | None = None
    learnt: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One crawl of one source; *id* is unique (uuid4 in hex), *errors* are one line each."""

    id: str
    source: str
    started: datetime
    ended: datetime
    outcome: Outcome
    listed: int = 0
    new: int = 0
    changed: int = 0
    reason: str = ""
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StateEvent:
    """A change of a source's state; *previous* is the state it left."""

    source: str
    state: State
    since: datetime
    reason: str = ""
    previous: State | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """The circuit of one host: no request before *open_until* or *retry_after*."""

    host: str
    open_until: datetime | None = None
    failures: int = 0
    retry_after: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What to send with a conditional request; *fetches* counts the 304s since the last whole fetch."""

    etag: str = ""
    last_modified: str = ""
    fetches: int = 0
    fetched_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPage:
    """A page as its server sent it: *body* in the bytes after transfer decoding, kept compressed."""

    source: str
    url: str
    fetched_at: datetime
    status: int
    body: bytes
    kind: PageKind = PageKind.RELEASE
    etag: str = ""
    last_modified: str = ""
    content_type: str = ""
    reason: str = ""  # why it stands in quarantine


class FragmentKey(NamedTuple):
    """Which rendering of which wording; *digest* is the hash of everything else the bytes depend on."""

    release: str
    revision: int
    format: str
    digest: str


class Head(NamedTuple):  # a dataclass that is frozen takes four times as long to make
    """What orders and selects a release without its text: cheap to read by the thousand.

    *topics* are those whose tag passed, *views* the sources that it belongs to beside its own.
    *told* is the number of the publication that told it first, lower for an earlier one.
    """

    id: str
    source: str
    language: str
    author: str
    title: str
    url: str
    published: datetime
    updated: datetime
    revision: int
    withdrawn: datetime | None = None
    told: int = NEVER
    topics: tuple[str, ...] = ()
    views: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of a search, newest first; *total* stops counting at 1,000, *more* says that it did."""

    ids: tuple[str, ...] = ()
    total: int = 0
    more: bool = False
