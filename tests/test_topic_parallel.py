"""The shipped topics say one idea in every language, and it weighs the same in each."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from feeds.topic import SHIPPED, load

RULES: dict[str, Any] = tomllib.loads(SHIPPED.read_text("utf-8"))
HAN = re.compile("[\u3400-\u9fff]")
MARKED = re.compile("[ãáàâçéêíóôõú]", re.IGNORECASE)  # letters that English does not have
# Lists of wordings of one language, which another list answers.
ONE_SIDED = {"working-together": 2}


def cells(row: str) -> list[list[str]]:
    return [[wording.strip() for wording in cell.split(" | ")] for cell in row.split(" = ")]


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)


def rows(value: object) -> list[str]:
    return [text for text in strings(value) if " = " in text]


@pytest.mark.parametrize("topic", RULES["topic"], ids=lambda topic: str(topic["id"]))
def test_a_row_has_english_chinese_and_portuguese(topic: dict[str, Any]) -> None:
    found = rows(topic["terms"])
    assert len(found) >= 5
    for row in found:
        english, chinese, portuguese = cells(row)
        assert not any(HAN.search(word) or MARKED.search(word) for word in english), row
        assert all(HAN.search(word) for word in chinese), row
        assert not any(HAN.search(word) for word in portuguese), row


def test_lists_are_rows_too() -> None:
    for name, entries in RULES["lists"].items():
        for row in rows(entries):
            assert len(cells(row)) == ONE_SIDED.get(name, 3), row


@pytest.mark.parametrize("topic", RULES["topic"], ids=lambda topic: str(topic["id"]))
def test_every_wording_of_a_row_weighs_the_same(topic: dict[str, Any]) -> None:
    topics, known = load(), topic["id"]
    for term in topic["terms"]:
        for row in rows(term.get("t", [])):
            if {"near", "needs"} & term.keys():
                continue
            scores = {
                word: next(tag.score for tag in topics.explain(title=word.rstrip("*"), text="") if tag.topic == known)
                for cell in cells(row)
                for word in cell
            }
            assert len(set(scores.values())) == 1, scores
            assert min(scores.values()) > 0, scores


def test_hardly_a_wording_stands_without_its_translation() -> None:
    alone = translated = 0
    for topic in RULES["topic"]:
        for text in strings([term.get("t", []) for term in topic["terms"] if isinstance(term, dict)]):
            if " = " in text:
                translated += sum(map(len, cells(text)))
            elif not text.startswith("@"):
                alone += len(text.split(" | "))
    assert alone < translated / 8, (alone, translated)
