"""Tag and Evidence: what a topic says about a release, and the words it says it from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Evidence", "Field", "Tag"]

Field = Literal["title", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One place where a term of a topic stands.

    *start* and *end* count characters of the original *field*, so that
    ``field[start:end]`` is what was read. *text* is that slice, *term* the rule it
    answered, *snippet* some sixty characters around it on one line. *weight* is what
    it added to the score: the term's own weight times the boost of its place, less
    for repeats. A *masked* hit stands inside a span that must not count, or inside a
    longer term, and added nothing. Further repeats of what counted enough are left out.
    """

    field: Field
    start: int
    end: int
    text: str
    term: str
    weight: float
    snippet: str
    masked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """What one topic found in one release.

    *passed* is whether the release belongs to the topic: the *score* reached the
    *threshold*, and what the topic asks for besides holds; where it does not, *why*
    says so. A near miss keeps its evidence too. *digest* is the hash of the topic's
    rules, so that a stored tag knows whether it still answers them.
    """

    topic: str
    score: float
    threshold: float
    evidence: tuple[Evidence, ...] = ()
    digest: str = ""
    passed: bool = True
    why: str = ""
