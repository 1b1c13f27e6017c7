"""``baywire record``: what a source gives now, as a test case."""

from __future__ import annotations

from pathlib import Path

import click

from scheduler.session import Session
from scheduler.verbs.value import Number

__all__ = ["record"]


@click.command()
@click.argument("source")
@click.option("--limit", type=Number(0, 20), default=2, show_default=True, help="How many releases.")
@click.option("--into", type=click.Path(path_type=Path), help="Folder of the cases [default: sources.d/pages].")
@click.option("--replay", metavar="DIR", help="Answer every request from this folder of recorded pages.")
@click.pass_obj
def record(session: Session, *, source: str, limit: int, into: Path | None, replay: str | None) -> int:
    """Save the list of SOURCE and a few releases as test cases, with what is read of them.

    Look at each release.json and correct it by hand; `baywire check` holds the source to it from then on.
    """
    from feeds.error import SourceError
    from scheduler.desk import choose, load_rules, now_utc
    from scheduler.look import Look
    from scheduler.record import record as record_cases

    config = session.config
    sources, _ = load_rules(config)
    choose(sources, [source])
    look = Look(
        source=sources[source],
        now=now_utc(),
        replay=replay and str(session.folder(replay, holding="index.tsv")),
        contact=config.crawl.contact,
    )
    session.wait(f"asking {source}")
    folder = session.path(into) if into is not None else config.directory / "sources.d" / "pages"
    made = wrong = 0
    try:
        for kept in record_cases(look, folder, limit=limit):
            made += kept.case is not None
            wrong += kept.case is None and not kept.why.startswith("is a case already")
            line = {"kind": "case", "source": source, "url": kept.url, "case": kept.case and str(kept.case)}
            if session.json:
                session.emit(line | {"reason": kept.why or None})
            else:
                session.say(f"{kept.case or 'not kept'}  {kept.url}{f': {kept.why}' if kept.why else ''}")
    except SourceError as error:
        session.complain(str(error))
        return 1
    if made:
        session.note("next: look at each release.json, correct it by hand; baywire check compares from then on")
    return int(wrong > 0)
