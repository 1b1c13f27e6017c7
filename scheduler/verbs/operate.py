"""``baywire enable``, ``disable``, ``remove``: what an operator does to a source; its releases stay."""

from __future__ import annotations

import click

from scheduler.session import Session

__all__ = ["disable", "enable", "remove"]


@click.command()
@click.argument("sources", nargs=-1, required=True)
@click.pass_obj
def enable(session: Session, *, sources: tuple[str, ...]) -> int:
    """Crawl SOURCES again."""
    from scheduler.operate import set_enabled

    return set_enabled(session, sources, enabled=True)


@click.command()
@click.argument("sources", nargs=-1, required=True)
@click.pass_obj
def disable(session: Session, *, sources: tuple[str, ...]) -> int:
    """Crawl SOURCES no more, until they are enabled."""
    from scheduler.operate import set_enabled

    return set_enabled(session, sources, enabled=False)


@click.command()
@click.argument("source")
@click.pass_obj
def remove(session: Session, *, source: str) -> int:
    """Delete the operator's own file of SOURCE; a shipped one can only be disabled."""
    from scheduler.operate import remove_source

    return remove_source(session, source)
