from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.source import ListingRules, ReleaseRules, Source, load_sources
from feeds.error import ConfigError
from scheduler.add import key_for, source_toml, write_source
from scheduler.config import load
from scheduler.keep import heal
from scheduler.key import NEVER_PLAIN, OPTIONS
from scheduler.start import starter_files
from scheduler.upkeep import backups

if TYPE_CHECKING:
    from conftest import Done, Typed

NOON = datetime(2026, 4, 14, 12, tzinfo=UTC)


def lines(done: Done) -> Sequence[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


# -- init ----------------------------------------------------------------------------------------------------------


def test_a_starter_project_is_right_and_is_never_written_over(tmp_path: Path, typed: Typed) -> None:
    assert typed("init", "site").returncode == 0
    assert typed("-C", "site", "check").returncode == 0
    (tmp_path / "site" / "baywire.toml").write_text('[site]\ntitle = "mine"\n', encoding="utf-8")
    again = typed("init", "site", "--json")
    assert lines(again)[0]["written"] == []
    assert "mine" in (tmp_path / "site" / "baywire.toml").read_text(encoding="utf-8")


def test_the_starter_configuration_tells_every_key_and_its_true_default(tmp_path: Path) -> None:
    text = starter_files(tmp_path)["baywire.toml"]
    settings = text.partition("# A feed of its own")[0]
    assert "# webhook-secret-file = " in settings
    plain_lines = [line for line in settings.splitlines() if "-file = " not in line]
    bare = "\n".join(line.removeprefix("# ") if " = " in line else line for line in plain_lines)
    told = tomllib.loads(bare.replace("# Every key", "#"))
    assert {f"{section}.{name}" for section, table in told.items() for name in table} == {
        option.key for option in OPTIONS if option.key not in NEVER_PLAIN
    }
    (tmp_path / "baywire.toml").write_text(bare.replace("# Every key", "#"), encoding="utf-8")
    written, plain = (
        load(tmp_path, environ={}),
        load(tmp_path, tmp_path / "empty.toml" if _empty(tmp_path) else None, environ={}),
    )
    assert (written.site, written.store, written.publish, written.notify, written.serve, written.log) == (
        plain.site,
        plain.store,
        plain.publish,
        plain.notify,
        plain.serve,
        plain.log,
    )


def _empty(folder: Path) -> bool:
    (folder / "empty.toml").write_text("", encoding="utf-8")
    return True


# -- add -----------------------------------------------------------------------------------------------------------


def test_add_shows_what_it_found_and_writes_a_source_that_reads_it(tmp_path: Path, shared: Path, typed: Typed) -> None:
    url = "https://govinfohub.gcs.gov.mo/api/rss/n/zh-hant"
    pages = str(shared / "pages")
    dry = typed("add", url, "--name", "macao", "--dry-run", "--replay", pages, "--json")
    assert dry.returncode == 0, dry.stderr
    assert [line["kind"] for line in lines(dry)] == ["listing", "release", "release", "release", "source"]
    assert lines(dry)[-1]["file"] is None
    assert not (tmp_path / "sources.d").exists()
    done = typed("add", url, "--name", "macao", "--replay", pages, "--json")
    told = {"kind": "source", "source": "macao", "file": str(tmp_path / "sources.d" / "macao.toml")}
    assert lines(done)[-1] == {**told, "notes": ["mo-gcs-zh reads this list already"]}
    crawled = typed("crawl", "macao", "--replay", pages, "--json", "--no-publish")
    assert lines(crawled)[-1]["new"] == 24
    again = typed("add", url, "--name", "macao", "--replay", pages)
    assert again.returncode == 2
    assert "choose another key with --name" in again.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--name", "Macao Zh"], "--name: Macao Zh: expected small letters"),
        (["--name", "mo-gcs-zh"], "mo-gcs-zh: there is such a source already"),
        ([], "is not a public address: where that is meant, type --allow-private too"),
    ],
)
def test_add_says_what_to_type_instead(typed: Typed, words: list[str], told: str) -> None:
    done = typed("add", "http://127.0.0.1:9/", *words)
    assert told in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("words", [["add", "nonsense"], ["add", "https://no.example/"]])
