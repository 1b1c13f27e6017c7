"""Look at a source on its own site and say what was found and what to change in its file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from crawler.batch import Fetched
from crawler.contract import History, Judgement, judge_listing
from crawler.extract import Listing, NotARelease, read_declared_listing, read_declared_release, read_listing
from crawler.normalise import decode
from crawler.normalise.declaration import header_encoding, meta_encoding
from crawler.trace import Origin, trace_listing, trace_release
from crawler.wall import what_wall
from feeds.release import Draft
from scheduler.look import Look, Seen
from scheduler.rewrite import Rewrite

__all__ = ["Live", "Sight"]

_SAMPLES = 2
_LONG_SILENCE_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One thing that was looked at: what was *found* of a *subject*, and whether that is *wrong*."""

    subject: str
    found: str
    wrong: bool = False


class Live:
    """A look at one source: `sights` says what is found, `advice` afterwards what to change.

    *reached* is whether its list was had at all.
    """

    def __init__(self, look: Look) -> None:
        """Look through *look*."""
        self._look = look
        self._source = look.source
        self._changes: dict[str, dict[str, str | bool]] = {}
        self._wrong = False
        self._drafts: list[Draft] = []
        self.reached = False

    def sights(self) -> Iterator[Sight]:
        """Yield what is found, one thing at a time, as it is found."""
        for sight in self._sights():
            self._wrong |= sight.wrong
            yield sight

    def advice(self) -> Rewrite:
        """Return what to change: rules that read better, or that the source is proven now; recordings prove nothing."""
        changes = dict(self._changes)
        if not self._wrong and self._drafts and self._look.replay is None:
            today = self._look.now.date().isoformat()
            head: dict[str, str | bool] = {"status": "proven", "checked": today}
            if self._source.status != "proven":
                head["evidence"] = f"fetched and read on {today}: its list, {len(self._drafts)} releases"
            if not self._source.enabled:
                head |= {"enabled": True, "why-disabled": ""}
            changes[""] = {**changes.get("", {}), **head}
        return Rewrite(source=self._source, changes=changes)

    def _sights(self) -> Iterator[Sight]:
        seen, listing = self._look.listing()
        page = seen.page
        if page.reason:
            yield Sight(subject="list", found=f"{page.asked}: {page.reason}", wrong=True)
            return
        if self._look.replay is None:
            yield self._robots(page)
        self.reached = True
        kind = page.content_type or "no Content-Type"
        yield Sight(subject="list", found=f"{page.asked}: status {page.status}, {kind}, {len(page.body)} bytes")
        if page.url != page.asked:
            yield self._redirected(page.asked, page.url)
        yield _encoding(seen)
        yield from self._items(seen, listing)
        if listing.items:
            yield from self._releases(listing)

    def _robots(self, page: Fetched) -> Sight:
        if not page.robots.strip():
            return Sight(subject="robots.txt", found="none: all may be read")
        wait = re.search(r"^\s*crawl-delay\s*:\s*([\d.]+)", page.robots, re.IGNORECASE | re.MULTILINE)
        asked = f", asks for {wait[1]} s between two requests (delay = {self._source.delay_s:g})" if wait else ""
        return Sight(subject="robots.txt", found=f"lets us read this{asked}")

    def _redirected(self, asked: str, url: str) -> Sight:
        if asked == self._source.listing.url:
            self._changes.setdefault("listing", {})["url"] = url
            return Sight(subject="redirect", found=f'leads to {url}: write listing.url = "{url}"')
        return Sight(subject="redirect", found=f"{asked} leads to {url}")

    # the list ----------------------------------------------------------------------------

    def _items(self, seen: Seen, listing: Listing) -> Iterator[Sight]:
        source, url = self._source, seen.page.url
        verdict = judge_listing(source, listing, seen.text, History())
        good = bool(listing.items) and verdict.outcome in (Judgement.NEW, Judgement.UNCHANGED)
        dated = sorted(item.date for item in listing.items if item.date)
        span = f", {dated[0][:10]} to {dated[-1][:10]}" if dated else ""
        how = f"read by {listing.via or 'no rule'}, confidence {listing.confidence:.2f}"
        found = f"{len(listing.items)} releases, {len(dated)} with a date{span}; {how}"
        yield Sight(subject="items", found=f"{found}{': ' if verdict.reason else ''}{verdict.reason}", wrong=not good)
        if wall := what_wall(seen.text) if not good else "":
            yield Sight(subject="page", found=f"stands before the site: {wall}", wrong=True)
        for item in listing.items[:3]:
            yield Sight(subject="item", found=f"{(item.date or 'no date')[:16]}  {item.title}  {item.url}")
        yield from self._silent(trace_listing(source, seen.text), good=good)
        if source.listing.native_id and listing.items:
            numbered = sum(bool(source.native_id(item.url)) for item in listing.items)
            told = f"listing.native-id finds one in {numbered} of {len(listing.items)} addresses"
            yield Sight(subject="number", found=told, wrong=numbered == 0)
        if dated and (self._look.now.date() - date.fromisoformat(dated[-1][:10])).days > _LONG_SILENCE_DAYS:
            yield Sight(subject="silence", found=f"nothing since {dated[-1][:10]}: is this still its list?")
        yield Sight(subject="next page", found=listing.next or "none found")
        yield from self._otherwise(seen, url, good=good)

    def _silent(self, origins: Sequence[Origin], *, good: bool) -> Iterator[Sight]:
        """Yield the selectors of the listing that find nothing; without links there is no listing."""
        for one in origins:
            if not one.count:
                wrong = not good or one.field != "next"
                yield Sight(subject="selector", found=f"{one.by} finds nothing", wrong=wrong)

    def _otherwise(self, seen: Seen, url: str, *, good: bool) -> Iterator[Sight]:
        """Yield what the page would give if nothing were known of it: a feed it announces, rules that find more."""
        if self._source.kind != "html":
            return
        found = read_listing(seen.text, url)
        for feed in [feed for feed in found.feeds if feed not in (url, self._source.listing.url)][:3]:
            told = f'the page announces {feed}: kind = "feed" with that address is steadier than a page'
            yield Sight(subject="feed", found=told)
        if good or not found.items:
            return
        rules = {name: found.rules.get(name, "") for name in ("links", "title", "date")} | {"item": ""}
        mended = replace(self._source, listing=replace(self._source.listing, **rules))  # type: ignore[arg-type]  # strings
        again = read_declared_listing(mended, seen.text, url)
        if rules["links"] and again.items:
            self._changes.setdefault("listing", {}).update(rules)
            told = f'{len(again.items)} releases are found with listing.links = "{rules["links"]}"'
            yield Sight(subject="instead", found=f"{told}; the first: {again.items[0].title}")

    # releases ----------------------------------------------------------------------------

    def _releases(self, listing: Listing) -> Iterator[Sight]:
        source = self._source
        items = listing.items[:_SAMPLES]
        pages = self._look.releases(items)
        unmet: list[set[str]] = []
        for number, item in enumerate(items):
            seen = pages[number] if pages else None
            if seen is not None and seen.page.reason:
                yield Sight(subject="release", found=f"{item.url}: {seen.page.reason}", wrong=True)
                continue
            text, url = (seen.text, seen.page.url) if seen is not None else ("", item.url)
            draft = read_declared_release(source, text, url, item=item, seen=self._look.now)
            origins = trace_release(source, text, url, item=item, seen=self._look.now)
            unmet.append({one.by for one in origins if not one.count and one.by.startswith("release.")})
            if isinstance(draft, NotARelease):
                reason = what_wall(text) or draft.reason
                yield Sight(subject="release", found=f"{url}: is not a release: {reason}", wrong=True)
                continue
            self._drafts.append(draft)
            yield Sight(subject="release", found=f"{draft.title}  {draft.url}")
            yield from (_told(one) for one in origins if not one.by.startswith("release.") or one.count)
            paragraphs = sum(bool(part.strip()) for part in draft.text.split("\n\n"))
            yield Sight(subject="  text", found=f"{len(draft.text)} characters in {paragraphs} paragraphs")
            yield self._language(draft)
        for by in sorted(set.intersection(*unmet) if unmet else ()):
            undated = by.startswith("release.published") and any(draft.published is None for draft in self._drafts)
            needed = undated or by.startswith("release.body")
            yield Sight(subject="selector", found=f"{by} finds nothing on any of them", wrong=needed)

    def _language(self, draft: Draft) -> Sight:
        from crawler.normalise import language  # noqa: PLC0415 - its tables are needed here only

        read, declared = language(draft.text), self._source.language
        if not declared or read in ("und", declared):
            return Sight(subject="  language", found=f"{read}{', as declared' if declared else ''}")
        self._changes.setdefault("", {})["language"] = read.lower()
        return Sight(subject="  language", found=f"reads as {read}, declared is {declared}", wrong=True)


def _told(one: Origin) -> Sight:
    found = f"from {one.by}{f': {one.found}' if one.found else f' ({one.count})' if one.count else ''}"
    return Sight(subject=f"  {one.field}", found=found, wrong=not one.count and one.field == "release")


def _encoding(seen: Seen) -> Sight:
    page = seen.page
    decoded = decode(page.body, page.content_type, page.url)
    header, own = header_encoding(page.content_type), meta_encoding(page.body)
    said = f"header says {header or 'nothing'}, page says {own or 'nothing'}"
    true = f"read as {decoded.encoding} ({decoded.via})"
    lost = f", {decoded.errors} places make no sense" if decoded.errors else ""
    return Sight(subject="encoding", found=f"{said}, {true}{lost}")
