"""Archives (RFC 5005 §4): finished months of every feed, each written once, linked backwards to the first release.

A month is finished when something was published more than three days after its end, so
that the store decides, not the clock. Its documents are then never written again. A
release of a finished month that comes late is told in the month that is not finished
yet; if the folder is lost, all are made again, each in its own month. A month of many
releases has several documents of 500.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from feeds.edition import LEAST, Edition, Placed
from feeds.publish.book import Book, signature
from feeds.publish.copies import Copies
from feeds.publish.fragments import Fragments
from feeds.publish.worse import ids_of
from feeds.render import atom, json_feed
from feeds.render.entry import VERSION
from feeds.render.model import EPOCH, Feed
from feeds.site import Site
from feeds.store import Head

if TYPE_CHECKING:  # the store loads SQLAlchemy
    from feeds.store import Store

__all__ = ["Archives", "archive_path"]

_HEADS = {"atom": atom.head, "json": json_feed.head}
_PART = 500
_GRACE = timedelta(days=3)
_DAY = timedelta(days=1)
_MANY_LATE = 500  # more is a backfill: then the months they belong to are written again


def archive_path(key: str, part: str, form: str) -> str:
    """Return where the archive document *part* ("2026-01", "2026-01-2") of the feed *key* lives, below the site.

    >>> archive_path("ai.en", "2026-01", "atom")
    'feeds/archive/ai.en/2026-01.atom'
    """
    return f"feeds/archive/{key}/{part}.{form}"


class Archives:
    """Writes what has left the editions; knows, for each feed, the newest document of its past."""

    def __init__(self, store: Store, site: Site, *, book: Book, fragments: Fragments, copies: Copies) -> None:
        """Read from *book* what is finished."""
        self._store = store
        self._site = site
        self._copies = copies
        self._outbox = copies.outbox
        self._book = book
        self._fragments = fragments
        self._forms = tuple(form for form in _HEADS if form in site.formats)
        newest = store.heads(store.newest(limit=1)).values()
        self._open = max((f"{head.published.astimezone(UTC) - _GRACE:%Y-%m}" for head in newest), default="")

    def write(self, edition: Edition, held: Sequence[Placed], fresh: Collection[Head], blank: Feed) -> str:
        """Write what is due of the past of *edition*, which now holds *held*; return its newest document's name.

        *fresh* are the releases this publication saw for the first time, *blank* the
        head that all documents of the feed share.
        """
        if edition.where or not self._forms or not held:
            return ""
        kept = self._book.archive(edition.key)
        if not kept and len(held) < LEAST:
            return ""  # it holds all there ever was
        parts: list[str] = list(kept.get("parts", ()))
        late: list[str] = list(kept.get("late", ()))
        if parts and not (self._outbox.directory / archive_path(edition.key, parts[-1], self._forms[0])).is_file():
            parts, late = [], []
        done = parts[-1][:7] if parts else ""
        late += self._come_late(edition, fresh, done, late)
        if len(late) > _MANY_LATE:
            parts, late, done = [], [], ""
        sign = signature(self._open, [one.head.id for one in held], late, done)
        if sign == kept.get("sign") and parts == kept.get("parts") and not self._outbox.check:
            unfinished = list(kept.get("open", ()))
            self._keep(edition, (*parts, *unfinished))
            return [*parts, *unfinished][-1] if parts or unfinished else ""
        self._keep(edition, parts)
        months = list(self._months(edition, after=done))
        bearer = max((month for month in months if month < self._open), default="") or self._open
        unfinished = []
        for month in sorted({*months, bearer} if late else months):
            is_finished = month < self._open
            ids = self._store.month(month, **edition.narrowed) if is_finished else self._left(edition, month, held)
            names = self._month(
                edition, month, (*ids, *(late if month == bearer else ())), [*parts, *unfinished], blank
            )
            if is_finished:
                parts += names
            else:
                unfinished += names
        waiting = late if bearer >= self._open else []
        record = {"parts": parts, "open": unfinished, "late": waiting, "sign": sign}
        self._book.keep_archive(edition.key, record)
        return [*parts, *unfinished][-1] if parts or unfinished else ""

    def _months(self, edition: Edition, *, after: str) -> Iterable[str]:
        """Return the months later than *after* in which *edition* has something, the first one first."""
        if not after:
            return self._store.months(**edition.narrowed)[::-1]
        newest = self._store.heads(self._store.newest(limit=1, **edition.narrowed)).values()
        last = max((f"{head.published.astimezone(UTC):%Y-%m}" for head in newest), default="")
        return list(_following(after, last))

    def _left(self, edition: Edition, month: str, held: Sequence[Placed]) -> Sequence[str]:
        """Return what an unfinished *month* has that the edition does not hold any more, by whole days."""
        ids = self._store.month(month, **edition.narrowed)
        holds = {one.head.id for one in held} | {other.id for one in held for other in one.also}
        if holds.issuperset(ids):
            return ()
        last = held[-1].head.published.astimezone(UTC)
        end = last.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
        return [head.id for head in self._store.heads(ids).values() if head.published < end or head.id not in holds]

    def _month(self, edition: Edition, month: str, ids: Iterable[str], before: Sequence[str], blank: Feed) -> list[str]:
        """Write the documents of *month*, which hold *ids*; return their names."""
        heads = sorted(self._store.heads(list(dict.fromkeys(ids))).values(), key=lambda head: (head.published, head.id))
        names: list[str] = []
        for number, start in enumerate(range(0, len(heads), _PART), 1):
            name = month if number == 1 else f"{month}-{number}"
            placed = [Placed(head) for head in heads[start : start + _PART]][::-1]
            self._part(edition, name, placed, [*before, *names][-1:], blank)
            names.append(name)
        return names

    def _part(
        self, edition: Edition, name: str, placed: Sequence[Placed], previous: Sequence[str], blank: Feed
    ) -> None:
        is_finished = name[:7] < self._open
        marks = self._fragments.marks(placed)
        for form in self._forms:
            path = archive_path(edition.key, name, form)
            head = replace(
                blank,
                address=self._site.url(path),
                page=self._site.url(edition.page),
                updated=max((one.head.updated for one in placed), default=EPOCH),
                archive=is_finished,
                hub="",
                current=self._site.url(f"feeds/{edition.key}.{form}"),
                previous=self._site.url(archive_path(edition.key, previous[0], form)) if previous else "",
            )
            sign = signature(VERSION, head, marks)
            if self._copies.are_current(path, sign):
                continue
            found = self._fragments.get(placed, form)
            kept = [found[one.head.id] for one in placed if one.head.id in found]
            self._copies.put(path, sign, _HEADS[form](head), kept)

    def _come_late(self, edition: Edition, fresh: Collection[Head], done: str, known: Collection[str]) -> list[str]:
        """Return those of *fresh* whose month is finished and was written without them."""
        found = []
        for head in fresh:
            month = f"{head.published.astimezone(UTC):%Y-%m}"
            if not done or month > done or head.id in known or not _belongs(head, edition):
                continue
            if head.id not in self._written(edition, month):
                found.append(head.id)
        return sorted(found)

    def _written(self, edition: Edition, month: str) -> set[str]:
        """Return what the documents from *month* on hold."""
        found: set[str] = set()
        form = self._forms[0]
        folder = (self._outbox.directory / archive_path(edition.key, month, form)).parent
        for path in sorted(folder.glob(f"*.{form}")) if folder.is_dir() else ():
            if path.name >= month:
                found.update(ids_of(path.read_bytes(), form))
        return found

    def _keep(self, edition: Edition, parts: Iterable[str]) -> None:
        for part in parts:
            for form in self._forms:
                self._copies.keep(archive_path(edition.key, part, form))


def _belongs(head: Head, edition: Edition) -> bool:
    if edition.source is not None:
        return edition.source in (head.views if edition.view else (head.source,))
    return (edition.topic is None or edition.topic in head.topics) and edition.language in {"", head.language}


def _following(month: str, last: str) -> Iterable[str]:
    """Yield the months after *month* up to *last*.

    >>> list(_following("2025-11", "2026-02"))
    ['2025-12', '2026-01', '2026-02']
    """
    moment = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    while month < last:
        moment = (moment + timedelta(days=32)).replace(day=1)
        month = f"{moment:%Y-%m}"
        yield month
