"""Topics: which releases belong to which, and from which words we know."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from feeds.error import ConfigError
from feeds.tag import Evidence, Tag
from feeds.topic.find import POINTED, Finder, quiet
from feeds.topic.fold import FOLD_VERSION, fold
from feeds.topic.read import read_file
from feeds.topic.rule import Override, Phrase, Term, Topic
from feeds.topic.weigh import ROOM, SHORT, Hit, Plan, Read, TermPlan, weigh

__all__ = ["SHIPPED", "Topic", "Topics", "load"]

SHIPPED = Path(__file__).parents[1] / "topics.toml"
ENGINE = 100 * FOLD_VERSION + 7  # goes up when the same rules weigh the same text otherwise: all is tagged again
_PARAGRAPH = re.compile(r"\n\s*\n")
_LEAD = (80, 1000)  # bytes of a lead: what is shorter is a heading, and nothing counts as lead beyond
_SNIPPET = 60


def load(*paths: Path) -> Topics:
    """Return the shipped topics and, over them, those of *paths*: files, or folders of `*.toml`.

    A topic whose id is shipped too replaces the shipped one whole. A folder that does
    not exist holds none. Raises ConfigError that tells every problem in every file.

    >>> [topic.key for topic in load().topics][:2]
    ['ai', 'greater-bay-area']
    """
    if not paths:
        return _shipped()
    own: dict[str, Topic] = {}
    problems: list[str] = []
    for path in paths:
        for file in [path] if path.is_file() or path.suffix == ".toml" else sorted(path.glob("*.toml")):
            try:
                read = read_file(file, engine=ENGINE)
            except ConfigError as error:
                problems.append(str(error))
                continue
            for topic in read:
                if topic.key in own:
                    problems.append(f'{file}: topic "{topic.key}" is in {own[topic.key].file} too: expected it once')
                own[topic.key] = topic
    if problems:
        raise ConfigError("\n".join(problems))
    return Topics(tuple(({topic.key: topic for topic in _shipped().topics} | own).values()))


@cache
def _shipped() -> Topics:
    return Topics(read_file(SHIPPED, engine=ENGINE))


@dataclass(frozen=True, slots=True)
class Topics:
    """A set of topics, made ready to be looked for together; *digest* is the hash of all their rules."""

    topics: tuple[Topic, ...]
    digest: str = field(init=False)
    _finder: Finder = field(init=False, repr=False, compare=False)
    _plans: dict[str, tuple[Plan, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Give each set of phrases a number, and build the automata over them."""
        every = "".join(sorted(f"{topic.key} {topic.digest}\n" for topic in self.topics))
        object.__setattr__(self, "digest", hashlib.sha256(every.encode()).hexdigest()[:16])
        sets: dict[tuple[Phrase, ...], int] = {(): 0}
        sources = {"", *(source for topic in self.topics for source in topic.sources)}
        plans = {source: tuple(_plan(topic, source, sets) for topic in self.topics) for source in sorted(sources)}
        object.__setattr__(self, "_plans", plans)
        object.__setattr__(self, "_finder", Finder(sets))

    def tag(
        self,
        *,
        title: str,
        text: str,
        language: str = "",  # noqa: ARG002 - callers know it; every text is looked through in all languages
        source: str = "",
    ) -> tuple[Tag, ...]:
        """Return the tags of the topics to which a release belongs, in the order of the topics.

        *text* is plain, its paragraphs parted by blank lines. *source* chooses the
        exceptions that a topic makes for it. *language* changes nothing: releases mix them.

        >>> found = load().tag(title="Government launches AI strategy", text="")
        >>> [(tag.topic, tag.evidence[0].text) for tag in found]
        [('ai', 'AI strategy')]
        """
        return tuple(tag for tag in self._tags(title, text, source, whole=False) if tag.passed)

    def explain(
        self,
        *,
        title: str,
        text: str,
        language: str = "",  # noqa: ARG002 - callers know it; every text is looked through in all languages
        source: str = "",
    ) -> tuple[Tag, ...]:
        """Return a tag for every topic, passed or not, with all that was found, what did not count included.

        >>> tags = load().explain(title="H5N1 avian influenza (AI) virus found in wild bird", text="")
        >>> [(tag.topic, tag.passed, tag.score) for tag in tags][0]
        ('ai', False, 0.0)
        """
        return tuple(self._tags(title, text, source, whole=True))

    def _tags(self, title: str, text: str, source: str, *, whole: bool) -> Iterable[Tag]:
        reads = (_read(title, self._finder), _read(text, self._finder, body=True))
        for topic, plan in zip(self.topics, self._plans.get(source) or self._plans[""], strict=True):
            hits = weigh(plan, reads)
            if not hits and not whole:
                continue
            score = round(sum(hit.worth for hit in hits), 2)
            why = "" if score >= plan.threshold else f"short by {plan.threshold - score:.2f}"
            if not why and plan.require is not None and not any(plan.require in read.found for read in reads):
                why = "none of require_any_of is there"
            if why and not whole:
                continue
            yield Tag(
                topic=topic.key,
                score=score,
                threshold=plan.threshold,
                evidence=tuple(_evidence(hit, plan, reads[hit.field]) for hit in hits),
                digest=topic.digest,
                passed=not why,
                why=why,
            )


