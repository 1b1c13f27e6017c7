"""A draft as it arrives: its names, its digest, its rank; all that follows from the draft alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from feeds import identity
from feeds.release import Draft

__all__ = ["NEAR", "Arrival", "Rank", "alias_of", "arrive"]

NEAR: Final = "near:"  # before a name that is a hint, not a proof

# A date further ahead than any zone and any embargo is a slip; one before the web as well.
_AHEAD: Final = timedelta(hours=36)
_NO_DAY: Final = datetime(1, 1, 1, tzinfo=UTC)  # under which those of one title are looked up that state none
_OLDEST: Final = datetime(1980, 1, 1, tzinfo=UTC)

# When published, numbered by its source?, the number, when first seen, and what settles the rest.
Rank = tuple[datetime, bool, str, datetime, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A draft and what follows from it alone."""

    draft: Draft
    id: str
    local: str
    home: str  # the alias of the address it was read at
    names: tuple[str, ...]  # every alias it goes by, the surest first
    title_key: str
    digest: str
    published: datetime

    @property
    def numbered(self) -> bool:
        """Whether its source gave it a number."""
        return bool(self.draft.native_id.strip())

    @property
    def rank(self) -> Rank:
        """Of several addresses of one release that no publish has seen, the least rank names it."""
        number = self.local if self.numbered else ""
        return self.published, not self.numbered, number, self.draft.seen, self.local


def arrive(draft: Draft, *, authority: str, now: datetime) -> Arrival:
    """Return *draft* with its names; a date that cannot be is taken off it."""
    stated = draft.published
    if stated is not None and not _OLDEST <= stated <= now + _AHEAD:
        draft = replace(draft, published=None, repairs=(*draft.repairs, "impossible-date"))
    local = identity.local_part(draft.native_id, draft.url)
    home = alias_of(draft.url)
    names = [f"native:{local}"] if draft.native_id.strip() else []
    names += [home, *(alias_of(url) for url in draft.aliases)]
    if not draft.native_id.strip():  # a number is known again at any address
        names.append(f"{NEAR}{identity.loose(draft.url)} {draft.language}")
    return Arrival(
        draft=draft,
        id=identity.release_id(authority, draft.source, local),
        local=local,
        home=home,
        names=tuple(dict.fromkeys(names)),
        title_key=identity.title_key(draft.title, draft.published or _NO_DAY, draft.language),
        digest=identity.material_digest(draft.title, draft.text),
        published=draft.published or draft.seen,
    )


def alias_of(url: str) -> str:
    """Return the alias that stands for *url* and all its variants.

    >>> alias_of("http://sc.isd.gov.hk/TuniS/www.info.gov.hk/gia/1.htm")
    'url:https://www.info.gov.hk/gia/1.htm zh-Hans'
    """
    address = identity.canonical(url)
    return f"url:{address.url} {address.language}".rstrip()
