"""Is this crawl to be believed? Pure: it judges what was read against what was declared and what was usual."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING

from crawler.extract.found import Listing
from crawler.extract.overlap import overlap
from crawler.spoilt import is_spoilt
from crawler.wall import BLOCKING, what_wall

if TYPE_CHECKING:
    from crawler.source import Source

__all__ = [
    "History",
    "Judgement",
    "Verdict",
    "dated_share",
    "doubt_of",
    "doubt_of_page",
    "judge_listing",
    "newest_day",
    "restless",
]

_AHEAD = timedelta(hours=36)  # a day that began elsewhere, a release under embargo
_OLD = timedelta(days=60)  # the newest of a list may be withdrawn, not all of two months
_ALIKE = 0.5
_USUAL_RUNS = 3  # below so many good runs there is no "usual" to speak of
_SOME_BODIES = 3
_SOME_LOOKS = 8
_RESTLESS = 0.75  # of releases looked at again hours later hardly one in twenty was corrected
_AGREED = 0.5  # of 125 recorded pages that are read well 5 have less: three in a row are no chance


class Judgement(StrEnum):
    """What a crawl of a listing is found to be; the same words as a run's outcome."""

    NEW = "new"
    UNCHANGED = "unchanged"
    SUSPICIOUS = "suspicious"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What earlier crawls of a source taught.

    *counts* are the items of its last good listings, newest last, *dated* the shares of
    these items that had a date; *newest* is the latest day listed so far; *known* says
    which of this listing's addresses lead to a release held. *now* is when the listing
    was fetched: without it no date is judged.
    """

    counts: tuple[int, ...] = ()
    dated: tuple[float, ...] = ()
    newest: date | None = None
    known: Collection[str] = ()
    now: datetime | None = None
    addresses: Collection[str] = field(default_factory=tuple)  # those of the last good listing


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The *outcome* of a listing, and the *reason*: one sentence for a person; "" where all is well."""

    outcome: Judgement
    reason: str = ""


def judge_listing(
    source: Source,
    listing: Listing,
    page_text: str,
    history: History,
    *,
    detect: Callable[[], Listing] | None = None,
) -> Verdict:
    """Return whether *listing*, read from *page_text* (as decoded, with its markup), is to be believed.

    *detect* reads the same page as one that nobody described: a second opinion, asked
    for only where nothing listed was ever seen before.

    `blocked`: a page stands before the site (captcha, refusal). `suspicious`: nothing
    or far less than usual was found, or what was found is none of what was there
    before; feeds then stay as they are. `new` and `unchanged` are proven: a listing
    was read, and does or does not hold addresses not in *history.known*.

    >>> from crawler.source import Source
    >>> judge_listing(Source(key="a", title="A"), Listing(), "<title>Just a moment...</title>", History()).outcome
    <Judgement.BLOCKED: 'blocked'>
    """
    items = len(listing.items)
    if not items:
        return _nothing(source, listing, page_text, history)
    reason = f"{items} items: expected at least {source.expect.least}" if items < source.expect.least else ""
    reason = reason or _far_less(items, history.counts) or _senseless(listing) or _misdated(listing, history)
    if reason := reason or _replaced(listing, history, detect):
        return _suspicious(reason)
    unknown = sum(item.url not in history.known for item in listing.items)
    return Verdict(outcome=Judgement.NEW if unknown else Judgement.UNCHANGED)


def doubt_of_page(listing: Listing, page_text: str) -> str:
    """Return why a further page of a list, *listing* as read from *page_text*, is not to be believed; "" where it is.

    >>> doubt_of_page(Listing(), "<title>Just a moment...</title>"), doubt_of_page(Listing(), "<ul></ul>")
    ('captcha', '')
    """
    return _senseless(listing) if listing.items else what_wall(page_text)


def _nothing(source: Source, listing: Listing, page_text: str, history: History) -> Verdict:
    wall = what_wall(page_text)
    if wall in BLOCKING:
        return Verdict(outcome=Judgement.BLOCKED, reason=f"a page stands before the site: {wall}")
    if wall:
        return _suspicious(f"not the listing but another page: {wall}")
    if source.expect.quiet_days and not history.counts:
        return Verdict(outcome=Judgement.UNCHANGED, reason="nothing listed, and nothing known to be usual")
    if source.expect.quiet_days and 0 in history.counts[-20:] and listing.via:
        return Verdict(outcome=Judgement.UNCHANGED, reason="nothing listed, as has happened before")
    said = f": {listing.reason}" if listing.reason else ""
    usual = f", usually {median(history.counts):g}" if history.counts else ""
    return _suspicious(f"nothing found on the listing{usual}{said}")


