"""Lists that write every address anew at each look: with a session in it, the time or a counter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

__all__ = ["Rewriting", "Rewritten", "places_between", "stripped"]

_PROOFS: Final = 2  # so often was all that stood at new addresses what we held
_LOOK_S: Final = 86_400  # so often one of them is fetched all the same
_DAY: Final = re.compile(r"\d{1,4}|(?:19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d.*")


@dataclass(slots=True, kw_only=True)
class Rewriting:
    """What a source has taught of its addresses.

    *places* are the parts of an address that change though what is listed stays, *proofs*
    how often that was seen to be so, *looked* when the last time. *held* says under which
    address we hold what is listed under one that was never fetched.
    """

    places: list[str] = field(default_factory=list)
    proofs: int = 0
    looked: float = 0.0
    held: dict[str, str] = field(default_factory=dict)

    def read(self, before: Mapping[str, str], listed: Mapping[str, str]) -> Rewritten:
        """Return what of *listed* was listed *before* under other addresses; both: address → digest of the line."""
        gone = {url: line for url, line in before.items() if url not in listed}
        fresh = {url: line for url, line in listed.items() if url not in before}
        if not gone or not fresh:
            return Rewritten()
        was = _unique((line, url) for url, line in gone.items())
        pairs = {
            url: was[line] for line, url in _unique((line, url) for url, line in fresh.items()).items() if line in was
        }
        places = _common({url: places_between(old, url) for url, old in pairs.items()})
        if not places or 2 * len(pairs) < len(gone) or len({stripped(url, places) for url in listed}) < len(listed):
            return Rewritten()
        found = {url: old for url, old in pairs.items() if places_between(old, url) <= places}
        bare = _unique((stripped(url, places), url) for url in gone.keys() - set(found.values()))
        reworded = {url: bare[at] for url in fresh if url not in found and (at := stripped(url, places)) in bare}
        return Rewritten(places=places, same=self._under(found), reworded=self._under(reworded))

    def _under(self, pairs: Mapping[str, str]) -> dict[str, str]:
        return {url: self.held.get(old, old) for url, old in pairs.items()}

    def trusts(self, seen: Rewritten) -> bool:
        """Return whether that what was *seen* is nothing new has been proven."""
        return self.proofs >= _PROOFS and seen.places == frozenset(self.places)

    def sample(self, seen: Rewritten, *, now: datetime) -> str:
        """Return which address to fetch although it is nothing new, "" where it is not time to."""
        return next(iter(seen.same), "") if now.timestamp() - self.looked >= _LOOK_S else ""

    def learn(self, seen: Rewritten, *, fetched: Collection[str], fresh: Collection[str], now: datetime) -> None:
        """Take note of what was *seen*, after those *fetched* of it were compared: *fresh* are new or changed."""
        if not seen.places:
            return
        if fresh or frozenset(self.places) != seen.places:
            self.proofs = 0
        self.places = sorted(seen.places)
        if fetched and not fresh:
            self.proofs, self.looked = min(self.proofs + 1, _PROOFS), now.timestamp()
        self.held = {url: old for url, old in seen.same.items() if url not in fetched}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """What differs in the addresses of a list, and under which we hold them: the *same* lines, and *reworded* ones."""

    places: frozenset[str] = frozenset()
    same: Mapping[str, str] = field(default_factory=dict)
    reworded: Mapping[str, str] = field(default_factory=dict)


def places_between(old: str, new: str) -> frozenset[str]:
    """Return in which places two addresses differ; none where one is not made like the other, or it may be a day.

    >>> sorted(places_between("http://a.example/r/7.htm?sid=ab1&p=2", "http://a.example/r/7.htm?sid=cd9&p=2"))
    ['?sid']
    >>> sorted(places_between("http://a.example/(S(x1))/r/7", "http://a.example/(S(y2))/r/7"))
    ['/1;0']
    >>> places_between("http://a.example/20260401/7", "http://a.example/20260402/7")
    frozenset()
    """
    mine, yours = _parts(new), _parts(old)
    if mine.keys() != yours.keys():
        return frozenset()
    found = frozenset(place for place, value in mine.items() if yours[place] != value)
    plain = found & {"scheme", "host"} or any(_DAY.fullmatch(mine[place]) for place in found)
    return frozenset() if plain else found


def stripped(url: str, places: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return *url* without what stands in *places*, as a value to compare.

    >>> stripped("http://a.example/7?sid=1", ["?sid"]) == stripped("http://a.example/7?sid=2", ["?sid"])
    True
    """
    return tuple((place, value) for place, value in _parts(url).items() if place not in places)


def _parts(url: str) -> dict[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return {"url": url}
    found = {"scheme": parts.scheme, "host": parts.netloc}
    for number, segment in enumerate(parts.path.split("/")):
        found |= {f"/{number};{n}": piece for n, piece in enumerate(segment.split(";"))}
    for piece in parts.query.split("&"):
        name, _, value = piece.partition("=")
        found[f"?{name}"] = value
    return found


def _unique(pairs: Iterable[tuple[object, str]]) -> dict[object, str]:
    """Return the pairs whose first value no other has."""
    some = list(pairs)
    times = Counter(key for key, _ in some)
    return {key: value for key, value in some if times[key] == 1}


def _common(found: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return the places in which most addresses differ, none where that is not so of two at least."""
    usual = Counter(found.values()).most_common(1)
    return usual[0][0] if usual and usual[0][1] >= 2 else frozenset()
