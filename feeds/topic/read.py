"""Read topic files, and tell everything that is wrong with them at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from feeds.error import ConfigError, did_you_mean
from feeds.topic.fold import fold, is_word
from feeds.topic.place import lines
from feeds.topic.rule import LANGUAGES, Boost, Mapped, Override, Phrase, Term, Topic, digest_of

__all__ = ["RESERVED", "SCHEMES", "read_file"]

RESERVED = ("all", "source", "archive", "index", "corrections")  # addresses of feeds that are no topics
SCHEMES = {
    "medtop": "http://cv.iptc.org/newscodes/mediatopic/",
    "wikidata": "http://www.wikidata.org/entity/",
}
ENOUGH = 3.0  # the weight of a term, and the threshold, where the file says nothing: one hit is enough
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PARTS = re.compile(r" [|=] ")  # "smart city | smart cities = 智慧城市 = cidade inteligente": four wordings
_FILE_KEYS = ("topic", "lists")
_TOPIC_KEYS = ("id", "name", "about", "map", "threshold", "terms", "mask", "boost", "require_any_of", "sources")
_TERM_KEYS = ("t", "exact", "w", "case", "near", "needs", "unless")
_SOURCE_KEYS = ("mask", "terms", "without", "threshold")
_Place = tuple[str | int, ...]
_T = TypeVar("_T")


def read_file(path: Path, *, engine: int = 1) -> tuple[Topic, ...]:
    """Return the topics of the TOML file *path*; *engine* enters their digests.

    Raises ConfigError with a line for every problem: file, line, key, what was expected.
    """
    try:
        text = path.read_text("utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error
    except (RecursionError, ValueError) as error:  # brackets a hundred deep, a number of 5,000 digits
        raise ConfigError(f"{path}: is no TOML that can be read: {error}") from error
    reading = _Reading(path=path)
    topics = reading.topics(content)
    if reading.problems:
        raise ConfigError("\n".join(_told(path, text, reading.problems)))
    return tuple(replace(topic, digest=digest_of(topic, engine)) for topic in topics)


def _told(path: Path, text: str, problems: Iterable[tuple[_Place, str]]) -> list[str]:
    """Return a line for each of *problems*, in the order of their lines in the file."""
    found = lines(text)
    told = sorted((_line(found, at), f"{_name(at)}: {what}") for at, what in problems)
    return [f"{path}{f':{line}' if line else ''}: {what}" for line, what in told]


def _line(found: Mapping[_Place, int], at: _Place) -> int:
    while at and at not in found:
        at = at[:-1]
    return found[at] if at else 0


def _name(at: _Place) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in at).lstrip(".") or "file"


@dataclass(slots=True)
class _Reading:
    """One pass over one file; every method takes a value and its place, and notes what is wrong with it."""

    path: Path
    problems: list[tuple[_Place, str]] = field(default_factory=list)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def wrong(self, at: _Place, what: str) -> None:
        self.problems.append((at, what))

    def topics(self, content: dict[str, Any]) -> list[Topic]:
        self._keys(content, (), _FILE_KEYS)
        for name, value in self._table(content.get("lists", {}), ("lists",)).items():
            self.lists[name] = self._strings(value, ("lists", name))
        entries = content.get("topic", [])
        if not isinstance(entries, list) or not entries:
            self.wrong(("topic",), "expected [[topic]], once for each topic")
            return []
        topics: list[Topic] = []
        for number, entry in enumerate(entries):
            at: _Place = ("topic", number)
            topic = self._topic(self._table(entry, at), at)
            if topic.key in {other.key for other in topics}:
                self.wrong((*at, "id"), f'"{topic.key}" is the id of two topics')
            topics.append(topic)
        return topics

    def _topic(self, entry: Mapping[str, Any], at: _Place) -> Topic:
        self._keys(entry, at, _TOPIC_KEYS)
        for key in ("id", "name", "terms"):
            if key not in entry:
                self.wrong((*at, key), "is missing")
        topic = Topic(
            key=self._id(entry.get("id", "missing"), (*at, "id")),
            names=self._names(entry.get("name", {}), (*at, "name")),
            about=self._string(entry.get("about", ""), (*at, "about")),
            terms=self._terms(entry.get("terms", []), (*at, "terms")),
            threshold=self._number(entry.get("threshold", ENOUGH), (*at, "threshold")),
            mask=self._phrases(entry.get("mask", []), (*at, "mask")),
            require=self._phrases(entry.get("require_any_of", []), (*at, "require_any_of")),
            boost=self._boost(entry.get("boost", {}), (*at, "boost")),
            maps=self._maps(entry.get("map", {}), (*at, "map")),
            sources={
                key: self._override(self._table(value, (*at, "sources", key)), (*at, "sources", key))
                for key, value in self._table(entry.get("sources", {}), (*at, "sources")).items()
            },
            file=str(self.path),
        )
        self._repeated(topic.terms, (*at, "terms"))
        self._hidden(topic.terms, topic.mask, at)
        if "terms" in entry and not entry["terms"]:
            self.wrong((*at, "terms"), "is empty: expected at least one term")
        return topic

    def _terms(self, value: object, at: _Place) -> tuple[Term, ...]:
        if not isinstance(value, list):
            self.wrong(at, f"expected a list of terms; got {_shown(value)}")
            return ()
        return tuple(
            term for number, entry in enumerate(value) if (term := self._term(entry, (*at, number))) is not None
        )

    def _term(self, entry: object, at: _Place) -> Term | None:
        table = {"t": entry} if isinstance(entry, str) else self._table(entry, at)
        self._keys(table, at, _TERM_KEYS)
        before = len(self.problems)
        case = table.get("case", False)
        if not isinstance(case, bool):
            self.wrong((*at, "case"), f"expected true or false; got {_shown(case)}")
        phrases = (
            *self._phrases(table.get("t", []), (*at, "t"), exact=case is True, least=2),
            *self._phrases(table.get("exact", []), (*at, "exact"), exact=True, least=2),
        )
        if not phrases:
            if len(self.problems) == before:
                self.wrong(at, "has no wording: expected t or exact")
            return None
        return Term(
            phrases=phrases,
            weight=self._number(table.get("w", ENOUGH), (*at, "w")),
            near=self._phrases(table.get("near", []), (*at, "near")),
            needs=self._phrases(table.get("needs", []), (*at, "needs")),
            unless=self._phrases(table.get("unless", []), (*at, "unless")),
        )

    def _phrases(self, value: object, at: _Place, *, exact: bool = False, least: int = 1) -> tuple[Phrase, ...]:
        phrases = []
        for word in self._strings(value, at):
            text = word.removesuffix("*")
            plain = fold(text).plain.strip()
            if "*" in text:
                self.wrong(at, f'"{word}" has a * inside: only a trailing one is understood')
            elif not any(char.isalnum() for char in plain):
                self.wrong(at, f'"{word}" is empty: expected letters or digits')
            elif len(plain) < least or (len(plain) == 1 and is_word(plain)):
                self.wrong(at, f'"{word}" is one character: too short to mean anything')
            else:
                phrases.append(Phrase(text=text.strip(), exact=exact, open=word.endswith("*")))
        return tuple(dict.fromkeys(phrases))

    def _override(self, table: Mapping[str, Any], at: _Place) -> Override:
        self._keys(table, at, _SOURCE_KEYS)
        threshold = table.get("threshold")
        return Override(
            mask=self._phrases(table.get("mask", []), (*at, "mask")),
            terms=self._terms(table.get("terms", []), (*at, "terms")),
            without=self._phrases(table.get("without", []), (*at, "without")),
            threshold=None if threshold is None else self._number(threshold, (*at, "threshold")),
        )

    def _boost(self, value: object, at: _Place) -> Boost:
        table = self._table(value, at)
        known = tuple(item.name for item in fields(Boost))
        self._keys(table, at, known)
        return Boost(**{key: self._number(table[key], (*at, key)) for key in known if key in table})

    def _maps(self, value: object, at: _Place) -> tuple[Mapped, ...]:
        table = dict.fromkeys(self._strings(value, at), "") if isinstance(value, list) else self._table(value, at)
        maps = []
        for code, label in table.items():
            prefix, colon, number = code.partition(":")
            if not colon or not number or prefix not in SCHEMES:
                known = ", ".join(f"{name}:" for name in SCHEMES)
                self.wrong((*at, code), f"expected a code that begins with {known}{did_you_mean(prefix, SCHEMES)}")
                continue
            term = number if prefix == "wikidata" else code
            maps.append(Mapped(scheme=SCHEMES[prefix], term=term, label=self._string(label, (*at, code))))
        return tuple(maps)

    def _names(self, value: object, at: _Place) -> dict[str, str]:
        table = self._table(value, at)
        self._keys(table, at, LANGUAGES)
        return {key: self._string(table[key], (*at, key)) for key in LANGUAGES if key in table}

    def _id(self, value: object, at: _Place) -> str:
        text = self._string(value, at)
        if not _KEY.fullmatch(text):
            self.wrong(at, f'expected small letters, digits and single hyphens; got "{text}"')
        elif text in RESERVED:
            self.wrong(at, f'"{text}" is the address of a feed of its own: expected another id')
        return text

    def _repeated(self, terms: Sequence[Term], at: _Place) -> None:
        seen: dict[tuple[str, bool, bool, int], str] = {}
        conditions: dict[tuple[tuple[Phrase, ...], ...], int] = {}  # the same wording may stand under another one
        for number, term in enumerate(terms):
            condition = conditions.setdefault((term.near, term.needs), len(conditions))
            for phrase in term.phrases:
                form = _form(phrase.text, exact=phrase.exact), phrase.exact, phrase.open, condition
                if form in seen:
                    self.wrong((*at, number), f'"{phrase}" is there twice in this topic: first as "{seen[form]}"')
                seen.setdefault(form, str(phrase))

    def _hidden(self, terms: Sequence[Term], mask: Sequence[Phrase], at: _Place) -> None:
        for number, term in enumerate(terms):
            for phrase in term.phrases:
                for cover in mask:
                    if _inside(cover, phrase):
                        self.wrong((*at, "terms", number), f'"{phrase}" can never count: the mask "{cover}" hides it')

    def _keys(self, table: Mapping[str, Any], at: _Place, known: Sequence[str]) -> None:
        for key in table:
            if key not in known:
                expected = did_you_mean(key, known) or f": expected one of {', '.join(known)}"
                self.wrong((*at, key), f"unknown key{expected}")

    def _table(self, value: object, at: _Place) -> dict[str, Any]:
        return self._typed(value, at, dict, "a table") or {}

    def _string(self, value: object, at: _Place) -> str:
        return self._typed(value, at, str, "a string") or ""

    def _number(self, value: object, at: _Place) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1000:
            self.wrong(at, f"expected a number over 0; got {_shown(value)}")
            return ENOUGH
        return float(value)

    def _strings(self, value: object, at: _Place) -> tuple[str, ...]:
        """Return the strings of *value*, one or a list: rows parted, `@name` replaced by the list of that name."""
        if isinstance(value, str):
            value = [value]
        strings: list[str] = []
        for number, item in enumerate(self._typed(value, at, list, "a string or a list of strings") or []):
            text = self._string(item, (*at, number))
            if not text.startswith("@"):
                strings.extend(map(str.strip, _PARTS.split(text)))
            elif text[1:] in self.lists:
                strings.extend(self.lists[text[1:]])
            else:
                what = f'no list of that name: got "{text}"{did_you_mean(text[1:], self.lists)}'
                self.wrong((*at, number), what)
        return tuple(strings)

    def _typed(self, value: object, at: _Place, kind: type[_T], expected: str) -> _T | None:
        if isinstance(value, kind):
            return value
        self.wrong(at, f"expected {expected}; got {_shown(value)}")
        return None


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _inside(cover: Phrase, phrase: Phrase) -> bool:
    """Return whether wherever *phrase* stands, the mask *cover* stands within it."""
    if cover.exact and not phrase.exact:
        return False
    outer, inner = _form(phrase.text, exact=cover.exact), _form(cover.text, exact=cover.exact)
    at = outer.find(inner)
    if at < 0:
        return False
    before, after = outer[at - 1 : at], outer[at + len(inner) :][:1]
    cut = (is_word(inner[0]) and before and is_word(before)) or (is_word(inner[-1]) and after and is_word(after))
    return not cut or bool(cover.open and not (before and is_word(before)))


@cache
def _form(text: str, *, exact: bool) -> str:
    """Return *text* as it is looked up."""
    folded = fold(text)
    return (folded.plain if exact else folded.low).strip()
