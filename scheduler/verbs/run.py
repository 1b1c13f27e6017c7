"""``baywire run``: the daemon."""

from __future__ import annotations

import click

from scheduler.session import Session

__all__ = ["run"]


@click.command()
@click.option("--serve/--no-serve", default=True, help="Serve the files too [default: serve].")
@click.option("--host", help="Address to listen on [default: serve.host].")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on [default: serve.port].")
@click.option("--replay", metavar="DIR", help="Answer every request from this folder of recorded pages.")
@click.pass_obj
def run(session: Session, *, serve: bool, host: str | None, port: int | None, replay: str | None) -> int:
    """Crawl what is due, publish, serve: until SIGTERM."""
    from scheduler.work import run_daemon

    session.flag("serve.host", host)
    session.flag("serve.port", port)
    folder = session.folder(replay, holding="index.tsv") if replay else None
    return run_daemon(session, serve=serve, replay=folder)
