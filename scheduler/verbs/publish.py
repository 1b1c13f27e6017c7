"""``baywire publish``: store → files, no network."""

from __future__ import annotations

import click

from scheduler.session import Session

__all__ = ["publish"]


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if any file would differ.")
@click.pass_obj
def publish(session: Session, *, check: bool) -> int:
    """Write the files that the store says there should be; only those that differ."""
    from scheduler.order import Order
    from scheduler.perform import carry_out

    return carry_out(session, Order(verb="publish", check=check))
