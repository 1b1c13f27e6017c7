"""Writing: what one crawl does to the store, in one transaction."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select, update

from feeds.error import StoreError
from feeds.release import Change, Draft
from feeds.store.bulk import Bulk
from feeds.store.engine import upsert_of
from feeds.store.minting import put_all
from feeds.store.put import put
from feeds.store.state import HostState, KeptPage, PageKind, Run, SourceState
from feeds.store.tables import events, fragments, hosts, pages, releases, runs, sources, validators

__all__ = ["Writing"]

# Pages are packed quickly: three times as fast as by zlib's own choice, a fifth larger.
_QUICK: Final = 1
_PAGES: Final = Bulk(pages, over=("url", "quarantine"))
_VALIDATORS: Final = Bulk(validators, over=("url",))
_TOUCH: Final = (
    update(validators)
    .where(validators.c.url == bindparam("at"))
    .values(fetches=validators.c.fetches + 1, fetched_at=bindparam("moment"))
)


class Writing:
    """One transaction of a crawl: all of it is kept, or nothing."""

    def __init__(self, connection: Connection, authority: str) -> None:
        """Write through *connection*; ids are minted under *authority*."""
        self._connection = connection
        self._authority = authority

    def put(self, draft: Draft, *, now: datetime) -> tuple[Change, str]:
        """Find the release that *draft* is, or mint its id; record its wording and addresses; return (change, id).

        CHANGED means that the words changed materially: `updated` moved and a revision was
        added. SEEN may still have improved the release: a better reading of the same words,
        a photo, a link to another language.
        """
        return put(self._connection, draft, authority=self._authority, now=now)

    def put_all(self, drafts: Sequence[Draft], *, now: datetime) -> tuple[tuple[Change, str], ...]:
        """Put each of *drafts*; return (change, id) for each. What is new comes in by a few statements for all."""
        return put_all(self._connection, drafts, authority=self._authority, now=now)

    def withdraw(self, id: str, *, now: datetime) -> None:  # noqa: A002 -- what everybody calls it
        """Mark the release *id* as withdrawn by its source; it stays, and its first withdrawal counts."""
        withdrawn = update(releases).where(releases.c.id == id, releases.c.withdrawn.is_(None))
        self._connection.execute(withdrawn.values(withdrawn=now, tagged=""))  # published anew, though no word changed
        self._connection.execute(delete(fragments).where(fragments.c.release == id))

    def keep_page(self, page: KeptPage) -> None:
        """Keep *page* in place of the one before it, and its validators, unless it stands in quarantine."""
        self.keep_pages([page])

    def keep_pages(self, kept: Iterable[KeptPage]) -> None:
        """Keep each page of *kept* as `keep_page` does; by their addresses, so that no two writers wait in a ring."""
        ordered = sorted(kept, key=lambda page: page.url)
        if not ordered:
            return
        _PAGES.send(self._connection, [_page_row(page) for page in ordered])
        told = [
            {
                "url": page.url,
                "etag": page.etag,
                "last_modified": page.last_modified,
                "fetches": 0,
                "fetched_at": page.fetched_at,
            }
            for page in ordered
            if page.kind is not PageKind.QUARANTINE
        ]
        _VALIDATORS.send(self._connection, told)

    def touch_page(self, url: str, *, now: datetime) -> None:
        """Count a 304 for *url*."""
        self.touch_pages([url], now=now)

    def touch_pages(self, urls: Iterable[str], *, now: datetime) -> None:
        """Count a 304 for each of *urls*."""
        if counted := [{"at": url, "moment": now} for url in sorted(urls)]:
            self._connection.execute(_TOUCH, counted)

    def finish_run(self, run: Run, state: SourceState) -> None:
        """Record how *run* ended and where that leaves its source; a change of state becomes an event.

        The operator's word (`enabled`, `configured`) is never touched. Raises StoreError when
        the two speak of different sources, or of one that `sync_sources` never saw.
        """
        if run.source != state.key:
            raise StoreError(f"run {run.id}: is of {run.source}: expected a state of the same source, got {state.key}")
        insert = upsert_of(self._connection)
        self._connection.execute(
            insert(runs)
            .values(
                id=run.id,
                source=run.source,
                started=run.started,
                ended=run.ended,
                outcome=run.outcome.value,
                listed=run.listed,
                new=run.new,
                changed=run.changed,
                reason=run.reason,
                errors=list(run.errors),
            )
            .on_conflict_do_nothing(index_elements=[runs.c.id])
        )
        self.set_state(state, now=run.ended)

    def set_state(self, state: SourceState, *, now: datetime) -> None:
        """Write *state*, all but the operator's word; a change of state becomes an event at `state.since` or *now*."""
        before = self._connection.execute(
            select(sources.c.state).where(sources.c.key == state.key)
        ).scalar_one_or_none()
        if before is None:
            raise StoreError(f"source {state.key}: unknown to the store: expected sync_sources before its first run")
        since = state.since or now
        if before != state.state.value:
            self._connection.execute(
                events.insert().values(
                    source=state.key, state=state.state.value, since=since, reason=state.reason, previous=before
                )
            )
        self._connection.execute(
            update(sources)
            .where(sources.c.key == state.key)
            .values(
                state=state.state.value,
                reason=state.reason,
                since=since,
                outcome=state.outcome.value if state.outcome else None,
                last_run=state.last_run,
                last_good=state.last_good,
                next_due=state.next_due,
                failures=state.failures,
                listed_median=state.listed_median,
                learnt=dict(state.learnt),
            )
        )

    def set_host(self, host: HostState) -> None:
        """Remember the circuit of *host*."""
        values = {"open_until": host.open_until, "failures": host.failures, "retry_after": host.retry_after}
        known = upsert_of(self._connection)(hosts).values(host=host.host, **values)
        self._connection.execute(known.on_conflict_do_update(index_elements=[hosts.c.host], set_=values))


def _page_row(page: KeptPage) -> dict[str, object]:
    return {
        "url": page.url,
        "quarantine": page.kind is PageKind.QUARANTINE,
        "kind": page.kind.value,
        "source": page.source,
        "fetched_at": page.fetched_at,
        "status": page.status,
        "headers": {"etag": page.etag, "last_modified": page.last_modified, "content_type": page.content_type},
        "reason": page.reason,
        "body": zlib.compress(page.body, _QUICK),
    }
