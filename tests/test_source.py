"""Source files: what ships reads well, what is wrong is told with its place."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from crawler.source import Source, load_sources, shipped
from crawler.source_file import bounded
from feeds.error import ConfigError

GOOD = """
title = "A"
[listing]
url = "https://a.hk/list"
links = "ul a"
"""


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.toml").write_text(text, "utf-8")


def problems(folder: Path, text: str) -> str:
    write(folder, "my-source", text)
    with pytest.raises(ConfigError) as caught:
        load_sources(folder)
    return str(caught.value)


def test_shipped_sources_read_without_a_problem() -> None:
    sources = load_sources()
    assert {"hk-gia-en", "hk-gia-zh", "mo-gcs-zh"} <= sources.keys()
    assert list(sources) == sorted(path.stem for path in shipped().glob("*.toml"))


def test_every_shipped_source_names_body_site_evidence_and_rights() -> None:
    for source in load_sources().values():
        assert source.title, source.key
        assert source.site.startswith("http"), source.key
        assert source.evidence, source.key
        assert source.rights, source.key
        assert source.attribution, source.key
        assert date.fromisoformat(f"{source.checked}-01"[:10]), source.key
        assert Path(source.file).read_text("utf-8").startswith("# "), source.key
        assert source.language, source.key


def test_only_proven_or_documented_sources_ship_enabled() -> None:
    for source in load_sources().values():
        assert source.enabled or source.why_disabled, source.key
        assert not (source.enabled and source.status == "unproven"), source.key


def test_own_file_replaces_a_shipped_one_whole(tmp_path: Path) -> None:
    write(tmp_path, "hk-gia-en", GOOD)
    source = load_sources(tmp_path)["hk-gia-en"]
    assert (source.title, source.release.body, source.language) == ("A", "", "")


def test_use_keeps_only_what_it_names(tmp_path: Path) -> None:
    write(tmp_path, "mine", GOOD)
    assert list(load_sources(tmp_path, use=["mine"])) == ["mine"]


def test_use_of_a_view_brings_along_what_it_is_made_of() -> None:
    assert list(load_sources(use=["hk-dpo"])) == ["hk-dpo", "hk-gia-en"]


def test_use_of_an_unknown_source_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown source hk-gia"):
        load_sources(tmp_path, use=["hk-gia"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title = ", "Invalid value (at end of document)"),
        (GOOD.replace("links", "lnks"), "my-source.toml:4: listing.lnks: unknown key: expected one of"),
        (GOOD.replace("links", "lnks"), 'did you mean "links"?'),
        (GOOD.replace("ul a", "ul ["), ':4: listing.links: got "ul ["'),
        (GOOD.replace("https://a.hk/list", "a.hk"), 'listing.url: got "a.hk": expected an address'),
        ('every = "often"' + GOOD, 'every: got "often": expected a time'),
        ('every = "61 * * * *"' + GOOD, 'every: got "61 * * * *": expected five fields as in a crontab'),
        ('every = "1h"\nwithin = "2h"' + GOOD, 'within: got "2h": expected only beside every = "auto"'),
        ('every = "auto"\nwithin = "5s"' + GOOD, 'within: got "5s": expected a minute or more'),
        ('every = "10s"' + GOOD, 'every: got "10s": expected a minute or more'),
        ('kind = "htm"' + GOOD, "expected one of html, feed, json"),
        ("enabled = false" + GOOD, "why-disabled: absent"),
        ('time-zone = "Asia/HongKong"' + GOOD, "name of a time zone"),
        ("title = 3" + GOOD.replace('title = "A"', ""), ":1: title: got 3: expected a string"),
        (GOOD + 'native-id = "(a+)+"', "a repeated group that repeats inside itself"),
        ('preset = "nosuch"' + GOOD, 'preset: got "nosuch": expected one of'),
        ("", "listing.url: absent"),
        ('kind = "view"\n[view]\nof = "hk-gia"\nphrases = ["A"]', "view.of: unknown source hk-gia: expected the key"),
        ('kind = "view"\n[view]\nof = "hk-dpo"\nphrases = ["A"]', "view.of: hk-dpo is a view itself: expected"),
        ('kind = "view"\n[view]\nof = "hk-gia-en"', "view.phrases: absent: expected words of the text, or authors"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in problems(tmp_path, text.lstrip("\n") if text != GOOD else text)


@pytest.mark.parametrize("text", ["x", GOOD.replace("https://a.hk/list", "x")])
def test_one_mistake_is_told_once(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text).count("\n") == 0


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, "other", "titel = 1\n" + GOOD)
    told = problems(tmp_path, GOOD.replace("links", "lnks") + "pages = 0\n")
    assert told.count("\n") == 2
    assert "other.toml:1: titel" in told


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"title = '\xff'")
    with pytest.raises(ConfigError, match="byte 9 is not UTF-8"):
        load_sources(tmp_path)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://www.info.gov.hk/gia/general/202001/04/P2020010400582.htm", "P2020010400582"),
        ("https://WWW.info.gov.hk/gia/general/202001/04/P2020010400582p.htm?fontSize=1#x", "P2020010400582"),
        ("https://www.info.gov.hk/gia/general/201011/19/P201011190280.htm", "P201011190280"),
    ],
)
def test_gia_addresses_become_one(url: str, expected: str) -> None:
    gia = load_sources()["hk-gia-en"]
    found = gia.canonical(url)
    assert found == f"https://www.info.gov.hk/gia/general/{expected[1:7]}/{expected[7:9]}/{expected}.htm"
    assert gia.native_id(found) == expected
    assert gia.aliases(found) == (found.replace(".htm", "p.htm"),)


def test_address_rules_leave_other_hosts_alone() -> None:
    gia = load_sources()["hk-gia-en"]
    assert gia.canonical("https://isd.wecast.hk/vod/?id=13434") == "https://isd.wecast.hk/vod/?id=13434"
    assert gia.canonical("http://sc.isd.gov.hk/TuniS//www.info.gov.hk/a.htm") == (
        "https://sc.isd.gov.hk/TuniS/www.info.gov.hk/a.htm"
    )


def test_macao_addresses_drop_the_topic_only() -> None:
    macao = load_sources()["mo-gcs-zh"]
    url = "https://www.gcs.gov.mo/detail/zh-hant/N26DNTyiSY"
    assert macao.canonical(f"{url}?topic=a&x=1&category=b") == f"{url}?x=1"
    assert macao.native_id(url) == "N26DNTyiSY"


def test_day_pages_follow_the_day_of_the_place_not_of_the_clock() -> None:
    gia = load_sources()["hk-gia-en"]
    urls = [request.url for request in gia.requests(datetime(2026, 1, 1, 17, 0, tzinfo=UTC))]
    assert urls == [
        "https://www.info.gov.hk/gia/general/today.htm",
        "https://www.info.gov.hk/gia/general/202601/02.htm",
        "https://www.info.gov.hk/gia/general/202601/01.htm",
    ]


def test_newsroom_tells_readers_whose_text_it_is() -> None:
    newsroom = load_sources()["mo-gcs-zh"].newsroom()
    assert (newsroom.language, newsroom.content, newsroom.every_s) == ("zh-Hant", "full", 900)


def test_a_source_without_rules_leaves_addresses_as_they_are() -> None:
    assert Source(key="a", title="A").canonical(" https://a.hk/x?b=1#c ") == "https://a.hk/x?b=1"


def test_patterns_that_could_run_long_are_refused() -> None:
    with pytest.raises(ValueError, match="longer than"):
        bounded("a" * 301)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (900, False, "")),
        ('every = "2h"', (7200, False, "")),
        ('every = "auto"', (3600, True, "")),
        ('every = "auto"\nwithin = "30m"', (1800, True, "")),
        ('every = "*/20 8-20 * * 1-5"', (1200, False, "*/20 8-20 * * 1-5")),
    ],
)
def test_how_often_a_source_is_asked(tmp_path: Path, text: str, expected: tuple[int, bool, str]) -> None:
    write(tmp_path, "mine", text + "\n" + GOOD)
    source = load_sources(tmp_path)["mine"]
    assert (source.every.total_seconds(), source.auto, source.cron) == expected
