"""How far the crawl of one source has come, and what it amounts to in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, Literal

from crawler.contract import (
    History,
    Judgement,
    dated_share,
    doubt_of,
    doubt_of_page,
    judge_listing,
    newest_day,
    restless,
)
from crawler.extract import Item, Listing, read_listing
from crawler.memory import RECENT, Memory, PageMemory, item_digest
from crawler.outcome import Trouble
from crawler.reached import joins, marks_of
from crawler.rewritten import Rewritten
from crawler.spiders.plan import recheck_step
from feeds.store import KeptPage, Outcome, PageKind, SourceState, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crawler.mend import Mend
    from crawler.source import Source
    from feeds.release import Draft

__all__ = ["RECHECKS", "ListingPage", "Phase", "Progress", "Read", "rules_digest"]

Phase = Literal["listing", "further", "releases", "finished"]
RECHECKS: Final = 10
"""So many releases are looked at again in a crawl, at most."""

_NO_RELEASES: Final = "none of"
_ENDS: Final = 2  # so often a further page without anything is asked for again before it is the end of the list
_TRIES_OWED: Final = 6  # within three weeks
_TRIES: Final = 4  # of one that is listed in other words: within three and a half days


def rules_digest(source: Source) -> str:
    """Return a hash of all by which *source* reads a page: other rules must read the same page anew."""
    bare = (source.kind, source.zone, source.language, source.listing, source.release, source.address, source.expect)
    return blake2b(repr(bare).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingPage:
    """One page of the listing as fetched whole and read."""

    page: KeptPage
    text: str
    listing: Listing
    memory: PageMemory
    followed: bool = False  # another page led to it


@dataclass(slots=True, kw_only=True)
class Progress:
    """The crawl of one *source*, from its first request to its outcome."""

    source: Source
    state: SourceState
    memory: Memory
    host: str
    started: datetime
    began: float  # monotonic
    archive: bool = False  # walks back: neither judged nor remembered
    phase: Phase = "listing"
    pending: int = 0
    asking: int = 0  # requests of these, and waits for a host
    held: Read | None = None  # the first page under another title than was listed: maybe one page for all
    fetched_bytes: int = 0
    proven: bool = False  # a listing was fetched and parsed, now or, if unchanged, before
    trouble: Trouble | None = None
    outcome: Outcome | None = None  # what the contract says, where it stops the crawl
    reason: str = ""
    read: list[ListingPage] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)  # listing pages that are as we knew them
    touched: list[str] = field(default_factory=list)  # addresses that answered 304
    listed: dict[str, str] = field(default_factory=dict)
    new: int = 0
    changed: int = 0
    repairs: Counter[str] = field(default_factory=Counter)  # of what is new or changed
    delivered: int = 0  # releases read, known ones included
    unread: list[str] = field(default_factory=list)  # why pages were no release
    missed: list[str] = field(default_factory=list)  # why releases could not be had this time
    lacking: list[str] = field(default_factory=list)  # further listing pages that could not be had
    doubted: list[str] = field(default_factory=list)  # those that held nothing, which may be the end of the list
    followed: set[str] = field(default_factory=set)  # "next" links we went after
    wanted: dict[str, tuple[str, str | None]] = field(default_factory=dict)  # unknown ones → title and date as listed
    had: set[str] = field(default_factory=set)  # of those, the ones that were read
    looked: set[str] = field(default_factory=set)  # releases held that are looked at again
    due: dict[str, str] = field(default_factory=dict)  # of those whose time had come → their address as held
    timely: set[str] = field(default_factory=set)  # of those, the ones that were read again
    again: set[str] = field(default_factory=set)  # of those listed in other words, the ones not looked at yet
    left: int = 0  # releases left for another time: limit, since, no time
    errors: list[str] = field(default_factory=list)
    wait_until: datetime | None = None
    declared: Source | None = None  # as its file says, where *source* is read by what was mended
    mend: Mend | None = None
    mended: str = ""  # what was mended in this crawl
    voted: int = 0  # release pages read by vote, their declared body not being found
    by_rules: int = 0  # release pages read as declared
    agreements: list[float] = field(default_factory=list)  # of the readers, on bodies that no selector gave
    rewritten: Rewritten = field(default_factory=Rewritten)  # what is listed as before under other addresses
    compared: set[str] = field(default_factory=set)  # addresses of those that are fetched all the same
    unlike: dict[str, str] = field(default_factory=dict)  # pages under other titles than were listed → where they were
    fresh: set[str] = field(default_factory=set)  # addresses that led to something new or changed

    @property
    def addresses(self) -> tuple[str, ...]:
        """The source's own addresses, whose ports it may use."""
        listing = self.source.listing
        return tuple(url for url in (listing.url, *listing.also, listing.days) if url)

    @property
    def doubt(self) -> str:
        """Why the bodies of the last releases are in doubt, "" where they are not."""
        body = doubt_of([*self.memory.agreements, *self.agreements][-RECENT:])
        return body or restless([*self.memory.looks, *self.looks][-RECENT:])

    @property
    def looks(self) -> list[int]:
        """Which of the releases that were looked at again had changed: 1 or 0 for each."""
        return [int(url in self.fresh) for url in sorted(self.timely)]

    @property
    def is_complete(self) -> bool:
        """Whether every item listed is held or set aside: only then may a 304 stand for "nothing new"."""
        return self.proven and not self.missed and self._is_walked

    @property
    def _is_walked(self) -> bool:
        """Whether the list was read as far as anything new may stand."""
        return not (self.archive or self.lacking or self.doubted or self.left or self.errors or self.outcome)

    def believes(self, known: Collection[str]) -> bool:
        """Judge what was listed; return whether it is to be believed. *known* are addresses of releases held."""
        self.listed = {url: seen for page in self.unchanged for url, seen in self.memory.pages[page].items.items()}
        fresh = {item.url: item for page in self.read for item in page.listing.items}
        self.listed |= {url: item_digest(item) for url, item in fresh.items()}
        if self.archive:
            self.proven = bool(self.read)
            return True
        if not self.read or (self.unchanged and not fresh):
            return True
        first = self.read[0]
        opening = {item.url: item for page in self.read if not page.followed for item in page.listing.items}
        judged = replace(first.listing, items=tuple(opening.values()))
        history = History(
            counts=tuple(self.memory.counts),
            dated=tuple(self.memory.dated),
            newest=date.fromisoformat(self.memory.newest) if self.memory.newest else None,
            known=known,
            now=self.started,
            addresses=self.memory.addresses,
        )
        verdict = judge_listing(self.source, judged, first.text, history, detect=self._detect)
        self.reason = verdict.reason
        if verdict.outcome in (Judgement.SUSPICIOUS, Judgement.BLOCKED):
            self.outcome = Outcome(verdict.outcome.value)
            return False
        self.proven = True
        return True

    def known(self, held: Callable[[Collection[str]], frozenset[str]]) -> frozenset[str]:
        """Return which of the addresses listed lead to what we hold, by *held*, or by what was proven of addresses."""
        lines, memory = {item.url: item_digest(item) for item in self.items()}, self.memory.rewriting
        self.rewritten = Rewritten() if self.archive else memory.read(self.memory.lines, lines)
        others = self.rewritten.same
        known = held([*lines, *others.values()])
        for url, other in others.items():
            if other in self.memory.aside:
                self.memory.aside[url] = self.memory.aside.pop(other)
        same = {url for url, other in others.items() if other in known} - known
        self.compared = {memory.sample(self.rewritten, now=self.started)} & same
        if not memory.trusts(self.rewritten):
            self.compared = same
        return known & lines.keys() | (same - self.compared)

    def _detect(self) -> Listing:
        """Read the pages that open the list as ones that nobody described, where they are pages."""
        pages = [page for page in self.read if not page.followed] if self.source.kind == "html" else []
        return Listing(items=tuple(item for one in pages for item in read_listing(one.text, one.page.url).items))

    def stays(self, url: str) -> None:
        """Take note that the listing page at *url* is as it was when it was last believed."""
        self.unchanged.append(url)
        self.proven = True

    def items(self) -> tuple[Item, ...]:
        """Return what the pages read now list, each address once, in their order."""
        return tuple({item.url: item for page in self.read for item in page.listing.items}.values())

    def joins(self, fresh: Sequence[Item], known: Collection[str]) -> bool:
        """Return whether a list is read as far as it has to be: its last page holds *fresh*, of which *known* are held.

        A source that is read to a depth is walked until all is held and was listed before;
        another one where nothing of its page was listed before: after days without us.
        """
        joined = not fresh or joins(fresh, self.memory.reached)
        if self.source.listing.pages > 1:
            return joined and all(item.url in known for item in fresh)
        return joined or not self.memory.reached

    def takes(self, url: str, listing: Listing, text: str) -> bool:
        """Return whether the further page at *url* is one of the list; take note of what it is else."""
        reason = doubt_of_page(listing, text)
        if not listing.items and not reason:
            self.is_beyond(url, "nothing listed")
        elif reason:
            self.lacking.append(f"{url}: {reason}")
        else:
            self.memory.ends.pop(self._place(url), None)
        return bool(listing.items) and not reason

    def is_beyond(self, url: str, reason: str) -> None:
        """Take note that the further page at *url* is not there: the end of the list, if that stays so."""
        times = self.memory.ends[self._place(url)] = self.memory.ends.get(self._place(url), 0) + 1
        if times <= _ENDS:
            self.doubted.append(f"{url}: {reason}")

    def _place(self, url: str) -> str:
        return f"{url} {len(self.followed)}"  # one address serves all pages where a form is posted

    def owed(self, held: Callable[[Collection[str]], frozenset[str]]) -> Iterator[Item]:
        """Yield what was listed, could not be had so far, and is listed no more, without what is *held* by now."""
        unlisted = [url for url in self.memory.owed if url not in self.listed]
        known = held(unlisted) if unlisted else ()
        self.wanted |= {url: self.memory.owed[url] for url in unlisted if url not in known}
        due = [url for url in self.wanted if not self.memory.is_aside(url, now=self.started)]
        for url in due[:RECHECKS]:
            title, day = self.wanted[url]
            yield Item(url=url, title=title, date=day)

    def looks_due(self, lately: Sequence[tuple[str, datetime]]) -> Iterator[str]:
        """Yield where to look again at those whose time has come: where they are listed by now.

        *lately* are addresses of releases held, and when they were first seen.
        """
        listed = {held: url for url, held in {**self.memory.rewriting.held, **self.rewritten.same}.items()}
        before = self.memory.checked
        self.memory.checked = {held: before[held] for held, _ in lately if held in before}
        for held, seen in lately:
            url, step = listed.get(held, held), recheck_step(self.started - seen)
            if step <= self.memory.checked.get(held, 0) or self.memory.is_aside(url, now=self.started):
                continue
            if url not in self.again and len(self.due) < RECHECKS:
                self.memory.checked[held] = step
                self.due[url] = held
                yield url

    def not_seen(self, url: str) -> None:
        """Take note that a look at *url* could not be had: it is still to come, for some days."""
        if url in self.due:
            self.memory.checked[self.due[url]] -= 1
        if self.memory.tried(url) >= _TRIES:
            self.again.discard(url)

    def believe(self) -> None:
        """Take what was listed into the memory: the next crawl compares with it."""
        for page in self.read:
            if not self.is_complete or not self.again.isdisjoint(page.memory.items):
                page.memory.body = page.memory.seal = ""
            # In no words we know: so that the next crawl finds them changed once more.
            page.memory.items |= dict.fromkeys(self.again & page.memory.items.keys(), "")
            self.memory.pages[page.page.url] = page.memory
        keep = {*(page.page.url for page in self.read), *self.unchanged}
        self.memory.pages = {
            url: page for url, page in self.memory.pages.items() if url in keep or url in self.addresses
        }
        compared = set() if self.missed or self.left or self.errors else self.compared
        self.memory.rewriting.learn(
            self.rewritten,
            fetched=compared,
            fresh=self.compared & self.fresh,
            now=self.started,
        )
        self._remember()
        fresh = Listing(items=self.items())
        if fresh.items and not self.unchanged:
            self.memory.dated.append(round(dated_share(fresh), 2))
        day = newest_day(fresh, now=self.started)
        self.memory.newest = max(self.memory.newest, day.isoformat() if day else "")

    def _remember(self) -> None:
        pages = [page for page in self.read if not page.followed]
        opening = {item.url for page in pages for item in page.listing.items}
        stayed = (page for page in self.unchanged if page not in self.followed)
        opening |= {url for page in stayed for url in self.memory.pages[page].items}
        if self.listed:
            self.memory.counts.append(len(opening))
        if pages and pages[0].listing.items and self._is_walked:
            self.memory.reached = marks_of(pages[0].listing.items)
        self.memory.owed = {
            url: told
            for url, told in self.wanted.items()
            if (self.errors or url not in self.had) and self.memory.tried(url) <= _TRIES_OWED
        }

    def pages_to_keep(self) -> Sequence[KeptPage]:
        """Return the listing pages to keep: believed with their validators if all they list is held, else without."""
        pages = [page.page for page in self.read]
        if self.outcome is not None:
            return [replace(page, kind=PageKind.QUARANTINE, reason=self.reason) for page in pages]
        return pages if self.is_complete else [replace(page, etag="", last_modified="") for page in pages]

    def ending(self) -> tuple[Outcome, str]:
        """Return how the crawl ended, and why where there is something to say."""
        if self.trouble is not None:
            return self.trouble.outcome, self.trouble.reason
        if self.outcome is not None:
            return self.outcome, self.reason
        if not self.proven:
            return Outcome.FAILED, next(iter([*self.errors, *self.lacking]), "no listing was fetched")
        return self._proven_ending()

    def _proven_ending(self) -> tuple[Outcome, str]:
        if self.new or self.changed:
            return Outcome.NEW, self._lacking()
        if self.errors or (self.missed and not self.delivered):
            return Outcome.FAILED, self._lacking()
        if len(self.unread) > 1 and not self.delivered:
            return Outcome.SUSPICIOUS, f"{_NO_RELEASES} {len(self.unread)} pages was a release: {self.unread[0]}"
        if self._still_unread():
            return Outcome.SUSPICIOUS, self.state.reason
        return Outcome.UNCHANGED, self._lacking()

    def _still_unread(self) -> bool:
        """Whether what could not be read still waits to be tried: an unchanged list is no recovery."""
        was = self.state.state is State.SUSPICIOUS and self.state.reason.startswith(_NO_RELEASES)
        return was and not self.delivered and any(url in self.memory.aside for url in self.listed)

    def _lacking(self) -> str:
        said = [f"repaired: {self.mended}"] if self.mended else []
        said += [doubt] if (doubt := self.doubt) else []
        if self.errors:
            said.append(f"{len(self.errors)} errors of our own: {self.errors[0]}")
        if self.missed:
            said.append(
                f"{len(self.missed)} of {len(self.missed) + self.delivered} releases could not be had: {self.missed[0]}"
            )
        if self.lacking:
            said.append(f"{len(self.lacking)} pages of the list could not be had: {self.lacking[0]}")
        if self.unread:
            said.append(f"{len(self.unread)} pages were no release: {self.unread[0]}")
        return "; ".join(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What one page gave: *drafts* to store together with the *page* that carried them, or a page for quarantine."""

    crawl: Progress
    drafts: tuple[Draft, ...] = ()
    page: KeptPage | None = None

    def singly(self) -> Iterator[Read]:
        """Yield each draft by itself, without the page."""
        return (Read(crawl=self.crawl, drafts=(draft,)) for draft in self.drafts)
