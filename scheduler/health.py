"""Which sources are well: what `status` says, and what a daemon must tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.source import Source, load_sources
from feeds.error import StoreError
from feeds.serve import Health
from feeds.store.state import SourceState, State
from scheduler.desk import Desk, choose
from scheduler.reading import open_to_read
from scheduler.rhythm import Rhythm
from scheduler.session import Session

__all__ = ["is_late", "is_wrong", "known_states", "readiness"]

_WRONG = (State.SUSPICIOUS, State.FAILING, State.BLOCKED, State.GONE)
_LEAST = timedelta(minutes=5)


def is_wrong(state: SourceState) -> bool:
    """Return whether somebody has to look at the source.

    >>> is_wrong(SourceState(key="a", state=State.PENDING)), is_wrong(SourceState(key="a", state=State.GONE))
    (False, True)
    """
    return state.state in _WRONG


def is_late(state: SourceState, *, rhythm: Rhythm, now: datetime) -> bool:
    """Return whether the source has proven nothing for three slots of its *rhythm*, however quietly it fails.

    Only a source that once was well can be late: the others are pending or failing.

    >>> from datetime import UTC, timedelta
    >>> often = Rhythm(key="a", every=timedelta(minutes=10))
    >>> noon = datetime(2026, 4, 14, 12, tzinfo=UTC)
    >>> well = SourceState(key="a", state=State.HEALTHY, last_good=noon)
    >>> is_late(well, rhythm=often, now=noon + timedelta(minutes=31))
    True
    """
    if state.last_good is None or not state.enabled or not state.configured:
        return False
    return now > max(rhythm.late_after(state.last_good), state.last_good + _LEAST)


def readiness(desk: Desk) -> Health:
    """Return whether what is served at *desk* can be relied on: all is published, and no source is late."""
    if desk.trouble:
        return Health(ready=False, reason=str(desk.trouble))
    now = desk.clock()
    try:
        states = desk.store.source_states()
    except StoreError as error:
        return Health(ready=False, reason=str(error))
    late = [
        state.key
        for state in states
        if state.key in desk.sources and is_late(state, rhythm=desk.rhythm(state.key), now=now)
    ]
    return Health(ready=not late, reason=f"late: {', '.join(late)}" if late else "")


def known_states(session: Session, keys: Sequence[str]) -> Iterator[tuple[Source, SourceState]]:
    """Yield each configured source (of *keys*, where given) and how it stands; nothing is written."""
    config = session.config
    sources = load_sources(*config.sources.folders, use=config.sources.use)
    with open_to_read(config) as store:
        states = {state.key: state for state in store.source_states()}
    for key in choose(sources, keys):
        source = sources[key]
        fresh = SourceState(key=key, enabled=source.enabled, state=State.PENDING if source.enabled else State.DISABLED)
        state = states.get(key, fresh)
        if state.state is State.DISABLED:
            state = replace(state, reason=source.why_disabled or state.reason, next_due=None)
        yield source, state
