"""``baywire doctor``: what is wrong is told, and what mends it is shown before it is written."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.source import load_sources
from scheduler.config import load
from scheduler.desk import open_desk
from scheduler.doctor import look_at_setup
from scheduler.rewrite import Rewrite

if TYPE_CHECKING:
    from conftest import Done, Typed

INDEX = "file\toriginal_url\nlist.htm\thttps://www.info.gov.hk/gia/general/today.htm\n"


def lines(done: Done) -> Sequence[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def recorded(folder: Path, listing: str) -> str:
    """Write a folder of recorded pages with nothing but *listing*; return its name."""
    folder.mkdir()
    (folder / "list.htm").write_text(listing, encoding="utf-8")
    (folder / "index.tsv").write_text(INDEX, encoding="utf-8")
    return folder.name


@pytest.fixture
def redesigned(tmp_path: Path, shared: Path, typed: Typed) -> str:
    """A folder of recorded pages in which a source, which has been crawled, has a new layout."""
    assert typed("crawl", "hk-gia-en", "--replay", str(shared / "pages"), "--no-publish").returncode == 0
    listing = (shared / "pages" / "synthetic" / "gia_today.htm").read_text(encoding="utf-8")
    return recorded(tmp_path / "new", listing.replace("leftBody", "newsColumn"))


def test_a_set_up_that_is_well_is_found_well(typed: Typed) -> None:
    done = typed("doctor", "--json")
    assert done.returncode == 0, done.stdout
    subjects = {line["subject"] for line in lines(done)}
    assert subjects >= {"configuration", "rules", "store", "folder", "disk", "daemon", "backup", "clock", "published"}


def test_a_store_that_is_no_store_is_wrong(tmp_path: Path, typed: Typed) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "baywire.sqlite3").write_bytes(b"no store" * 1000)
    done = typed("doctor", "--json")
    assert done.returncode == 1
    assert [line["subject"] for line in lines(done) if line["wrong"]] == ["store"]


def test_a_clock_that_went_back_and_files_that_are_not_there_are_wrong(tmp_path: Path, redesigned: str) -> None:
    assert redesigned
    config = load(tmp_path, environ={})
    now = datetime.now(UTC)
    found = {one.subject: one for one in look_at_setup(config, now=now - timedelta(days=2))}
    assert (found["clock"].wrong, found["published"].wrong) == (True, True)
    assert "type baywire publish" in found["published"].found
    assert not {one.subject: one for one in look_at_setup(config, now=now)}["clock"].wrong


def test_a_redesigned_listing_is_mended_once_a_person_says_so(tmp_path: Path, typed: Typed, redesigned: str) -> None:
    ill = typed("doctor", "hk-gia-en", "--replay", redesigned)
    assert ill.returncode == 1
    assert "finds 18 releases, 18 of 18 known" in ill.stdout
    assert "+links = " in ill.stdout
    assert "--fix" in ill.stderr
    assert not (tmp_path / "sources.d").exists()
    patch = next(line["patch"] for line in lines(typed("doctor", "hk-gia-en", "--replay", redesigned, "--json"))[-1:])
    assert str(patch).startswith("---")

    mended = typed("doctor", "hk-gia-en", "--replay", redesigned, "--fix")
    assert mended.returncode == 0, mended.stderr
    file = tmp_path / "sources.d" / "hk-gia-en.toml"
    assert f"{file}: written; this copy of yours is read in place of " in mended.stderr
    own = load_sources(file.parent, use=["hk-gia-en"])["hk-gia-en"]
    assert Rewrite(source=own, changes={"": {"every": "11m"}}).write(file.parent) == f"{file}: written"
    assert "newsColumn" in tomllib.loads(file.read_text(encoding="utf-8"))["listing"]["links"]
    assert typed("doctor", "hk-gia-en", "--replay", redesigned).returncode == 0
    again = typed("crawl", "hk-gia-en", "--replay", redesigned, "--no-publish", "--json")
    assert [(line["outcome"], line["listed"], line["new"]) for line in lines(again)] == [("unchanged", 18, 0)]


def test_a_source_that_repaired_itself_is_healthy_once_that_is_written_down(
    tmp_path: Path, typed: Typed, redesigned: str
) -> None:
    first = typed("crawl", "hk-gia-en", "--replay", redesigned, "--no-publish", "--json")
    assert [(line["outcome"], line["new"]) for line in lines(first)] == [("unchanged", 0)]
    told = typed("doctor", "hk-gia-en", "--replay", redesigned)
    assert "repaired" in told.stdout.splitlines()[0]
    typed("doctor", "hk-gia-en", "--replay", redesigned, "--fix")
    typed("crawl", "hk-gia-en", "--replay", redesigned, "--no-publish")
    with open_desk(load(tmp_path, environ={})) as desk:
        state = desk.store.source_state("hk-gia-en")
    assert state is not None
    assert state.state == "healthy"


def test_what_stands_before_a_site_is_named_and_not_mended(tmp_path: Path, typed: Typed) -> None:
    wall = recorded(tmp_path / "wall", "<title>Just a moment...</title><a href='/x'>x</a>")
    done = typed("doctor", "hk-gia-en", "--replay", wall, "--fix")
    assert done.returncode == 1
    assert "stands before the site: captcha" in done.stdout
    assert not (tmp_path / "sources.d").exists()


def test_the_page_in_quarantine_is_told(tmp_path: Path, typed: Typed, redesigned: str) -> None:
    wall = recorded(tmp_path / "wall", "<title>Maintenance</title><p>The site is under maintenance.</p>")
    typed("crawl", "hk-gia-en", "--replay", wall, "--no-publish")
    done = typed("doctor", "hk-gia-en", "--replay", redesigned)
    assert "under maintenance" not in done.stdout
    assert "not the listing but another page: maintenance" in done.stdout


def test_an_unknown_source_is_a_usage_error(typed: Typed) -> None:
    assert typed("doctor", "hk-gia").returncode == 2


@pytest.mark.parametrize(("hook", "wrong"), [("/nowhere/tell.sh", True), ("./tell.sh", False), ("sh -c x", False)])
def test_a_hook_that_could_not_be_run_is_told_before_it_is_needed(tmp_path: Path, hook: str, *, wrong: bool) -> None:
    (tmp_path / "tell.sh").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "tell.sh").chmod(0o755)
    (tmp_path / "baywire.toml").write_text(f'[notify]\nhook = "{hook}"\n', encoding="utf-8")
    found = {one.subject: one for one in look_at_setup(load(tmp_path, environ={}), now=datetime.now(UTC))}
    assert found["hook"].wrong is wrong
    assert hook.partition(" ")[0].removeprefix("./") in found["hook"].found
