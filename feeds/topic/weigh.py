"""Weigh what was found of one topic: what counts, what does not, and how much."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from feeds.topic.find import Spans
from feeds.topic.fold import Folded
from feeds.topic.rule import Boost

__all__ = ["ROOM", "SHORT", "Hit", "Plan", "Read", "TermPlan", "weigh"]

# Up to this many bytes (some 1,000 letters, 330 ideographs) one hit counts whole; in a text four times as long,
# a half: what is only mentioned in a long release is not its topic.
ROOM = 1000
# The shorter a text is, the more a hit in it says: a summary of some 400 bytes has no room for passing mentions.
SHORT = 0.66
# How often one idea may be repeated with effect. What only supports does not grow into a topic by being said often:
# a release on influenza in schools names schools ten times and is not about education.
_REPEATS, _REPEATS_WEAK, _WEAK = 12, 1, 2.0
# What weighs less than this tells nothing of its own, in however short a text.
_TELLS = 1.5
# How far a `near` wording may stand, in characters: about a sentence.
_NEAR_LETTERS, _NEAR_IDEOGRAPHS = 140, 45
# An item of a list, folded: set off on both sides, perhaps with a word of its own ("trade, an international I&T hub").
_ITEM_BEFORE = re.compile(
    r"(?:[,;、] ?|, (?:and|or) |\b(?:such as|including|like) )(?:(?:an?|d[ao]s?) )?"
    r"(?:(?:international|global|regional|emerging|new) |国际|全球|区域)?\Z"
)
_ITEM_AFTER = re.compile(
    r"(?: (?:centre|center|hub|sector|industry|industries|technologies|services|development)|中心|产业|行业|領域)?"
    r" ?(?:[,;、]|,? (?:and|or|e|ou) |等|及|和)"
)
# The last item of a list ends a clause or the list: "free movement of capital, goods and talent."
_LAST_BEFORE = re.compile(r"[,、][^,、.;:。；：]{1,30}(?: (?:and|or|e|ou) (?:d?[ao]s? )?|及|和|以及|与|或)\Z")
_LAST_AFTER = re.compile(r" ?(?:[.;。；]|\Z|(?:from|in|for|by|at|on|em|para|a partir)\b|[领領]域|方面|范畴)")
# Words, and those that give no letter to a short form.
_WORDS = re.compile(r"[^\W\d_]+")
_SMALL = {"of", "the", "and", "for", "in", "on", "to", "e", "de", "da", "do", "das", "dos", "para"}


@dataclass(frozen=True, slots=True)
class Read:
    """One field of a release: folded, where its lead ends, how long it is against what counts whole, finds.

    *length* is 1 and more for what is longer; *dense* is 1 and more for what is shorter.
    """

    text: Folded
    lead: int
    length: float
    dense: float
    found: Mapping[int, Spans]


@dataclass(frozen=True, slots=True)
class TermPlan:
    """One term as numbers of phrase sets: spelled-out forms, short (exact) ones, and those of its conditions."""

    name: str
    weight: float
    spelled: int
    short: int
    near: int | None
    needs: int | None
    unless: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """One topic, as it holds for one source."""

    terms: tuple[TermPlan, ...]
    sets: Mapping[int, tuple[int, ...]]  # the terms, by number, that the phrases of a set are of
    masks: tuple[int, ...]
    require: int | None
    boost: Boost
    threshold: float


@dataclass(slots=True)
class Hit:
    """A term found: in the title (field 0) or text (1), the span in the folded field, and what it is worth."""

    field: int
    start: int
    end: int
    term: int
    worth: float = 0.0
    masked: bool = False


def weigh(plan: Plan, reads: Sequence[Read]) -> list[Hit]:
    """Return the hits of *plan* in *reads*, in order, each with its worth; repeats that add nothing are left out."""
    hits: list[Hit] = []
    for number, read in enumerate(reads):
        there = plan.sets.keys() & read.found.keys()
        if not there:
            continue
        found: list[Hit] = []
        for index in {index for own in there for index in plan.sets[own]}:
            _count(plan, index, number, reads, found)
        if found:
            found.sort(key=lambda hit: (hit.start, -hit.end, -plan.terms[hit.term].weight))
            hits += _settled(found, [span for mask in plan.masks for span in read.found.get(mask, ())])
    by_term: dict[int, list[Hit]] = {}
    for hit in hits:
        if not hit.masked:
            by_term.setdefault(hit.term, []).append(hit)
    for index, mentions in by_term.items():
        _value(mentions, plan.terms[index].weight, plan.boost, reads)
    return [hit for hit in hits if hit.masked or hit.worth]


def _count(plan: Plan, index: int, number: int, reads: Sequence[Read], hits: list[Hit]) -> None:
    """Add to *hits* those of term *index* in field *number*; short forms that mean something else as masked."""
    term = plan.terms[index]
    if term.needs is not None and not _stands(term.needs, reads):
        return
    read = reads[number]
    close = read.found.get(term.near, ()) if term.near is not None else None
    free = 0 if term.near is None else _headed(term.near, number, reads)
    if close is not None and not close and not free:
        return
    hidden = not _stands(term.spelled, reads) and _means_another(plan, term, reads)
    for own, masked in ((term.spelled, False), (term.short, hidden)):
        for span in read.found.get(own, ()):
            if close is None or span[0] < free or _is_near(span, close, read.text.low):
                hits.append(Hit(number, span[0], span[1], index, 0.0, masked))  # noqa: PERF401 - an inner function costs


def _means_another(plan: Plan, term: TermPlan, reads: Sequence[Read]) -> bool:
    """Return whether the short forms of *term* are told to mean something else: "Appreciation Index (AI)"."""
    if term.unless is not None and _stands(term.unless, reads):
        return True
    for read in reads if term.spelled else ():
        low = read.text.low
        for start, end in read.found.get(term.short, ()):
            if low[start - 1 : start] == "(" and low[end : end + 1] == ")":
                first = _spelled_from(low, start - 1, low[start:end])
                if first is not None and not _overlapped(plan, read, first, start):
                    return True
    return False


def _spelled_from(low: str, end: int, short: str) -> int | None:
    """Return where the words begin that end at *end* and whose first letters are *short*, or None."""
    words = [word for word in _WORDS.finditer(low, max(0, end - 120), end) if word[0] not in _SMALL]
    letters = [letter for letter in short if letter.isalpha()]
    last = words[-len(letters) :]
    return last[0].start() if [word[0][0] for word in last] == letters and last else None


def _overlapped(plan: Plan, read: Read, start: int, end: int) -> bool:
    """Return whether a wording of the topic stands between *start* and *end*."""
    return any(
        first < end and start < last for number in plan.sets for first, last in read.found.get(number, ()) if last < end
    )


def _headed(near: int, number: int, reads: Sequence[Read]) -> int:
    """Return up to where in field *number* all is close to *near*: a headline stands close to the lead it heads."""
    title, text = reads
    if number:
        return text.lead if near in title.found else 0
    return len(title.text.low) if any(start < text.lead for start, _ in text.found.get(near, ())) else 0


def _stands(number: int, reads: Sequence[Read]) -> bool:
    return any(number in read.found for read in reads)


def _is_near(span: tuple[int, int], close: Iterable[tuple[int, int]], low: str) -> bool:
    start, end = span
    reach = _NEAR_LETTERS if low[start] < "\u2e80" else _NEAR_IDEOGRAPHS
    low_end, high_start = start - reach, end + reach
    for first, last in close:  # noqa: SIM110 - any() costs three times as much, and this is the innermost loop
        if (last <= start and last >= low_end) or (first >= end and first <= high_start):
            return True
    return False


def _settled(found: list[Hit], masks: Spans) -> list[Hit]:
    """Return *found* without those inside a longer one, those that a mask touches marked: a character counts once."""
    kept: list[Hit] = []
    taken = 0
    starts, ends = _joined(masks)
    for hit in found:
        mask = bisect_right(ends, hit.start)
        if hit.masked or (mask < len(starts) and starts[mask] < hit.end):
            hit.masked = True
            kept.append(hit)
        elif hit.start >= taken:
            taken = hit.end
            kept.append(hit)
    return kept


def _joined(masks: Spans) -> tuple[list[int], list[int]]:
    """Return the starts and ends of *masks*, in order, those that overlap joined."""
    starts: list[int] = []
    ends: list[int] = []
    for first, last in sorted(masks):
        if ends and first <= ends[-1]:
            ends[-1] = max(ends[-1], last)
        else:
            starts.append(first)
            ends.append(last)
    return starts, ends


def _value(mentions: list[Hit], weight: float, boost: Boost, reads: Sequence[Read]) -> None:
    """Set the worth of the *mentions* of one term: the best counts whole, the others as repeats of it."""
    placed: list[tuple[float, Hit]] = []
    text = _place(weight, boost, reads[1])
    before: Hit | None = None
    for hit in mentions:
        # "artificial intelligence (AI)" is one mention, not two
        if before is None or before.field != hit.field or hit.start - before.end > 3:
            placed.append((weight * (boost.title if hit.field == 0 else text[hit.start < reads[1].lead]), hit))
        before = hit
    placed.sort(key=_worth, reverse=True)
    most = _REPEATS if weight >= _WEAK else _REPEATS_WEAK
    valued: list[tuple[float, Hit]] = []
    spoken = 0
    for worth, hit in placed:
        if hit.field and _is_item(hit, reads[1].text.low):
            valued.append((worth * boost.list, hit))
        else:
            valued.append((worth, hit))
            spoken += 1
            if spoken > most:  # what follows is worth no more
                break
    valued.sort(key=_worth, reverse=True)
    for rank, (worth, hit) in enumerate(valued[: most + 1]):
        hit.worth = worth * boost.repeat if rank else worth


def _worth(valued: tuple[float, Hit]) -> float:
    return valued[0]


def _place(weight: float, boost: Boost, read: Read) -> tuple[float, float]:
    """Return what a hit counts in the body and in its lead; what only supports thins out twice as fast."""
    factor = 1 / read.length
    if weight < _WEAK:
        factor /= read.length
    if weight >= _TELLS:
        factor *= read.dense
    return factor, factor * min(boost.lead, read.length)


def _is_item(hit: Hit, low: str) -> bool:
    """Return whether *hit* is one of a list of things, which are named rather than spoken of."""
    before, after = low[max(0, hit.start - 40) : hit.start], low[hit.end : hit.end + 24]
    if _ITEM_AFTER.match(after):
        return _ITEM_BEFORE.search(before) is not None
    return _LAST_AFTER.match(after) is not None and _LAST_BEFORE.search(before) is not None