def _far_less(items: int, counts: tuple[int, ...]) -> str:
    if len(counts) < _USUAL_RUNS:
        return ""
    usual = median(counts[-10:])
    if usual >= 4 and items < usual / 2 and items < min(counts[-10:]):
        return f"{items} items, usually {usual:g}: less than half"
    return ""


def _senseless(listing: Listing) -> str:
    """Say why items cannot be releases: one title for all, or hardly any title."""
    titles = [item.title for item in listing.items]
    if len(titles) >= 4 and len(set(titles)) == 1:
        return f'every item has the title "{titles[0]}"'
    empty = sum(not title.strip() for title in titles)
    if empty > len(titles) / 2:
        return f"{empty} of {len(titles)} items have no title"
    spoilt = sum(map(is_spoilt, titles))
    if spoilt > len(titles) / 2:
        return f"the words of {spoilt} of {len(titles)} titles are lost: {titles[0][:40]}"
    return ""


def dated_share(listing: Listing) -> float:
    """Return which share of the items of *listing* has a date, 0 to 1.

    >>> from crawler.extract.found import Item
    >>> dated_share(Listing(items=(Item(url="a", title="A", date="2026-04-14"), Item(url="b", title="B"))))
    0.5
    """
    return len(_days(listing)) / len(listing.items) if listing.items else 0.0


def doubt_of(agreements: Sequence[float]) -> str:
    """Return why the bodies of a source are in doubt, by how far its readers agreed on the last of them; else "".

    The contract of a source that declares no body: on three pages or more the readers
    agree, in the median, to a half at least.

    >>> doubt_of([0.2, 0.3, 0.9]), doubt_of([0.2, 0.9, 0.9]), doubt_of([0.1])
    ('bodies in doubt: the readers agree to 30%; declare release.body', '', '')
    """
    if len(agreements) < _SOME_BODIES or (share := median(agreements)) >= _AGREED:
        return ""
    return f"bodies in doubt: the readers agree to {share:.0%}; declare release.body"


def restless(looks: Sequence[int]) -> str:
    """Return why what a source says is not to be trusted, by which *looks* at releases we hold found them changed.

    A banner, a counter or the time of day inside a body makes a correction at every look.

    >>> restless([1] * 8)[:40], restless([1, 0] * 8), restless([1] * 7)
    ('8 of 8 releases had changed when looked ', '', '')
    """
    changed = sum(looks)
    if len(looks) < _SOME_LOOKS or changed < _RESTLESS * len(looks):
        return ""
    said = f"{changed} of {len(looks)} releases had changed when looked at again"
    return f"{said}: part of what is read is no text of theirs; name it in release.drop"


def newest_day(listing: Listing, *, now: datetime) -> date | None:
    """Return the latest day that *listing* states, none that is still to come; None where it states none."""
    return max((day for day in _days(listing) if day <= (now + _AHEAD).date()), default=None)


def _days(listing: Listing) -> list[date]:
    return [date.fromisoformat(item.date[:10]) for item in listing.items if item.date]


def _misdated(listing: Listing, history: History) -> str:
    """Say why the dates of a listing are not those of releases: gone, still to come, or all long past."""
    days = _days(listing)
    if len(history.dated) >= _USUAL_RUNS:
        usual = median(history.dated[-10:])
        if usual >= 0.9 and len(days) < len(listing.items) / 2:
            return f"{len(days)} of {len(listing.items)} items have a date, usually {usual:.0%}"
    if history.now is None or len(days) < 4:
        return ""
    coming = sum(day > (history.now + _AHEAD).date() for day in days)
    if coming > len(days) / 2:
        return f"{coming} of {len(days)} dates are still to come: day and month may be mixed up"
    if len(history.counts) >= _USUAL_RUNS and history.newest is not None and max(days) < history.newest - _OLD:
        return f"the newest item is of {max(days)}, though {history.newest} was listed before: an old page"
    return ""


def _replaced(listing: Listing, history: History, detect: Callable[[], Listing] | None) -> str:
    """Say why a listing looks like another one: nothing of it was seen before, though much always stays."""
    if len(history.addresses) < 5 or len(history.counts) < _USUAL_RUNS:
        return ""
    urls = {item.url for item in listing.items}
    if urls & set(history.addresses) or urls & set(history.known):
        return ""
    hosts = {_host(url) for url in urls}
    if hosts.isdisjoint({_host(url) for url in history.addresses}):
        return f"every address leads to another host: {', '.join(sorted(hosts)[:3])}"
    share = overlap(listing, detect()) if detect is not None else None
    if share is not None and share < _ALIKE:
        return f"nothing listed was seen before, and the list of the page is another: {share:.0%} of its items found"
    return ""


def _host(url: str) -> str:
    return url.split("/", 3)[2].lower() if url.count("/") > 1 else ""


def _suspicious(reason: str) -> Verdict:
    return Verdict(outcome=Judgement.SUSPICIOUS, reason=reason)
