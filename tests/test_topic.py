"""What topics see and what they let pass, on rules made for the purpose."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.error import ConfigError
from feeds.tag import Tag
from feeds.topic import Topics, load
from feeds.topic.read import read_file
from feeds.topic.reload import Watched

LONG = "The committee met and heard reports on works, roads and drains. " * 60  # some 3,800 letters of nothing


def topics_of(folder: Path, rules: str, *, name: str = 'name = { en = "Sun" }') -> Topics:
    file = folder / "own.toml"
    file.write_text(f'[[topic]]\nid = "sun"\n{name}\n{rules}\n', "utf-8")
    return Topics(read_file(file))


def sun(topics: Topics, text: str, *, title: str = "", source: str = "") -> Tag:
    (tag,) = topics.explain(title=title, text=text, source=source)
    return tag


@pytest.mark.parametrize(
    ("term", "text", "passes"),
    [
        ('"smart city | smart cities = 智慧城市 = cidade inteligente"', "a cidade inteligente", True),
        ('"smart city | smart cities = 智慧城市 = cidade inteligente"', "smart cities", True),
        ('"smart city | smart cities = 智慧城市 = cidade inteligente"', "smart", False),
        ('"AI"', "said, available, detail, vai", False),
        ('"AI"', "the ai of it", True),
        ('{ t = "AI", case = true }', "the ai of it", False),
        ('{ exact = "AI" }', "AI技術", True),
        ('{ exact = "AI" }', "the (AI) virus", True),
        ('{ exact = "AI" }', "Klike.AI LLC", False),
        ('{ exact = "AI" }', "see AI.gov.hk", False),
        ('{ exact = "AI" }', "about AI.", True),
        ('{ exact = "AI" }', "see https://x.example/AI today", False),
        ('{ exact = "AI" }', "write to AI@x.example", False),
        ('"InnoHK"', "AIR@InnoHK opens", True),
        ('"start-up"', "start‑up, start up", True),
        ('"start-up"', "start-ups", False),
        ('"start-up*"', "start-ups", True),
        ('"大灣區"', "粤港澳大湾区", True),
        ('"大灣區"', "（粵港澳）大\u200b灣 區", True),
        ('"大灣區"', "灣區", False),
        ('"Grande Baía"', "a Grande Bai\u0301a", True),
        ('"Grande Baía"', "a GRANDE BAIA", True),
        ('"people\'s"', "the people’s bank", True),
        ('"fintech"', "ＦＩＮＴＥＣＨ", True),
        ('"fintech"', "READ MORE: fintech week opens", False),
        ('"fintech"', "Read more:\nFintech week opens", True),
        ('"金融科技"', "相關新聞：金融科技周開幕", False),
    ],
)
def test_a_term_is_found_where_a_reader_sees_it(tmp_path: Path, term: str, text: str, passes: bool) -> None:  # noqa: FBT001 - a column of the table
    assert sun(topics_of(tmp_path, f"terms = [{term}]"), text).passed is passes


def test_evidence_quotes_the_original(tmp_path: Path) -> None:
    text = "談到「粵港澳\u200b大灣區」 及 Área da  Grande Bai\u0301a."
    tag = sun(topics_of(tmp_path, 'terms = ["粤港澳大湾区", { t = "área da grande baía", w = 2 }]'), text)
    assert [hit.text for hit in tag.evidence] == ["粵港澳\u200b大灣區", "Área da  Grande Bai\u0301a"]
    assert all(text[hit.start : hit.end] == hit.text for hit in tag.evidence)
    assert [hit.term for hit in tag.evidence] == ["粤港澳大湾区", "área da grande baía"]
    assert "談到" in tag.evidence[0].snippet


def test_weights_of_evidence_add_up_to_the_score(tmp_path: Path) -> None:
    topics = topics_of(tmp_path, 'terms = ["moon", { t = "sun", w = 2 }]')
    tag = sun(topics, f"The sun and the moon. {LONG} A sun, a moon, a sun.", title="Sun and moon")
    assert tag.score == pytest.approx(sum(hit.weight for hit in tag.evidence), abs=0.05)


def test_the_longest_wording_takes_the_characters(tmp_path: Path) -> None:
    topics = topics_of(tmp_path, 'terms = [{ t = "Greater Bay Area", w = 3 }, { t = "bay area", w = 1 }]')
    assert [hit.text for hit in sun(topics, "the Greater Bay Area").evidence] == ["Greater Bay Area"]


def test_what_a_mask_covers_is_told_and_does_not_count(tmp_path: Path) -> None:
    topics = topics_of(tmp_path, 'terms = [{ exact = "AI" }]\nmask = ["avian influenza (AI)"]')
    tag = sun(topics, "Avian Influenza (AI) was found.")
    assert (tag.passed, tag.score, tag.why) == (False, 0, "short by 3.00")
    assert [(hit.text, hit.masked, hit.weight) for hit in tag.evidence] == [("AI", True, 0)]
    assert sun(topics, "Avian influenza (AI) was found by means of AI.").passed


def test_a_short_form_means_something_else_unless_spelled_out(tmp_path: Path) -> None:
    topics = topics_of(tmp_path, 'terms = [{ t = "artificial intelligence", exact = "AI", unless = "bird flu" }]')
    assert not sun(topics, "Bird flu spreads. AI was found in two farms.").passed
    assert sun(topics, "Bird flu is found by artificial intelligence. AI helps.").passed


def test_a_short_form_means_what_the_text_says_it_means(tmp_path: Path) -> None:
    topics = topics_of(tmp_path, 'terms = [{ t = ["artificial intelligence", "AI lab"], exact = "AI" }]')
    for text in (
        "The Appreciation Index (AI) rose. The AI is 70.",
        "Index of the Air (AI): AI 3.",
        "The Arts Inquiry（AI）",
    ):
        tag = sun(topics, text)
        assert (tag.passed, {hit.masked for hit in tag.evidence}) == (text.startswith("Index"), {not tag.passed})
    assert sun(topics, "Artificial intelligence (AI) grows. AI helps.").passed
    assert sun(topics, "The new tool (AI) grows.").passed
    assert sun(topics, "The Appreciation Index (AI) rose. Artificial intelligence helps.").passed


def test_near_asks_for_a_word_close_by(tmp_path: Path) -> None:
    topics = topics_of(tmp_path, 'terms = [{ t = ["co-operation", "合作"], near = ["Shenzhen", "深圳"] }]')
    assert sun(topics, "Co-operation with Shenzhen grows.").passed
    assert sun(topics, "與深圳加強合作").passed
    assert not sun(topics, f"Co-operation grows. {LONG} Shenzhen is a city.").evidence
    assert sun(topics, f"Shenzhen is a city. {LONG}", title="Co-operation grows").passed
    assert not sun(topics, f"{LONG} Shenzhen is a city.", title="Co-operation grows").evidence


def test_needs_asks_for_a_word_anywhere(tmp_path: Path) -> None:
    topics = topics_of(tmp_path, 'terms = [{ exact = "GBA", needs = ["Hong Kong"] }]')
    assert not sun(topics, "PSP, GBA").evidence
    assert sun(topics, "the GBA", title="Hong Kong").passed


def test_require_any_of_holds_a_topic_back_and_says_so(tmp_path: Path) -> None:
    topics = topics_of(tmp_path, 'terms = ["sun"]\nrequire_any_of = ["moon"]')
    assert sun(topics, "the sun").why == "none of require_any_of is there"
    assert sun(topics, "the sun", title="Moon").passed


def test_a_mention_in_passing_is_no_topic_of_a_long_release(tmp_path: Path) -> None:
    topics = topics_of(tmp_path, 'terms = ["cybersecurity", "網絡安全"]')
    assert sun(topics, "He spoke of cybersecurity.").passed
    assert not sun(topics, f"{LONG}\n\nHe spoke of cybersecurity. {LONG}").passed
    assert not sun(topics, f"{'會議討論道路工程。' * 150}他提及網絡安全。").passed
    assert sun(topics, LONG, title="Cybersecurity drill").passed
    assert sun(topics, f"{LONG} Cybersecurity is first, cybersecurity is second, cybersecurity is all.").passed


def test_one_of_a_list_counts_half(tmp_path: Path) -> None:
    topics = topics_of(tmp_path, 'terms = ["smart city", "智慧城市"]')
    assert not sun(topics, "Areas such as banks, smart city and factories gain.").passed
    assert not sun(topics, "A place for trade, a new smart city hub, and finance.").passed
    assert not sun(topics, "涉及金融、智慧城市、製造等領域").passed
    assert not sun(topics, "發展貿易、國際智慧城市產業和航運").passed
    assert not sun(topics, "Goods, money, people and smart city.").passed
    assert not sun(topics, "發展貿易、航運及智慧城市。").passed
    assert not sun(topics, "nas áreas do turismo, da saúde e da smart city a partir de Maio").passed
    assert sun(topics, "The smart city is built.").passed


def test_what_only_supports_does_not_grow_by_being_said_often(tmp_path: Path) -> None:
    topics = topics_of(tmp_path, 'terms = [{ t = "school*", w = 1 }, { t = "training", w = 2 }]')
    tag = sun(topics, "The school closed. " * 12)
    assert not tag.passed
    assert [hit.weight > 0 for hit in tag.evidence] == [True, True]
    assert sun(topics, "The training began. Training goes on.").passed


def test_a_source_may_have_rules_of_its_own(tmp_path: Path) -> None:
    topics = topics_of(
        tmp_path,
        'terms = ["sun", "moon"]\n[topic.sources.bank]\nmask = ["sun ray*"]\nwithout = ["moon"]\nterms = ["star"]',
    )
    assert [hit.masked for hit in sun(topics, "sun rays", source="bank").evidence] == [True]
    assert sun(topics, "sun rays", source="other").passed
    assert not sun(topics, "the moon", source="bank").evidence
    assert sun(topics, "a star", source="bank").passed
    assert not sun(topics, "a star").passed


def test_tag_returns_what_passes_and_explain_every_topic() -> None:
    topics = load()
    passed = topics.tag(title="Cybersecurity drill", text="")
    assert [tag.topic for tag in passed] == ["cybersecurity"]
    explained = topics.explain(title="Cybersecurity drill", text="")
    assert [tag.topic for tag in explained] == [topic.key for topic in topics.topics]
    assert [tag for tag in explained if tag.passed] == list(passed)


def test_the_digest_moves_with_the_rules_alone(tmp_path: Path) -> None:
    first = topics_of(tmp_path, 'terms = ["sun"]')
    renamed = topics_of(tmp_path, 'terms = ["sun"]', name='name = { en = "Sol" }')
    weighed = topics_of(tmp_path, 'terms = [{ t = "sun", w = 2 }]')
    assert first.digest == renamed.digest != weighed.digest
    assert sun(first, "the sun").digest == first.topics[0].digest


@pytest.mark.parametrize(
    "text", ["", "\n", "\0", "\ud800 AI \udfff", "İstanbul ﬁn 𠮷 \U0010ffff", "\u0301", "a" * 100_000]
)
def test_no_text_is_too_odd(text: str) -> None:
    assert isinstance(load().tag(title=text, text=text), tuple)


def test_an_operators_file_replaces_a_shipped_topic_whole(tmp_path: Path) -> None:
    (tmp_path / "ai.toml").write_text('[[topic]]\nid = "ai"\nname = { en = "Robots" }\nterms = ["robot*"]\n', "utf-8")
    topics = load(tmp_path)
    assert [topic.key for topic in topics.topics] == [topic.key for topic in load().topics]
    assert topics.topics[0].name("pt") == "Robots"
    assert [tag.topic for tag in topics.tag(title="Robots and AI", text="")][:1] == ["ai"]
    assert not any(tag.topic == "ai" for tag in topics.tag(title="AI", text=""))
    assert load(tmp_path / "absent.d").digest == load().digest


def test_two_operators_files_may_not_define_one_topic(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text('[[topic]]\nid = "sun"\nname = { en = "Sun" }\nterms = ["sun"]\n', "utf-8")
    with pytest.raises(ConfigError, match=r'b\.toml: topic "sun" is in .*a\.toml too'):
        load(tmp_path)


def test_a_change_of_a_topic_file_is_noticed_once(tmp_path: Path) -> None:
    folder = tmp_path / "topics.d"
    watched = Watched(folder)
    assert not watched.changed()
    folder.mkdir()
    assert not watched.changed()
    for text in ("a", "ab"):
        (folder / "sun.toml").write_text(text, "utf-8")
        assert watched.changed()
        assert not watched.changed()
    (folder / "notes.txt").write_text("x", "utf-8")
    assert not watched.changed()
    (folder / "sun.toml").unlink()
    assert watched.changed()
