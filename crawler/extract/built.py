"""Names of classes that a build makes anew: what of them stays, so that a selector outlives the next release."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["lasting"]

# What a build makes stands behind a name, or between two: "Card_title__x9Kd2", "News-module__KxYrHG__item".
_MADE = re.compile(r"(?<=[A-Za-z]{2})(?:__|--|-|_)(?P<made>[A-Za-z0-9]{5,8})(?=__|_|\Z)")
_MIXED = re.compile(r"\d|[A-Z].*[A-Z]")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)
_NUMBERED = re.compile(r"[a-z]+\d+|\d+", re.IGNORECASE)  # "col12": somebody counted


@lru_cache(maxsize=8192)
def lasting(name: str) -> str:
    """Return the step of a selector for the class *name*: by what is not made anew, "" where nothing else is in it.

    >>> lasting("news-item"), lasting("newsList"), lasting("NewsList-bigTitle")
    ('.news-item', '.newsList', '.NewsList-bigTitle')
    >>> lasting("Card_title__x9Kd2"), lasting("News-module__KxYrHG__item"), lasting("kFnjUG")
    ("[class*='Card_title__']", "[class*='News-module__'][class*='__item']", '')
    """
    if _is_made(name) and sum(map(str.isupper, name[1:])) > 1:
        return ""
    for match in _MADE.finditer(name):
        # Names in small letters are somebody's own, "card__titleTxt": what a build adds to them has digits or capitals.
        sure = name[0].isupper() or (match[0].startswith("__") and _MIXED.search(match["made"]))
        if sure and _is_made(match["made"]):
            rest = name[match.end() :]
            return f"[class*='{name[: match.start('made')]}']" + (f"[class*='{rest}']" if rest else "")
    return f".{name}"


def _is_made(word: str) -> bool:
    """Say whether *word* is letters without sense: small and large ones in no order, or with digits between."""
    if not 5 <= len(word) <= 8 or not word.isalnum() or not word.isascii() or _NUMBERED.fullmatch(word):
        return False
    if word.islower() or word.isupper():
        return any(map(str.isdigit, word)) and not word[-1].isdigit()
    parts = _PARTS.findall(word)
    if any(part.isdigit() for part in parts[:-1]):
        return True
    return len(parts) > 1 and sum(_VOWEL.search(part) is None or len(part) == 1 for part in parts) * 2 >= len(parts)
