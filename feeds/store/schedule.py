"""The schedule's view of the store: which sources there are, how they stand, which are due."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, or_, select, update

from feeds.release import Newsroom
from feeds.store.base import Base
from feeds.store.engine import named, upsert_of
from feeds.store.rows import CHUNK
from feeds.store.state import HostState, Outcome, Run, SourceState, State, StateEvent
from feeds.store.tables import events, hosts, releases, runs, sources
from feeds.view import View

__all__ = ["Schedule"]


class Schedule(Base):
    """Sources, runs, hosts, changes of state."""

    def sync_sources(self, newsrooms: Collection[Newsroom], *, now: datetime) -> None:
        """Add what is new in *newsrooms*, due *now*; correct what changed; mark what is gone as not configured.

        Nothing is deleted: a source that comes back has its history.
        """
        with self._database.writing() as connection:
            held = {row.key: row for row in connection.execute(select(sources))}
            wanted = {newsroom.key: newsroom for newsroom in newsrooms}
            gone = [key for key, row in held.items() if row.configured and key not in wanted]
            for start in range(0, len(gone), CHUNK):
                lost = update(sources).where(sources.c.key.in_(gone[start : start + CHUNK]))
                connection.execute(lost.values(configured=False))
            fresh = []
            for key, newsroom in wanted.items():
                told = {"newsroom": _newsroom_json(newsroom), "host": newsroom.host, "configured": True}
                row = held.get(key)
                if row is None:
                    fresh.append({"key": key, **told, **_UNTRIED, "next_due": now})
                elif any(named(row)[name] != value for name, value in told.items()):
                    connection.execute(update(sources).where(sources.c.key == key).values(**told))
            if fresh:
                connection.execute(upsert_of(connection)(sources).on_conflict_do_nothing(), fresh)

    def newsrooms(self) -> Mapping[str, Newsroom]:
        """Return every newsroom there ever was, by key."""
        with self._database.reading() as connection:
            rows = connection.execute(select(sources.c.key, sources.c.newsroom).order_by(sources.c.key)).all()
        return {key: _newsroom(kept) for key, kept in rows}

    def source_states(self) -> tuple[SourceState, ...]:
        """Return how every source stands, by key."""
        return self._states(select(sources).order_by(sources.c.key))

    def source_state(self, key: str) -> SourceState | None:
        """Return how the source *key* stands."""
        return next(iter(self._states(select(sources).where(sources.c.key == key))), None)

    def states_of(self, keys: Collection[str]) -> Mapping[str, SourceState]:
        """Return how the sources *keys* stand, by key; one that is unknown is left out."""
        return {state.key: state for state in self._states(select(sources).where(sources.c.key.in_(keys)))}

    def publication_times(self, key: str, *, limit: int = 400) -> tuple[datetime, ...]:
        """Return when the source *key* published its last *limit* releases, newest first.

        Where a page states only a day, that is when we saw the release, if that was within
        two days; else nobody knows the hour, and it is left out.
        """
        newest = select(releases.c.published, releases.c.published_offset, releases.c.first_seen)
        newest = newest.where(releases.c.source == key).order_by(releases.c.published.desc()).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(newest).all()
        found = []
        for published, offset, seen in rows:
            local = published + timedelta(seconds=offset)
            if (local.hour, local.minute, local.second) != (0, 0, 0):
                found.append(published)
            elif timedelta() <= seen - published < timedelta(days=2):
                found.append(seen)
        return tuple(found)

    def due(self, *, now: datetime, limit: int | None = None) -> tuple[SourceState, ...]:
        """Return the sources to crawl *now*, the longest due first: enabled, configured, no open circuit."""
        return self._states(
            _active(select(sources))
            .outerjoin(hosts, hosts.c.host == sources.c.host)
            .where(
                sources.c.next_due <= now,
                or_(hosts.c.open_until.is_(None), hosts.c.open_until <= now),
                or_(hosts.c.retry_after.is_(None), hosts.c.retry_after <= now),
            )
            .order_by(sources.c.next_due, sources.c.key)
            .limit(limit)
        )

    def next_due(self) -> datetime | None:
        """Return when the next source comes due, None when none ever will."""
        earliest = _active(select(sources.c.next_due)).where(sources.c.next_due.is_not(None))
        with self._database.reading() as connection:
            return connection.execute(earliest.order_by(sources.c.next_due).limit(1)).scalar_one_or_none()

    def set_next_due(self, key: str, moment: datetime) -> None:
        """Let the source *key* come due at *moment*."""
        self.set_next_dues({key: moment})

    def set_next_dues(self, moments: Mapping[str, datetime]) -> None:
        """Let each source of *moments* come due at its moment: all of them in one transaction."""
        if moments:
            values = [{"named": key, "moment": moment} for key, moment in sorted(moments.items())]
            self._database.write(lambda connection: connection.execute(_DUE, values))

    def settle(self, *, now: datetime, farthest: datetime) -> None:
        """Undo what a clock that ran ahead left: successes after *now*, hosts that rest until after *farthest*."""
        with self._database.writing() as connection:
            for column in (sources.c.last_run, sources.c.last_good):
                connection.execute(update(sources).where(column > now).values({column: now}))
            for column in (hosts.c.open_until, hosts.c.retry_after):
                connection.execute(update(hosts).where(column > farthest).values({column: None}))

    def set_enabled(self, key: str, enabled: bool, *, now: datetime) -> None:  # noqa: FBT001 -- the value itself
        """Keep the operator's word: crawl the source *key*, or leave it; enabling makes it pending and due *now*."""
        state = State.PENDING if enabled else State.DISABLED
        with self._database.writing() as connection:
            row = connection.execute(select(sources).where(sources.c.key == key)).one_or_none()
            if row is None or row.enabled == enabled:
                return
            changed: dict[str, object] = {
                "enabled": enabled,
                "state": state.value,
                "since": now,
                "reason": "by the operator",
            }
            if enabled:
                changed |= {"next_due": now, "failures": 0}
            connection.execute(update(sources).where(sources.c.key == key).values(**changed))
            connection.execute(
                events.insert().values(
                    source=key, state=state.value, since=now, reason="by the operator", previous=row.state
                )
            )

    def host(self, host: str) -> HostState | None:
        """Return the circuit of *host*, None where nothing ever went wrong."""
        rows = self._database.ask(select(hosts).where(hosts.c.host == host))
        return HostState(**named(rows[0])) if rows else None

    def runs(self, source: str | None = None, limit: int = 50) -> tuple[Run, ...]:
        """Return the last runs, newest first."""
        statement = select(runs).order_by(runs.c.started.desc(), runs.c.id).limit(limit)
        if source is not None:
            statement = statement.where(runs.c.source == source)
        with self._database.reading() as connection:
            rows = connection.execute(statement).all()
        return tuple(
            Run(**{**named(row), "outcome": Outcome(row.outcome), "errors": tuple(row.errors)}) for row in rows
        )

    def events(self, limit: int = 50, *, source: str | None = None) -> tuple[StateEvent, ...]:
        """Return the last changes of state, newest first."""
        statement = select(events).order_by(events.c.since.desc(), events.c.key.desc()).limit(limit)
        if source is not None:
            statement = statement.where(events.c.source == source)
        with self._database.reading() as connection:
            rows = connection.execute(statement).all()
        return tuple(
            StateEvent(
                source=row.source,
                state=State(row.state),
                since=row.since,
                reason=row.reason,
                previous=State(row.previous) if row.previous else None,
            )
            for row in rows
        )

    def _states(self, statement: Select[Any]) -> tuple[SourceState, ...]:
        return tuple(_state(row) for row in self._database.ask(statement))


