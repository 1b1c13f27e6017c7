"""What a topic is made of: the frozen types that topic files are read into."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["LANGUAGES", "Boost", "Mapped", "Override", "Phrase", "Term", "Topic", "digest_of"]

LANGUAGES = ("en", "zh-Hant", "zh-Hans", "pt")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Phrase:
    """One wording to look for; *exact* in its case, *open* at its end where the rule has a trailing `*`."""

    text: str
    exact: bool = False
    open: bool = False

    def __str__(self) -> str:
        """Return the wording as the rule has it."""
        return self.text + "*" * self.open


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Wordings of one idea, which share a *weight*: a second wording of it counts as a repeat.

    Where *near* is not empty, only a hit with one of those wordings close by counts.
    Where *needs* is not empty, one of those must stand somewhere in the title or text.
    Where one of *unless* stands there, the short forms (the exact ones) do not count,
    except where the idea is spelled out as well: "AI" beside "avian influenza".
    """

    phrases: tuple[Phrase, ...]
    weight: float
    near: tuple[Phrase, ...] = ()
    needs: tuple[Phrase, ...] = ()
    unless: tuple[Phrase, ...] = ()

    @property
    def name(self) -> str:
        """Return the first wording, by which evidence names the term."""
        return str(self.phrases[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Boost:
    """What a hit counts in the *title*, in the *lead* (the first paragraph), as a *repeat* and in a *list*."""

    title: float = 2.0
    lead: float = 1.5
    repeat: float = 0.5
    list: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What one source changes in a topic: further masks, terms that do not count there, another threshold."""

    mask: tuple[Phrase, ...] = ()
    terms: tuple[Term, ...] = ()
    without: tuple[Phrase, ...] = ()
    threshold: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """The same idea in a public vocabulary: *scheme* and *term* as a feed's category carries them, *label*."""

    scheme: str
    term: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A named rule. *about* says in one sentence what belongs to it; *names* has one for each language.

    A release belongs where the weights of what is found reach *threshold* and, where
    *require* is not empty, one of those wordings stands in it. What stands inside a
    *mask* does not count.
    """

    key: str
    names: Mapping[str, str]
    about: str
    terms: tuple[Term, ...]
    threshold: float = 3.0
    mask: tuple[Phrase, ...] = ()
    require: tuple[Phrase, ...] = ()
    boost: Boost = field(default_factory=Boost)
    maps: tuple[Mapped, ...] = ()
    sources: Mapping[str, Override] = field(default_factory=dict)
    file: str = ""
    digest: str = ""

    def name(self, language: str) -> str:
        """Return the topic's name in *language*, in English where it has none."""
        return self.names.get(language) or self.names.get("en") or self.key


def digest_of(topic: Topic, engine: int) -> str:
    """Return the hash of what decides about a tag: not of names, maps or the place of the file."""
    rules = (
        topic.key,
        topic.threshold,
        topic.terms,
        topic.mask,
        topic.require,
        topic.boost,
        sorted(topic.sources.items()),
        engine,
    )
    return hashlib.sha256(repr(rules).encode()).hexdigest()[:16]
