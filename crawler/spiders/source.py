"""The one spider for every source: listing, then the releases it lists that we do not hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from crawler.address import host_of
from crawler.astray import home_instead, same_for_all
from crawler.extract import Listing, NotARelease, read_declared_listing, read_declared_release
from crawler.memory import PageMemory, digest, item_digest
from crawler.normalise import decode
from crawler.outcome import Trouble
from crawler.source import Request as Opening
from crawler.spiders.plan import too_old
from crawler.spiders.progress import RECHECKS, ListingPage, Progress, Read
from crawler.spiders.repair import moved, repair_listing, repair_release
from crawler.spiders.wire import UNASKED, Wire, content_type_of, seal_of
from crawler.spoilt import lost_words
from crawler.wall import what_wall
from feeds.store import Outcome, PageKind

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

    from crawler.extract import Item
    from feeds.release import Draft

__all__ = ["SourceSpider"]

_WHOLE_AFTER_S: Final = 86_400  # a listing is fetched whole once a day, whatever its server says
_LATELY: Final = timedelta(hours=78)  # a day without a time of day, the last look, and a day between two crawls
_CATCH_UP: Final = 10  # pages that a list is followed after days without us, though only its first is read otherwise
_MOST_LATELY: Final = 1000  # of which each is looked at four times: more than the busiest newsroom publishes


class SourceSpider(Wire):
    """Crawls the sources of one batch side by side; each ends by itself, in the store and on the wire.

    The phases of a crawl: its first listing page; where that has changed, the further
    ones (other addresses, days, following pages); the releases. An unchanged listing is
    one request.
    """

    # listing -----------------------------------------------------------------------------

    def _open(self, crawl: Progress) -> Iterator[Request]:
        if crawl.trouble is not None:
            return
        until = self.circuits.closed_until(crawl.host)
        if until is not None:
            reason = f"{crawl.host} is not to be asked before {until:%Y-%m-%d %H:%M} UTC"
            crawl.trouble = Trouble(outcome=Outcome.BLOCKED, reason=reason, deferred=True)
            crawl.wait_until = until
        elif self.circuits.must_wait(crawl):
            crawl.asking += 1
            crawl.pending += 1  # another source asks the host first; then _resume() comes back here
        else:
            openings = self._openings(crawl)
            only_first = crawl.source.listing.url and not crawl.archive
            yield from self._list(crawl, openings[:1] if only_first else openings)

    def _openings(self, crawl: Progress) -> tuple[Opening, ...]:
        pattern = crawl.source.listing.days
        if crawl.archive and pattern and self.batch.days:
            return tuple(Opening(url=date.fromisoformat(day).strftime(pattern)) for day in self.batch.days)
        openings = crawl.source.requests(crawl.started)
        return openings[:1] if crawl.archive else openings

    def _list(self, crawl: Progress, openings: Iterable[Opening]) -> Iterator[Request]:
        seals = {url: page.seal for url, page in crawl.memory.pages.items()}
        for opening in openings:
            memory = crawl.memory.pages.get(opening.url)
            recent = memory is not None and crawl.started.timestamp() - memory.whole < _WHOLE_AFTER_S
            recent = recent and not self._waits(crawl, opening.url)
            yield self._request(
                crawl,
                opening.url,
                self._listing,
                form=opening.form,
                conditional=recent and not opening.form,
                seals=seals,
                priority=10,
            )

    def _listing(self, crawl: Progress, response: Response) -> Iterator[Any]:
        self.circuits.heard(host_of(response.url), response)
        yield from self._resume(crawl.host)
        memory = crawl.memory.pages.get(response.url)
        trouble = self._trouble(crawl, response)
        if trouble is None and response.status == 304 and memory is None:
            trouble = UNASKED
        if trouble is not None:
            self._no_listing(crawl, response.url, trouble)
        elif response.status == 304:
            crawl.touched.append(response.url)
            crawl.stays(response.url)
        elif memory is not None and memory.body == digest(response.body) and not self._waits(crawl, response.url):
            memory.whole, memory.seal = crawl.started.timestamp(), seal_of(response)
            crawl.stays(response.url)
            if memory.seal:  # the same bytes under a new validator, which the next request needs
                crawl.read.append(self._page(crawl, response, "", Listing(url=response.url), memory))
        else:
            text = decode(response.body, content_type_of(response), response.url).text
            listing = read_declared_listing(crawl.source, text, response.url)
            memory = PageMemory(
                body=digest(response.body),
                seal=seal_of(response),
                whole=crawl.started.timestamp(),
                items={item.url: item_digest(item) for item in listing.items},
            )
            if crawl.archive or not crawl.followed or crawl.takes(response.url, listing, text):
                crawl.read.append(self._page(crawl, response, text, listing, memory))

    def _waits(self, crawl: Progress, url: str) -> bool:
        """Return whether the list at *url* holds what is to be tried again though the list itself has not changed."""
        return crawl.memory.waits(url, now=crawl.started, explicit=self.batch.explicit)

    def _page(
        self, crawl: Progress, response: Response, text: str, listing: Listing, memory: PageMemory
    ) -> ListingPage:
        page = self._kept(crawl, response, PageKind.LISTING)
        return ListingPage(page=page, text=text, listing=listing, memory=memory, followed=bool(crawl.followed))

    def _no_listing(self, crawl: Progress, url: str, trouble: Trouble) -> None:
        """Take note: a further page may be missing (a new day has none yet), without the first there is no crawl."""
        only = (crawl.source.listing.url and not crawl.archive) or len(self._openings(crawl)) < 2
        if crawl.phase == "listing" and only:
            crawl.trouble = trouble
            return
        if crawl.followed and (trouble.absent or trouble.gone) and not crawl.archive:
            crawl.is_beyond(url, trouble.reason)
        elif not trouble.absent and not trouble.unrecorded:
            crawl.lacking.append(f"{url}: {trouble.reason}")
        self._say(crawl, url, trouble)

    def _lost(self, crawl: Progress, url: str, trouble: Trouble) -> None:
        if crawl.phase == "releases":
            self._no_release(crawl, url, trouble)
        else:
            self._no_listing(crawl, url, trouble)

    # what to fetch -----------------------------------------------------------------------

    def _advance(self, crawl: Progress) -> Iterator[Any]:
        if crawl.trouble is None and not crawl.errors:
            if crawl.phase == "listing":
                crawl.phase = "further"
                changed = any(page.listing.items for page in crawl.read)
                if changed and crawl.source.listing.url and not crawl.archive:
                    yield from self._list(crawl, self._openings(crawl)[1:])
            if crawl.phase == "further" and not crawl.pending:
                yield from self._choose(crawl)
        self._end_if_idle(crawl)

    def _choose(self, crawl: Progress) -> Iterator[Any]:
        items = crawl.items()
        known = crawl.known(partial(self.store.known, crawl.source.key))
        following = self._following(crawl, known)
        if following is not None:
            yield following
            return
        drafts: list[Draft] = []
        if not crawl.believes(known):
            if not repair_listing(crawl, self.store):
                return
            items = crawl.items()
            known = self.store.known(crawl.source.key, [item.url for item in items])
            drafts = list(moved(crawl, self.store, [item for item in items if item.url not in known]))
            known |= {draft.url for draft in drafts}
        self.emit({"event": "listed", "source": crawl.source.key, "count": len(crawl.listed)})
        crawl.phase = "releases"
        if drafts:
            crawl.pending += 1
            yield Read(crawl=crawl, drafts=tuple(drafts))
        if not crawl.source.release.fetch:
            yield from self._take_whole(crawl, items, known)
            return
        owed = crawl.owed(partial(self.store.known, crawl.source.key))
        yield from self._fetch_unknown(crawl, [*(item for item in items if item.url not in known), *owed])
        if not crawl.archive:
            reworded = {item.url for item in crawl.memory.changed(items)} | crawl.rewritten.reworded.keys()
            yield from self._recheck(crawl, [item for item in items if item.url in reworded & known])
            crawl.memory.forget(known - crawl.looked - crawl.again, now=crawl.started)

    def _following(self, crawl: Progress, known: frozenset[str]) -> Request | None:
        """Return the request for the next page of a list, as long as its last does not join what was listed before."""
        pages = crawl.source.listing.pages
        most = (self.batch.pages or pages) if crawl.archive else pages if pages > 1 else _CATCH_UP
        if not crawl.read or self.batch.days or len(crawl.followed) + 1 >= most:
            return None
        last = crawl.read[-1].listing
        before = {item.url for page in crawl.read[:-1] for item in page.listing.items}
        # Behind its last page many a site shows that page again, or the first.
        fresh = [item for item in last.items if item.url not in before]
        done = all(self._is_too_old(crawl, item) for item in fresh) if crawl.archive else crawl.joins(fresh, known)
        form = crawl.source.listing.form_after(len(crawl.followed) + 1)
        following = f"page {len(crawl.followed) + 2}" if form else last.next
        if not following or following in crawl.followed or done:
            return None
        crawl.followed.add(following)
        url = crawl.source.listing.url if form else following
        return self._request(crawl, url, self._listing, form=form, priority=10)

    def _fetch_unknown(self, crawl: Progress, items: list[Item]) -> Iterator[Request]:
        wanted = []
        for item in items:
            if self._is_too_old(crawl, item):
                crawl.left += 1
                continue
            crawl.wanted[item.url] = (item.title, item.date)
            if self.batch.explicit or not crawl.memory.is_aside(item.url, now=crawl.started):
                wanted.append(item)
        most = min(self.batch.source_limit, self.batch.limit or self.batch.source_limit)
        crawl.left += len(wanted[most:])
        # The oldest first: where no page states a date, the order in which we saw them is the order they have.
        for item in reversed(wanted[:most]):
            yield self._request(crawl, item.url, self._release, item=item)

    def _recheck(self, crawl: Progress, corrected: list[Item]) -> Iterator[Request]:
        """Yield conditional requests for releases that may have been corrected.

        Those listed in other words now; and those of the last days, an hour after they
        were first seen, three hours, nine, twenty-seven.
        """
        crawl.again |= {item.url for item in corrected}
        timely = [item for item in corrected if not crawl.memory.is_aside(item.url, now=crawl.started)]
        for item in timely[:RECHECKS]:
            crawl.looked.add(item.url)
            yield self._request(crawl, item.url, self._release, item=item, conditional=True)
        lately = self.store.lately(crawl.source.key, since=crawl.started - _LATELY, limit=_MOST_LATELY)
        for url in crawl.looks_due(lately):
            crawl.looked.add(url)
            yield self._request(crawl, url, self._release, conditional=True)

    def _take_whole(self, crawl: Progress, items: tuple[Item, ...], known: frozenset[str]) -> Iterator[Read]:
        """Yield the releases that the listing carries whole: unknown ones, and those in other words than before."""
        before = crawl.memory.addresses
        changed = {item.url for item in crawl.memory.changed(items)}
        drafts: list[Draft] = []
        for item in reversed(items):
            if item.url in known and item.url in before and item.url not in changed:
                continue
            if self._is_too_old(crawl, item) or len(drafts) >= (self.batch.limit or self.batch.source_limit):
                crawl.left += 1
                continue
            read = read_declared_release(crawl.source, "", item.url, item=item, seen=crawl.started)
            if isinstance(read, NotARelease):
                crawl.unread.append(f"{item.url}: {read.reason}")
            elif why := lost_words(read, self.store):
                crawl.unread.append(f"{item.url}: {why}")
            else:
                drafts.append(read)
        if drafts:
            crawl.pending += 1
            yield Read(crawl=crawl, drafts=tuple(drafts))

    def _is_too_old(self, crawl: Progress, item: Item) -> bool:
        since = self._since
        return since is not None and too_old(item.date, since, crawl.source.zone)

    @property
    def _since(self) -> datetime | None:
        return datetime.fromisoformat(self.batch.since) if self.batch.since else None

    # releases ----------------------------------------------------------------------------

    def _release(self, crawl: Progress, response: Response, item: Item | None = None) -> Iterator[Read]:
        self.circuits.heard(host_of(response.url), response)
        asked = item.url if item is not None else response.meta.get("redirect_urls", [response.url])[0]
        trouble = self._trouble(crawl, response)
        if trouble is not None:
            self._no_release(crawl, asked, trouble)
        elif response.status == 304:
            crawl.touched.append(response.url)
            crawl.delivered += 1
            crawl.timely |= crawl.due.keys() & {asked}
            crawl.again.discard(asked)
            crawl.memory.aside.pop(asked, None)
            crawl.had.add(asked)
        else:
            yield from self._read_release(crawl, response, asked, item)

    def _read_release(self, crawl: Progress, response: Response, asked: str, item: Item | None) -> Iterator[Read]:
        text = decode(response.body, content_type_of(response), response.url).text
        draft = read_declared_release(crawl.source, text, response.url, item=item, seen=crawl.started)
        page = self._kept(crawl, response, PageKind.RELEASE)
        refused = draft if isinstance(draft, NotARelease) else None
        if refused is None:
            crawl.by_rules += 1
        else:
            voted, refused = repair_release(crawl, self.store, text, response.url, item)
            if voted is None and refused is None:
                crawl.had.add(asked)
                crawl.delivered += 1
                crawl.again.discard(asked)
                return
            draft = voted or draft
        key, why = self._astray(crawl, draft, (asked, response.url), item)
        why = why or ("" if isinstance(draft, NotARelease) else lost_words(draft, self.store))
        if why:
            refused = draft = NotARelease(why)
            yield from self._take_back(crawl, key)
        if isinstance(draft, NotARelease):
            reason = what_wall(text) or (refused.reason if refused is not None else "") or draft.reason
            if asked in crawl.listed or asked in crawl.looked:
                crawl.unread.append(f"{asked}: {reason}")
            crawl.memory.set_aside(asked, now=crawl.started)
            crawl.not_seen(asked)
            crawl.pending += 1
            yield Read(crawl=crawl, page=replace(page, kind=PageKind.QUARANTINE, reason=reason))
            return
        crawl.memory.aside.pop(asked, None)
        crawl.had.add(asked)
        crawl.again.discard(asked)
        crawl.timely |= crawl.due.keys() & {asked}
        if self._since is not None and draft.published is not None and draft.published < self._since:
            crawl.left += 1
            return
        if "agreement" in draft.facts:
            crawl.agreements.append(float(str(draft.facts["agreement"])))
        before = crawl.rewritten.reworded.get(asked, "") or crawl.due.get(asked, "")
        others = (url for url in (asked, response.url, before) if url and url != draft.url)
        draft = replace(draft, aliases=tuple(dict.fromkeys([*draft.aliases, *others])), page=digest(response.body))
        crawl.pending += 1
        yield from self._hold_back(crawl, key, Read(crawl=crawl, drafts=(draft,), page=page))

    def _hold_back(self, crawl: Progress, key: str, read: Read) -> Iterator[Read]:
        """Yield *read*, but the first page under another title than was listed only when it proves to be no other's."""
        if key and len(crawl.unlike) == 1 and crawl.asking > 1:
            crawl.held = read  # until another page is the same, or none is left to ask for
            return
        if key and crawl.held is not None:  # another page under another title: this site just names them so
            yield crawl.held
            crawl.held = None
        yield read

    def _astray(
        self, crawl: Progress, draft: Draft | NotARelease, way: tuple[str, str], item: Item | None
    ) -> tuple[str, str]:
        """Return what `same_for_all` knows *draft* by, and why it is another page than where *way* began."""
        if isinstance(draft, NotARelease):
            return "", ""
        key, why = same_for_all(draft, item.title if item is not None else "", crawl.unlike, way[0])
        if key:
            crawl.unlike.setdefault(key, way[0])
        return key, home_instead(*way, crawl.addresses) or why

    def _take_back(self, crawl: Progress, key: str) -> Iterator[Read]:
        """Yield the page that is held, for quarantine, where it is the one that is *key* too."""
        held = crawl.held
        if held is None or held.page is None or len(crawl.unlike) > 1 or key not in crawl.unlike:
            return
        crawl.held, asked = None, crawl.unlike[key]
        crawl.had.discard(asked)
        reason = "the same page as others, under another title than was listed"
        crawl.unread.append(f"{asked}: {reason}")
        crawl.memory.set_aside(asked, now=crawl.started)
        yield Read(crawl=crawl, page=replace(held.page, kind=PageKind.QUARANTINE, reason=reason))

    def _no_release(self, crawl: Progress, url: str, trouble: Trouble) -> None:
        if trouble.gone:
            self._withdraw(crawl, url)
        if url in crawl.looked:
            self._not_looked(crawl, url, trouble)
        elif trouble.deferred:
            crawl.left += 1
        elif trouble.absent or trouble.gone or trouble.refused or url not in crawl.listed:
            crawl.memory.set_aside(url, now=crawl.started)
            if url in crawl.listed:
                crawl.unread.append(f"{url}: {trouble.reason}")
            if trouble.gone or trouble.refused:
                crawl.had.add(url)  # nothing more is to be had
        else:
            crawl.missed.append(f"{url}: {trouble.reason}")

    def _not_looked(self, crawl: Progress, url: str, trouble: Trouble) -> None:
        """Take note that a release we hold could not be looked at again: nothing is lost, another try will do."""
        if trouble.gone or trouble.refused:
            crawl.again.discard(url)
        else:
            if not trouble.deferred:
                crawl.memory.set_aside(url, now=crawl.started)
            crawl.not_seen(url)
        self._say(crawl, url, trouble)

    def _withdraw(self, crawl: Progress, url: str) -> None:
        """Mark the release at *url*, which its source says is gone for good; it stays with us."""
        for release in self.store.find(url):
            if release.source == crawl.source.key and release.withdrawn is None:
                with self.store.writing() as writing:
                    writing.withdraw(release.id, now=crawl.started)
                crawl.changed += 1
                self.emit({"event": "release", "source": crawl.source.key, "id": release.id, "change": "withdrawn"})
