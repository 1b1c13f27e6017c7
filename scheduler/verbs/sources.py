"""``baywire sources``: which newsrooms are watched."""

from __future__ import annotations

import click

from scheduler.session import Session

__all__ = ["sources"]


@click.command()
@click.pass_obj
def sources(session: Session) -> int:
    """Print every source: key, language, how often, what it is."""
    from scheduler.health import known_states
    from scheduler.rhythm import told

    rows = []
    for source, state in known_states(session, ()):
        if session.json:
            session.emit(
                {
                    "kind": "source",
                    "source": source.key,
                    "title": source.title,
                    "site": source.site or None,
                    "language": source.language or None,
                    "status": source.status,
                    "evidence": source.evidence or None,
                    "every": told(source),
                    "enabled": state.enabled,
                    "state": state.state.value,
                    "file": source.file,
                }
            )
            continue
        every = told(source) if state.enabled else "disabled"
        rows.append((source.key, source.language or "-", every, source.status, source.title))
    if not session.json:
        session.table(rows, head=("source", "language", "every", "status", "title"))
    return 0
