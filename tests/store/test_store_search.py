"""What search finds, the same on both engines."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opencc import OpenCC
from sqlalchemy import text

from feeds.error import SearchError
from feeds.release import Draft
from feeds.store import Store
from feeds.store.limit import limited
from feeds.store.words import phrases, words
from feeds.tag import Tag
from feeds.where import parse

NOW = datetime(2026, 3, 4, tzinfo=UTC)
TOPICS = ("ai", "data", "harbour")
TEXTS = (
    "The harbour policy of the government",
    "Government data on ferries; harbour dues",
    "政府公布人工智能政策",
    "政府公布数据",
    "A política do governo e os dados",
)
LANGUAGES = ("en", "en", "zh-Hant", "zh-Hans", "pt")


def topics_of(number: int) -> tuple[str, ...]:
    return tuple(topic for place, topic in enumerate(TOPICS) if number >> place & 1)


def tag(store: Store, topics: dict[str, Collection[str]], digest: str = "1") -> None:
    tagged = [
        (one, tuple(Tag(topic=topic, score=3.0, threshold=3.0, evidence=(), digest=digest) for topic in topics[one.id]))
        for one in store.untagged(digest, limit=100)
    ]
    store.put_tags(tagged, digest=digest)


@pytest.fixture
def filled(store: Store) -> Store:
    """Return a store of forty releases, five texts in all combinations of three topics."""
    with store.writing() as writing:
        for number in range(40):
            writing.put(
                Draft(
                    source=f"s{number % 3}",
                    url=f"https://news.example/{number}",
                    native_id=f"N{number}",
                    title=f"Release {number}",
                    seen=NOW,
                    language=LANGUAGES[number % 5],
                    author=("Harbour  Office", "Bureau")[number % 2],
                    published=NOW - timedelta(hours=number),
                    text=TEXTS[number % 5],
                ),
                now=NOW,
            )
    tag(store, {f"{one}": topics_of(int(one.rpartition("N")[2]) // 5) for one in store.newest(limit=None)})
    return store


LEAVES = st.sampled_from(
    ["ai", "data", "harbour", "source:s0", "source:s2", "language:en", "language:zh-hans", 'author:"harbour office"']
)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(lambda one: f"not {one}"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda parts: f"({' '.join(parts)})"),
    ),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(expression=EXPRESSIONS, words=st.sampled_from(["", "harbour", "政府", "-harbour", "government -data", "數據"]))
def test_an_expression_finds_what_it_holds_for(filled: Store, expression: str, words: str) -> None:
    where = parse(expression, topics=TOPICS)
    all_ids = filled.newest(limit=None)
    plain = set(filled.search(words, limit=100).ids) if words else set(all_ids)
    held = filled.heads(all_ids)
    wanted = [
        id_
        for id_, head in held.items()
        if id_ in plain
        and where.matches(topics=head.topics, source=head.source, author=head.author, language=head.language)
    ]
    found = filled.search(words, where=where, limit=100)
    assert found.ids == tuple(wanted)
    assert (found.total, found.more) == (len(wanted), False)


def test_words_that_must_not_be_there(filled: Store) -> None:
    harbour, data = set(filled.search("harbour office", limit=99).ids), set(filled.search("data", limit=99).ids)
    assert harbour
    assert data
    assert set(filled.search("government -data", limit=99).ids).isdisjoint(data)
    assert len(filled.search("-government", limit=99).ids) == 24
    assert filled.search('-"harbour policy" government', limit=99).ids == filled.search("data government", limit=99).ids
    assert not filled.search("-").ids
    assert filled.search('"" -""').ids == ()


def test_a_release_that_changes_its_topics_is_found_by_the_new_ones(filled: Store) -> None:
    before = filled.search("", topic="ai", limit=99).ids
    assert before
    tag(filled, dict.fromkeys(filled.newest(limit=None), ("data",)), digest="2")
    assert filled.search("", topic="ai").total == 0
    assert filled.search("", topic="data", limit=99).ids == filled.newest(limit=None)
    tag(filled, {one: ("ai",) if one in before else () for one in filled.newest(limit=None)}, digest="3")
    assert filled.search("", topic="ai", limit=99).ids == before
    with filled.writing() as writing:
        writing.put(
            Draft(
                source="s0", url="https://news.example/0", native_id="N0", title="Release 0", seen=NOW,
                language="en", published=NOW, text="Another wording, of zebras",
            ),
            now=NOW + timedelta(hours=1),
        )  # fmt: skip
    tag(filled, dict.fromkeys(filled.newest(limit=None), ("harbour",)), digest="4")
    assert filled.search("zebras", topic="harbour").total == 1
    assert filled.search("harbour policy", topic="harbour", source="s0", since=NOW).total == 0


def test_a_source_may_be_a_view(filled: Store) -> None:
    all_ids = filled.newest(limit=None)
    release = filled.releases(all_ids[:2])
    filled.put_tags([(one, ()) for one in release.values()], digest="5", views={all_ids[0]: ("harbour-view",)})
    assert filled.search("", source="harbour-view").ids == all_ids[:1]
    assert filled.search("", where=parse("source:harbour-view and not ai", topics=TOPICS)).ids == all_ids[:1]
    filled.put_tags([(one, ()) for one in release.values()], digest="6", views={})
    assert filled.search("", source="harbour-view").ids == ()


def test_pages_follow_one_another_to_the_end(filled: Store) -> None:
    whole = filled.search("government", limit=99).ids
    assert (
        tuple(one for start in range(0, 20, 3) for one in filled.search("government", limit=3, offset=start).ids)
        == whole
    )


ENDLESS = {
    "sqlite": "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT max(n) FROM n",
    "postgresql": "SELECT pg_sleep(3600)",
}


def test_what_would_never_end_is_broken_off_and_hinders_nobody_after(store: Store) -> None:
    with store._database.reading() as connection:
        endless = text(ENDLESS[connection.dialect.name])
        with pytest.raises(SearchError, match=r"longer than 0\.2 s"), limited(connection, timedelta(seconds=0.2)):
            connection.execute(endless)
    with store._database.reading() as connection:
        if connection.dialect.name == "postgresql":
            assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "0"
        else:
            counted = (
                "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100000) SELECT max(n) FROM n"
            )
            assert connection.execute(text(counted)).scalar_one() == 100_000


CONVERTERS = {name: OpenCC(name) for name in ("t2s", "s2t", "s2hk", "s2tw", "hk2s", "tw2s")}
CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=30)


@settings(max_examples=300, deadline=None)
@given(text=CHINESE, name=st.sampled_from(sorted(CONVERTERS)))
def test_what_opencc_makes_of_a_text_is_told_by_the_same_words(text: str, name: str) -> None:
    converted = CONVERTERS[name].convert(text)
    assert words(converted) == words(text)
    assert phrases(converted) == phrases(text)


def test_real_pages_in_the_other_script_are_told_by_the_same_words(shared: Path) -> None:
    pages = sorted((shared / "encoding").glob("zh-*.txt"))
    assert pages
    for page in pages:
        text = page.read_text("utf-8")
        assert {words(one.convert(text)) for one in CONVERTERS.values()} == {words(text)}


@pytest.mark.parametrize("words", ["政府公布數據", "政府公布数据", "數据", '"公布數據"', "數", "数"])
def test_either_chinese_script_finds_the_other(filled: Store, words: str) -> None:
    assert set(filled.search(words, limit=99).ids) == set(filled.search("政府 数据", limit=99).ids)
    assert filled.search(words).total == 8
