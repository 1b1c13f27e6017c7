"""Archives (RFC 5005 §4): finished months of every feed, each written once, linked backwards to the first release.

A month is finished when something was published more than three days after its end, so
that the store decides, not the clock. Its documents are then never written again. A
release of a finished month that comes late is told in the month that is not finished
yet. When a month was finished is remembered: if the folder is lost, its documents are
made again of what had come by then, in the wording of then. What hangs on a release
beside its wording (topics, photographs, names of sources) is that of today: no history is
kept of it, ids and instants stay, so that nothing is new to a reader, and a folder that
is not lost keeps what it said. A month of many releases has several documents: `part`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from feeds.edition import LEAST, Edition, Placed
from feeds.publish.book import Book, Leaf, signature
from feeds.publish.copies import PACKED, Copies
from feeds.publish.fragments import Fragments
from feeds.publish.lineup import Lineup
from feeds.publish.part import parted
from feeds.publish.selection import Selection
from feeds.publish.spool import Spool
from feeds.publish.then import Then
from feeds.publish.worse import ids_of
from feeds.render import atom, json_feed
from feeds.render.entry import VERSION
from feeds.render.fragment import Parts, Rendered
from feeds.render.model import EPOCH, Feed
from feeds.site import Site
from feeds.store import Head

if TYPE_CHECKING:  # the store loads SQLAlchemy
    from feeds.store import Store

__all__ = ["Archives", "archive_path", "archive_paths"]

_HEADS = {"atom": atom.head, "json": json_feed.head}
_GRACE = timedelta(days=3)
_DAY = timedelta(days=1)
_REMEMBERED = 5_000  # heads of a month that is open: the next publication need not ask for them
_MANY_LATE = 500  # more is a backfill: then the months they belong to are written again


def archive_path(key: str, part: str, form: str) -> str:
    """Return where the archive document *part* ("2026-01", "2026-01-a") of the feed *key* lives, below the site.

    >>> archive_path("ai.en", "2026-01", "atom")
    'feeds/archive/ai.en/2026-01.atom'
    """
    return f"feeds/archive/{key}/{part}.{form}"


def archive_paths(key: str, leaf: Leaf, ends: Sequence[str] = ("", *PACKED)) -> list[str]:
    """Return the files of the finished months of the feed *key*, as its *leaf* of the book has them."""
    parts = leaf.told.get("past", {}).get("parts", ())
    return [f"{archive_path(key, part, form)}{end}" for part in parts for form in _HEADS for end in ends]


@dataclass(slots=True)
class _Past:
    """What is known of the past of a feed.

    *parts* are the documents of finished months, *open* those of months that are not;
    *late* came after their month was finished, and wait to be told. *until* and *month*
    are how far the open documents reach (a day, and what stands for the releases that
    others tell of), and which month was the first open one: "" where something of them has
    to be written, "-" where the edition holds all there ever was. *at* is when each month
    was finished, *rule* what its combination chose by.
    """

    parts: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    until: str = ""
    month: str = ""
    at: dict[str, str] = field(default_factory=dict)
    rule: str = ""
    due: list[str] = field(default_factory=list)  # months to be finished now

    @property
    def done(self) -> str:
        """The last month that is finished."""
        return self.parts[-1][:7] if self.parts else ""

    def moment(self, month: str) -> str | None:
        """Return when *month* was finished: with the one after it, where it had nothing; None for one that is not."""
        return self.at[min(later)] if (later := [one for one in self.at if one >= month]) else None

    def told(self) -> dict[str, Any]:
        """Return it for a book."""
        return {name: getattr(self, name) for name in ("parts", "open", "late", "until", "month", "at", "rule")}


class Archives:
    """Writes what has left the editions; knows, for each feed, the newest document of its past."""

    def __init__(  # noqa: PLR0913 -- the parts of one publication
        self,
        store: Store,
        site: Site,
        *,
        book: Book,
        fragments: Fragments,
        copies: Copies,
        changed: Collection[Head],
        selection: Selection,
        now: datetime,
        is_backfill: bool,
        is_partial: bool,
    ) -> None:
        """Read from *book* what is finished; *changed* are the releases that did since it was closed.

        It *is_partial* where that is not all, since topics say of too many where they belong.
        *selection* knows what editions choose. What is finished now is so since *now*; all
        is written again after a backfill.
        """
        self._is_backfill = is_backfill
        self._is_partial = is_partial
        self._now = now.isoformat()
        self._then = Then(store, site, fragments)
        self._selection = selection
        self._store = store
        self._site = site
        self._copies = copies
        self._outbox = copies.outbox
        self._book = book
        self._fragments = fragments
        self._changed = changed
        self._forms = tuple(form for form in _HEADS if form in site.formats)
        self._pasts: dict[str, _Past] = {}
        newest = store.heads(store.newest(limit=1)).values()
        self._open = max((f"{head.published.astimezone(UTC) - _GRACE:%Y-%m}" for head in newest), default="")

    def finish(self, plan: Iterable[Edition], touched: Collection[str], blank: Callable[[Edition], Feed]) -> set[str]:
        """Write the months of the editions of *plan* that are finished now; return whose past has to be told anew.

        *touched* are the editions that may hold more than before; *blank* returns the head
        that all documents of a feed share. Month by month, so that a release is rendered
        once for all the feeds that held it.
        """
        due: dict[str, list[Edition]] = {}
        for edition in plan:
            if not self._forms:
                continue
            past = self._pasts[edition.key] = self._look(edition, is_touched=edition.key in touched)
            for month in past.due:
                due.setdefault(month, []).append(edition)
        for month in sorted(due):
            self._then.forget()
            with Spool(self._fragments, self._forms, packed=self._site.gzip) as spool:
                for edition in due[month]:
                    self._finish(month, edition, blank(edition), spool)
        return {key for key, past in self._pasts.items() if not past.month}

    def _look(self, edition: Edition, *, is_touched: bool) -> _Past:
        """Return what is known of the past of *edition*, and which months of it are due."""
        leaf = self._book.leaf(edition.key)
        told = leaf.told.get("past") if leaf is not None else None
        past = _Past(**told) if told else _Past()
        if past.month == "-" and not is_touched:
            return past
        past = replace(past, parts=[*past.parts], late=[*past.late], at={**past.at})
        if past.parts and not self._outbox.target.stamp(archive_path(edition.key, past.parts[-1], self._forms[0])):
            past = _Past(at=past.at)  # lost: what was told when is known
        is_ruled_anew = edition.where != past.rule or (self._is_partial and edition.source is None)
        if late := (self._join_late if is_ruled_anew else self._come_late)(edition, past):
            past = replace(past, late=past.late + late, month="")
        past.rule = edition.where
        if len(past.late) > _MANY_LATE or self._is_backfill:
            past = _Past()
        if past.month == self._open and not self._came_between(edition, past):
            return past
        past.month = ""
        if past.parts:
            months: Iterable[str] = _following(past.done, self._open)
        elif past.open or self._is_full(edition):
            months = sorted({*self._selection.months(edition), *past.at})
        else:
            return replace(past, month="-")  # its edition holds all there ever was
        past.due = [month for month in months if month < self._open]
        return past

    def _is_full(self, edition: Edition) -> bool:
        """Return whether there is so much of *edition* that it may not hold all."""
        if edition.where:
            return len(self._selection.holds(edition)) >= LEAST
        return len(self._store.newest(limit=LEAST, **edition.narrowed)) == LEAST

    def _finish(self, month: str, edition: Edition, blank: Feed, spool: Spool) -> None:
        """Write the documents of *month*, which is finished, and of what came late if it is the last such month."""
        past = self._pasts[edition.key]
        moment = past.moment(month)
        ids: Sequence[str] = self._selection.month(edition, month)
        if moment is not None:  # made again
            ids, later = self._then.there(ids, datetime.fromisoformat(moment))
            past.late += later
        late = self._late(month, past)
        for name, there in parted(month, self._store.heads(list(dict.fromkeys((*ids, *late)))).values()):
            placed = there if moment is None else self._then.placed(there, datetime.fromisoformat(moment))
            for form in self._forms:
                path = archive_path(edition.key, name, form)
                head = self._head(edition, blank, path, placed, past.parts[-1:])
                self._copies.put_once(path, _HEADS[form](head), self._get(spool, placed, form, old=moment is not None))
            past.parts.append(name)
        past.late = [id_ for id_ in past.late if id_ not in late]
        past.at[month] = moment or self._now

    def _late(self, month: str, past: _Past) -> list[str]:
        """Return what came late and is told with *month*, the last that was finished when it was."""
        moment = past.moment(month)
        together = [one for one in past.due if past.moment(one) == moment]
        if month != together[-1]:
            return []
        if moment is None:
            return list(past.late)
        return self._then.there(past.late, datetime.fromisoformat(moment))[0]

    def _get(self, spool: Spool, placed: Sequence[Placed], form: str, *, old: bool) -> Parts:
        """Return the fragments of *placed* in *form*; of those that are *old* some have another wording now."""
        then = self._then.fragments(placed, form) if old else {}
        if not then:
            return spool.get(placed, form)
        parts = [Parts.of([then[one.head.id]]) if one.head.id in then else spool.get([one], form) for one in placed]
        return Parts([one for part in parts for one in part.plain], [one for part in parts for one in part.packed])

    def write(  # noqa: PLR0913 -- whose past, where it ends, where it goes
        self,
        edition: Edition,
        lineup: Lineup,
        holds: Callable[[Edition], Sequence[Placed]],
        blank: Feed,
        leaf: Leaf,
        *,
        same: bool,
    ) -> str:
        """Write what the unfinished months of *edition* have and *lineup* has not; return its newest document's name.

        *leaf* of the book is told of it. The *same* settings as last time make the same
        documents. *holds* returns the releases of an edition, where they are needed.
        """
        past = self._pasts.get(edition.key)
        if past is None:
            return ""
        if past.month == "-" or not (lineup.oldest or past.parts):
            leaf.told["past"] = {"month": "-"}
            return ""
        self._book.current += len(past.parts) * len(self._forms) * self._copies.count
        until = ""
        if lineup.oldest:
            day = lineup.oldest.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
            # What is told by another's entry leaves with that one, be it newer than the oldest entry that stays.
            until = f"{day.isoformat()} {signature(sorted(lineup.also))}" if lineup.also else day.isoformat()
            if not (same and self._is_current(edition, lineup, past, day, until)):
                held = holds(edition) if lineup.placed is None else lineup.placed
                past.open = self._unfinished(edition, held, day, blank, past)
        past.until, past.month = until, self._open
        leaf.told["past"] = past.told()
        return [*past.parts, *past.open][-1] if past.parts or past.open else ""

    def _is_current(self, edition: Edition, lineup: Lineup, past: _Past, day: datetime, until: str) -> bool:
        """Take over the open documents of *edition* where nothing in them changed; return whether nothing did."""
        if past.month != self._open or past.until != until:
            return False
        holds = {*lineup.held, *lineup.also}.difference(past.late)
        for head in self._changed:
            if (head.published < day or head.id not in holds) and self._selection.chooses(edition, head):
                return False
        paths = [archive_path(edition.key, name, form) for name in past.open for form in self._forms]
        return self._copies.carry(edition.key, paths)

    def _unfinished(
        self, edition: Edition, held: Sequence[Placed], until: datetime, blank: Feed, past: _Past
    ) -> list[str]:
        """Write the documents of the months that are not finished; return their names."""
        names: list[str] = []
        newest = held[0].head.published.astimezone(UTC)
        for month in (self._open, *_following(self._open, f"{newest:%Y-%m}")):
            late = past.late if month == self._open else ()
            left = self._heads(list(dict.fromkeys((*self._left(edition, month, held, until), *late))))
            for name, placed in parted(month, left):
                marks = self._fragments.marks(placed)
                for form in self._forms:
                    path = archive_path(edition.key, name, form)
                    head = self._head(edition, blank, path, placed, [*past.parts, *names][-1:])
                    self._copies.put(
                        edition.key, path, signature(VERSION, head, marks), self._maker(head, placed, form)
                    )
                names.append(name)
        return names

    def _left(self, edition: Edition, month: str, held: Sequence[Placed], until: datetime) -> Sequence[str]:
        """Return what an unfinished *month* has that the edition does not hold any more, by whole days."""
        ids = self._selection.month(edition, month)
        holds = {one.head.id for one in held} | {other.id for one in held for other in one.also}
        if holds.issuperset(ids) and f"{until:%Y-%m-%d}" <= f"{month}-01":
            return ()
        return [head.id for head in self._heads(ids) if head.published < until or head.id not in holds]

    def _heads(self, ids: Sequence[str]) -> Iterable[Head]:
        """Return the heads of *ids*, from memory where it is a month that is open and not too busy."""
        return self._selection.heads(ids) if len(ids) <= _REMEMBERED else self._store.heads(ids).values()

    def _head(
        self, edition: Edition, blank: Feed, path: str, placed: Sequence[Placed], previous: Sequence[str]
    ) -> Feed:
        """Return the head of the document at *path*; the name before the last dot of its address is its month."""
        name, _, form = path.rpartition("/")[2].rpartition(".")
        return blank._replace(
            address=self._site.url(path),
            page=self._site.url(edition.page),
            updated=max((one.head.updated for one in placed), default=EPOCH),
            archive=name[:7] < self._open,
            hub="",
            current=self._site.url(f"feeds/{edition.key}.{form}"),
            previous=self._site.url(archive_path(edition.key, previous[0], form)) if previous else "",
        )

    def _maker(self, head: Feed, placed: Sequence[Placed], form: str) -> Callable[[], tuple[Rendered, Parts]]:
        def make() -> tuple[Rendered, Parts]:
            names = [self._fragments.version(one) for one in placed]
            return _HEADS[form](head), self._fragments.get(names, placed)[form]

        return make

    def _come_late(self, edition: Edition, past: _Past) -> list[str]:
        """Return the releases whose month is finished and was written without them."""
        if not past.done:
            return []
        late = {}
        for head in self._changed:
            month = f"{head.published.astimezone(UTC):%Y-%m}"
            if month <= past.done and head.id not in past.late and self._selection.chooses(edition, head):
                late[head.id] = month
        return sorted(late.keys() - self._written(edition, min(late.values()), past)) if late else []

    def _join_late(self, edition: Edition, past: _Past) -> list[str]:
        """Return what belongs to finished months that were written without it, as by another rule."""
        if not past.done:
            return []
        months = (month for month in self._selection.months(edition) if month <= past.done)
        ids = {id_ for month in months for id_ in self._selection.month(edition, month)}
        return sorted(ids.difference(past.late, self._written(edition, "", past)))

    def _came_between(self, edition: Edition, past: _Past) -> bool:
        """Return whether a release came of a month after the last with a document that is no open one either."""
        months = {head.id: f"{head.published.astimezone(UTC):%Y-%m}" for head in self._changed}
        return any(
            past.done < months[head.id] < self._open and self._selection.chooses(edition, head)
            for head in self._changed
        )

    def _written(self, edition: Edition, month: str, past: _Past) -> set[str]:
        """Return what the documents from *month* on hold."""
        found: set[str] = set()
        form = self._forms[0]
        for name in past.parts:
            if name >= month:
                found.update(ids_of(self._outbox.target.read(archive_path(edition.key, name, form)) or b"", form))
        return found


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