_DUE = update(sources).where(sources.c.key == bindparam("named")).values(next_due=bindparam("moment"))
_UNTRIED = {
    "enabled": True,
    "state": State.PENDING.value,
    "reason": "",
    "failures": 0,
    "learnt": {},
}


def _active(statement: Select[Any]) -> Select[Any]:
    return statement.where(sources.c.enabled.is_(True), sources.c.configured.is_(True))


def _newsroom_json(newsroom: Newsroom) -> dict[str, Any]:
    told = {name: getattr(newsroom, name) for name in Newsroom.__dataclass_fields__}
    if newsroom.view is not None:
        view = newsroom.view
        told["view"] = {"of": view.of, "phrases": list(view.phrases), "authors": list(view.authors)}
    return told


def _newsroom(kept: Mapping[str, Any]) -> Newsroom:
    view = kept.get("view")
    if view is None:
        return Newsroom(**kept)
    return Newsroom(**{**kept, "view": View(of=view["of"], phrases=(*view["phrases"],), authors=(*view["authors"],))})


def _state(row: Row[Any]) -> SourceState:
    values = {name: named(row)[name] for name in SourceState.__dataclass_fields__}
    values["state"] = State(row.state)
    values["outcome"] = Outcome(row.outcome) if row.outcome else None
    return SourceState(**values)
