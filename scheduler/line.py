"""The JSON lines others read: a release, a crawl, a source, a tag, a listing; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.batch import SourceOutcome
from feeds.release import Draft, Release
from feeds.store.state import SourceState
from feeds.tag import Tag

if TYPE_CHECKING:
    from crawler.extract.found import Listing  # loads all that reads pages: status need not
    from crawler.trace import Origin

__all__ = [
    "Line",
    "crawl_line",
    "draft_line",
    "listing_line",
    "origin_line",
    "release_line",
    "repairs_of",
    "source_line",
    "tag_line",
]

Line = Mapping[str, object]


def release_line(release: Release, topics: Iterable[str]) -> Line:
    """Return *release* as `crawl`, `search` and `show` print it; *topics* are those it belongs to."""
    return {
        "kind": "release",
        "id": release.id,
        **_common(release),
        "published": _instant(release.published),
        "updated": _instant(release.updated),
        "first_seen": _instant(release.first_seen),
        "topics": list(topics),
        "revision": release.revision,
        "withdrawn": _instant(release.withdrawn),
    }


def draft_line(draft: Draft, tags: Sequence[Tag]) -> Line:
    """Return *draft* as `preview` prints it: a release that has no id yet, with the *tags* it gets and why."""
    return {
        "kind": "release",
        "id": None,
        **_common(draft),
        "published": _instant(draft.published),
        "updated": _instant(draft.published),
        "first_seen": None,
        "topics": [tag.topic for tag in tags if tag.passed],
        "revision": 0,
        "withdrawn": None,
        "tags": [tag_line(tag) for tag in tags if tag.passed],
    }


def _common(one: Release | Draft) -> Line:
    return {
        "source": one.source or None,
        "native_id": one.native_id or None,
        "url": one.url,
        "language": one.language,
        "title": one.title,
        "author": one.author or None,
        "summary": one.summary or None,
        "text": one.text,
        "html": one.html,
        "photos": [asdict(photo) for photo in one.photos],
        "attachments": [
            {**asdict(attachment), "title": attachment.title or None, "type": attachment.type or None}
            for attachment in one.attachments
        ],
        "translations": [{"language": other.language, "url": other.url, "id": other.id} for other in one.translations],
        "facts": {name: value if isinstance(value, str) else list(value) for name, value in one.facts.items()},
        "repairs": list(one.repairs),
    }


def crawl_line(outcome: SourceOutcome) -> Line:
    """Return how the crawl of one source ended.

    >>> crawl_line(SourceOutcome(source="a", outcome="new", listed=3, new=2, seconds=0.51))["seconds"]
    0.5
    """
    return {
        "kind": "crawl",
        "source": outcome.source,
        "outcome": outcome.outcome,
        "listed": outcome.listed,
        "new": outcome.new,
        "changed": outcome.changed,
        "seconds": round(outcome.seconds, 1),
        "reason": outcome.reason or None,
    }


def source_line(state: SourceState, *, late: bool = False) -> Line:
    """Return how a source stands, as `status` prints it; *late* when it has not delivered for three intervals."""
    return {
        "kind": "source",
        "source": state.key,
        "state": state.state.value,
        "outcome": state.outcome.value if state.outcome else None,
        "last_good": _instant(state.last_good),
        "next_due": _instant(state.next_due),
        "reason": state.reason or None,
        "since": _instant(state.since),
        "last_run": _instant(state.last_run),
        "failures": state.failures,
        "late": late,
        "repairs": repairs_of(state),
    }


def repairs_of(state: SourceState) -> dict[str, int]:
    """Return how often each repair was made to releases of the source, since we watch it.

    >>> repairs_of(SourceState(key="a", learnt={"repairs": {"mojibake": 3}}))
    {'mojibake': 3}
    >>> repairs_of(SourceState(key="a"))
    {}
    """
    counts = state.learnt.get("repairs")
    return {str(name): count for name, count in counts.items()} if isinstance(counts, Mapping) else {}


def tag_line(tag: Tag) -> Line:
    """Return what a topic says of a release, as `why` prints it."""
    return {
        "kind": "tag",
        "topic": tag.topic,
        "score": tag.score,
        "threshold": tag.threshold,
        "passed": tag.passed,
        "why": tag.why or None,
        "evidence": [asdict(evidence) for evidence in tag.evidence],
    }


def origin_line(origin: Origin) -> Line:
    """Return which rule gave a field, as `preview --explain` prints it."""
    return {
        "kind": "origin",
        "field": origin.field,
        "by": origin.by,
        "found": origin.found or None,
        "count": origin.count,
    }


def listing_line(listing: Listing, *, url: str) -> Line:
    """Return what was read of a listing at *url*, as `preview` and `add` print it."""
    return {
        "kind": "listing",
        "url": url,
        "via": listing.via,
        "confidence": listing.confidence,
        "next": listing.next or None,
        "items": [
            {
                "url": item.url,
                "title": item.title,
                "date": item.date or None,
            }
            for item in listing.items
        ],
    }


def _instant(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
