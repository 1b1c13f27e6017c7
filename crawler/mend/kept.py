"""What was mended, kept with the source from crawl to crawl until its file says the same or something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crawler.source import Source

__all__ = ["Mend"]

_KEY = "mend"
_STRINGS = frozenset(["links", "item", "title", "date", "match"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """What a source is read by in place of its own rules, kept under "mend" in what it has learnt.

    *rules* is the digest of the rules of its file: when a person changes these, what was
    mended is forgotten. *listing* are the changed keys of `[listing]`; *votes* says that
    release pages are read by vote, their body not being found. *why* is for a person,
    *since* ISO 8601.
    """

    rules: str
    listing: Mapping[str, str] = field(default_factory=dict)
    votes: bool = False
    why: str = ""
    since: str = ""
    matched: int = 0
    expected: int = 0
    confidence: float = 0.0

    @classmethod
    def read(cls, learnt: Mapping[str, Any], *, rules: str) -> Mend | None:
        """Return what *learnt* holds for a source of *rules*, None where it has nothing for these.

        >>> mend = Mend(rules="r", listing={"links": "h3 a"})
        >>> Mend.read(mend.write({}), rules="r") == mend, Mend.read(mend.write({}), rules="others")
        (True, None)
        """
        kept = learnt.get(_KEY)
        if not isinstance(kept, dict) or kept.get("rules") != rules:
            return None
        return cls(**{one.name: kept[one.name] for one in fields(cls) if one.name in kept})

    def write(self, learnt: Mapping[str, Any]) -> dict[str, Any]:
        """Return *learnt* with this in it."""
        return {**learnt, _KEY: {**asdict(self), "listing": dict(self.listing)}}

    @staticmethod
    def forget(learnt: Mapping[str, Any]) -> dict[str, Any]:
        """Return *learnt* without anything mended.

        >>> Mend.forget(Mend(rules="r").write({"crawl": {}}))
        {'crawl': {}}
        """
        return {name: value for name, value in learnt.items() if name != _KEY}

    def apply(self, source: Source) -> Source:
        """Return *source* with its listing read by what was mended.

        >>> from crawler.source import Source
        >>> Mend(rules="r", listing={"links": "h3 a"}).apply(Source(key="a", title="A")).listing.links
        'h3 a'
        """
        changes = {name: value for name, value in self.listing.items() if name in _STRINGS}
        return replace(source, listing=replace(source.listing, **changes))  # type: ignore[arg-type]  # strings only
