"""Lineups: what one edition holds, as asked of the store or as the book remembers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feeds.edition import Placed
from feeds.publish.fragments import Fragments, Version
from feeds.render.model import EPOCH
from feeds.render.summary import headline
from feeds.store import Head

__all__ = ["Lineup"]

_MARK = 12  # bytes
_TOLD = ("held", "also", "latest", "line")


@dataclass(frozen=True, slots=True)
class Lineup:
    """The entries of an edition, newest first, without those in quarantine, and what stands for each.

    *held* are the ids of all it holds, *also* those told by another's entry. *placed* is
    None where the book remembered it, by what is *remembered*: then no release was asked for.
    """

    held: Sequence[str]
    also: Sequence[str]
    versions: Sequence[Version]
    marks: Sequence[bytes]
    updated: datetime
    oldest: datetime | None
    latest: Sequence[str]
    placed: Sequence[Placed] | None
    remembered: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, placed: Sequence[Placed], fragments: Fragments) -> Lineup:
        """Return the lineup of *placed*, each made into *fragments* where it is not yet."""
        marks = fragments.marks(placed)
        kept = [one for one, mark in zip(placed, marks, strict=True) if mark]
        return cls(
            held=[one.head.id for one in placed],
            also=[other.id for one in placed for other in one.also],
            versions=[fragments.version(one) for one in kept],
            marks=[mark for mark in marks if mark],
            updated=max((one.head.updated for one in kept), default=EPOCH),
            oldest=placed[-1].head.published if placed else None,
            latest=(headline(placed[0].head.title), placed[0].head.language) if placed else (),
            placed=placed,
        )

    @classmethod
    def recall(cls, told: Mapping[str, Any], fragments: Fragments) -> Lineup | None:
        """Return what `told` told, where all of it is still among *fragments*."""
        if "line" not in told or "out" in told:
            return None
        line = told["line"]
        digests, marks = line["digests"], bytes.fromhex(line["marks"])
        versions = [
            (id_, revision, digests[digest], bool(is_also))
            for id_, revision, digest, is_also in zip(
                told["held"], line["revisions"], line["digest"], line["shared"], strict=True
            )
        ]
        if not fragments.has(versions):
            return None
        return cls(
            held=told["held"],
            also=told.get("also", ()),
            versions=versions,
            marks=[marks[start : start + _MARK] for start in range(0, len(marks), _MARK)],
            updated=datetime.fromisoformat(line["updated"]),
            oldest=datetime.fromisoformat(line["oldest"]) if line["oldest"] else None,
            latest=told.get("latest", ()),
            placed=None,
            remembered={name: told[name] for name in _TOLD if name in told},
        )

    @property
    def ids(self) -> list[str]:
        """The ids of its entries."""
        return [version[0] for version in self.versions]

    def is_before(self, head: Head) -> bool:
        """Return whether *head* is older than the last of its entries, by id where published at one moment."""
        if self.oldest is None:
            return False
        return head.published < self.oldest or (head.published == self.oldest and head.id > self.held[-1])

    def told(self) -> dict[str, Any]:
        """Return it for a book."""
        if self.remembered is not None:
            return dict(self.remembered)
        digests = sorted({version[2] for version in self.versions})
        place = {digest: number for number, digest in enumerate(digests)}
        return {
            "held": self.held,
            **({"also": self.also} if self.also else {}),
            **({"latest": self.latest} if self.latest else {}),
            "line": {
                "revisions": [version[1] for version in self.versions],
                "digest": [place[version[2]] for version in self.versions],
                "shared": [int(version[3]) for version in self.versions],
                "digests": digests,
                "marks": b"".join(self.marks).hex(),
                "updated": self.updated.isoformat(),
                "oldest": self.oldest.isoformat() if self.oldest else "",
            },
        }
