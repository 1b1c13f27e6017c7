"""What topics say of a text, with the words they say it from."""

from __future__ import annotations

from collections.abc import Sequence

from feeds.tag import Tag
from feeds.topic_score import Score
from scheduler.line import tag_line
from scheduler.session import Session

__all__ = ["print_score", "print_tags"]


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


def print_score(session: Session, score: Score) -> None:
    """Print what the topics got right of labelled texts, and every mistake with the words that led to it."""
    counted = [*(topic for topic in score.topics if topic.right + topic.wrong + topic.missed), score.total]
    for topic in counted:
        if session.json:
            counts = {"right": topic.right, "wrong": topic.wrong, "missed": topic.missed}
            rates = {"precision": topic.precision, "recall": topic.recall, "f1": topic.f1}
            session.emit({"kind": "score", "topic": topic.topic or None, **counts, **rates})
    for mistake in score.mistakes:
        if session.json:
            found = {"kind": "mistake", "id": mistake.id, "mistake": mistake.kind, "topic": mistake.tag.topic}
            session.emit({**found, "title": mistake.title, "score": mistake.tag.score})
        else:
            words = ", ".join(dict.fromkeys(evidence.text for evidence in mistake.tag.evidence[:5]))
            session.say(
                f"{mistake.kind}: {mistake.tag.topic} ({mistake.tag.score:g}: {words}) {mistake.id} {mistake.title}"
            )
    if not session.json:
        rows = [
            (
                topic.topic or "all",
                *(str(count) for count in (topic.right, topic.wrong, topic.missed)),
                *(f"{rate:.3f}" for rate in (topic.precision, topic.recall, topic.f1)),
            )
            for topic in counted
        ]
        session.table(rows, head=("topic", "right", "wrong", "missed", "precision", "recall", "f1"))
        session.say(f"{score.texts} texts, {score.exact:.1%} without a mistake, macro F1 {score.macro_f1:.3f}")
