"""Row P9 as readers and operators see it: what its source corrects keeps its id, and nothing else moves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import feedparser
import pytest

if TYPE_CHECKING:
    from faults.chaos import Chaos
    from faults.office import Office

Page = Callable[..., str]
FIRST = "The department said on Monday that number 3 had been released to the public. " * 3


def entries(office: Office) -> dict[str, dict[str, Any]]:
    """Return the entries of the source's feed by their ids."""
    parsed = feedparser.parse((office.folder / "public/feeds/source/bad.atom").read_bytes())
    assert not parsed.bozo
    document = json.loads((office.folder / "public/feeds/source/bad.json").read_text("utf-8"))
    held = {entry["id"]: entry for entry in document["items"]}
    assert [entry.id for entry in parsed.entries] == list(held)
    return held


def recent(page: str) -> str:
    """Return *page* with a date of today: what is old is looked at again only where its list says something else."""
    return re.sub(r"2026-04-\d\d 10:00", "2026-05-01 10:00", page)


def corrections(office: Office) -> int:
    return len(feedparser.parse((office.folder / "public/feeds/corrections.atom").read_bytes()).entries)


@pytest.mark.soak
def test_p9_what_its_source_corrects_or_withdraws_keeps_its_id_and_moves_no_other_entry(
    empty: Office, chaos: Chaos, listing: Page, release: Page
) -> None:
    title = "Release number 3 of the department"

    def puts(*, said: str = title, text: str = FIRST, url: str = "/r/3.htm", status: int = 200) -> None:
        chaos.page(url, recent(release(3, title=said, text=text)), status)
        chaos.page("/list", listing(5, 4, 2, 1, more=f'<a class="release" href="{url}">{said}</a>'))

    puts()
    assert empty.crawl() == "new"
    before = entries(empty)
    (mine,) = (id_ for id_, entry in before.items() if entry["title"] == title)
    steps: list[tuple[dict[str, Any], int]] = [
        ({"said": f"{title} (corrected)"}, 1),
        ({"said": f"{title} (corrected)", "text": f"{FIRST} There were 14, not 12."}, 2),
        ({"said": f"{title} (correction)", "text": f"{FIRST} There were 15, not 12.", "url": "/r/33.htm"}, 3),
    ]
    moved = before[mine]["date_modified"]
    for step, told in steps:
        puts(**step)
        assert empty.crawl(2) == "new", step
        now = entries(empty)
        assert {id_: entry for id_, entry in now.items() if id_ != mine} == {
            id_: entry for id_, entry in before.items() if id_ != mine
        }
        assert now[mine]["title"] == step["said"]
        assert now[mine]["date_modified"] > moved
        assert now[mine]["date_published"] == before[mine]["date_published"]
        assert corrections(empty) == told
        moved = now[mine]["date_modified"]
    feeds = empty.feeds()
    assert empty.crawl(3) == "unchanged"
    assert empty.feeds() == feeds
    puts(**steps[-1][0], status=410)
    chaos.page("/list", listing(5, 4, 2, 1, more=f'<a class="release" href="/r/33.htm">{title} (withdrawn)</a>'))
    empty.crawl(3)
    now = entries(empty)
    assert now.keys() == before.keys()
    assert "withdrawn" in now[mine]["content_html"].lower()
    assert "15, not 12" in now[mine]["content_html"]
    feeds = empty.feeds()
    chaos.page("/list", listing(5, 4, 2, 1))
    assert empty.crawl() == "unchanged"
    assert empty.feeds() == feeds
    assert empty.told() == []
