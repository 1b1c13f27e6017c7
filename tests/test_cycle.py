from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from crawler.batch import SourceOutcome
from scheduler.config import load
from scheduler.cycle import batches
from scheduler.desk import Desk, open_desk
from scheduler.line import Line
from scheduler.lock import hold
from scheduler.order import Order
from scheduler.perform import perform, status_of

if TYPE_CHECKING:
    from conftest import Typed

NOON = datetime(2026, 4, 14, 12, tzinfo=UTC)
RELEASE = {
    *("kind", "id", "source", "native_id", "url", "language", "title", "author", "published", "updated", "summary"),
    *("text", "html", "topics", "photos", "attachments", "translations", "facts", "repairs", "revision"),
}


def files(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        str(path.relative_to(folder)): (hashlib.sha1(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)  # noqa: S324
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(load(tmp_path, environ={}), clock=lambda: NOON) as desk:
        yield desk


def performed(desk: Desk, order: Order) -> tuple[int, list[Line]]:
    lines: list[Line] = []

    async def work() -> int:
        try:
            return await perform(desk, order, lines.append)
        finally:
            desk.zygote.close()

    return asyncio.run(work()), lines


def test_a_crawl_prints_each_release_then_each_source_and_publishes(tmp_path: Path, shared: Path, typed: Typed) -> None:
    done = typed("crawl", "hk-gia-en", "--replay", str(shared / "pages"), "--json")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["kind"] for line in lines] == ["release"] * 18 + ["crawl"]
    assert set(lines[0]) >= RELEASE
    assert {name: lines[-1][name] for name in ("source", "outcome", "listed", "new", "changed")} == {
        "source": "hk-gia-en",
        "outcome": "new",
        "listed": 18,
        "new": 18,
        "changed": 0,
    }
    assert "Greater Bay Area" in (tmp_path / "public" / "feeds" / "greater-bay-area.atom").read_text(encoding="utf-8")

    before = files(tmp_path / "public")
    again = typed("crawl", "hk-gia-en", "--replay", str(shared / "pages"), "--json")
    assert again.returncode == 0, again.stderr
    assert [json.loads(line)["outcome"] for line in again.stdout.splitlines()] == ["unchanged"]
    assert files(tmp_path / "public") == before
    repaired = json.loads(typed("status", "hk-gia-en", "--json").stdout)["repairs"]
    assert repaired == {"nbsp-paragraphs": 18, "zero-width": 2}  # of the first crawl, not counted again by the second

    combined = json.loads((tmp_path / "public" / "feeds" / "greater-bay-area.json").read_text(encoding="utf-8"))
    shown = combined["items"][0]["_baywire"]["evidence"]
    assert {one["topic"] for one in shown} == set(combined["items"][0]["_baywire"]["topics"])
    assert all(one["text"] in one["snippet"] for one in shown)
    assert (tmp_path / "public" / "feeds" / "ai-and-greater-bay-area.atom").exists()
    found = typed("search", "speech", "--where", "greater-bay-area and not language:pt", "--limit", "50", "--json")
    topics = [json.loads(line)["topics"] for line in found.stdout.splitlines()]
    assert topics
    assert all("greater-bay-area" in some for some in topics)
    assert "column 4" in typed("search", "speech", "--where", "ai adn data").stderr

    assert typed("publish", "--check").returncode == 0
    (tmp_path / "public" / "feeds" / "all.atom").unlink()
    assert typed("publish", "--check").returncode == 1
    assert not (tmp_path / "public" / "feeds" / "all.atom").exists()
    assert typed("publish").returncode == 0
    assert {name: digest for name, (digest, _) in files(tmp_path / "public").items()} == {
        name: digest for name, (digest, _) in before.items()
    }


def test_every_new_release_is_told_with_its_topics(desk: Desk, shared: Path) -> None:
    status, lines = performed(desk, Order(verb="crawl", sources=("mo-gcs-zh",), replay=str(shared / "pages")))
    releases = [line for line in lines if line["kind"] == "release"]
    assert (status, len(releases)) == (0, 24)
    kept = desk.store.tags([str(line["id"]) for line in releases])
    for line in releases:
        assert line["topics"] == [tag.topic for tag in kept[str(line["id"])] if tag.passed]
    state = desk.store.source_state("mo-gcs-zh")
    assert state is not None
    assert state.next_due is not None
    assert state.next_due > NOON


def test_a_source_that_fails_leaves_the_files_and_says_why(tmp_path: Path, shared: Path, typed: Typed) -> None:
    pages = str(shared / "pages")
    assert typed("crawl", "mo-gcs-zh", "--replay", pages, "-q").returncode == 0
    feed = tmp_path / "public" / "feeds" / "source" / "mo-gcs-zh.atom"
    before = feed.stat()
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "index.tsv").write_text("file\toriginal_url\n", encoding="utf-8")
    failed = typed("crawl", "mo-gcs-zh", "--replay", "empty", "--json")
    assert failed.returncode == 3
    (line,) = (json.loads(line) for line in failed.stdout.splitlines())
    assert line["outcome"] == "failed"
    assert "not recorded" in line["reason"]
    assert feed.stat() == before
    status = typed("status", "--json")
    assert status.returncode == 1
    states = {line["source"]: line for line in map(json.loads, status.stdout.splitlines())}
    assert states["mo-gcs-zh"]["state"] == "failing"
    assert "not recorded" in states["mo-gcs-zh"]["reason"]
    assert typed("crawl", "hk-gia-zh", "mo-gcs-zh", "--replay", pages).returncode == 1


