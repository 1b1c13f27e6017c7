"""``baywire status``: every source, how it stands and why."""

from __future__ import annotations

import click

from scheduler.session import Session

__all__ = ["status"]


@click.command()
@click.argument("sources", nargs=-1)
@click.pass_obj
def status(session: Session, *, sources: tuple[str, ...]) -> int:
    """Print how SOURCES (default: all) stand; exit 1 if one is suspicious, failing, blocked, gone or late."""
    from scheduler.desk import now_utc
    from scheduler.health import is_late, is_wrong, known_states
    from scheduler.line import repairs_of, source_line
    from scheduler.rhythm import rhythm_of

    now = now_utc()
    rows, wrong = [], False
    for source, state in known_states(session, sources):
        late = is_late(state, rhythm=rhythm_of(source), now=now)
        wrong |= late or is_wrong(state)
        if session.json:
            session.emit(source_line(state, late=late))
            continue
        told = "late" if late and not is_wrong(state) else state.state.value
        shown = [
            moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else "-"
            for moment in (state.last_good, state.next_due)
        ]
        repaired = str(sum(repairs_of(state).values()) or "")
        rows.append((state.key, told, *shown, repaired, state.reason))
    if not session.json:
        session.table(rows, head=("source", "state", "last good", "next due", "repairs", "why"))
    return int(wrong)
