"""What publishing asks of the store: who is in a feed, with which tags, and what was rendered already."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from feeds.release import Draft, Translation
from feeds.store import Found, FragmentKey, Store
from feeds.tag import Evidence, Tag

BASE = datetime(2026, 1, 31, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
HIT = Evidence(field="text", start=0, end=2, text="AI", term="AI", weight=1.5, snippet="…AI…", masked=False)
AI = Tag(topic="ai", score=2.5, threshold=2.0, evidence=(HIT, replace(HIT, field="title", masked=True)), digest="t1")
NEAR = Tag(topic="gba", score=0.5, threshold=2.0, evidence=(HIT,), passed=False, why="score")
NOTHING = Tag(topic="tax", score=0.0, threshold=2.0, passed=False)


def draft(number: int, *, source: str = "s", language: str = "en", hours: int | None = None) -> Draft:
    published = BASE + (number if hours is None else hours) * HOUR
    return Draft(source=source, native_id=f"N{number}", url=f"https://{source}.example/{number}", title=f"T{number}",
                 seen=BASE, published=published, language=language, text=f"AI {number}")  # fmt: skip


def name(number: int, source: str = "s") -> str:
    return f"tag:baywire.invalid,2026:release/{source}/N{number}"


def put(store: Store, *drafts: Draft) -> None:
    with store.writing() as writing:
        for one in drafts:
            writing.put(one, now=BASE + 48 * HOUR)


def tag_all(store: Store, digest: str, *said: Tag) -> list[str]:
    found = store.untagged(digest, limit=1000)
    store.put_tags(((release, said) for release in found), digest=digest)
    return sorted(release.id for release in found)


@pytest.fixture
def filled(store: Store) -> Store:
    put(store, draft(3, language="zh-Hant"), draft(1), draft(2), draft(4, source="z"), draft(5, hours=1))
    return store


def test_newest_first_then_by_id(filled: Store) -> None:
    assert filled.newest(limit=None) == (name(4, "z"), name(3), name(2), name(1), name(5))
    assert filled.newest(limit=2) == (name(4, "z"), name(3))
    assert filled.newest(limit=9, since=BASE + 3 * HOUR) == (name(4, "z"), name(3))
    assert filled.newest(limit=9, source="s", language="en") == (name(2), name(1), name(5))
    assert filled.newest(limit=9, language="zh-Hant") == (name(3),)
    assert filled.count() == 5
    assert filled.count(source="s", language="en") == 3


def test_months_are_those_of_utc(filled: Store) -> None:
    put(filled, draft(9, hours=0))
    assert filled.months() == ("2026-02", "2026-01")
    assert filled.month("2026-01") == (name(9),)
    assert len(filled.month("2026-02")) == 5
    assert filled.months(source="z") == ("2026-02",)
    assert filled.months(source="none") == filled.month("2025-12") == ()


def test_membership_is_what_passed(filled: Store) -> None:
    assert len(tag_all(filled, "d1", AI, NEAR, NOTHING)) == 5
    assert filled.newest(topic="ai", limit=2) == (name(4, "z"), name(3))
    assert filled.newest(topic="ai", language="en", source="s", limit=9) == (name(2), name(1), name(5))
    assert filled.newest(topic="gba", limit=9) == ()
    assert filled.count(topic="ai", language="zh-Hant") == 1
    assert filled.months(topic="ai") == ("2026-02",)
    assert filled.month("2026-02", topic="ai", source="z") == (name(4, "z"),)
    assert filled.tags([name(1), "unknown"]) == {name(1): (AI, NEAR), "unknown": ()}


def test_heads_tell_what_orders_and_selects(filled: Store) -> None:
    tag_all(filled, "d1", replace(AI, topic="b"), AI)
    heads = filled.heads([name(2), "unknown", name(3)])
    assert list(heads) == [name(2), name(3)]
    head = heads[name(3)]
    assert (head.topics, head.language, head.revision) == (("ai", "b"), "zh-Hant", 1)
    assert head.published == BASE + 3 * HOUR


def test_changed_rules_tag_everything_anew(filled: Store) -> None:
    assert len(tag_all(filled, "d1", AI)) == 5
    assert tag_all(filled, "d1", AI) == []
    assert len(filled.untagged("d2", limit=3)) == 3
    assert len(tag_all(filled, "d2", replace(AI, topic="x"))) == 5
    assert filled.newest(topic="ai", limit=9) == ()
    assert filled.count(topic="x") == 5


def test_a_changed_wording_is_tagged_anew_and_stays_a_member_meanwhile(filled: Store) -> None:
    tag_all(filled, "d1", AI)
    put(filled, replace(draft(2), text="Nothing of the kind", seen=BASE + HOUR))
    assert filled.newest(topic="ai", language="en", limit=1, since=BASE + 2 * HOUR) == (name(4, "z"),)
    assert name(2) in filled.newest(topic="ai", limit=9)
    assert tag_all(filled, "d1") == [name(2)]
    assert name(2) not in filled.newest(topic="ai", limit=9)


def test_a_tag_on_a_wording_that_changed_meanwhile_is_dropped(filled: Store) -> None:
    found = filled.untagged("d1", limit=9)
    put(filled, replace(draft(1), text="Other", seen=BASE + HOUR))
    filled.put_tags(((release, (AI,)) for release in found), digest="d1")
    assert [release.id for release in filled.untagged("d1", limit=9)] == [name(1)]
    assert name(1) not in filled.newest(topic="ai", limit=9)


def test_a_fragment_is_found_for_its_wording_and_digest_alone(filled: Store) -> None:
    key = FragmentKey(name(1), 1, "atom", "x")
    filled.put_fragments({})
    filled.put_fragments({key: b"1", key._replace(format="rss"): b"2", key._replace(release=name(2)): b"3"})
    others = [key._replace(digest="y"), key._replace(revision=2), key._replace(release="none")]
    assert filled.fragments([key, *others]) == {key: b"1"}
    filled.put_fragments({key._replace(digest="y"): b"4"})
    assert filled.fragments([key, *others]) == {others[0]: b"4"}


@pytest.mark.parametrize(
    "what", ["wording", "photo", "tags", "withdrawn", "its link", "a link to it", "same tags", "same"]
)
def test_whatever_changes_a_release_drops_its_fragments(filled: Store, what: str) -> None:
    tag_all(filled, "d1", AI)
    keys = [FragmentKey(name(1), 1, "atom", "x"), FragmentKey(name(2), 1, "atom", "x")]
    filled.put_fragments(dict.fromkeys(keys, b"1"))
    link = Translation(language="pt", url="https://s.example/2")
    match what:
        case "wording":
            put(filled, replace(draft(1), text="Other"))
        case "photo":
            put(filled, replace(draft(1), facts={"a": "b"}))
        case "tags":
            filled.put_tags([(filled.releases([name(1)])[name(1)], ())], digest="d1")
        case "withdrawn":
            with filled.writing() as writing:
                writing.withdraw(name(1), now=BASE)
        case "its link":
            put(filled, replace(draft(1), translations=(link,)))
        case "a link to it":
            put(filled, replace(draft(3, language="zh-Hant"), translations=(replace(link, url="http://s.example/1"),)))
        case "same tags":
            filled.put_tags([(filled.releases([name(1)])[name(1)], (AI,))], digest="d2")
        case _:
            put(filled, draft(1), replace(draft(1), seen=BASE + HOUR))
    kept = list(filled.fragments(keys))
    assert kept == {"same": keys, "same tags": keys, "its link": []}.get(what, keys[1:])


def test_search_finds_words_pairs_and_single_characters(store: Store) -> None:
    texts = [
        "人工智能發展",
        "智能家居，人手",
        "Artificial intelligence policy in São Paulo",
        "policy on artificial colours",
    ]
    put(store, *(replace(draft(number), text=text) for number, text in enumerate(texts)))
    assert store.search("policy") == Found()
    tag_all(store, "d1")

    def found(query: str, **only: str) -> list[int]:
        return [int(id_.rpartition("N")[2]) for id_ in store.search(query, **only).ids]  # type: ignore[arg-type]

    assert found("智能") == [1, 0]
    assert found("人工智能") == [0]
    assert found("人") == [1, 0]
    assert found("展") == [0]
    assert found("家居 人手") == [1]
    assert found("policy ARTIFICIAL") == [3, 2]
    assert found('"artificial intelligence"') == [2]
    assert found("sao paulo") == [2]
    assert found("发展") == found("人工智能发展") == found("發") == found("发") == [0]
    assert found("N2") == [2]
    assert found("policy", source="none") == found("policy", language="pt") == []
    assert found("policy", source="s", language="en") == [3, 2]
    for nothing in ("", "!?", "'; DROP TABLE x --", '"', "*", "NEAR(", "人能", "a:b AND OR NOT", "\0", "\ud800"):
        assert found(nothing) == []


def test_search_narrows_pages_and_counts(filled: Store) -> None:
    tag_all(filled, "d1", AI)
    assert filled.search("ai", limit=2).ids == (name(4, "z"), name(3))
    assert set(filled.search("ai", limit=2, offset=3).ids) == {name(1), name(5)}
    assert filled.search("ai").total == 5
    assert filled.search("ai", topic="ai", source="z").ids == (name(4, "z"),)
    assert filled.search("ai", topic="none").total == 0
    assert filled.search("ai", since=BASE + 3 * HOUR).total == 2
    assert filled.search("ai", until=BASE + 3 * HOUR, language="en").total == 3


def test_search_finds_what_waits_for_a_publication_when_told_to(store: Store) -> None:
    put(store, *(draft(number) for number in range(3)))
    assert store.search("T1").total == 0
    store.index_waiting()
    store.index_waiting()
    assert store.search("T1").ids == (name(1),)
    put(store, replace(draft(1), text="Other words", seen=BASE + HOUR))
    tag_all(store, "d1")
    assert store.search("other").ids == (name(1),)
    assert store.search("T2").ids == (name(2),)


def test_search_forgets_the_wording_that_was_replaced(store: Store) -> None:
    put(store, draft(1))
    tag_all(store, "d1")
    assert store.search("T1").ids == (name(1),)
    put(store, replace(draft(1), title="New title", text="Other words", seen=BASE + HOUR))
    assert store.search("AI").total == store.search("T1").total == store.search("new").total == 0
    tag_all(store, "d1")
    assert store.search("AI").total == store.search("T1").total == 0
    assert store.search("other T1").ids == ()
    assert store.search("other new").ids == (name(1),)


def test_find_takes_what_a_person_has_at_hand(filled: Store) -> None:
    for text in (name(4, "z"), "N4", "z/N4", "http://z.example/4#x", " N4 "):
        assert [release.id for release in filled.find(text)] == [name(4, "z")], text
    assert filled.find("") == filled.find("4") == filled.find("%") == ()
    assert len(filled.find("https://s.example/1")) == 1
