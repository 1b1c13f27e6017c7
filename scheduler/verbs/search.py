"""``baywire search``: find releases by words."""

from __future__ import annotations

from datetime import datetime

import click

from feeds.where import LANGUAGES
from scheduler.session import Session
from scheduler.verbs.value import DAY, Number

__all__ = ["search"]


@click.command()
@click.argument("query", nargs=-1)
@click.option("--topic", help="Only releases of this topic.")
@click.option("--source", help="Only releases of this source.")
@click.option("--language", type=click.Choice(LANGUAGES, case_sensitive=False), help="Only releases in this language.")
@click.option("--since", type=DAY, help="Only releases published on this day or later.")
@click.option("--until", type=DAY, help="Only releases published on this day or earlier.")
@click.option("--where", help='Only releases this holds for, such as "ai and not source:hk-gia-en".')
@click.option("--limit", type=Number(1, 1000), default=20, show_default=True, help="At most this many.")
@click.pass_obj
def search(  # noqa: PLR0913  # one parameter an option
    session: Session,
    *,
    query: tuple[str, ...],
    topic: str | None,
    source: str | None,
    language: str | None,
    since: datetime | None,
    until: datetime | None,
    where: str | None,
    limit: int,
) -> int:
    """Print the releases whose title or text holds all words of QUERY, newest first.

    "Two words" in quotes stand side by side, -word must not be there (put -- before QUERY
    then). topic:, source:, language:, author:, since:, until: and where:(…) narrow as on
    the search page. Without QUERY, whatever the options let through.
    """
    from feeds.serve.finding import find
    from scheduler.finding import asked_by, check_names
    from scheduler.reading import open_to_read
    from scheduler.show import print_found

    if not (query or topic or source or language or since or until or where):
        raise click.UsageError("expected words to look for, or an option that narrows")
    with open_to_read(session.config) as store:
        check_names(session.config, store, topic=topic, source=source)
        named = {"topic": topic, "source": source, "language": language}
        wheres = [f"{kind}:{value}" for kind, value in named.items() if value]
        wheres += [where] if where else []
        asked = asked_by(session.config, store, " ".join(query), *wheres, since=since, until=until)
        found = find(store, asked, limit=limit)
        print_found(session, store, found.placed)
        if found.total > len(found.placed):
            more = "more than " if found.more else ""
            session.note(f"{len(found.placed)} of {more}{found.total}: see --limit")
        elif not found.placed:
            session.note("nothing found")
    return 0
