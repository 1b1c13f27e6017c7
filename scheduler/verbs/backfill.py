"""``baywire backfill``: the archive of a source."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from scheduler.session import Session
from scheduler.verbs.value import DAY

__all__ = ["backfill"]


@click.command()
@click.argument("source")
@click.option("--since", required=True, type=DAY, help="Go back to this day.")
@click.option("--replay", metavar="DIR", help="Answer every request from this folder of recorded pages.")
@click.pass_obj
def backfill(session: Session, *, source: str, since: datetime, replay: str | None) -> int:
    """Walk the archive of SOURCE back to a day, as politely as any crawl; type it again to go on where it stopped."""
    from scheduler.order import Order
    from scheduler.perform import carry_out

    order = Order(
        verb="backfill",
        sources=(source,),
        replay=replay and str(session.folder(replay, holding="index.tsv")),
        since=since.replace(tzinfo=UTC).isoformat(),
    )
    return carry_out(session, order)
