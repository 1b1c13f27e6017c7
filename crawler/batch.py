"""Batch, Report and what a crawl child says in between: plain values that cross a process boundary as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final, Literal

__all__ = ["Batch", "Ended", "Event", "Fetched", "Report", "SourceOutcome", "one_line"]

Event = Mapping[str, object]
"""One JSON object a child writes: `event` is listed, release, source, log, fetched or done."""

Ended = Literal["ok", "died", "timeout", "stopped"]

_MIB: Final = 1 << 20
_LONGEST: Final = 1000  # characters of a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one crawl child is to do.

    *sources* are keys, looked up in the shipped folder and *folders*. *urls* instead:
    fetch these and hand the bytes back, posting *form* where there is one. *explicit*:
    somebody asked by name, so backoff and open circuits do not count, `Retry-After`
    does. *allow_private* lets *urls* lead to private addresses; sources say so in their
    files. *wall_s*, *cpu_s* and *memory_bytes* bound the child; *source_limit* bounds
    the releases one source may fetch in one crawl. *archive* walks back instead of
    looking for news: the day pages of *days* (ISO dates) where a source has such pages,
    else its list page by page, at most *pages* and until *since*; neither schedule nor
    memory of the source change. Paths must be absolute or relative to the directory of
    the caller. *render* lets the scripts of pages run, for sources that say so; a browser
    reserves more addresses than any limit of memory allows, so there is none then.
    """

    run: str
    sources: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    store_url: str = ""
    authority: str = ""
    replay: str | None = None
    contact: str = ""
    delay_s: float | None = None  # None: as each source says
    limit: int | None = None
    since: str | None = None  # ISO 8601, aware
    wall_s: float = 600.0
    memory_bytes: int = 1536 * _MIB
    cpu_s: int = 120
    explicit: bool = False
    allow_private: bool = False
    urls: tuple[str, ...] = ()
    form: tuple[tuple[str, str], ...] = ()
    render: bool = False
    source_limit: int = 500
    archive: bool = False
    days: tuple[str, ...] = ()
    pages: int | None = None
    now: str | None = None  # ISO 8601: the clock of a test or a replayed story

    def to_json(self) -> dict[str, object]:
        """Return the batch as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> Batch:
        """Return the batch that *values* of `to_json` describe.

        >>> batch = Batch(run="r", sources=("a", "b"))
        >>> Batch.from_json(batch.to_json()) == batch
        True
        """
        known = {field.name for field in fields(cls)}
        taken = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items() if name in known}
        return cls(**taken)  # type: ignore[arg-type]  # checked by whoever wrote it: to_json of the same version


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOutcome:
    """How the crawl of one source ended; *outcome* is new, unchanged, suspicious, failed or blocked."""

    source: str
    outcome: str
    listed: int = 0
    new: int = 0
    changed: int = 0
    seconds: float = 0.0
    reason: str = ""
    fetched_bytes: int = 0  # of pages, unpacked


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a batch ended.

    *ended* says how the child did: "ok", "died" (*signal* or *code* says of what),
    "timeout" at its wall limit, "stopped" when we asked it to. *outcomes* holds every
    source of the batch unless it was stopped. *errors* are one line each: what broke in
    our own code. *cpu_s* and *rss_bytes* are those of the child, *cold* what it had to import.
    """

    outcomes: tuple[SourceOutcome, ...] = ()
    seconds: float = 0.0
    errors: tuple[str, ...] = ()
    ended: Ended = "ok"
    signal: int = 0
    code: int = 0
    cpu_s: float = 0.0
    rss_bytes: int = 0
    cold: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One address as it answered: *url* after redirects; *reason* says why there is no page, "" when there is one.

    *robots* is the robots.txt that was obeyed, "" for none.
    """

    asked: str
    url: str
    status: int = 0
    content_type: str = ""
    body: bytes = b""
    reason: str = ""
    robots: str = ""


def one_line(said: str) -> str:
    r"""Return *said* as one line that a terminal and a log can take: part of it comes from servers.

    >>> one_line("answers text/html\r\n\x1b[2J: expected a page")
    'answers text/html\ufffd\ufffd\ufffd[2J: expected a page'
    """
    return "".join(char if char.isprintable() else "\ufffd" for char in said)[:_LONGEST]
