"""``baywire doctor``: what is wrong with a set-up or a source, and what would mend it."""

from __future__ import annotations

import click

from scheduler.session import Session

__all__ = ["doctor"]


@click.command()
@click.argument("source", required=False)
@click.option("--fix", is_flag=True, help="Write the repair it proposes into sources.d.")
@click.option("--replay", metavar="DIR", help="Answer every request from this folder of recorded pages.")
@click.pass_obj
def doctor(session: Session, *, source: str | None, fix: bool, replay: str | None) -> int:
    """Look at the set-up, or at SOURCE as its site is now; exit 1 if something is wrong that was not mended."""
    from crawler.source import load_sources
    from scheduler.desk import choose, now_utc
    from scheduler.doctor import look_at_setup, look_at_source
    from scheduler.order import Order
    from scheduler.perform import tell_daemon

    config = session.config
    if source is None:
        found = look_at_setup(config, now=now_utc())
    else:
        sources = load_sources(*config.sources.folders, use=config.sources.use)
        choose(sources, [source])
        folder = str(session.folder(replay, holding="index.tsv")) if replay else None
        found = look_at_source(config, sources[source], replay=folder, now=now_utc())
    wrong = mended = False
    for one in found:
        wrong |= one.wrong
        if session.json:
            line = {"kind": "diagnosis", "subject": one.subject, "found": one.found, "wrong": one.wrong}
            session.emit(line if one.repair is None else line | {"patch": one.repair.diff()})
        else:
            session.say(f"{'wrong' if one.wrong else '     '}  {one.subject:13}  {one.found}", hang=22)
        if one.repair is None:
            continue
        if not session.json:
            for text in one.repair.diff().splitlines():
                session.say(f"       {text}")
        if fix:
            session.note(one.repair.write(config.directory / "sources.d"))
            tell_daemon(config, Order(verb="reload"))
            mended = True
        else:
            session.note(f"type baywire doctor {source} --fix to write that down")
    return int(wrong and not mended)
