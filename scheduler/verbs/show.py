"""``baywire show``: one release, whole."""

from __future__ import annotations

import click

from scheduler.session import Session

__all__ = ["show"]


@click.command()
@click.argument("release", metavar="ID")
@click.pass_obj
def show(session: Session, *, release: str) -> int:
    """Print the release ID: an id or the end of one, a publisher's number, or an address."""
    from scheduler.reading import find_one, open_to_read
    from scheduler.show import print_release

    with open_to_read(session.config) as store:
        found = find_one(store, release)
        topics = [tag.topic for tag in store.tags([found.id]).get(found.id, ()) if tag.passed]
        print_release(session, found, topics, store.revisions(found.id))
    return 0
