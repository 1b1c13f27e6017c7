"""Notices: corrections and changes of a source's state, as entries of their own."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from feeds.release import Newsroom, Release, Revision
from feeds.render.change import changes, summary_of_changes
from feeds.render.cut import cut
from feeds.render.entry import release_path
from feeds.render.model import Entry, Link
from feeds.render.plain import code_of, person, web_address
from feeds.render.summary import headline, shorten
from feeds.render.words import words
from feeds.site import Site

if TYPE_CHECKING:  # the store loads SQLAlchemy
    from feeds.store import StateEvent, Store

__all__ = ["CORRECTIONS", "STATUS", "change_of", "correction", "corrections", "state_event", "state_events"]

CORRECTIONS, STATUS = "corrections", "status"
_MOST = 50
_LONGEST = 200_000  # bytes of what one correction changed


def corrections(store: Store, site: Site, newsrooms: Mapping[str, Newsroom]) -> tuple[Entry, ...]:
    """Return the last corrections, newest first."""
    found = store.corrections(limit=_MOST)
    return tuple(correction(*one, site, newsrooms.get(one[0].source)) for one in found)


def correction(release: Release, before: Revision, after: Revision, site: Site, newsroom: Newsroom | None) -> Entry:
    """Return the step from one wording of *release* to the next as an entry; its address is our page of it."""
    say = words(release.language)
    page = site.url(release_path(release.source, release.native_id))
    seen = after.seen.astimezone(release.published.tzinfo)
    url = web_address(release.url)  # "": nowhere that a reader may be led to
    original = Link(rel="related", href=url, type="text/html", title=say.original)
    link = f'<p><a href="{escape(url)}">{escape(say.original)}</a></p>' if url else ""
    return Entry(
        id=site.tag(f"correction/{release.source}/{release.native_id}/{after.number}"),
        url=f"{page}#revision-{after.number}",
        title=headline(say.correction.format(title=after.title)),
        language=code_of(release.language),
        author=(newsroom or Newsroom(key=release.source, title="")).author(person(headline(release.author))),
        author_url=newsroom.site if newsroom else "",
        published=seen,
        updated=seen,
        summary=shorten(summary_of_changes(_whole(before), _whole(after)) or headline(after.title)),
        html=change_of(before, after) + link,
        related=(original,) if url else (),
        more={"page": page, "release": release.id, "revision": after.number},
    )


def change_of(before: Revision, after: Revision) -> str:
    """Return what differs between two wordings as HTML."""
    title = changes(headline(before.title), headline(after.title))
    title = title.replace("<p>", "<p><strong>").replace("</p>", "</strong></p>")
    return title + cut(changes(before.text, after.text), _LONGEST)


def state_events(store: Store, site: Site, newsrooms: Mapping[str, Newsroom]) -> tuple[Entry, ...]:
    """Return the last changes of state, newest first, at most one an instant and source."""
    found = {(event.source, event.since, event.state): event for event in store.events(_MOST)}
    return tuple(state_event(event, site, newsrooms.get(event.source)) for event in found.values())


def state_event(event: StateEvent, site: Site, newsroom: Newsroom | None) -> Entry:
    """Return a change of a source's state as an entry; its address is the page of the source."""
    say = words("en")
    title = newsroom.title if newsroom and newsroom.title else event.source
    was = f", was {getattr(say, event.previous)}" if event.previous else ""
    said = f"{getattr(say, event.state)}{was}" + (f": {event.reason}" if event.reason else "")
    moment = event.since
    return Entry(
        id=site.tag(f"status/{event.source}/{moment:%Y%m%dT%H%M%S}.{moment.microsecond:06}/{event.state}"),
        url=site.url(f"sources/{event.source}/"),
        title=f"{title}: {getattr(say, event.state)}",
        language="en",
        author=site.title,
        published=moment,
        updated=moment,
        summary=shorten(said),
        html=f"<p>{escape(said, quote=False)}</p>",
        more={
            "page": site.url(f"sources/{event.source}/"),
            "source": event.source,
            "state": str(event.state),
            "since": moment.isoformat(timespec="seconds"),
            "reason": event.reason,
        },
    )


def _whole(revision: Revision) -> str:
    return f"{revision.title}\n\n{revision.text}"
