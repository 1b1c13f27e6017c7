"""``baywire worker``: a crawl worker of a fleet."""

from __future__ import annotations

import click

from scheduler.session import Session
from scheduler.verbs.value import Number

__all__ = ["worker"]


@click.command()
@click.option("--jobs", type=Number(1, 64), default=2, help="Jobs at once [default: 2].")
@click.option("--publish/--no-publish", default=True, help="Publish too, when it is our turn [default: publish].")
@click.option("--replay", metavar="DIR", help="Answer every request from this folder of recorded pages.")
@click.pass_obj
def worker(session: Session, *, jobs: int, publish: bool, replay: str | None) -> int:
    """Crawl and publish what `baywire run --fleet` lets wait in the queue, until SIGTERM."""
    from scheduler.extra import need

    need("fleet")
    from scheduler.fleet.start import run_worker

    folder = session.folder(replay, holding="index.tsv") if replay else None
    return run_worker(session, jobs=jobs, publish=publish, replay=folder)
