"""Find every wording of every topic in one pass over a folded text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ahocorasick_rs import AhoCorasick, MatchKind

from feeds.topic.fold import Folded, fold, is_word
from feeds.topic.rule import Phrase

__all__ = ["Finder", "Spans", "quiet"]

Spans = list[tuple[int, int]]

_ADDRESS = re.compile(r"(?:https?://|www\.)[!-~]+|[\w.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+", re.ASCII)
# What points to another text says nothing of this one.
_POINTER = re.compile(
    r"(?:READ MORE|Read more|RELATED|Related stor(?:y|ies)|See also|Leia (?:mais|também)|LER MAIS"
    r"|(?:延伸|相關|相关|推薦|推荐)(?:閱讀|阅读|新聞|新闻|報道|报道))\s?[:：|][^\n。]{0,240}"
)
_POINTS = (
    "ore:",
    "ORE:",
    "ated:",
    "ATED:",
    "tories:",
    "tory:",
    "also:",
    "ais:",
    "AIS:",
    "bém:",
    "讀",
    "读",
    "新",
    "道",
)


def quiet(text: str) -> str:
    r"""Return *text*, as long as before, with web addresses, e-mail addresses and pointers to other texts blanked.

    >>> quiet("see www.ai.gov.hk now").replace("\0", "_")
    'see _____________ now'
    """
    if "://" in text or "www." in text or "@" in text:
        text = _ADDRESS.sub(_blank, text)
    if any(word in text for word in _POINTS):
        text = _POINTER.sub(_blank, text)
    return text


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
        self._exact = _Automaton([text for text, exact in whole if exact], whole, begun, exact=True)
        self._loose = _Automaton([text for text, exact in whole if not exact], whole, begun, exact=False)

    def find(self, text: Folded) -> dict[int, Spans]:
        """Return the spans in folded *text* at which phrases stand, by the number of their set."""
        found: dict[int, Spans] = {}
        self._loose.find(text.low, text, found)
        self._exact.find(text.plain, text, found)
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
        low = text.low
        for pattern, start, end in self.automaton.find_matches_as_indexes(searched, overlapping=True):
            if self.opens[pattern] and start and _joined_before(low, start):
                continue
            sets, last = self.whole[pattern], end
            if self.closes[pattern] and end < len(low) and (low[end] == "." or is_word(low[end])):
                if low[end] != ".":
                    sets = self.begun[pattern]
                    last = _word_end(low, end) if sets else end
                elif text.plain[end + 1 : end + 2].islower():
                    continue
            for number in sets:
                found.setdefault(number, []).append((start, last))


def _joined_before(low: str, start: int) -> bool:
    """Return whether what begins at *start* goes on with a word, or with a name that has dots."""
    before = low[start - 1]
    return is_word(before) or (before == "." and start > 1 and is_word(low[start - 2]))


def _word_end(low: str, end: int) -> int:
    while end < len(low) and is_word(low[end]):
        end += 1
    return end
