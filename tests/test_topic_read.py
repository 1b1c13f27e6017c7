"""What a topic file may say, and what its author is told."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from feeds.error import ConfigError
from feeds.topic import SHIPPED, load
from feeds.topic.place import lines
from feeds.topic.read import RESERVED, read_file
from feeds.topic.rule import LANGUAGES

HEAD = '[[topic]]\nid = "sun"\nname = { en = "Sun" }\n'


def problems(folder: Path, text: str) -> str:
    file = folder / "own.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as told:
        read_file(file)
    return str(told.value).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD + 'terms = ["sun"]\ntreshold = 2', 'own.toml:5: topic[0].treshold: unknown key (did you mean "thresh'),
        (HEAD + "terms = []", "own.toml:4: topic[0].terms: is empty: expected at least one term"),
        (HEAD + 'terms = [\n  "sun",\n  "",\n]', 'own.toml:6: topic[0].terms[1].t: "" is empty'),
        (HEAD + 'terms = [{ t = "s*n" }]', 'own.toml:4: topic[0].terms[0].t: "s*n" has a * inside'),
        (HEAD + 'terms = ["s"]', 'own.toml:4: topic[0].terms[0].t: "s" is one character'),
        (HEAD + 'terms = [{ t = "sun", w = "3" }]', 'topic[0].terms[0].w: expected a number over 0; got "3"'),
        (HEAD + 'terms = [{ t = "sun", w = -1 }]', "topic[0].terms[0].w: expected a number over 0; got -1"),
        (HEAD + 'terms = [{ t = "sun", neer = "x y" }]', 'terms[0].neer: unknown key (did you mean "near"?)'),
        (HEAD + "terms = [{ w = 2 }]", "topic[0].terms[0]: has no wording: expected t or exact"),
        (HEAD + 'terms = ["sun", "SUN"]', 'topic[0].terms[1]: "SUN" is there twice in this topic: first as "sun"'),
        (HEAD + 'terms = ["sun", "Süñ"]', 'topic[0].terms[1]: "Süñ" is there twice'),
        (
            HEAD + 'terms = ["virus", "AI virus"]\nmask = ["AI virus*"]',
            'own.toml:4: topic[0].terms[1]: "AI virus" can never count: the mask "AI virus*" hides it',
        ),
        (HEAD + 'terms = ["sun"]\nmap = { "medtap:1" = "x" }', "map.medtap:1: expected a code that begins with"),
        (HEAD + 'terms = ["@plases"]\n[lists]\nplaces = ["a b"]', 'got "@plases" (did you mean "places"?)'),
        (HEAD + 'terms = ["sun"]\nboost = { titel = 2 }', 'boost.titel: unknown key (did you mean "title"?)'),
        (HEAD + 'terms = ["sun"]\n[topic.sources.x]\nmaks = ["sun ray"]', "own.toml:6: topic[0].sources.x.maks: un"),
        ('[[topic]]\nid = "sun"\nname = { zh = "日" }\nterms = ["sun"]', "own.toml:3: topic[0].name.zh: unknown key"),
        ('[[topic]]\nid = "Sun!"\nname = { en = "Sun" }\nterms = ["sun"]', "own.toml:2: topic[0].id: expected small l"),
        ('[[topic]]\nid = "all"\nname = { en = "Sun" }\nterms = ["sun"]', '"all" is the address of a feed of its own'),
        ('[[topic]]\nname = { en = "Sun" }\nterms = ["sun"]', "own.toml:1: topic[0].id: is missing"),
        ('[[topics]]\nid = "sun"', 'own.toml:1: topics: unknown key (did you mean "topic"?)'),
        (HEAD + 'terms = "sun"', 'own.toml:4: topic[0].terms: expected a list of terms; got "sun"'),
        (HEAD + 'terms = ["sun" "moon"]', "own.toml: is not TOML: "),
        ("", "own.toml: topic: expected [[topic]], once for each topic"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    assert told in problems(tmp_path, text)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = HEAD + 'terms = ["sun", ""]\ntreshold = 2\n\n' + HEAD + 'terms = [{ t = "x y", w = 0 }]'
    told = problems(tmp_path, text).splitlines()
    assert [line.split(": ")[0] for line in told] == ["own.toml:4", "own.toml:5", "own.toml:8", "own.toml:10"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml: cannot be read: No such file"):
        read_file(tmp_path / "absent.toml")
    (tmp_path / "latin.toml").write_bytes("# é".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"latin\.toml: is not UTF-8: byte 2 is 0xe9"):
        read_file(tmp_path / "latin.toml")


def test_every_key_of_the_shipped_file_has_a_line() -> None:
    text = SHIPPED.read_text("utf-8")
    found = lines(text)
    rows = text.splitlines()
    assert all("id = " in rows[found["topic", number, "id"] - 1] for number in range(12))

    def paths(value: object, at: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return [at, *(path for key, part in items for path in paths(part, (*at, key)))]

    assert set(paths(tomllib.loads(text), ())) - {()} <= set(found)


def test_lines_are_found_in_all_of_toml() -> None:
    text = """\
# x
a.b = "]" # [y]
"q u" = [1,
  { c = '}', d = \'\'\'
]
\'\'\' },
]
[t]
x=1
[[t.u]]
y=[ ]
[[t.u]]
z={}
[t.u.v]
w=1
"""
    tomllib.loads(text)
    found = lines(text)
    assert (found["a", "b"], found["q u", 1, "d"], found["t", "x"]) == (2, 4, 9)
    assert (found["t", "u", 0, "y"], found["t", "u", 1, "z"], found["t", "u", 1, "v", "w"]) == (11, 13, 15)


def test_shipped_topics_are_complete() -> None:
    topics = load().topics
    assert [topic.key for topic in topics] == [
        "ai", "greater-bay-area", "innovation-technology", "digital-government", "cybersecurity", "data", "fintech",
        "talent-education", "smart-city", "start-ups-funding", "cross-boundary-cooperation", "telecom",
    ]  # fmt: skip
    for topic in topics:
        assert tuple(topic.names) == LANGUAGES
        assert topic.about.endswith(".")
        assert topic.key not in RESERVED
    assert [(item.scheme, item.term) for item in topics[0].maps] == [
        ("http://cv.iptc.org/newscodes/mediatopic/", "medtop:20001298"),
        ("http://www.wikidata.org/entity/", "Q11660"),
    ]
