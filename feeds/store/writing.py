"""Writing: what one crawl does to the store, in one transaction."""

from __future__ import annotations

import zlib
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from feeds.error import StoreError
from feeds.release import Change, Draft
from feeds.store.engine import upsert_of
from feeds.store.put import put
from feeds.store.state import HostState, KeptPage, PageKind, Run, SourceState
from feeds.store.tables import events, fragments, hosts, pages, releases, runs, sources, validators

__all__ = ["Writing"]


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

    def withdraw(self, id: str, *, now: datetime) -> None:  # noqa: A002 -- what everybody calls it
        """Mark the release *id* as withdrawn by its source; it stays, and its first withdrawal counts."""
        withdrawn = update(releases).where(releases.c.id == id, releases.c.withdrawn.is_(None))
        self._connection.execute(withdrawn.values(withdrawn=now, tagged=""))  # published anew, though no word changed
        self._connection.execute(delete(fragments).where(fragments.c.release == id))

    def keep_page(self, page: KeptPage) -> None:
        """Keep *page* in place of the one before it, and its validators, unless it stands in quarantine."""
        quarantine = page.kind is PageKind.QUARANTINE
        values = {
            "kind": page.kind.value,
            "source": page.source,
            "fetched_at": page.fetched_at,
            "status": page.status,
            "headers": {"etag": page.etag, "last_modified": page.last_modified, "content_type": page.content_type},
            "reason": page.reason,
            "body": zlib.compress(page.body),
        }
        insert = upsert_of(self._connection)
        kept = insert(pages).values(url=page.url, quarantine=quarantine, **values)
        self._connection.execute(
            kept.on_conflict_do_update(index_elements=[pages.c.url, pages.c.quarantine], set_=values)
        )
        if quarantine:
            return
        sent = {
            "etag": page.etag,
            "last_modified": page.last_modified,
            "fetches": 0,
            "fetched_at": page.fetched_at,
        }
        told = insert(validators).values(url=page.url, **sent)
        self._connection.execute(told.on_conflict_do_update(index_elements=[validators.c.url], set_=sent))

    def touch_page(self, url: str, *, now: datetime) -> None:
        """Count a 304 for *url*."""
        counted = update(validators).where(validators.c.url == url)
        self._connection.execute(counted.values(fetches=validators.c.fetches + 1, fetched_at=now))

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

    def count_releases(self, source: str) -> int:
        """Return how many releases of *source* are held, this transaction's included."""
        counted = select(func.count()).select_from(releases).where(releases.c.source == source)
        return self._connection.execute(counted).scalar_one()
