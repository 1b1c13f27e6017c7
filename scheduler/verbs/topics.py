"""``baywire topics``: which topics there are, what they say of a text, and what a change of theirs would change."""

from __future__ import annotations

from pathlib import Path

import click

from scheduler.session import Session

__all__ = ["topics"]


@click.group(invoke_without_command=True)
@click.pass_context
def topics(ctx: click.Context) -> int:
    """Print every topic and how many releases belong to it."""
    if ctx.invoked_subcommand is not None:
        return 0
    from scheduler.desk import load_rules
    from scheduler.reading import open_to_read

    session = ctx.ensure_object(Session)
    _, known = load_rules(session.config)
    rows = []
    with open_to_read(session.config) as store:
        for topic in known.topics:
            count = store.count(topic=topic.key)
            if session.json:
                names, about = dict(topic.names), topic.about or None
                session.emit({"kind": "topic", "topic": topic.key, "names": names, "about": about, "releases": count})
            else:
                rows.append((topic.key, str(count), " · ".join(topic.names.values())))
    if not session.json:
        session.table(rows, head=("topic", "releases", "names"))
    return 0


@topics.command("test")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--language", default="", help="Language of the text: en, zh-Hant, zh-Hans, pt.")
@click.pass_obj
def test(session: Session, *, file: Path, language: str) -> int:
    """Print what every topic says of the text in FILE, a plain text whose first line is the title."""
    from scheduler.desk import load_rules
    from scheduler.explain import print_tags

    _, known = load_rules(session.config)
    title, _, text = session.read(file).decode("utf-8", "replace").strip().partition("\n")
    print_tags(session, known.explain(title=title, text=text, language=language), all_of_them=True)
    return 0


@topics.command("diff")
@click.pass_obj
def diff(session: Session) -> int:
    """Print which releases the topics, as they are now, would tag otherwise than they are tagged; exit 1 if any."""
    from scheduler.desk import load_rules
    from scheduler.reading import open_to_read
    from scheduler.retag import differences

    _, known = load_rules(session.config)
    found = 0
    with open_to_read(session.config) as store:
        for change in differences(store, known):
            found += 1
            if session.json:
                session.emit(change.line())
            else:
                session.say(f"{change.sign}{change.topic}  {change.release}  {change.title}")
    return int(bool(found))
