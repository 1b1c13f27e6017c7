"""``baywire crawl``: crawl sources now, then publish."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from scheduler.session import Session
from scheduler.verbs.value import DAY, Number

__all__ = ["crawl"]


@click.command()
@click.argument("sources", nargs=-1)
@click.option("--replay", metavar="DIR", help="Answer every request from this folder of recorded pages.")
@click.option("--limit", type=Number(min=1), help="Fetch at most this many releases of each source.")
@click.option("--since", type=DAY, help="Leave out what the listing dates before this day.")
@click.option("--publish/--no-publish", default=True, help="Publish afterwards [default: publish].")
@click.pass_obj
def crawl(  # noqa: PLR0913  # one parameter an option
    session: Session,
    *,
    sources: tuple[str, ...],
    replay: str | None,
    limit: int | None,
    since: datetime | None,
    publish: bool,
) -> int:
    """Crawl SOURCES now (default: all that are enabled), then publish."""
    from scheduler.order import Order
    from scheduler.perform import carry_out

    order = Order(
        verb="crawl",
        sources=sources,
        replay=replay and str(session.folder(replay, holding="index.tsv")),
        limit=limit,
        since=since.replace(tzinfo=UTC).isoformat() if since else None,
        publish=publish,
    )
    return carry_out(session, order)
