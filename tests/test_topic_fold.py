"""No way of writing the same text changes its tags."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from feeds import script
from feeds.build_script import HEADER, classes, pairs
from feeds.topic import load
from feeds.topic.fold import fold

CONVERSIONS = ("t2s", "s2t", "s2hk", "s2tw", "t2hk", "t2tw", "hk2s", "tw2s", "hk2t", "tw2t")
TEXTS = [
    json.loads(line)
    for name in ("test_topic_texts.jsonl", "test_topic_unseen.jsonl")
    for line in Path(__file__).with_name(name).read_text("utf-8").splitlines()
]
HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"
SPACES = (" ", "\u00a0", "\u202f", "\u2009", "\u3000", "  ", " \u00a0 ")
APOSTROPHES = "'\u2018\u2019\uff07"
QUOTES = '"\u201c\u201d\uff02'
UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e"


@cache
def converter(name: str) -> OpenCC:
    return OpenCC(name)


@cache
def topics_in(title: str, text: str) -> list[tuple[str, float]]:
    return [(tag.topic, tag.score) for tag in load().tag(title=title, text=text)]


@st.composite
def rewritten(draw: st.DrawFn, text: str) -> str:
    """Draw another way to write *text*: other hyphens, spaces, quotes, marks apart from letters, unseen characters."""
    if draw(st.booleans()):
        text = unicodedata.normalize("NFD", text)
    hyphen, space = draw(st.sampled_from(HYPHENS)), draw(st.sampled_from(SPACES))
    apostrophe, quote = draw(st.sampled_from(APOSTROPHES)), draw(st.sampled_from(QUOTES))
    text = text.replace("-", hyphen).replace(" ", space).replace("'", apostrophe).replace('"', quote)
    for place in sorted(draw(st.lists(st.integers(0, len(text)), max_size=30)), reverse=True):
        text = text[:place] + draw(st.sampled_from(UNSEEN)) + text[place:]
    return text


@settings(max_examples=120, deadline=None, phases=set(Phase) - {Phase.explain})
@given(st.data())
def test_hyphens_spaces_quotes_marks_and_unseen_characters_change_no_tag(data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(TEXTS))
    title, text = data.draw(rewritten(row["title"])), data.draw(rewritten(row["text"]))
    assert topics_in(title, text) == topics_in(row["title"], row["text"])


@pytest.mark.parametrize("name", CONVERSIONS)
def test_no_conversion_of_script_changes_a_tag(name: str) -> None:
    convert = converter(name).convert
    for row in TEXTS:
        assert topics_in(convert(row["title"]), convert(row["text"])) == topics_in(row["title"], row["text"])


@pytest.mark.parametrize("name", CONVERSIONS)
def test_no_conversion_of_script_changes_a_folded_character(name: str) -> None:
    chars = "\n".join(
        chr(code) for first, last in ((0x3400, 0x9FFF), (0x20000, 0x323AF)) for code in range(first, last)
    )
    assert fold(converter(name).convert(chars)).plain == fold(chars).plain


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=40), st.sampled_from(CONVERSIONS))
def test_no_phrase_converts_to_something_else(text: str, name: str) -> None:
    assert fold(converter(name).convert(text)).plain == fold(text).plain


def test_real_pages_convert_to_the_same(shared: Path) -> None:
    for file in sorted((shared / "encoding").glob("zh-*.txt")):
        text = file.read_text("utf-8")
        for name in CONVERSIONS:
            assert fold(converter(name).convert(text)).plain == fold(text).plain


def test_the_table_is_what_opencc_says() -> None:
    shipped = Path(script.__file__).with_name("script.txt").read_text("utf-8")
    assert shipped == HEADER + "\n".join(classes(pairs())) + "\n"


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_every_position_leads_back(text: str) -> None:
    folded = fold(text)
    assert len(folded.low) == len(folded.plain)
    origins = [folded.origin(place) for place in range(len(folded.plain))]
    assert origins == sorted(set(origins))
    assert all(place < len(text) for place in origins)
    assert [folded.place(origin) for origin in origins] == list(range(len(origins)))


@pytest.mark.parametrize("plane", range(17))
def test_every_character_folded_stays_as_it_is(plane: int) -> None:
    once = fold("a".join(map(chr, range(plane << 16, plane + 1 << 16)))).plain
    assert fold(once).plain == once


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text: str) -> None:
    once = fold(text)
    assert fold(once.plain).plain == once.plain
    assert fold(unicodedata.normalize("NFD", text)).plain == once.plain