def test_a_crawl_need_not_publish(tmp_path: Path, shared: Path, typed: Typed) -> None:
    done = typed("crawl", "mo-gcs-zh", "--replay", str(shared / "pages"), "--no-publish", "--limit", "3")
    assert done.returncode == 0, done.stderr
    assert "3 new" in done.stdout
    assert not (tmp_path / "public").exists()


def test_plain_lines_stand_in_for_a_bar_where_there_is_no_terminal(shared: Path, typed: Typed) -> None:
    done = typed("crawl", "mo-gcs-zh", "--replay", str(shared / "pages"))
    assert done.stderr.splitlines()[0] == "mo-gcs-zh: 24 releases listed"
    assert "\x1b" not in done.stderr + done.stdout
    assert len(done.stdout.splitlines()) == 25
    quiet = typed("crawl", "mo-gcs-zh", "--replay", str(shared / "pages"), "-q")
    assert quiet.stderr == ""


def test_a_second_command_names_the_first(tmp_path: Path, shared: Path, typed: Typed) -> None:
    with hold(tmp_path / "var", command="baywire crawl --slow", now=NOON):
        done = typed("crawl", "mo-gcs-zh", "--replay", str(shared / "pages"))
    assert done.returncode == 75
    assert "baywire crawl --slow" in done.stderr
    assert f"pid {os.getpid()}" in done.stderr
    assert done.stderr.count("\n") == 1


def test_releases_can_be_found_shown_and_explained(shared: Path, typed: Typed) -> None:
    assert typed("crawl", "hk-gia-en", "--replay", str(shared / "pages"), "-q").returncode == 0
    found = typed("search", "Outline Development Plan", "--json")
    assert found.returncode == 0
    titles = [json.loads(line)["title"] for line in found.stdout.splitlines()]
    assert any("Outline Development Plan" in title for title in titles)
    shown = typed("show", "P2019022100429", "--json")
    release = json.loads(shown.stdout)
    assert release["id"].endswith(":release/hk-gia-en/P2019022100429")
    assert "greater-bay-area" in release["topics"]
    why = typed("why", "P2019022100429", "greater-bay-area", "--json")
    tag = json.loads(why.stdout)
    assert (tag["kind"], tag["topic"]) == ("tag", "greater-bay-area")
    for evidence in tag["evidence"]:
        assert release[evidence["field"]][evidence["start"] : evidence["end"]] == evidence["text"]
    assert typed("topics", "diff").returncode == 0
    assert "P2019022100429" in typed("show", release["url"]).stdout


