"""Views: a publisher that speaks through another's newsroom is a source made of its releases, by what they say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["VIEW", "View", "membership"]

VIEW = "source:"  # what the memberships of views begin with; no topic begins so


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A publisher that speaks through the source *of*, and how its releases are known there.

    One of *phrases* stands in title or text, or the author is one of *authors*.
    """

    of: str
    phrases: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()

    def matches(self, *, title: str, text: str, author: str = "") -> bool:
        """Say whether a release of source *of* is this publisher's; case does not count, white space is a space.

        >>> View(of="hk-gia-en", phrases=("Digital Policy",)).matches(title="", text="The Digital Policy Office")
        True
        """
        if any(name.casefold() == author.casefold() for name in self.authors):
            return True
        pattern = _pattern(self.phrases)
        return pattern is not None and (pattern.search(title) is not None or pattern.search(text) is not None)


def membership(key: str) -> str:
    """Return what stands for the view *key* among the memberships of a release.

    >>> membership("hk-dpo")
    'source:hk-dpo'
    """
    return VIEW + key


@lru_cache(maxsize=1024)
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return what finds any of *phrases*, at word ends where one is written in letters that have words."""
    parts = [found for phrase in phrases if (found := r"\s+".join(map(re.escape, phrase.split())))]
    bounds = (rf"(?<![a-zà-ɏ0-9]){part}(?![a-zà-ɏ0-9])" if part.isascii() else part for part in parts)
    return re.compile("|".join(bounds), re.IGNORECASE) if parts else None
