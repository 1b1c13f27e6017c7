"""Releases of the store as a person reads them, or as JSON lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from feeds.edition import Placed
from feeds.release import Release, Revision
from feeds.store import Store
from scheduler.fold import width
from scheduler.line import Line, release_line
from scheduler.session import Session

__all__ = ["print_found", "print_line", "print_release"]


def print_line(session: Session, line: Line) -> None:
    """Print a *line* of a preview: as JSON, or what a person looks at first."""
    if session.json:
        session.emit(line)
        return
    match line:
        case {"kind": "listing", "items": list(items), "url": url, "via": via, "confidence": confidence}:
            session.say(f"listing: {url} ({len(items)} releases, read by {via}, confidence {confidence})")
            for item in items:
                session.say(f"  {str(item['date'] or '')[:10]:10}  {item['title'] or item['url']}", hang=14)
            if line.get("next"):
                session.say(f"  next page: {line['next']}")
        case {"kind": "release", "title": title, "published": published, "topics": list(topics)}:
            session.say()
            session.say(f"{title}")
            session.say(f"  {published or 'no date'}  {line['language']}  [{', '.join(topics)}]  {line['url']}")
            for paragraph in str(line["text"]).splitlines():
                session.say(f"  {paragraph}".rstrip())
        case {"kind": "origin", "field": str(field), "by": str(by), "found": found, "count": count}:
            told = f": {found}" if found else f" ({count})" if count else " finds nothing"
            session.say(f"  {field:12} {'from ' if count else ''}{by}{told}")
        case {"kind": "tag", "topic": topic, "score": score, "threshold": threshold, "evidence": list(evidence)}:
            session.say(f"  {topic}: {score} of {threshold}: {', '.join(dict.fromkeys(e['text'] for e in evidence))}")


def print_found(session: Session, store: Store, found: Sequence[Placed]) -> None:
    """Print the releases *found*, two lines each, and who else published them."""
    ids = [one.head.id for one in found]
    releases = store.releases(ids)
    tags = store.tags(ids)
    for head, also in found:
        release = releases[head.id]
        topics = [tag.topic for tag in tags.get(head.id, ()) if tag.passed]
        if session.json:
            told = [{"source": other.source, "url": other.url, "id": other.id} for other in also]
            session.emit({**release_line(release, topics), "also": told})
        else:
            shown = f"  [{', '.join(topics)}]" if topics else ""
            session.say(f"{release.published:%Y-%m-%d}  {release.source}  {release.title}{shown}", hang=12)
            session.say(f"            {release.id}")
            if also:
                session.say(f"            also published by {', '.join(other.source for other in also)}", hang=14)


def print_release(session: Session, release: Release, topics: Sequence[str], revisions: Sequence[Revision]) -> None:
    """Print the whole of *release*, and when it was reworded."""
    if session.json:
        session.emit(release_line(release, topics))
        return
    session.say(release.title)
    session.say("=" * min(width(release.title), 78))
    for name, value in (
        ("id", release.id),
        ("address", release.url),
        ("published", _stated(release.published)),
        ("by", release.author or release.source),
        ("language", release.language),
        ("topics", ", ".join(topics)),
        ("repaired", ", ".join(release.repairs)),
        ("withdrawn", release.withdrawn.isoformat() if release.withdrawn else ""),
    ):
        if value:
            session.say(f"{name + ':':11} {value}")
    for other in release.translations:
        session.say(f"{other.language + ':':11} {other.url}")
    for revision in revisions[1:]:
        session.say(f"corrected:  {revision.seen.isoformat(timespec='seconds')}")
    session.say()
    for line in release.text.splitlines():
        session.say(line)
    for photo in release.photos:
        session.say(f"photo: {photo.url}  {photo.caption}")
    for attachment in release.attachments:
        session.say(f"attached: {attachment.url}  {attachment.title}")


def _stated(published: datetime) -> str:
    """Return when something was published: the day alone at midnight, where a page states no time.

    >>> _stated(datetime(2026, 3, 3))
    '2026-03-03'
    """
    return published.isoformat() if published.hour or published.minute else f"{published:%Y-%m-%d}"