def _read(original: str, finder: Finder, *, body: bool = False) -> Read:
    text = fold(quiet(original))
    lead = 0
    if body:
        least, most = (share * len(text.low) // max(1, text.size) for share in _LEAD)
        ends = (text.place(gap.start()) for gap in _PARAGRAPH.finditer(original))
        lead = min(most, next((end for end in ends if end > least), most))
    length = math.sqrt(text.size / ROOM) if body else 1.0
    return Read(text, lead, max(1.0, length), 1 / min(1.0, max(SHORT, length)), finder.find(text))


def _evidence(hit: Hit, plan: Plan, read: Read) -> Evidence:
    original = read.text.original
    start, end = read.text.span(hit.start, hit.end)
    around = max(0, (_SNIPPET - (end - start)) // 2)
    first, last = _around(original, start, end, around)
    return Evidence(
        field="text" if hit.field else "title",
        start=start,
        end=end,
        text=original[start:end],
        term=plan.terms[hit.term].name,
        weight=round(hit.worth, 2),
        snippet=" ".join(original[first:last].replace("\0", "").split()),
        masked=hit.masked,
    )


def _around(text: str, start: int, end: int, around: int) -> tuple[int, int]:
    """Return the span of some *around* characters on both sides of *start* to *end* that cuts no English word."""
    first, last = max(0, start - around), min(len(text), end + around)
    if text[first - 1 : first + 1].isascii() and text[first - 1 : first + 1].isalnum():
        first = text.find(" ", first, start) + 1 or first
    if last < len(text) and text[last - 1 : last + 1].isascii() and text[last - 1 : last + 1].isalnum():
        space = text.rfind(" ", end, last)
        last = space if space >= 0 else last
    return first, last


def _plan(topic: Topic, source: str, sets: dict[tuple[Phrase, ...], int]) -> Plan:
    """Return *topic* as numbers into *sets*, which grows by the sets it needs."""

    def number(phrases: tuple[Phrase, ...]) -> int:
        return sets.setdefault(phrases, len(sets))

    def condition(phrases: tuple[Phrase, ...]) -> int | None:
        return number(phrases) if phrases else None

    own = topic.sources.get(source, Override())
    terms = [
        TermPlan(
            name=term.name,
            weight=term.weight,
            spelled=number(tuple(phrase for phrase in phrases if not phrase.exact)),
            short=number(tuple(phrase for phrase in phrases if phrase.exact)),
            near=condition(term.near),
            needs=condition(term.needs),
            unless=condition(term.unless),
        )
        for term, phrases in _terms((*topic.terms, *own.terms), own.without)
    ]
    owners: dict[int, tuple[int, ...]] = {}
    for index, term in enumerate(terms):
        for found in {term.spelled, term.short} - {0}:  # 0 is the set of no phrases
            owners[found] = (*owners.get(found, ()), index)
    return Plan(
        terms=tuple(terms),
        sets=owners,
        masks=(POINTED, *(number(mask) for mask in (topic.mask, own.mask) if mask)),
        require=condition(topic.require),
        boost=topic.boost,
        threshold=own.threshold or topic.threshold,
    )


def _terms(terms: Iterable[Term], without: tuple[Phrase, ...]) -> Iterable[tuple[Term, tuple[Phrase, ...]]]:
    gone = {(phrase.text, phrase.open) for phrase in without}
    for term in terms:
        if phrases := tuple(phrase for phrase in term.phrases if (phrase.text, phrase.open) not in gone):
            yield term, phrases
