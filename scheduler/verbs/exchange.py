"""``baywire export`` and ``baywire import``: what others can read, and what others wrote."""

from __future__ import annotations

from pathlib import Path

import click

from scheduler.session import Session

__all__ = ["export", "import_"]


@click.command()
@click.argument("form", metavar="opml|json", type=click.Choice(["opml", "json"]))
@click.pass_obj
def export(session: Session, *, form: str) -> int:
    """Print all feeds as OPML, for a reader to subscribe to, or every release as JSON, one a line.

    With --json the feeds too are JSON, one a line.
    """
    from scheduler.exchange import feeds_of, opml_of, releases_of
    from scheduler.reading import open_to_read

    with open_to_read(session.config) as store:
        if form == "opml" and not session.json:
            session.say_bytes(opml_of(session.config, store))
        else:
            for line in feeds_of(session.config, store) if form == "opml" else releases_of(store):
                session.emit(line)
    return 0


@click.command("import")
@click.argument("form", metavar="opml", type=click.Choice(["opml"]))
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would be written; write nothing.")
@click.pass_obj
def import_(session: Session, *, form: str, path: Path, dry_run: bool) -> int:
    """Write a source for every feed that the OPML file FILE names; what is there already stays."""
    from scheduler.desk import now_utc
    from scheduler.exchange import import_opml
    from scheduler.order import Order
    from scheduler.perform import tell_daemon

    del form  # there is one so far
    session.make_directory()
    config = session.config
    written = seen = 0
    for found in import_opml(config, session.read(path), name=path, now=now_utc(), dry_run=dry_run):
        seen += 1
        written += not found.reason
        if session.json:
            told = {
                "source": found.key or None,
                "url": found.url,
                "file": found.file or None,
                "reason": found.reason or None,
            }
            session.emit({"kind": "source", **told})
        else:
            session.say(f"{found.key or found.url}: {found.reason or found.file or 'would be written'}")
    if not seen:
        session.note(f"{path}: names no feeds: nothing to do")
    if written and not dry_run:
        tell_daemon(config, Order(verb="reload"))
        session.note("next: baywire check, then baywire crawl")
    return 0