def test_an_operator_disables_a_source_and_enables_it_again(typed: Typed) -> None:
    assert typed("disable", "hk-gia-en").returncode == 0
    states = [json.loads(line) for line in typed("status", "--json").stdout.splitlines()]
    assert [line["state"] for line in states if line["source"] == "hk-gia-en"] == ["disabled"]
    assert typed("enable", "hk-gia-en").returncode == 0
    states = [json.loads(line) for line in typed("status", "--json").stdout.splitlines()]
    assert [line["state"] for line in states if line["source"] == "hk-gia-en"] == ["pending"]


def test_sources_of_one_host_share_a_child_and_private_ones_stay_apart(desk: Desk) -> None:
    template = desk.sources["hk-gia-en"]
    made = {
        f"s{number:02}": replace(
            template,
            key=f"s{number:02}",
            allow_private=number % 10 == 0,
            listing=replace(template.listing, url=f"http://host{number % 7}.example/"),
        )
        for number in range(60)
    }
    desk.sources = made
    found = list(batches(desk, made))
    assert sorted(key for batch in found for key in batch) == sorted(made)
    homes: dict[str, set[int]] = {}
    for index, batch in enumerate(found):
        assert len({made[key].allow_private for key in batch}) == 1
        for key in batch:
            homes.setdefault(f"{desk.host(key)} {made[key].allow_private}", set()).add(index)
    assert all(len(indexes) == 1 for indexes in homes.values())


def test_a_host_rests_between_two_children(tmp_path: Path) -> None:
    async def asked(desk: Desk) -> float:
        async with desk.claim(["mo-gcs-zh"], replayed=True):
            pass
        assert not desk._resting
        async with desk.claim(["hk-gia-en"]):
            ended = monotonic()
        async with desk.claim(["hk-gia-zh"]):  # of the same host
            return monotonic() - ended

    with open_desk(load(tmp_path, environ={"BAYWIRE_CRAWL_DELAY": "0.3"}), clock=lambda: NOON) as desk:
        assert asyncio.run(asked(desk)) >= 0.3


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([], 0),
        (["new", "unchanged"], 0),
        (["new", "suspicious"], 1),
        (["suspicious"], 1),
        (["unchanged", "blocked"], 1),
        (["failed", "blocked"], 3),
    ],
)
def test_the_exit_status_says_what_failed(outcomes: list[str], status: int) -> None:
    assert status_of([SourceOutcome(source=str(n), outcome=outcome) for n, outcome in enumerate(outcomes)]) == status


def test_an_archive_is_walked_back_and_taken_up_where_it_stopped(tmp_path: Path, shared: Path) -> None:
    order = Order(
        verb="backfill", sources=("hk-gia-en",), replay=str(shared / "pages"), since="2022-05-24T00:00:00+00:00"
    )
    when = datetime(2022, 5, 27, 12, tzinfo=UTC)
    with open_desk(load(tmp_path, environ={}), clock=lambda: when) as desk:
        status, lines = performed(desk, order)
        assert status == 0
        assert [line["native_id"] for line in lines if line["kind"] == "release"] == ["P2022052500609"]
        assert desk.store.meta("backfill hk-gia-en") == "2022-05-24"
        state = desk.store.source_state("hk-gia-en")
        assert state is not None
        assert state.outcome is None  # the schedule knows nothing of it
        assert performed(desk, order)[1][0]["kind"] != "release"
    assert "P2022052500609" in (tmp_path / "public" / "feeds" / "source" / "hk-gia-en.json").read_text(encoding="utf-8")


def test_a_source_read_through_another_stands_as_that_one_does(desk: Desk, shared: Path) -> None:
    seen = next(
        key for key, source in desk.sources.items() if source.view is not None and source.view.of == "mo-gcs-zh"
    )
    performed(desk, Order(verb="crawl", sources=(seen,), replay=str(shared / "pages"), publish=False))
    states = {state.key: state for state in desk.store.source_states()}
    assert states[seen].state is states["mo-gcs-zh"].state
    assert states[seen].last_good == states["mo-gcs-zh"].last_good
    assert states[seen].next_due is None
