"""Read the expressions that choose releases: `ai and greater-bay-area`, `(data or ai) and not source:hk-gia-en`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn, Protocol, TypedDict, TypeVar

from feeds.error import ConfigError, did_you_mean

__all__ = ["LANGUAGES", "Folding", "Narrowed", "Where", "parse", "plain"]

LANGUAGES = ("en", "zh-Hant", "zh-Hans", "pt", "und")
_TOKEN = re.compile(r'\s*(?:(?P<mark>[()])|(?P<word>(?:[^\s()":]+:)?(?:"[^"]*"|[^\s()"]+)))')
_FIELDS = ("topic", "source", "author", "language")
_JOINING = ("and", "or", "not")
_DEEPEST = 32  # parentheses and nots within one another; no person writes more

_Field = Literal["topic", "source", "author", "language"]


@dataclass(frozen=True, slots=True)
class _Is:
    field: _Field
    value: str


@dataclass(frozen=True, slots=True)
class _Not:
    part: _Node


@dataclass(frozen=True, slots=True)
class _Join:
    every: bool
    parts: tuple[_Node, ...]


_Node = _Is | _Not | _Join

_Folded = TypeVar("_Folded")


class Folding(Protocol[_Folded]):
    """What an expression is made of, in terms of something else: a query, a sentence."""

    def one(self, field: str, value: str) -> _Folded:
        """Return what stands for "topic", "source", "author" or "language" being *value*."""

    def none(self, part: _Folded) -> _Folded:
        """Return what stands for *part* not holding."""

    def join(self, parts: Sequence[_Folded], *, every: bool) -> _Folded:
        """Return what stands for *every* one of *parts* holding, or for any."""


class Narrowed(TypedDict):
    """What the store is asked for."""

    topic: str | None
    source: str | None
    language: str | None


@dataclass(frozen=True, slots=True)
class Where:
    """An expression that was understood; *text* is how it was written."""

    text: str
    _root: _Node

    def matches(
        self,
        *,
        topics: Collection[str],
        source: str = "",
        author: str = "",
        language: str = "",
        views: Collection[str] = (),
    ) -> bool:
        """Return whether a release with these *topics*, of this *source*, *author* and *language*, is chosen.

        *views* are sources that it belongs to beside its own.

        >>> where = parse("ai and not language:pt", topics=["ai"])
        >>> where.matches(topics={"ai", "data"}, language="en")
        True
        >>> where.matches(topics={"ai"}, language="pt")
        False
        """
        held = {
            "topic": topics,
            "source": {plain(one) for one in (source, *views)},
            "author": {plain(author)},
            "language": {plain(language)},
        }
        return _holds(self._root, held)

    @property
    def narrowed(self) -> Narrowed:
        """Return what every release that it chooses has, as a store is asked for it.

        >>> parse("ai and (language:pt or data) and language:en", topics=["ai", "data"]).narrowed
        {'topic': 'ai', 'source': None, 'language': 'en'}
        >>> parse("ai or data", topics=["ai", "data"]).narrowed
        {'topic': None, 'source': None, 'language': None}
        """
        parts = self._root.parts if isinstance(self._root, _Join) and self._root.every else (self._root,)
        has = {part.field: part.value for part in reversed(parts) if isinstance(part, _Is)}
        # Not by source: that may be a view, whose releases are another's.
        return {"topic": has.get("topic"), "source": None, "language": has.get("language")}

    def fold(self, into: Folding[_Folded]) -> _Folded:
        """Return the expression put together from its leaves by *into*."""
        return _fold(self._root, into)

    @property
    def topics(self) -> frozenset[str]:
        """Return the topics it names.

        >>> sorted(parse("ai or (data and not ai)", topics=["ai", "data"]).topics)
        ['ai', 'data']
        """
        return frozenset(part.value for part in _leaves(self._root) if part.field == "topic")


def parse(expression: str, *, topics: Collection[str], sources: Collection[str] = ()) -> Where:
    """Return *expression* understood: topic ids, `source:`, `author:"…"` and `language:`, and, or, not, parentheses.

    `not` binds closest, then `and`. *topics* and *sources* are the keys that may be
    named; without *sources* any may. An author is compared whole, case apart. Raises
    ConfigError that names the column.

    >>> parse("ai adn data", topics=["ai", "data"])
    Traceback (most recent call last):
    feeds.error.ConfigError: "ai adn data": column 4: expected and, or, or the end; got "adn" (did you mean "and"?)
    """
    return _Parser(expression, tuple(topics), tuple(sources)).parse()


def plain(text: str) -> str:
    """Return *text* as two names are compared: case and width of spaces do not count.

    >>> plain(" Harbour  Office")
    'harbour office'
    """
    return " ".join(text.split()).casefold()


def _holds(node: _Node, held: Mapping[str, Collection[str]]) -> bool:
    if isinstance(node, _Is):
        return (node.value if node.field == "topic" else plain(node.value)) in held[node.field]
    if isinstance(node, _Not):
        return not _holds(node.part, held)
    return (all if node.every else any)(_holds(part, held) for part in node.parts)


def _fold(node: _Node, into: Folding[_Folded]) -> _Folded:
    if isinstance(node, _Is):
        return into.one(node.field, node.value)
    if isinstance(node, _Not):
        return into.none(_fold(node.part, into))
    return into.join([_fold(part, into) for part in node.parts], every=node.every)


def _leaves(node: _Node) -> Iterable[_Is]:
    if isinstance(node, _Is):
        yield node
    elif isinstance(node, _Not):
        yield from _leaves(node.part)
    else:
        for part in node.parts:
            yield from _leaves(part)


class _Parser:
    """Recursive descent, one method a rule: either → both → one."""

    def __init__(self, text: str, topics: tuple[str, ...], sources: tuple[str, ...]) -> None:
        self.text = text
        self.topics = topics
        self.sources = sources
        self.tokens: list[tuple[str, int]] = []  # and the column, from 0, where each begins
        self.next = 0

    def parse(self) -> Where:
        at = 0
        end = len(self.text.rstrip())
        while at < end:
            found = _TOKEN.match(self.text, at)
            if found is None:
                quote = self.text.find('"', at)
                self.wrong(quote, 'this quote is not closed: expected a second "')
            kind = "mark" if found["mark"] else "word"
            self.tokens.append((found[kind], found.start(kind)))
            at = found.end()
        root = self.either(0)
        if self.next < len(self.tokens):
            word, column = self.tokens[self.next]
            self.wrong(column, f'expected and, or, or the end; got "{word}"{did_you_mean(word, ("and", "or"))}')
        return Where(self.text, root)

    def either(self, depth: int) -> _Node:
        parts = [self.both(depth)]
        while self.takes("or"):
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else _Join(every=False, parts=tuple(parts))

    def both(self, depth: int) -> _Node:
        parts = [self.one(depth)]
        while self.takes("and"):
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else _Join(every=True, parts=tuple(parts))

    def one(self, depth: int) -> _Node:
        if self.next == len(self.tokens):
            self.wrong(len(self.text.rstrip()), "expected a topic, source:, author:, language:, not or (; got the end")
        word, column = self.tokens[self.next]
        self.next += 1
        if depth > _DEEPEST:
            self.wrong(column, f"expected at most {_DEEPEST} levels of parentheses and not")
        if word.lower() == "not":
            return _Not(self.one(depth + 1))
        if word == "(":
            inner = self.either(depth + 1)
            if not self.takes(")"):
                self.wrong(column, "this ( is not closed: expected a )")
            return inner
        if word == ")" or word.lower() in _JOINING:
            self.wrong(column, f'expected a topic, source:, author:, language:, not or (; got "{word}"')
        return self.atom(word, column)

    def atom(self, word: str, column: int) -> _Node:
        field, colon, value = word.partition(":")
        if not colon:
            field, value = "topic", word
        value = " ".join(value.strip('"').split())
        known: dict[str, tuple[str, ...]] = {"topic": self.topics, "source": self.sources, "language": LANGUAGES}
        if field not in _FIELDS:
            self.wrong(
                column, f'expected topic:, source:, author: or language:; got "{field}:"{did_you_mean(field, _FIELDS)}'
            )
        if not value:
            self.wrong(column, f'"{word}" names nothing: expected a name after the colon')
        names = {name.lower(): name for name in known.get(field, ())}
        if (names or field == "topic") and value.lower() not in names:
            self.wrong(column, f'there is no {field} "{value}"{did_you_mean(value.lower(), names)}')
        name = names.get(value.lower(), value)
        # mypy cannot see that membership in _FIELDS narrows a str
        return _Is(field, name)  # type: ignore[arg-type]

    def takes(self, word: str) -> bool:
        taken = self.next < len(self.tokens) and self.tokens[self.next][0].lower() == word
        self.next += taken
        return taken

    def wrong(self, column: int, what: str) -> NoReturn:
        raise ConfigError(f'"{self.text}": column {column + 1}: {what}')
