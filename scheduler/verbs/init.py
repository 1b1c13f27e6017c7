"""``baywire init``: a starter project."""

from __future__ import annotations

from pathlib import Path

import click

from scheduler.session import Session

__all__ = ["init"]


@click.command()
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--fleet", is_flag=True, help="For many machines: PostgreSQL, an object store, workers.")
@click.pass_obj
def init(session: Session, *, directory: Path | None, fleet: bool) -> int:
    """Write a starter project into DIR (default: the working directory); overwrite nothing."""
    from scheduler.start import write_starter

    session.make_directory()
    place = session.directory / directory if directory else session.directory
    written, kept = write_starter(place, fleet=fleet)
    if session.json:
        session.emit({"kind": "init", "directory": str(place), "written": list(written), "kept": list(kept)})
        return 0
    for name in written:
        session.say(f"wrote  {place / name}")
    for name in kept:
        session.say(f"kept   {place / name}")
    session.note(
        f"next: read the first lines of {place / 'roles.sql'} and {place / 'compose.yaml'}"
        if fleet
        else f"next: {session.program} -C {place} check, then {session.program} -C {place} run"
    )
    return 0
