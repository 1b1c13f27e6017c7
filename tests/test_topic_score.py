"""What `topics test` and `topics diff` are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.error import ConfigError
from feeds.topic import load
from feeds.topic_score import Difference, Labelled, diff, read_labelled, score

ROWS = (
    Labelled(id="right", title="AI strategy", text="", labels=frozenset({"ai"})),
    Labelled(id="missed", title="A machine that thinks", text="", labels=frozenset({"ai"})),
    Labelled(id="wrong", title="Smart city plan", text="", labels=frozenset()),
    Labelled(id="free", title="Fintech", text="", labels=frozenset(), optional=frozenset({"fintech"})),
    Labelled(id="none", title="Fire", text="", labels=frozenset()),
)


def test_a_score_counts_what_is_right_wrong_and_missed() -> None:
    result = score(ROWS, load())
    by_topic = {topic.topic: topic for topic in result.topics}
    assert (by_topic["ai"].precision, by_topic["ai"].recall) == (1.0, 0.5)
    assert (by_topic["smart-city"].precision, by_topic["smart-city"].recall) == (0.0, 1.0)
    assert (by_topic["fintech"].precision, by_topic["fintech"].f1) == (1.0, 1.0)
    assert (result.total.right, result.total.wrong, result.total.missed) == (1, 1, 1)
    assert (result.exact, result.texts) == (0.6, 5)
    assert result.macro_f1 == pytest.approx(2 / 3)


def test_every_mistake_comes_with_its_evidence() -> None:
    missed, wrong = score(ROWS, load()).mistakes
    assert (missed.kind, missed.id, missed.tag.topic, missed.tag.evidence) == ("missed", "missed", "ai", ())
    assert (wrong.kind, wrong.id, wrong.tag.evidence[0].text) == ("wrong", "wrong", "Smart city")


def test_nothing_labelled_is_no_mistake() -> None:
    result = score((), load())
    assert (result.exact, result.macro_f1, result.total.f1) == (1.0, 1.0, 1.0)


def test_a_difference_tells_added_and_removed() -> None:
    before = {"a": ("ai", "data"), "b": ("ai",), "c": ("data",)}
    after = {"a": ("data", "telecom"), "b": ("ai",), "d": ("ai",)}
    assert diff(before, after) == (
        Difference(id="a", added=("telecom",), removed=("ai",)),
        Difference(id="c", added=(), removed=("data",)),
        Difference(id="d", added=("ai",), removed=()),
    )


def test_labelled_texts_are_read(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(
        '{"title": "t", "text": "x", "labels": ["ai"], "lang": "en"}\n\n{"id": "b", "title": "u", "labels": []}\n',
        "utf-8",
    )
    first, second = read_labelled(file)
    assert (first.id, first.labels, first.language) == ("1", {"ai"}, "en")
    assert (second.id, second.text, second.labels) == ("b", "", frozenset())


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"title": 1, "labels": []}', '{"title": "t"}', '{"title": "t", "labels": "ai"}']
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(f'{{"title": "t", "labels": []}}\n{line}\n', "utf-8")
    with pytest.raises(ConfigError, match=r"x\.jsonl:2: expected"):
        read_labelled(file)
