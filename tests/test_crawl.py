"""Crawls of the shipped sources on recorded pages, and addresses fetched singly."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.run import Batch, Event, Report, crawl, fetch
from crawler.source import load_sources
from feeds.store import Outcome, State, Store, open_store


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return the address of a store that knows the shipped sources."""
    found = f"sqlite:///{tmp_path}/store.sqlite3"
    with open_store(found) as store:
        store.sync_sources([source.newsroom() for source in load_sources().values()], now=datetime.now(UTC))
    return found


def replayed(url: str, shared: Path, *sources: str, **how: object) -> tuple[Report, list[Event], Store]:
    events: list[Event] = []
    values: dict[str, object] = {"run": "r", "sources": sources, "store_url": url, "replay": str(shared / "pages")}
    report = crawl(Batch(**{**values, **how}), events.append)
    return report, events, open_store(url)


def test_every_recorded_release_is_stored_and_a_second_crawl_finds_nothing_new(url: str, shared: Path) -> None:
    report, events, store = replayed(url, shared, "hk-gia-en", "mo-gcs-zh")
    with store:
        ended = {outcome.source: outcome for outcome in report.outcomes}
        assert (report.ended, report.errors) == ("ok", ())
        assert (ended["hk-gia-en"].outcome, ended["hk-gia-en"].listed, ended["hk-gia-en"].new) == ("new", 18, 18)
        assert (ended["mo-gcs-zh"].outcome, ended["mo-gcs-zh"].listed, ended["mo-gcs-zh"].new) == ("new", 24, 24)
        assert (store.count(source="hk-gia-en"), store.count(source="mo-gcs-zh")) == (18, 24)
        assert {ended["hk-gia-en"].reason, ended["mo-gcs-zh"].reason} == {""}
        released = [event for event in events if event["event"] == "release"]
        assert len({event["id"] for event in released}) == 42
        assert len(store.releases([str(event["id"]) for event in released])) == 42
        state = store.source_state("hk-gia-en")
        assert state is not None
        assert (state.state, state.outcome, state.listed_median) == (State.HEALTHY, Outcome.NEW, 18.0)
        assert state.next_due is not None
    report, events, store = replayed(url, shared, "hk-gia-en", "mo-gcs-zh")
    with store:
        assert {outcome.outcome for outcome in report.outcomes} == {"unchanged"}
        assert not [event for event in events if event["event"] == "release"]
        assert store.count() == 42
        assert not store.corrections(limit=5)


def test_native_numbers_are_in_the_ids(url: str, shared: Path) -> None:
    _, events, store = replayed(url, shared, "hk-gia-en")
    with store:
        ids = {str(event["id"]) for event in events if event["event"] == "release"}
    assert {id_.rpartition("/")[2] for id_ in ids} >= {"P2019123100709", "P2017092100150", "P2017100100341"}


def test_a_limit_takes_the_first_listed_and_hides_nothing_from_the_next_crawl(url: str, shared: Path) -> None:
    report, _, store = replayed(url, shared, "hk-gia-en", limit=3)
    store.close()
    assert report.outcomes[0].new == 3
    report, _, store = replayed(url, shared, "hk-gia-en")
    store.close()
    assert report.outcomes[0].new == 15


def test_since_leaves_out_what_is_older_and_hides_nothing_from_the_next_crawl(url: str, shared: Path) -> None:
    report, _, store = replayed(url, shared, "hk-gia-en", "mo-gcs-zh", since="2021-01-01T00:00:00+08:00")
    store.close()
    assert {outcome.source: outcome.new for outcome in report.outcomes} == {"hk-gia-en": 5, "mo-gcs-zh": 24}
    report, _, store = replayed(url, shared, "hk-gia-en")
    store.close()
    assert report.outcomes[0].new == 13


def test_an_archive_is_walked_day_by_day_and_leaves_the_schedule_alone(url: str, shared: Path) -> None:
    with open_store(url) as store:
        before = store.source_state("hk-gia-en")
    days = ("2017-08-06", "2019-12-31", "2020-01-01")  # the last was not recorded
    for new in (2, 0):
        report, _, store = replayed(url, shared, "hk-gia-en", archive=True, days=days)
        with store:
            assert (report.errors, report.outcomes[0].new) == ((), new)
            state = store.source_state("hk-gia-en")
            assert state is not None
            assert replace(state, since=None) == before
    report, _, store = replayed(url, shared, "hk-gia-en")
    store.close()
    assert report.outcomes[0].new == 16


def test_an_unknown_source_and_one_with_a_broken_file_fail_alone(url: str, shared: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text('title = "x"\n[listing]\nurrl = "https://a.example/"\n', encoding="utf-8")
    with open_store(url) as store:
        newsrooms = [*store.newsrooms().values()]
        store.sync_sources([*newsrooms, newsrooms[0].__class__(key="broken", title="x")], now=datetime.now(UTC))
    how = {"folders": (str(tmp_path),)}
    report, _, store = replayed(url, shared, "mo-gcs-zh", "broken", "nobody", **how)
    with store:
        ended = {outcome.source: outcome for outcome in report.outcomes}
        assert ended["mo-gcs-zh"].outcome == "new"
        assert ended["broken"].outcome == ended["nobody"].outcome == "failed"
        assert "urrl" in ended["broken"].reason
        assert store.runs("broken")[0].outcome is Outcome.FAILED


def test_a_listing_that_was_not_recorded_is_like_a_host_out_of_reach(url: str, shared: Path) -> None:
    report, _, store = replayed(url, shared, "hk-gia-zh")
    with store:
        assert report.outcomes[0].outcome == "failed"
        assert "ctoday.htm is not in" in report.outcomes[0].reason


def test_a_crawl_can_be_made_from_a_program_that_a_pipe_feeds(url: str, shared: Path) -> None:
    program = (
        "import sys\nfrom crawler.run import Batch, crawl\n"
        "batch = Batch(run='r', sources=('mo-gcs-zh',), store_url=sys.argv[1], replay=sys.argv[2])\n"
        "print(crawl(batch, lambda event: None).ended)"
    )
    asked = [sys.executable, "-W", "error", "-", url, str(shared / "pages")]
    done = subprocess.run(asked, input=program, check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("ok\n", "")


def test_importing_the_runner_loads_neither_scrapy_nor_sqlalchemy() -> None:
    program = (
        "import sys, crawler.run; print([n for n in ('scrapy', 'twisted', 'sqlalchemy', 'lxml') if n in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout == "[]\n"


PRIVATE = (
    "http://127.0.0.1/",
    "http://[::1]/",
    "http://localhost/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://0/",
    "http://[::ffff:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
)


def test_private_addresses_are_not_fetched_and_the_reason_says_so() -> None:
    for page in fetch(PRIVATE, wall_s=30, delay_s=0):
        assert (page.status, page.body) == (0, b""), page.asked
        assert "not a public address" in page.reason, page


def test_addresses_of_another_scheme_are_not_fetched() -> None:
    for page in fetch(["file:///etc/hostname", "ftp://a.example/", "data:text/html,x", "javascript:1", "x", ""]):
        assert (page.status, page.body) == (0, b""), page.asked
        assert page.reason, page.asked
