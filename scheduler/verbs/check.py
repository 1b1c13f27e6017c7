"""``baywire check``: whether what an operator wrote is right, and a source still what its site is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scheduler.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.source import Source
    from scheduler.live import Live

__all__ = ["check"]

_EVERY_FAILED = 3


@click.command()
@click.argument("keys", metavar="SOURCE...", nargs=-1)
@click.option("--live", is_flag=True, help="Fetch the list and two releases of each SOURCE, and say what to change.")
@click.option("--fix", is_flag=True, help="With --live: write what it proposes into sources.d.")
@click.option("--pages", type=click.Path(path_type=Path), help="Folder of test cases [default: sources.d/pages].")
@click.option("--replay", metavar="DIR", help="With --live: answer every request from this folder of recorded pages.")
@click.pass_obj
def check(  # noqa: PLR0913  # one parameter an option
    session: Session, *, keys: tuple[str, ...], live: bool, fix: bool, pages: Path | None, replay: str | None
) -> int:
    """Validate the configuration, the sources, the topics and the test cases that were recorded, offline.

    With --live look at each SOURCE on its own site, politely, and print what was found
    and what to change in its file. Exits 1 if something is wrong, 3 if no list could be had.
    """
    from scheduler.desk import choose, load_rules
    from scheduler.outlet import site_of

    if live != bool(keys) or ((fix or replay) and not live):
        raise click.UsageError("expected --live and the sources to look at, or neither")
    config = session.config
    sources, topics = load_rules(config)
    site_of(config)
    if live:
        return _look(session, {key: sources[key] for key in choose(sources, keys)}, sources, fix=fix, replay=replay)
    folder = session.path(pages) if pages is not None else config.directory / "sources.d" / "pages"
    if pages is not None and not folder.is_dir():
        raise click.UsageError(f"--pages: {pages}: no such folder: expected one that baywire record wrote")
    cases, wrong = _rehearse(session, folder, sources)
    if session.json:
        told = {"kind": "check", "sources": len(sources), "topics": len(topics.topics), "cases": cases}
        session.emit({**told, "problems": wrong})
    else:
        session.say(f"configuration: {config.file or 'defaults'}")
        session.say(f"store: {config.store.shown}")
        held = {"source": len(sources), "topic": len(topics.topics), "combination": len(config.feeds)}
        said = ", ".join(_count(number, what) for what, number in {**held, "test case": cases}.items() if number)
        session.say(f"{said}: {_count(len(wrong), 'problem') if wrong else 'all right'}")
    return int(bool(wrong))


def _count(number: int, what: str) -> str:
    """Return *number* of *what*, in the plural where it is.

    >>> _count(1, "combination"), _count(12, "topic")
    ('1 combination', '12 topics')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"


def _rehearse(session: Session, folder: Path, sources: Mapping[str, Source]) -> tuple[int, list[str]]:
    """Return how many test cases there are, and what does not hold; each of that is printed."""
    from scheduler.rehearse import rehearse_all

    count, wrong = 0, []
    for case, failings in rehearse_all(folder, sources) if folder.is_dir() else ():
        count += 1
        for one in failings:
            wrong.append(f"{case}: {one.reason}")
            if session.json:
                told = {"kind": "case", "source": case.parent.name, "case": str(case), "field": one.field or None}
                session.emit({**told, "expected": one.expected, "found": one.found, "reason": one.reason})
            else:
                session.say(wrong[-1])
    return count, wrong


def _look(
    session: Session, chosen: Mapping[str, Source], sources: Mapping[str, Source], *, fix: bool, replay: str | None
) -> int:
    from scheduler.desk import now_utc
    from scheduler.live import Live
    from scheduler.look import Look

    folder = str(session.folder(replay, holding="index.tsv")) if replay else None
    reached, wrong = 0, False
    for key, asked in chosen.items():
        source = asked
        if asked.view is not None:
            source = sources[asked.view.of]
            _say(session, key, "view", f"is made of {source.key}, which is looked at")
        look = Look(source=source, now=now_utc(), replay=folder, contact=session.config.crawl.contact)
        live = Live(look)
        for sight in live.sights():
            wrong |= sight.wrong
            _say(session, source.key, sight.subject, sight.found, wrong=sight.wrong)
        reached += live.reached
        _advise(session, live, fix=fix)
    return int(wrong) if reached or not chosen else _EVERY_FAILED


def _say(session: Session, key: str, subject: str, found: str, *, wrong: bool = False) -> None:
    if session.json:
        session.emit({"kind": "live", "source": key, "subject": subject.strip(), "found": found, "wrong": wrong})
    else:
        session.say(f"{'wrong' if wrong else '     '}  {key}  {subject:12}  {found}")


def _advise(session: Session, live: Live, *, fix: bool) -> None:
    """Print what to change in the file of a source as a diff; write it, where asked to."""
    from scheduler.order import Order
    from scheduler.perform import tell_daemon

    advice = live.advice()
    key = advice.source.key
    patch = advice.diff() if advice.changes else ""
    if session.json:
        session.emit({"kind": "live", "source": key, "subject": "change", "patch": patch or None, "wrong": False})
    else:
        for line in patch.splitlines() or ["nothing to change in its file"]:
            session.say(f"       {line}")
    if patch and fix:
        session.note(advice.write(session.config.directory / "sources.d"))
        tell_daemon(session.config, Order(verb="reload"))
    elif patch:
        session.note(f"type baywire check --live {key} --fix to write that into sources.d")
    if patch and advice.changes.get("", {}).get("enabled"):
        session.note(f"then type baywire enable {key}")
