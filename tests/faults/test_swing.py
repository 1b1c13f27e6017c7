"""Row P9, and what no row lists: pages that say one thing and then another, at every look."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from feeds.release import Change, Draft

if TYPE_CHECKING:
    from faults.chaos import Chaos, Wire
    from faults.conftest import Desk

Page = Callable[..., str]
START = datetime(2026, 4, 29, 12, tzinfo=UTC)
TEXT = "The department said on Monday that number 1 had been released to the public. " * 3
TEXTS = {"a": TEXT, "b": f"{TEXT} Visit our exhibition on tides.", "c": f"{TEXT} There are 14 persons, not 12."}


@pytest.mark.parametrize(
    ("said", "corrections", "last"),
    [
        ("ababababa", "b", "b"),  # two servers in turn
        ("aabaabbabbabbaa", "ba", "a"),  # two servers by chance
        ("abcabcabc", "bc", "c"),  # three banners
        ("abaaaa", "ba", "a"),  # taken back
        ("abaabbbbbbb", "ba", "a"),
        ("abaabbbbbbbb", "bab", "b"),  # taken back, and that taken back as well: believed when it stays
        ("ababacacccaa", "bca", "a"),  # two servers, a correction that only one has at first, and that is taken back
        ("aacc", "c", "c"),
        ("aacca", "c", "c"),  # once: perhaps only a server that is late
    ],
)
def test_p9_wordings_that_come_and_go_settle_and_corrections_are_told(
    desk: Desk, said: str, corrections: str, last: str
) -> None:
    found = []
    with desk.store() as store:
        for hour, letter in enumerate(said):
            seen = START + timedelta(hours=hour)
            draft = Draft(source="bad", url="https://a.example/1", title="Released", seen=seen, text=TEXTS[letter])
            with store.writing() as writing:
                found.append(writing.put(draft, now=seen)[0])
        held = store.release(store.newest(source="bad", limit=1)[0])
    told = "".join(letter for letter, change in zip(said, found, strict=True) if change is Change.CHANGED)
    assert (found[0], told) == (Change.NEW, corrections)
    assert held is not None
    assert held.text == TEXTS[last]
    assert held.revision == 1 + len(corrections)


def test_p9_two_servers_behind_one_address_make_one_correction_however_often_it_is_looked_at(
    desk: Desk, newsroom: Chaos, release: Page
) -> None:
    found = []
    for n in range(6):
        newsroom.page("/r/1.htm", release(1, text=TEXTS["ab"[n % 2]]))
        newsroom.page("/list", f'<a class="release" href="/r/1.htm">Release number 1 of the department {"." * n}</a>')
        ended = desk.outcome("bad", now=(START + timedelta(hours=n)).isoformat())
        found.append((ended.outcome, ended.new, ended.changed))
    assert found[:2] == [("new", 1, 0), ("new", 0, 1)]
    assert found[2:] == [("unchanged", 0, 0)] * 4
    assert len(newsroom.times("/r/1.htm")) == 6


def test_p9_what_changes_at_every_look_is_told_until_it_does_no_more(
    desk: Desk, newsroom: Chaos, listing: Page, release: Page
) -> None:
    visits = [0]

    def page(wire: Wire) -> None:
        visits[0] += counts
        n = int(wire.asked.path[3:-4])
        page = release(n, text=f"The harbour opened pier {n} for ferries. " * 9 + f"Visitors: {visits[0]}.")
        wire.page(re.sub(r"2026-04-\d\d", "2026-04-29", page))

    counts = 1
    for n in range(1, 9):
        newsroom.routes[f"/r/{n}.htm"] = page
    newsroom.page("/list", listing(*range(1, 9)))
    assert desk.outcome("bad", now=START.isoformat()).new == 8
    newsroom.page("/list", listing(*range(1, 9), more=" "))
    assert desk.outcome("bad", now=(START + timedelta(hours=1.1)).isoformat()).changed == 8
    state = desk.state("bad")
    assert (state.state.value, desk.count("bad")) == ("suspicious", 8)
    assert "8 of 8 releases had changed" in state.reason
    assert "release.drop" in state.reason
    counts = 0
    newsroom.page("/list", listing(*range(1, 9), more="  "))
    desk.crawl("bad", now=(START + timedelta(hours=3.1)).isoformat())
    newsroom.page("/list", listing(*range(1, 9), more="   "))
    desk.crawl("bad", now=(START + timedelta(hours=9.1)).isoformat())
    assert desk.state("bad").state.value == "healthy"
