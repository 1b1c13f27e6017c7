"""What the spider does when a source's rules find nothing: mend them, and read by what was mended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from crawler.extract import NotARelease, read_declared_listing
from crawler.extract.draft import title_of
from crawler.extract.plain import is_plain
from crawler.memory import item_digest
from crawler.mend import Known, Mend, NotMended, mend_listing, mend_release
from crawler.mend.known import Recognition, title_fold
from feeds.identity import is_reissue
from feeds.release import Draft
from feeds.store import Outcome

if TYPE_CHECKING:
    from crawler.extract import Item
    from crawler.source import Source
    from crawler.spiders.progress import ListingPage, Progress
    from feeds.release import Release
    from feeds.store import Head, Store

__all__ = ["moved", "repair_listing", "repair_release", "settled"]

_NEWEST: Final = 60  # releases to look for: more than one page of any listing shows


def repair_listing(crawl: Progress, store: Store) -> bool:
    """Mend the rules of a listing that was not believed; return whether what they read now is.

    The rules of the source's own file are tried first, in case they were mended before and
    the site went back.
    """
    if crawl.archive or crawl.outcome is not Outcome.SUSPICIOUS or not any(page.text for page in crawl.read):
        return False
    was, mend, read, outcome, reason = crawl.source, crawl.mend, crawl.read, crawl.outcome, crawl.reason
    said = ""
    for source, new in _choices(crawl, store):
        if isinstance(new, NotMended):
            said = new.reason
            continue
        crawl.source, crawl.mend = source, new
        crawl.read = [_again(source, page) for page in read]
        crawl.outcome, crawl.reason = None, ""
        if crawl.believes(store.known(source.key, [item.url for item in crawl.items()])):
            crawl.mended = new.why if new is not None and new.listing else ""
            return True
        said = crawl.reason
    crawl.source, crawl.mend, crawl.read, crawl.outcome = was, mend, read, outcome
    crawl.reason = reason if said in reason or reason in said else f"{reason}; not repaired: {said}"
    return False


def _choices(crawl: Progress, store: Store) -> Iterator[tuple[Source, Mend | NotMended | None]]:
    declared = crawl.declared or crawl.source
    before = crawl.mend
    if before is not None and before.listing:
        yield declared, replace(before, listing={}, why=_VOTES) if before.votes else None
    page = next(page for page in crawl.read if page.text)
    known = [Known(url=head.url, title=head.title) for head in _newest(declared, store)]
    usual = crawl.state.listed_median
    found = mend_listing(declared, page.text, page.page.url, known, usual=usual)
    if isinstance(found, NotMended):
        yield declared, found
        return
    yield (
        found.source,
        Mend(
            rules=crawl.memory.rules,
            listing=found.changes,
            votes=before is not None and before.votes,
            why=found.why,
            since=crawl.started.isoformat(timespec="seconds"),
            matched=found.matched,
            expected=found.expected,
            confidence=found.confidence,
        ),
    )


_VOTES: Final = "release pages are read by vote: the selector of their body finds nothing"


def _newest(source: Source, store: Store) -> Sequence[Head]:
    return tuple(store.heads(store.newest(source=source.key, limit=_NEWEST)).values())


def _again(source: Source, page: ListingPage) -> ListingPage:
    if not page.text:
        return page
    listing = read_declared_listing(source, page.text, page.page.url)
    memory = replace(page.memory, items={item.url: item_digest(item) for item in listing.items})
    return replace(page, listing=listing, memory=memory)


def moved(crawl: Progress, store: Store, items: Sequence[Item]) -> Iterator[Draft]:
    """Yield, for each of *items* that is a release we hold under another address, that release under this one.

    Only where title and day are the same: what else has a title we know is fetched and compared.
    """
    heads = _newest(crawl.source, store)
    recognition = Recognition(crawl.source, [Known(url=head.url, title=head.title) for head in heads])
    zone = ZoneInfo(crawl.source.zone)
    for item in items:
        which = recognition.which(item.url, [item.title])
        if which is None or not item.date:
            continue
        held = store.release(heads[which].id)
        if held is not None and item.date[:10] == held.published.astimezone(zone).date().isoformat():
            yield _as_held(held, item.url, crawl.started)


def repair_release(
    crawl: Progress, store: Store, text: str, url: str, item: Item | None
) -> tuple[Draft | None, NotARelease | None]:
    """Return what a vote makes of a release page on which the declared selectors found nothing, or why nothing.

    A release we hold in words that its selectors found keeps them, unless its listing gives
    it another title: a vote may take a line more or less, and a redesign is no correction.
    Then neither is returned.
    """
    rules = crawl.source.release
    if not rules.fetch or not rules.body or is_plain(text):
        return None, NotARelease("")
    held = next((one for one in store.find(url) if one.source == crawl.source.key), None)
    found = mend_release(
        crawl.source, text, url, item=item, title=held.title if held is not None else "", seen=crawl.started
    )
    if isinstance(found, NotARelease):
        return None, found
    crawl.voted += 1
    found = replace(found, repairs=tuple(dict.fromkeys([*found.repairs, "voted"])))
    if held is None:
        heads = _newest(crawl.source, store)
        known = [Known(url=head.url, title=head.title) for head in heads]
        which = Recognition(crawl.source, known).which(url, [found.title])
        twin = None if which is None else store.release(heads[which].id)
        if twin is not None and is_reissue(twin.text, found.text):
            return _as_held(twin, url, crawl.started), None
        return found, None
    retitled = item is not None and title_fold(title_of(item)) not in {"", title_fold(held.title)}
    return (found, None) if retitled or "agreement" in held.facts else (None, None)


def _as_held(held: Release, url: str, seen: datetime) -> Draft:
    """Return *held* as if it had been read at *url*: the store then knows it by that address too."""
    return Draft(
        source=held.source,
        url=url,
        aliases=(held.url,),
        seen=seen,
        title=held.title,
        language=held.language,
        author=held.author,
        published=held.published,
        summary=held.summary,
        text=held.text,
        html=held.html,
        photos=held.photos,
        attachments=held.attachments,
        translations=held.translations,
        facts=held.facts,
        repairs=held.repairs,
    )


def settled(crawl: Progress) -> Mend | None:
    """Return what stays mended after *crawl*: votes as long as no declared body is found."""
    mend = crawl.mend
    if crawl.voted and not crawl.by_rules:
        mend = mend or Mend(
            rules=crawl.memory.rules, why=_VOTES, since=crawl.started.isoformat(timespec="seconds"), confidence=0.7
        )
        mend = replace(mend, votes=True)
    elif crawl.by_rules and mend is not None:
        mend = replace(mend, votes=False)
    return mend if mend is not None and (mend.listing or mend.votes) else None
