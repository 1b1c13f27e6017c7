"""Releases as they were when a month was finished: which had come by then, and in which wording."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from feeds.edition import Placed
from feeds.publish.fragments import Fragments, as_worded
from feeds.render import atom, json_feed
from feeds.render.entry import entry_of
from feeds.site import Site

if TYPE_CHECKING:  # the store loads SQLAlchemy
    from feeds.store import Store

__all__ = ["Then"]

log = logging.getLogger(__name__)

_CHUNK = 200
_ENTRIES = {"atom": atom.entry, "json": json_feed.entry}


class Then:
    """Looks back, for archives that were lost and are made again with the bytes that they had."""

    def __init__(self, store: Store, site: Site, fragments: Fragments) -> None:
        """Remember nothing yet."""
        self._store = store
        self._site = site
        self._fragments = fragments
        self._come: dict[str, tuple[datetime, int]] = {}

    def forget(self) -> None:
        """Let go of the releases of one month: another one follows."""
        self._come.clear()

    def there(self, ids: Sequence[str], moment: datetime) -> tuple[list[str], list[str]]:
        """Return which of *ids* had come at *moment*, and which came later."""
        missing = [id_ for id_ in ids if id_ not in self._come]
        for start in range(0, len(missing), _CHUNK):
            found = self._store.releases(missing[start : start + _CHUNK]).values()
            self._come |= {one.id: (one.first_seen, one.revision) for one in found}
        come = [id_ for id_ in ids if id_ in self._come]
        return (
            [id_ for id_ in come if self._come[id_][0] <= moment],
            [id_ for id_ in come if self._come[id_][0] > moment],
        )

    def placed(self, placed: Sequence[Placed], moment: datetime) -> list[Placed]:
        """Return *placed*, which `there` has seen, each as it stood at *moment*: its revision, not yet withdrawn."""
        found = []
        for one in placed:
            head = one.head
            if head.withdrawn is not None and head.withdrawn > moment:
                head = head._replace(withdrawn=None)
            if self._come.get(head.id, (moment, 1))[1] > 1:
                wordings = self._store.revisions(head.id)
                past = [wording for wording in wordings if wording.number == 1 or wording.seen <= moment]
                if past[-1].number < head.revision:
                    updated = max(head.published, past[-1].seen) if len(past) > 1 else head.published
                    head = head._replace(revision=past[-1].number, updated=updated, title=past[-1].title)
            found.append(Placed(head, one.also))
        return found

    def fragments(self, placed: Sequence[Placed], form: str) -> Mapping[str, bytes]:
        """Return those of *placed* in *form*, by id, that do not stand so any more."""
        releases = self._store.releases([one.head.id for one in placed])
        tags = self._store.tags(list(releases))
        found = {}
        for head in (one.head for one in placed):
            release = releases.get(head.id)
            if release is None or (release.revision, release.withdrawn) == (head.revision, head.withdrawn):
                continue
            wording = self._store.revisions(head.id)[head.revision - 1]
            newsroom, labels = self._fragments.newsroom(release.source), self._fragments.labels(head)
            try:
                old = replace(as_worded(release, wording, head.updated), withdrawn=head.withdrawn)
                entry = entry_of(old, newsroom, self._site, labels, tags=tags.get(head.id, ()))
                found[head.id] = _ENTRIES[form](entry)
            except ValueError as error:
                log.warning("an old wording is kept out of the archives: %s", error, extra={"release": head.id})
        return found
