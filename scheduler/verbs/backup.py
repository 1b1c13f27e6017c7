"""``baywire backup`` and ``baywire restore``: the store, kept and put back."""

from __future__ import annotations

from pathlib import Path

import click

from scheduler.session import Session

__all__ = ["backup", "restore"]


@click.command()
@click.argument("target", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.pass_obj
def backup(session: Session, *, target: Path | None) -> int:
    """Write a whole copy of the store to FILE (default: a dated one in var/backups), while others read and write it."""
    from scheduler.keep import back_up_to

    made = back_up_to(session.config, target and session.path(target))
    if session.json:
        session.emit({"kind": "backup", "file": str(made), "bytes": made.stat().st_size})
    else:
        session.say(str(made))
    return 0


@click.command()
@click.argument("source", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.pass_obj
def restore(session: Session, *, source: Path | None) -> int:
    """Put the backup FILE (default: the newest in var/backups) in the place of the store, which is kept aside."""
    from scheduler.keep import restore_from
    from scheduler.reading import open_to_read

    session.make_directory()
    restored, aside = restore_from(session.config, source and session.path(source))
    if session.json:
        session.emit({"kind": "restore", "file": str(restored), "aside": str(aside) if aside else None})
    else:
        session.say(f"restored from {restored}")
        if aside:
            session.say(f"what was there is kept as {aside}")
    with open_to_read(session.config) as store:
        latest = max((state.last_run for state in store.source_states() if state.last_run), default=None)
    if latest is not None:
        session.note(
            f"its last crawl was at {latest:%Y-%m-%d %H:%M} UTC: what came later is crawled again, by the same ids"
        )
    session.note("next: baywire publish writes the feeds as it has them; baywire crawl asks the sources for the rest")
    return 0
