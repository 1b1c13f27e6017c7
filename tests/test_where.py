"""What an expression chooses, and what its author is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.error import ConfigError
from feeds.where import Where, parse

TOPICS = ("ai", "data", "greater-bay-area")
SOURCES = ("hk-gia-en", "mo-gcs-pt")


def where(expression: str) -> Where:
    return parse(expression, topics=TOPICS, sources=SOURCES)


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("ai", True),
        ("data", False),
        ("ai and greater-bay-area", True),
        ("ai and data", False),
        ("data or ai", True),
        ("not data", True),
        ("not not ai", True),
        ("data and data or ai", True),
        ("ai or data and data", True),
        ("(ai or data) and data", False),
        ("not (ai and data)", True),
        ("not ai or ai", True),
        ("AI AND NOT Data", True),
        ("source:hk-gia-en", True),
        ("source:mo-gcs-pt", False),
        ("language:en", True),
        ("language:EN", True),
        ("language:zh-hant", False),
        ('author:"Digital Policy Office"', True),
        ("author:'x'", False),
        ('author:"digital  policy office"', True),
        ('author:"Digital Policy"', False),
        ('topic:ai and not(author:"Digital Policy Office")', False),
    ],
)
def test_an_expression_chooses(expression: str, chosen: bool) -> None:  # noqa: FBT001 - a column of the table
    release = {"source": "hk-gia-en", "author": "Digital Policy Office", "language": "en"}
    assert where(expression).matches(topics={"ai", "greater-bay-area"}, **release) is chosen


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("", "column 1: expected a topic, source:, author:, language:, not or (; got the end"),
        ("ai and", "column 7: expected a topic"),
        ("ai data", 'column 4: expected and, or, or the end; got "data"'),
        ("ai nd data", 'column 4: expected and, or, or the end; got "nd" (did you mean "and"?)'),
        ("and ai", 'column 1: expected a topic, source:, author:, language:, not or (; got "and"'),
        ("(ai or data", "column 1: this ( is not closed: expected a )"),
        ("ai)", 'column 3: expected and, or, or the end; got ")"'),
        ("ai and dta", 'column 8: there is no topic "dta" (did you mean "data"?)'),
        ("source:hk-gia-em", 'column 1: there is no source "hk-gia-em" (did you mean "hk-gia-en"?)'),
        ("language:zh", 'column 1: there is no language "zh"'),
        ("autor:x", 'column 1: expected topic:, source:, author: or language:; got "autor:" (did you mean "author"?)'),
        ("author:", 'column 1: "author:" names nothing: expected a name after the colon'),
        ('ai and author:"x', 'column 15: this quote is not closed: expected a second "'),
        ("(" * 99 + "ai" + ")" * 99, "expected at most 32 levels of parentheses and not"),
    ],
)
def test_a_mistake_is_told_with_its_column(expression: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        where(expression)
    assert told in str(error.value)


def test_any_source_may_be_named_where_none_is_known() -> None:
    assert parse("source:x", topics=()).matches(topics=(), source="x")


def test_it_tells_the_topics_it_names() -> None:
    assert where("ai and (data or not ai) and source:hk-gia-en").topics == {"ai", "data"}


nested = st.recursive(
    st.sampled_from(TOPICS),
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from(["and", "or"]), part).map(lambda items: f"({' '.join(items)})"),
        part.map(lambda inner: f"not {inner}"),
    ),
    max_leaves=8,
)


@given(nested, st.frozensets(st.sampled_from(TOPICS)))
def test_it_means_what_python_means(expression: str, held: frozenset[str]) -> None:
    names = {topic.replace("-", "_"): topic in held for topic in TOPICS}
    expected = eval(expression.replace("-", "_"), {"__builtins__": {}}, names)  # noqa: S307 - of our own words alone
    assert where(expression).matches(topics=held) is expected


@given(st.text(alphabet='ai data()":not', max_size=30))
def test_it_is_understood_or_refused(expression: str) -> None:
    told = ""
    try:
        where(expression)
    except ConfigError as error:
        told = str(error)
    assert not told or "column" in told