def test_add_says_why_it_cannot(shared: Path, typed: Typed, words: list[str]) -> None:
    done = typed(*words, "--replay", str(shared / "pages"))
    assert done.returncode in (1, 2)
    assert done.stderr.startswith("baywire: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("url", "language", "key"),
    [
        ("https://www.info.gov.hk/gia/general/today.htm", "en", "hk-info-en"),
        ("https://www.gcs.gov.mo/list/zh-hant/news/", "zh-Hant", "mo-gcs-zh"),
        ("https://www.gd.gov.cn/", "zh-Hans", "cn-gd-zh-hans"),
        ("https://example.org/", "und", "example"),
        ("http://127.0.0.1:8000/", "", "127-0-0-1"),
    ],
)
def test_a_key_is_made_of_what_tells_an_address_from_others(url: str, language: str, key: str) -> None:
    assert key_for(url, language) == key


def test_a_written_source_reads_back_as_it_was(tmp_path: Path) -> None:
    source = Source(
        key="a-b",
        title='The "Bay" \\ office\t新聞',
        site="https://a.example/",
        zone="Asia/Hong_Kong",
        language="zh-Hant",
        kind="html",
        hosts=("a.example", "b.example"),
        listing=ListingRules(url="https://a.example/", links="ul > li a[href*='/n/']", date="time"),
        release=ReleaseRules(),
        allow_private=True,
    )
    path = write_source(tmp_path, source, now=NOON)
    assert path.read_text(encoding="utf-8") == source_toml(source, now=NOON)
    (found,) = load_sources(tmp_path, use=["a-b"]).values()
    for name in ("key", "site", "zone", "language", "kind", "hosts", "listing", "allow_private"):
        assert getattr(found, name) == getattr(source, name), name
    with pytest.raises(ConfigError, match="is there already"):
        write_source(tmp_path, source, now=NOON)


# -- exchange ------------------------------------------------------------------------------------------------------


def test_feeds_go_out_as_opml_and_come_in_as_sources(tmp_path: Path, typed: Typed) -> None:
    out = typed("export", "opml")
    assert out.returncode == 0
    assert "/feeds/ai.atom" in out.stdout
    outline = '<outline type="rss" text="A &amp; B" xmlUrl="https://a.example/rss"/>'
    (tmp_path / "in.opml").write_text(f"<opml><body>{outline}{outline}<outline/></body></opml>", encoding="utf-8")
    done = typed("import", "opml", "in.opml", "--json")
    assert [line["source"] for line in lines(done)] == ["a-example"]
    assert load_sources(tmp_path / "sources.d", use=["a-example"])["a-example"].title == "A & B"
    again = typed("import", "opml", "in.opml", "--json")
    assert [line["reason"] for line in lines(again)] == ["is there already"]


@pytest.mark.parametrize(
    "text", ["no xml", '<!DOCTYPE o [<!ENTITY a "b">]><opml>&a;</opml>', '<!DOCTYPE o SYSTEM "file:///etc/passwd"><o>']
)
def test_an_opml_file_that_is_none_is_refused(tmp_path: Path, typed: Typed, text: str) -> None:
    (tmp_path / "in.opml").write_text(text, encoding="utf-8")
    done = typed("import", "opml", "in.opml")
    assert done.returncode == 2
    assert done.stderr.startswith("baywire: in.opml: ")
    assert not (tmp_path / "sources.d").exists()


def test_an_outline_that_leads_nowhere_is_told_and_left_out(tmp_path: Path, typed: Typed) -> None:
    outline = '<outline type="rss" text="A" xmlUrl="javascript:alert(1)"/>'
    (tmp_path / "in.opml").write_text(f"<opml><body>{outline}</body></opml>", encoding="utf-8")
    (line,) = lines(typed("import", "opml", "in.opml", "--json"))
    assert (line["source"], line["file"]) == (None, None)
    assert "javascript:alert(1): is no address" in typed("import", "opml", "in.opml").stdout
    (tmp_path / "in.opml").write_text("<opml><body/></opml>", encoding="utf-8")
    assert "in.opml: names no feeds" in typed("import", "opml", "in.opml").stderr
    assert not (tmp_path / "sources.d").exists()


