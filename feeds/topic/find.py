"""Find every wording of every topic in one pass over a folded text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ahocorasick_rs import AhoCorasick, MatchKind

from feeds.topic.fold import WORD, Folded, fold, is_word
from feeds.topic.rule import Phrase

__all__ = ["POINTED", "Finder", "Spans", "quiet"]

Spans = list[tuple[int, int]]
POINTED = -1  # the number of the set of pointers to other texts

_NAME = r"\w\u2010-\u2015\u2212\-"  # letters and hyphens of every kind, since a text may come with other ones
_ADDRESS = re.compile(
    rf"(?:https?://|www\.)[^\s\u2e80-\U0010ffff]+|[{_NAME}.%+]{{1,64}}@[{_NAME}]{{1,63}}(?:\.[{_NAME}]{{1,63}})+",
    re.ASCII | re.IGNORECASE,
)
_UNSEEN = re.compile("[\u00ad\u0300-\u036f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")
_MAIL = re.compile(rf"@[{_NAME}]+\.\w", re.ASCII)
# What points to another text says nothing of this one, up to the end of its line.
_POINTERS = (
    "read more", "related story", "related stories", "related news", "see also", "leia mais", "leia também", "ler mais",
    "延伸閱讀", "相關閱讀", "推薦閱讀", "相關新聞", "相關報道", "相關報導", "推薦新聞", "更多新聞",
)  # fmt: skip
_POINTER_END = 240  # where the line does not end before


def quiet(text: str) -> str:
    r"""Return *text*, as long as before, with web addresses and e-mail addresses blanked.

    >>> quiet("see www.ai.gov.hk now").replace("\0", "_")
    'see _____________ now'
    """
    if not text.isascii() and _UNSEEN.search(text):
        return _quiet_unseen(text)
    if "://" in text or "www." in text or ("@" in text and _MAIL.search(text)):
        text = _ADDRESS.sub(_blank, text)
    return text


def _quiet_unseen(text: str) -> str:
    """Return *text* blanked where it reads as an address once what cannot be seen is left out."""
    seen = [place for place, char in enumerate(text) if not _UNSEEN.match(char)]
    plain = "".join(text[place] for place in seen)
    still = quiet(plain)
    if still == plain:
        return text
    chars = list(text)
    for place, char in zip(seen, still, strict=True):
        if char == "\0":
            chars[place] = char
    return "".join(chars)


def _blank(found: re.Match[str]) -> str:
    return "\0" * len(found[0])


class Finder:
    """Where the phrases of many sets stand in a text: two automata, one for what is exact in its case.

    A phrase in letters is a whole word, or begins one where it is open at its end.
    What stands in a name with a dot (`Klike.AI`, `ai.example`) is part of that name.
    """

    def __init__(self, sets: Iterable[Iterable[Phrase]]) -> None:
        """Build the automata over all phrases of *sets*; the sets are numbered in their order."""
        whole: dict[tuple[str, bool], list[int]] = {}
        begun: dict[tuple[str, bool], list[int]] = {}
        for number, phrases in enumerate(sets):
            for phrase in phrases:
                folded = fold(phrase.text)
                pattern = (folded.plain if phrase.exact else folded.low).strip(), phrase.exact
                whole.setdefault(pattern, []).append(number)
                if phrase.open:
                    begun.setdefault(pattern, []).append(number)
        for word in _POINTERS:
            whole.setdefault((fold(word).low, False), []).append(POINTED)
        self._exact = _Automaton([text for text, exact in whole if exact], whole, begun, exact=True)
        self._loose = _Automaton([text for text, exact in whole if not exact], whole, begun, exact=False)

    def find(self, text: Folded) -> dict[int, Spans]:
        """Return the spans in folded *text* at which phrases stand, in no order, by the number of their set."""
        found: dict[int, Spans] = {}
        self._loose.find(text.low, text, found)
        self._exact.find(text.plain, text, found)
        if POINTED in found:
            found[POINTED] = [
                _pointed(text, start, end)
                for start, end in found[POINTED]
                if text.low[end : end + 2].lstrip()[:1] in {":", "|"}
            ]
        return found


class _Automaton:
    def __init__(
        self,
        texts: list[str],
        whole: dict[tuple[str, bool], list[int]],
        begun: dict[tuple[str, bool], list[int]],
        *,
        exact: bool,
    ) -> None:
        self.automaton = AhoCorasick(texts, matchkind=MatchKind.Standard) if texts else None
        self.whole = [tuple(dict.fromkeys(whole[text, exact])) for text in texts]
        self.begun = [tuple(dict.fromkeys(begun.get((text, exact), ()))) for text in texts]
        self.opens = [is_word(text[0]) for text in texts]
        self.closes = [is_word(text[-1]) for text in texts]

    def find(self, searched: str, text: Folded, found: dict[int, Spans]) -> None:
        """Add to *found* the spans in *searched*, one of the two forms of *text*."""
        if self.automaton is None:
            return
        low = f"{text.low}  "
        by_pattern: dict[int, Spans] = {}
        for pattern, start, end in self.automaton.find_matches_as_indexes(searched, overlapping=True):
            if self.opens[pattern] and start and _continues(low, start):
                continue
            if self.closes[pattern] and (low[end] in WORD or low[end] == "."):
                if low[end] in WORD:
                    span = start, _word_end(low, end)
                    for number in self.begun[pattern]:
                        found.setdefault(number, []).append(span)
                    continue
                if text.plain[end + 1 : end + 2].islower():
                    continue
            by_pattern.setdefault(pattern, []).append((start, end))
        for pattern, spans in by_pattern.items():
            for number in self.whole[pattern]:
                found.setdefault(number, []).extend(spans)


def _continues(low: str, start: int) -> bool:
    before = low[start - 1]
    return before in WORD or (before == "." and low[start - 2] in WORD)


def _word_end(low: str, end: int) -> int:
    while low[end] in WORD:
        end += 1
    return end


def _pointed(text: Folded, start: int, end: int) -> tuple[int, int]:
    """Return the span of the pointer that begins at *start*: the rest of its line."""
    line = text.original.find("\n", text.origin(end - 1))
    last = len(text.low) if line < 0 else text.place(line)
    return start, min(last, end + _POINTER_END)
