"""How well topics find what a person would have tagged, and what a change of rules would change."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from feeds.error import ConfigError
from feeds.tag import Tag
from feeds.topic import Topics

__all__ = ["Difference", "Labelled", "Mistake", "Score", "TopicScore", "diff", "read_labelled", "score"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A text with the topics a person gave it; *optional* ones are neither asked for nor wrong."""

    id: str
    title: str
    text: str
    labels: frozenset[str]
    optional: frozenset[str] = frozenset()
    language: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicScore:
    """What one topic got *right*, *wrong* (tagged without reason) and *missed*, in numbers of texts."""

    topic: str
    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Return the share of its tags that are right; 1 where it gave none."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Return the share of what it should have tagged that it did; 1 where there was nothing."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall.

        >>> TopicScore(topic="ai", right=3, wrong=1, missed=1).f1
        0.75
        """
        weighed = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / weighed if weighed else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One topic that was *wrong* on one text, or *missed* it, with the *tag* that says why."""

    id: str
    title: str
    kind: Literal["wrong", "missed"]
    tag: Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The result over all texts: *total* counts every topic together, *exact* is the share of texts without mistake."""

    topics: tuple[TopicScore, ...]
    total: TopicScore
    exact: float
    texts: int
    mistakes: tuple[Mistake, ...]

    @property
    def macro_f1(self) -> float:
        """Return the mean F1 of the topics that some text is labelled with."""
        asked = [topic.f1 for topic in self.topics if topic.right + topic.missed]
        return sum(asked) / len(asked) if asked else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a change of rules would do to one release: topics *added* and *removed*, in order."""

    id: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


def read_labelled(path: Path) -> tuple[Labelled, ...]:
    """Return the texts of *path*, one JSON object a line: title, text, labels; id, optional, lang and source if known.

    Raises ConfigError that names the line.
    """
    rows = []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            labelled = Labelled(
                id=str(row.get("id", number)),
                title=_string(row, "title"),
                text=_string(row, "text"),
                labels=_names(row.get("labels"), "labels"),
                optional=_names(row.get("optional", []), "optional"),
                language=str(row.get("lang") or row.get("language") or ""),
                source=str(row.get("source") or ""),
            )
        except (ValueError, AttributeError, TypeError) as error:
            raise ConfigError(f'{path}:{number}: expected {{"title", "text", "labels": […]}}: {error}') from error
        rows.append(labelled)
    return tuple(rows)


def score(rows: Iterable[Labelled], topics: Topics) -> Score:
    """Return how well *topics* tag the labelled *rows*, per topic and together, with every mistake."""
    counts: Counter[tuple[str, str]] = Counter()
    mistakes: list[Mistake] = []
    texts = exact = 0
    for row in rows:
        texts += 1
        before = len(mistakes)
        for tag in topics.explain(title=row.title, text=row.text, language=row.language, source=row.source):
            asked = tag.topic in row.labels
            if tag.topic in row.optional or not (asked or tag.passed):
                continue
            if asked and tag.passed:
                counts[tag.topic, "right"] += 1
            else:
                kind: Literal["wrong", "missed"] = "missed" if asked else "wrong"
                counts[tag.topic, kind] += 1
                mistakes.append(Mistake(id=row.id, title=row.title, kind=kind, tag=tag))
        exact += len(mistakes) == before
    keys = [topic.key for topic in topics.topics]
    per_topic = tuple(_topic_score(key, counts, [key]) for key in keys)
    total = _topic_score("", counts, keys)
    return Score(
        topics=per_topic, total=total, exact=exact / texts if texts else 1.0, texts=texts, mistakes=tuple(mistakes)
    )


def diff(before: Mapping[str, Collection[str]], after: Mapping[str, Collection[str]]) -> tuple[Difference, ...]:
    """Return what changes from the topics of releases *before* to those *after*, by release id, without what stays.

    >>> diff({"r1": ["ai"], "r2": ["data"]}, {"r1": ["ai", "data"], "r2": ["data"]})
    (Difference(id='r1', added=('data',), removed=()),)
    """
    changes = []
    for id_ in dict.fromkeys((*before, *after)):
        old, new = before.get(id_, ()), after.get(id_, ())
        added = tuple(topic for topic in new if topic not in old)
        removed = tuple(topic for topic in old if topic not in new)
        if added or removed:
            changes.append(Difference(id=id_, added=added, removed=removed))
    return tuple(changes)


def _topic_score(name: str, counts: Counter[tuple[str, str]], keys: Iterable[str]) -> TopicScore:
    right, wrong, missed = (sum(counts[key, kind] for key in keys) for kind in ("right", "wrong", "missed"))
    return TopicScore(topic=name, right=right, wrong=wrong, missed=missed)


def _string(row: Mapping[str, object], key: str) -> str:
    value = row.get(key, "")
    if not isinstance(value, str):
        raise TypeError(f"{key} is not a string")
    return value


def _names(value: object, key: str) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise TypeError(f"{key} is not a list of topic ids")
    return frozenset(value)