def test_what_an_operator_did_to_a_source_is_a_line(typed: Typed) -> None:
    for verb, state in (("disable", "disabled"), ("enable", "pending")):
        (line,) = lines(typed(verb, "hk-gia-en", "--json"))
        assert (line["kind"], line["source"], line["state"]) == ("source", "hk-gia-en", state)


# -- backup and restore --------------------------------------------------------------------------------------------


def test_a_backup_brings_back_the_same_ids_and_files(tmp_path: Path, shared: Path, typed: Typed) -> None:
    assert typed("crawl", "mo-gcs-zh", "--replay", str(shared / "pages"), "-q").returncode == 0
    made = typed("backup")
    assert made.returncode == 0, made.stderr
    assert Path(made.stdout.strip()).is_file()
    before = typed("export", "json").stdout
    store = tmp_path / "var" / "baywire.sqlite3"
    store.write_bytes(b"\0" * 4096 + os.urandom(store.stat().st_size - 4096))
    broken = typed("publish")
    assert broken.returncode != 0
    assert broken.stderr.count("\n") == 1
    restored = typed("restore")
    assert restored.returncode == 0, restored.stderr
    assert typed("export", "json").stdout == before
    assert typed("publish", "--check").returncode == 0
    assert len(list((tmp_path / "var").glob("*.aside-*"))) >= 1


def test_what_a_restored_backup_lacks_leaves_the_feeds_once_and_comes_back_by_the_same_ids(
    tmp_path: Path, shared: Path, typed: Typed
) -> None:
    pages, feed = str(shared / "pages"), tmp_path / "public" / "feeds" / "source" / "mo-gcs-zh.json"

    def held() -> list[str]:
        return [str(item["id"]) for item in json.loads(feed.read_text(encoding="utf-8"))["items"]]

    assert typed("crawl", "mo-gcs-zh", "--replay", pages, "--limit", "2", "-q").returncode == 0
    backup, few = typed("backup").stdout.strip(), held()
    assert typed("crawl", "mo-gcs-zh", "--replay", pages, "-q").returncode == 0
    many = held()
    assert 2 * len(few) < len(many)
    restored = typed("restore", backup)
    assert "what came later is crawled again, by the same ids" in restored.stderr
    assert typed("publish", "--check").returncode == 1  # which gives up nothing yet
    done = typed("publish")
    assert (done.returncode, held()) == (0, few)
    assert "not in the feeds until it is crawled again" in done.stderr
    assert typed("crawl", "mo-gcs-zh", "--replay", pages, "-q").returncode == 0
    assert held() == many
    feed.write_text(feed.read_text(encoding="utf-8").replace('"id":"tag:', '"id":"tag:x'), encoding="utf-8")
    refused = typed("publish")  # of ids that no store knows: this loss is not meant
    assert refused.returncode == 1
    assert "the file before it stays" in refused.stderr


@pytest.mark.parametrize("damage", ["noise", "empty", "gone"])
def test_a_daemon_takes_up_the_newest_whole_backup(tmp_path: Path, shared: Path, typed: Typed, damage: str) -> None:
    assert typed("crawl", "mo-gcs-zh", "--replay", str(shared / "pages"), "--no-publish").returncode == 0
    assert typed("backup").returncode == 0
    config = load(tmp_path, environ={})
    (newest,) = backups(tmp_path / "var" / "backups")
    newest.with_name("baywire-99990101T000000Z.sqlite3").write_bytes(b"torn")
    store = tmp_path / "var" / "baywire.sqlite3"
    if damage == "noise":
        store.write_bytes(os.urandom(100_000))
    elif damage == "empty":
        store.write_bytes(b"")
    else:
        store.unlink()
    done = heal(config)
    assert f"restored from {newest}" in str(done)
    assert len(typed("search", "澳門", "--limit", "1000", "--json").stdout.splitlines()) > 10
    assert heal(config) is None


def test_what_is_no_store_is_not_restored(tmp_path: Path, typed: Typed) -> None:
    (tmp_path / "x").write_bytes(b"no store")
    done = typed("restore", "x")
    assert done.returncode == 2
    assert "is no whole store" in done.stderr
    assert typed("restore").returncode == 2
    assert typed("backup").returncode == 2
