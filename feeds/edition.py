"""Editions: which feeds there are, and which releases are in each of them now; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, Protocol

from feeds.error import ConfigError
from feeds.identity import canonical, title_key
from feeds.release import Newsroom
from feeds.render.words import words
from feeds.site import LANGUAGES, RESERVED, Site, slug
from feeds.store import Head
from feeds.view import membership
from feeds.where import Narrowed, parse

__all__ = [
    "AGAIN",
    "LEAST",
    "MOST",
    "Edition",
    "Named",
    "Placed",
    "at",
    "belongs",
    "called",
    "editions",
    "gather",
    "names_of",
    "topic_edition",
    "window",
]

LEAST, MOST = 50, 100
SPAN = timedelta(days=7)

# How long after the first another body publishes the same text.
AGAIN = timedelta(days=3)


class Named(Protocol):
    """As much of a topic as an edition tells of it."""

    @property
    def key(self) -> str:
        """Its key, part of addresses."""

    @property
    def about(self) -> str:
        """What belongs to it, in one sentence."""

    def name(self, language: str) -> str:
        """Return what it is called in *language*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A feed that there is: what is in it, and what it is called.

    *key* is its name below /feeds/, *name* its name in ids, *page* its HTML twin below
    the site. *language* limits it and is what it speaks; "" holds all and speaks English.
    A *where* is a combination, read by `feeds.where`; *names* is what it is called in each
    language that pages have. A *view* holds what other sources published for *source*.
    """

    key: str
    name: str
    page: str
    title: str
    about: str
    topic: str | None = None
    source: str | None = None
    language: str = ""
    where: str = ""
    view: bool = False
    names: Mapping[str, str] = field(default_factory=dict, hash=False)

    def called(self, language: str) -> str:
        """Return its title as a page in *language* has it."""
        return self.names.get(language, self.title)

    @property
    def narrowed(self) -> Narrowed:
        """How the store is asked for it, a combination apart: by topic, source and language.

        >>> Edition(key="source/a", name="", page="", title="", about="", source="a", view=True).narrowed
        {'topic': 'source:a', 'source': None, 'language': None}
        """
        if self.source is not None:
            topic, source = (membership(self.source), None) if self.view else (None, self.source)
            return {"topic": topic, "source": source, "language": None}
        return {"topic": self.topic, "source": None, "language": self.language or None}

    @property
    def speaks(self) -> str:
        """The language of its page and head."""
        return self.language or "en"


class Placed(NamedTuple):
    """A release in an edition, and the others that are the same text from other bodies."""

    head: Head
    also: tuple[Head, ...] = ()


def editions(site: Site, topics: Iterable[Named], newsrooms: Mapping[str, Newsroom]) -> tuple[Edition, ...]:
    """Return every feed of releases that *site* has, those of all first, then topics, combinations, sources.

    Raises ConfigError where a combination has the name of a topic or of something else.

    >>> [edition.key for edition in editions(Site(languages=("en",)), (), {"a": Newsroom(key="a", title="A")})]
    ['all', 'all.en', 'source/a']
    """
    topics = tuple(topics)
    made = [_all(site, language) for language in ("", *site.languages)]
    for topic in (one for one in topics if one.key not in site.moved and one.key not in site.retired):
        made += [topic_edition(site, topic, language) for language in ("", *site.languages)]
    taken = RESERVED | {topic.key for topic in topics}
    for name, where in sorted(site.combinations.items()):
        if name in taken or "/" in name or "." in name:
            raise ConfigError(f"feeds.{name}: is the name of something else: expected a name of its own, a-z and -")
        made.append(_combination(name, where, topics, newsrooms))
    made += [_source(newsroom) for _, newsroom in sorted(newsrooms.items())]
    return tuple(made)


def _combination(name: str, where: str, topics: Sequence[Named], newsrooms: Mapping[str, Newsroom]) -> Edition:
    """Return the combination *name*, which speaks the language that it is limited to."""
    try:
        language = parse(where, topics=[topic.key for topic in topics]).narrowed["language"] or ""
    except ConfigError:  # whoever asks what it holds tells what is wrong with it
        language = ""
    names = {tag: _combined(name, where, topics, newsrooms, tag) for tag in LANGUAGES}
    return Edition(
        key=name,
        name=f"feed/{name}",
        page=f"topics/{name}/",
        title=names.get(language, names["en"]),
        about=where,
        language=language if language in names else "",
        where=where,
        names=names,
    )


def _combined(name: str, where: str, topics: Iterable[Named], newsrooms: Mapping[str, Newsroom], language: str) -> str:
    """Return what the combination *name* is called in *language*: by what it is made of where it is named after that.

    >>> _combined("not-a", "not source:a", (), {"a": Newsroom(key="a", title="Amt A")}, "pt")
    'não Amt A'
    """
    say = words(language)
    told = {re.sub(r"\W+", "-", one.lower()).strip("-") for one in (where, re.sub(r"\w+:", "", where))}
    if name not in told:
        return name.replace("-", " ").capitalize()
    names = {"and": say.both, "or": say.either, "not": say.neither} | {
        topic.key: topic.name(language) for topic in topics
    }
    names |= {f"topic:{topic.key}": topic.name(language) for topic in topics}
    names |= {f"source:{key}": newsroom.title or key for key, newsroom in newsrooms.items()}
    names |= {f"language:{tag.lower()}": words(tag).language for tag in LANGUAGES}
    return re.sub(r'[^\s()":]+(?::(?:"[^"]*"|[^\s()"]+))?', lambda word: _named(word[0], names), where)


def _named(word: str, names: Mapping[str, str]) -> str:
    return names.get(word.lower()) or word.partition(":")[2].strip('"') or word


def belongs(head: Head, edition: Edition) -> bool:
    """Return whether *head* is of those that *edition*, which is no combination, chooses from."""
    if edition.source is not None:
        return edition.source in (head.views if edition.view else (head.source,))
    return (edition.topic is None or edition.topic in head.topics) and edition.language in {"", head.language}


def window(heads: Sequence[Head]) -> tuple[Head, ...]:
    """Return the first of *heads*, newest first, that an edition holds: 50, or 7 days if that is more, at most 100.

    The days count back from the newest, so that an edition does not change by waiting.
    """
    if len(heads) <= LEAST:
        return tuple(heads)
    since = heads[0].published - SPAN
    recent = sum(1 for head in heads if head.published >= since)
    return tuple(heads[: min(MOST, max(LEAST, recent))])


def gather(
    heads: Sequence[Head],
    is_same: Callable[[Head, Head], bool],
    names: Callable[[Head], Iterable[str]] | None = None,
) -> tuple[Placed, ...]:
    """Return *heads* with texts that several bodies published told once, by the one that was told first.

    Only releases of different sources that have one of their *names* in common, by default
    those of `names_of`, and came within three days are put before *is_same*. Of those told
    first at one time it is the one that was published first.
    """
    if len({head.source for head in heads}) < 2:
        return tuple(Placed(head) for head in heads)
    groups: dict[str, list[Head]] = {}
    for head in heads:
        for name in (names or names_of)(head):
            groups.setdefault(name, []).append(head)
    mine: dict[str, list[list[Head]]] = {}
    for name, group in groups.items():
        if len(group) > 1 and _says(name, group):
            for head in group:
                mine.setdefault(head.id, []).append(group)
    also: dict[str, tuple[Head, ...]] = {}
    gone: set[str] = set()
    seen: set[str] = set()
    for first in sorted((head for head in heads if head.id in mine), key=_first_told):
        seen.add(first.id)
        if first.id in gone:
            continue
        beside = {other.id: other for group in mine[first.id] for other in group if other.id not in seen | gone}
        others = [other for other in beside.values() if _may_be(first, other, is_same)]
        also[first.id] = tuple(sorted(others, key=_first_told))
        gone.update(other.id for other in others)
    return tuple(Placed(head, also.get(head.id, ())) for head in heads if head.id not in gone)


def names_of(head: Head) -> tuple[str, ...]:
    """Return what *head* and another may have in common that are one text: what it is called, where it is."""
    return called(head.title, head.language) or head.id, at(head.url, head.language)


def _first_told(head: Head) -> tuple[int, datetime, str]:
    return head.told, head.published, head.id


def _says(name: str, group: Sequence[Head]) -> bool:
    """Return whether *group*, which has *name* in common, is of several sources; an address, of one each."""
    sources = {head.source for head in group}
    return len(sources) == len(group) if name.startswith("at ") else len(sources) > 1


_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=20_000)
def called(title: str, language: str) -> str:
    """Return what two releases share that are called the same: looked at once, though they stand in many editions."""
    return title_key(title, _ANY_DAY, language)


@lru_cache(maxsize=20_000)
def at(url: str, language: str) -> str:
    """Return what two releases in *language* share that were read at one address.

    >>> at("http://www.a.example:80/7?utm_source=rss", "en")
    'at https://www.a.example/7 en'
    """
    address = canonical(url)
    return f"at {address.url} {address.language or language}"


def _may_be(first: Head, other: Head, is_same: Callable[[Head, Head], bool]) -> bool:
    if other.source == first.source or abs(other.published - first.published) > AGAIN:
        return False
    return is_same(first, other)


def _all(site: Site, language: str) -> Edition:
    say = words(language or "en")
    if not language:
        return Edition(key="all", name="feed/all", page="", title=site.title, about=say.all_about)
    return Edition(
        key=f"all.{slug(language)}",
        name=f"feed/all/{slug(language)}",
        page=f"{slug(language)}/",
        title=f"{site.title} · {say.language}",
        about=say.all_about_language,
        language=language,
    )


def topic_edition(site: Site, topic: Named, language: str) -> Edition:
    """Return the feed of *topic* in *language*, "" for all."""
    return _of_topic(topic.key, topic.name(language or "en"), topic.about, language, site.title)


@lru_cache(maxsize=4096)  # the same at each publication
def _of_topic(key: str, name: str, about: str, language: str, title: str) -> Edition:
    if not language:
        return Edition(
            key=key, name=f"feed/{key}", page=f"topics/{key}/", title=f"{name} · {title}", about=about, topic=key
        )
    return Edition(
        key=f"{key}.{slug(language)}",
        name=f"feed/{key}/{slug(language)}",
        page=f"topics/{key}/{slug(language)}/",
        title=f"{name} · {words(language).language} · {title}",
        about=about if language == "en" else words(language).topic_about.format(topic=name),
        topic=key,
        language=language,
    )


def _source(newsroom: Newsroom) -> Edition:
    say = words(newsroom.language)
    return Edition(
        key=f"source/{newsroom.key}",
        name=f"feed/source/{newsroom.key}",
        page=f"sources/{newsroom.key}/",
        title=newsroom.title or newsroom.key,
        about=say.source_about.format(source=newsroom.title or newsroom.key),
        source=newsroom.key,
        language=_proper(newsroom.language),
        view=newsroom.view is not None,
    )


def _proper(language: str) -> str:
    """Return *language* with the capitals it has everywhere else: sources write zh-hant."""
    return next((known for known in LANGUAGES if known.lower() == language.lower()), language)
