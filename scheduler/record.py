"""Keep what a source gives now as test cases: its list, and a few releases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crawler.case import Recording, write_case
from crawler.extract import Item
from feeds.error import SourceError
from scheduler.look import Look, Seen

__all__ = ["Kept", "record"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of one page: the *case* it is now, or *why* it is none."""

    url: str
    case: Path | None = None
    why: str = ""


def record(look: Look, folder: Path, *, limit: int) -> Iterator[Kept]:
    """Write the list that *look* sees and its first *limit* releases as cases below *folder*; yield each.

    A case that is there already stays as somebody corrected it. SourceError where the
    list cannot be had or lists nothing.
    """
    seen, listing = look.listing()
    if not listing.items:
        raise SourceError(f"{look.source.key}: {seen.page.url}: {listing.reason or 'nothing found on the listing'}")
    yield _keep(look, folder, seen, kind="listing")
    items = listing.items[:limit]
    for item, page in zip(items, look.releases(items), strict=False):
        yield _keep(look, folder, page, kind="release", item=item)


def _keep(look: Look, folder: Path, seen: Seen, *, kind: str, item: Item | None = None) -> Kept:
    page = seen.page
    if page.reason:
        return Kept(url=page.asked, why=page.reason)
    recording = Recording(
        kind=kind, url=page.url, body=page.body, seen=look.now, content_type=page.content_type, item=item
    )
    try:
        case = write_case(folder, look.source, recording)
    except SourceError as error:
        return Kept(url=page.url, why=str(error).partition(": ")[2])
    return Kept(url=page.url, case=case, why="" if case else "is a case already: delete its folder to record it anew")
