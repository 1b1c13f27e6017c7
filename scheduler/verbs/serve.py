"""``baywire serve``: the files and the search page."""

from __future__ import annotations

import click

from scheduler.session import Session
from scheduler.verbs.value import Number

__all__ = ["serve"]


@click.command()
@click.option("--host", help="Address to listen on [default: serve.host].")
@click.option("--port", type=Number(0, 65_535), help="Port to listen on [default: serve.port].")
@click.pass_obj
def serve(session: Session, *, host: str | None, port: int | None) -> int:
    """Serve what is published, and the search page, until SIGTERM; crawl nothing."""
    from scheduler.work import serve_files

    session.flag("serve.host", host)
    session.flag("serve.port", port)
    return serve_files(session)
