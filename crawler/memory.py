"""What a source remembers from one crawl to the next, beside its releases: plain JSON in its state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from crawler.rewritten import Rewriting

if TYPE_CHECKING:
    from crawler.extract.found import Item

__all__ = ["RECENT", "Memory", "PageMemory", "digest", "item_digest"]

RECENT: Final = 20
"""How many of the last values of a kind are kept."""

_ASIDE: Final = 200
_CHECKED: Final = 1000
_FIRST_RETRY: Final = timedelta(hours=1)
_LONGEST_RETRY: Final = timedelta(days=7)


@dataclass(slots=True, kw_only=True)
class PageMemory:
    """One listing page as it was last believed.

    *body* is the digest of its bytes, *seal* the validator it came with, *whole* when it
    was last fetched whole, *items* what it listed: address → digest of the line.
    """

    body: str = ""
    seal: str = ""
    whole: float = 0.0
    items: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Memory:
    """Kept under "crawl" in what a source has learnt.

    *rules* is the digest of the source's rules that *pages* were read by: other rules
    read them anew. *counts* are the items of the last good listings, newest last, *dated*
    the shares of them that had a date, *newest* the latest day they listed (ISO 8601).
    *aside* are addresses that led to no release: how often tried, when to try again.
    *agreements* say how far the readers agreed on the last bodies that no selector gave.
    *checked* are releases looked at again for corrections: in which step of the plan.
    *looks* are the last of them: 1 where one had changed, 0 where it had not.
    *rewriting* says what changes in addresses though what is listed stays. *reached* is
    what the top of the list is known again by, as the last complete crawl found it;
    *ends* are further pages that held nothing, and how often in a row. *owed* are releases
    that were listed and could not be had so far: address → title and date.
    """

    rules: str = ""
    pages: dict[str, PageMemory] = field(default_factory=dict)
    counts: list[int] = field(default_factory=list)
    dated: list[float] = field(default_factory=list)
    newest: str = ""
    agreements: list[float] = field(default_factory=list)
    aside: dict[str, tuple[int, float]] = field(default_factory=dict)
    checked: dict[str, int] = field(default_factory=dict)
    looks: list[int] = field(default_factory=list)
    rewriting: Rewriting = field(default_factory=Rewriting)
    reached: list[str] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)
    owed: dict[str, tuple[str, str | None]] = field(default_factory=dict)

    @classmethod
    def read(cls, learnt: Mapping[str, Any], *, rules: str) -> Memory:
        """Return the memory in *learnt*; pages read by other rules than *rules* are forgotten."""
        kept = learnt.get("crawl")
        if not isinstance(kept, dict):
            return cls(rules=rules)
        known = {name: kept[name] for name in (f.name for f in fields(cls)) if name in kept}
        memory = cls(**known)
        memory.pages = {url: PageMemory(**page) for url, page in kept.get("pages", {}).items()}
        memory.aside = {url: (int(times), float(due)) for url, (times, due) in kept.get("aside", {}).items()}
        memory.rewriting = Rewriting(**kept.get("rewriting", {}))
        memory.owed = {url: (title, day) for url, (title, day) in kept.get("owed", {}).items()}
        if memory.rules != rules:
            memory.rules, memory.pages, memory.aside, memory.agreements = rules, {}, {}, []
            memory.looks = []
        return memory

    def write(self, learnt: Mapping[str, Any]) -> dict[str, Any]:
        """Return *learnt* with this memory in it, cut to a size that stays small."""
        self.counts, self.dated = self.counts[-RECENT:], self.dated[-RECENT:]
        self.agreements, self.looks = self.agreements[-RECENT:], self.looks[-RECENT:]
        self.aside = dict(list(self.aside.items())[-_ASIDE:])
        self.checked = dict(list(self.checked.items())[-_CHECKED:])
        self.ends, self.owed = dict(list(self.ends.items())[-RECENT:]), dict(list(self.owed.items())[-_ASIDE:])
        return {**learnt, "crawl": asdict(self)}

    @property
    def addresses(self) -> frozenset[str]:
        """Every address the last good listing pages held."""
        return frozenset(url for page in self.pages.values() for url in page.items)

    @property
    def lines(self) -> dict[str, str]:
        """Every address that the last good listing pages held, with the digest of its line."""
        return {url: seen for page in self.pages.values() for url, seen in page.items.items()}

    def changed(self, items: Iterable[Item]) -> tuple[Item, ...]:
        """Return those of *items* that were listed before in other words."""
        before = self.lines
        return tuple(item for item in items if before.get(item.url, item_digest(item)) != item_digest(item))

    def is_aside(self, url: str, *, now: datetime) -> bool:
        """Return whether *url* led to no release, and is not yet to be tried again."""
        return url in self.aside and now.timestamp() < self.aside[url][1]

    def waits(self, page: str, *, now: datetime, explicit: bool = False) -> bool:
        """Return whether something that *page* listed led to no release, and is to be tried again: always if named."""
        items = self.pages[page].items if page in self.pages else {}
        return any(explicit or not self.is_aside(url, now=now) for url in self.aside if url in items)

    def set_aside(self, url: str, *, now: datetime) -> None:
        """Remember that *url* led to no release: tried again after an hour, then less and less often."""
        times = self.tried(url) + 1
        self.aside.pop(url, None)
        wait = min(_FIRST_RETRY * 4 ** min(times - 1, 6), _LONGEST_RETRY)
        self.aside[url] = (times, (now + wait).timestamp())

    def tried(self, url: str) -> int:
        """Return how often *url* led to no release."""
        return self.aside.get(url, (0, 0.0))[0]

    def forget(self, urls: Iterable[str], *, now: datetime) -> None:
        """Forget that *urls* led to no release, where they would be tried again by now: nobody will."""
        for url in urls:
            if url in self.aside and not self.is_aside(url, now=now):
                del self.aside[url]


def digest(body: bytes) -> str:
    """Return a short hash of *body*."""
    return blake2b(body, digest_size=12).hexdigest()


def item_digest(item: Item) -> str:
    """Return a short hash of all that a listing says of *item*, its address left out."""
    return blake2b(
        repr((item.title, item.date, item.draft_fields)).encode("utf-8", "surrogatepass"), digest_size=6
    ).hexdigest()
