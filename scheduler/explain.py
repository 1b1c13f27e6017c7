"""What topics say of a text, with the words they say it from."""

from __future__ import annotations

from collections.abc import Sequence

from feeds.tag import Tag
from scheduler.line import tag_line
from scheduler.session import Session

__all__ = ["print_tags"]


def print_tags(session: Session, tags: Sequence[Tag], *, all_of_them: bool = False) -> None:
    """Print *tags*: those that passed and near misses, or *all_of_them*."""
    shown = [tag for tag in tags if all_of_them or tag.passed or tag.evidence]
    for tag in shown:
        if session.json:
            session.emit(tag_line(tag))
            continue
        verdict = "yes" if tag.passed else "no"
        reason = f": {tag.why}" if tag.why else ""
        session.say(f"{tag.topic}: {verdict} ({tag.score:g} of {tag.threshold:g}){reason}")
        for evidence in tag.evidence:
            counted = "masked" if evidence.masked else f"+{evidence.weight:g}"
            session.say(f"  {counted:>7}  {evidence.field}  {evidence.snippet}  <- {evidence.term}")
    if not shown and not session.json:
        session.say("no topic finds any of its words here")
