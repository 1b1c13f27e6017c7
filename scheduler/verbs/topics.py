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
@click.option("--language", default="", help="Language of a plain text: en, zh-Hant, zh-Hans, pt.")
@click.pass_obj
def _test(session: Session, *, file: Path, language: str) -> int:
    """Print how well the topics do on FILE, texts that a person labelled, one JSON object a line; exit 1 for mistakes.

    A FILE that is not JSON is one plain text, its title in the first line: then what every topic says of it.
    """
    from feeds.topic_score import read_labelled, score
    from scheduler.desk import load_rules
    from scheduler.explain import print_score, print_tags

    _, known = load_rules(session.config)
    text = session.read(file).decode("utf-8", "replace").strip()
    if text.startswith("{"):
        result = score(read_labelled(session.path(file)), known)
        print_score(session, result)
        return int(bool(result.mistakes))
    title, _, body = text.partition("\n")
    print_tags(session, known.explain(title=title, text=body, language=language), all_of_them=True)
    return 0


@topics.command("diff")
@click.pass_obj
def _diff(session: Session) -> int:
    """Print which releases the topics, as they are now, would tag otherwise than they are tagged; exit 1 if any."""
    from scheduler.desk import load_rules
    from scheduler.reading import open_to_read
    from scheduler.retag import differences

    _, known = load_rules(session.config)
    found = 0
    with open_to_read(session.config) as store:
        for change, title in differences(store, known):
            found += 1
            if session.json:
                added, removed = list(change.added), list(change.removed)
                session.emit({"kind": "difference", "id": change.id, "added": added, "removed": removed})
            else:
                signs = [*(f"+{topic}" for topic in change.added), *(f"-{topic}" for topic in change.removed)]
                session.say(f"{' '.join(signs)}  {title}  {change.id}")
    if not found:
        session.note("every release is tagged as the topics are now")
    return int(bool(found))
