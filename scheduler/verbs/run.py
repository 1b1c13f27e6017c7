"""``baywire run``: the daemon."""

from __future__ import annotations

import click

from scheduler.session import Session
from scheduler.verbs.value import Number

__all__ = ["run"]


@click.command()
@click.option("--serve/--no-serve", default=True, help="Serve the files too [default: serve].")
@click.option("--host", help="Address to listen on [default: serve.host].")
@click.option("--port", type=Number(0, 65_535), help="Port to listen on [default: serve.port].")
@click.option("--fleet", is_flag=True, help="Let workers crawl and publish: see baywire worker.")
@click.option("--migrate", is_flag=True, help="With --fleet: make the tables, as their owner, and leave.")
@click.option("--replay", metavar="DIR", help="Answer every request from this folder of recorded pages.")
@click.pass_obj
def run(  # noqa: PLR0913  # one parameter an option
    session: Session,
    *,
    serve: bool,
    host: str | None,
    port: int | None,
    fleet: bool,
    migrate: bool,
    replay: str | None,
) -> int:
    """Crawl what is due, publish, serve: until SIGTERM."""
    session.flag("serve.host", host)
    session.flag("serve.port", port)
    if migrate and not fleet:
        raise click.UsageError("--migrate goes with --fleet")
    if fleet:
        from scheduler.extra import need

        need("fleet")
    if migrate:
        from scheduler.fleet.start import migrate as make_tables

        return make_tables(session)
    from scheduler.work import run_daemon

    folder = session.folder(replay, holding="index.tsv") if replay else None
    return run_daemon(session, serve=serve, fleet=fleet, replay=folder)
