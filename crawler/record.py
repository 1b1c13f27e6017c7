"""The end of a crawl of one source, as the store keeps it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from time import monotonic
from typing import TYPE_CHECKING
from uuid import uuid4

from crawler.batch import Batch, SourceOutcome, one_line
from crawler.mend import Mend
from crawler.outcome import next_state
from crawler.spiders.repair import settled
from feeds.error import BaywireError
from feeds.store import DEFAULT_AUTHORITY, Outcome, Run, open_store

if TYPE_CHECKING:
    from crawler.spiders.progress import Progress
    from feeds.store import SourceState, Store, Writing

__all__ = ["as_event", "finish", "record_failure"]

_EVERY = timedelta(minutes=15)  # where the source's file is not at hand


def finish(store: Store, crawl: Progress, *, now: datetime, random: Random) -> SourceOutcome:
    """Record in one transaction how *crawl* ended: its listing pages, its run, its state; return that.

    A crawl that did not take place (its host wants a rest, or we had no time left) is no
    run: only the next one is put off.
    """
    outcome, reason = crawl.ending()
    reason = one_line(reason)
    ended = SourceOutcome(
        source=crawl.source.key,
        outcome=outcome.value,
        listed=len(crawl.listed),
        new=crawl.new,
        changed=crawl.changed,
        seconds=round(monotonic() - crawl.began, 3),
        reason=reason,
        fetched_bytes=crawl.fetched_bytes,
    )
    if crawl.trouble is not None and crawl.trouble.deferred:
        if crawl.wait_until is not None:
            store.set_next_due(crawl.source.key, crawl.wait_until)
        return ended
    run = Run(
        id=uuid4().hex,
        source=crawl.source.key,
        started=crawl.started,
        ended=max(now, crawl.started),
        outcome=outcome,
        listed=ended.listed,
        new=ended.new,
        changed=ended.changed,
        reason=reason,
        errors=tuple(one_line(said) for said in [*crawl.errors, *crawl.missed, *crawl.lacking, *crawl.unread][:50]),
    )
    if crawl.outcome is None and crawl.proven and not crawl.archive:
        crawl.believe()
    doubt = crawl.doubt
    crawl.memory.agreements += crawl.agreements
    crawl.memory.looks += crawl.looks
    mend = settled(crawl)
    learnt = crawl.memory.write(mend.write(crawl.state.learnt) if mend is not None else Mend.forget(crawl.state.learnt))
    learnt["repairs"] = _counted(learnt.get("repairs"), crawl.repairs)
    state = next_state(
        crawl.state,
        run,
        every=crawl.source.every,
        random=random,
        trouble=crawl.trouble,
        wait_until=crawl.wait_until,
        learnt=learnt,
        counts=crawl.memory.counts,
        repaired=mend.why if mend is not None else "",
        doubt=doubt,
    )

    def write(writing: Writing) -> None:
        for page in crawl.pages_to_keep():
            writing.keep_page(page)
        for url in crawl.touched:
            writing.touch_page(url, now=now)
        writing.finish_run(run, crawl.state if crawl.archive else state)

    try:
        store.write(write)
    except BaywireError as error:
        return replace(ended, outcome=Outcome.FAILED.value, reason=f"cannot be recorded: {error}")
    return ended


def record_failure(batch: Batch, keys: Sequence[str], *, reason: str, now: datetime) -> tuple[SourceOutcome, ...]:
    """Record that the sources *keys* failed for *reason*, their child being dead; return how each ended."""
    ended = tuple(SourceOutcome(source=key, outcome=Outcome.FAILED.value, reason=reason) for key in keys)
    try:
        with open_store(batch.store_url, authority=batch.authority or DEFAULT_AUTHORITY) as store:
            for key in keys:
                before = store.source_state(key)
                if before is None:
                    continue
                run = Run(
                    id=uuid4().hex,
                    source=key,
                    started=now,
                    ended=now,
                    outcome=Outcome.FAILED,
                    reason=reason,
                    errors=(reason,),
                )
                every = timedelta(seconds=_every(store, key))
                state = next_state(before, run, every=every, random=Random())  # noqa: S311 - spreads load, guards nothing
                left = before if batch.archive else state
                store.write(partial(_finish, run=run, state=left))
    except BaywireError as error:
        return tuple(replace(one, reason=f"{reason}; {error}") for one in ended)
    return ended


def _finish(writing: Writing, *, run: Run, state: SourceState) -> None:
    writing.finish_run(run, state)


def _counted(before: object, now: Counter[str]) -> dict[str, int]:
    """Return how often each repair was made, *before* and *now*; what is no count is none."""
    known = before.items() if isinstance(before, Mapping) else ()
    counts = Counter({name: count for name, count in known if isinstance(count, int)}) + now
    return dict(sorted(counts.items()))


def _every(store: Store, key: str) -> float:
    newsroom = store.newsrooms().get(key)
    return float(newsroom.every_s) if newsroom is not None else _EVERY.total_seconds()


def as_event(outcome: SourceOutcome) -> Mapping[str, object]:
    """Return *outcome* as the event that a child writes."""
    return {"event": "source", **asdict(outcome)}
