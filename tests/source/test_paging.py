"""What is added can be walked back: the next page is found by a rule in the file, whatever the pager is made of."""

from __future__ import annotations

import importlib
import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.extract import read_declared_listing
from crawler.normalise import decode
from crawler.numbered import Numbered
from crawler.source import Source, load_sources
from crawler.trace import trace_listing
from feeds.error import ConfigError
from scheduler.add import Finding, find_out, write_source

if TYPE_CHECKING:
    from conftest import Site, Typed

NOW = datetime(2026, 6, 19, tzinfo=UTC)


MADE = importlib.import_module("source.archive")
ARCHIVES, TITLES = MADE.ARCHIVES, MADE.TITLES


def found_at(site: Site, path: str) -> Finding:
    return find_out(site.url(path), name="made", allow_private=True, now=NOW, get=site.fetch)


def walked(site: Site, source: Source) -> tuple[str, ...]:
    """Return the titles on all pages of *source*, as its rules lead from one to the next; at most ten."""
    titles: list[str] = []
    url = source.listing.url
    for _ in range(10):
        (page,) = site.fetch([url])
        listing = read_declared_listing(source, decode(page.body, page.content_type, page.url).text, page.url)
        fresh = [item.title for item in listing.items if item.title not in titles]
        titles += fresh
        url = listing.next
        if not url or not fresh:
            break
    return tuple(titles)


@pytest.mark.parametrize("name", ARCHIVES)
def test_the_file_that_is_written_leads_through_the_whole_archive(site: Site, tmp_path: Path, name: str) -> None:
    finding = found_at(site, ARCHIVES[name](site))
    assert not [note for note in finding.notes if "next page" in note]
    path = write_source(tmp_path / "sources.d", finding.source, now=NOW)
    source = load_sources(tmp_path / "sources.d")["made"]
    assert "next" in tomllib.loads(path.read_text("utf-8"))["listing"] or source.preset
    assert walked(site, source) == TITLES


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("relation", "a[rel~='next']"),
        ("named", "li.pager__item--next > a"),
        ("worded", ".fenye a:contains('下一页')"),
        ("numbers", ".pagination span.current + a"),
        ("items", "li.active + li > a"),
        ("arrow", "a:has(img[alt='Next page'])"),
        ("hidden", "link[rel~='next']"),
    ],
)
def test_a_link_is_found_by_what_it_is(site: Site, name: str, rule: str) -> None:
    assert found_at(site, ARCHIVES[name](site)).source.listing.next == rule


def test_pages_without_a_link_are_counted(site: Site) -> None:
    scripted = found_at(site, ARCHIVES["scripted"](site)).source.listing.numbered
    assert scripted == Numbered(url=site.url("/tzgg/index_{page}.html"), second=1)
    offset = found_at(site, ARCHIVES["offset"](site)).source.listing.numbered
    assert offset == Numbered(query="start", second=6, step=6)
    interface = found_at(site, ARCHIVES["interface"](site)).source.listing.numbered
    assert interface == Numbered(query="page", second=2)


def test_preview_explains_a_page_that_is_counted(site: Site) -> None:
    source = found_at(site, ARCHIVES["scripted"](site)).source
    (told,) = (one for one in trace_listing(source, "<p>") if one.field == "next")
    assert told.found == site.url("/tzgg/index_1.html")


def test_a_next_page_that_is_none_is_told_and_not_written(site: Site) -> None:
    site_path = ARCHIVES["relation"](site)
    del site.answers["/press?page=2"]
    finding = found_at(site, site_path)
    assert (finding.source.listing.next, finding.source.listing.numbered) == ("", None)
    assert any("its next page cannot be had" in note for note in finding.notes)
    site.put("/press?page=2", site.answers["/press"].body)
    finding = found_at(site, site_path)
    assert finding.source.listing.next == ""
    assert any("lists nothing else" in note for note in finding.notes)


@pytest.mark.soak
@pytest.mark.parametrize("name", ["scripted", "worded", "posts"])
def test_add_preview_and_backfill_as_a_person_types_them(site: Site, typed: Typed, tmp_path: Path, name: str) -> None:
    done = typed("add", site.url(ARCHIVES[name](site)), "--allow-private", "--name", "harbour")
    assert done.returncode == 0, done.stderr
    file = tmp_path / "sources.d" / "harbour.toml"
    file.write_text(file.read_text("utf-8").replace('every     = "15m"', 'every     = "15m"\ndelay     = 0'), "utf-8")
    done = typed("preview", "harbour")
    assert (done.returncode, TITLES[0] in done.stdout) == (0, True), done.stderr
    done = typed("crawl", "harbour", "--json")
    assert done.returncode == 0, done.stdout
    done = typed("backfill", "harbour", "--since", "2026-06-03", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    ended = [json.loads(line) for line in done.stdout.splitlines()]
    assert sum(line["new"] for line in ended if line["kind"] == "crawl") == 10, done.stdout
    assert not [
        line["reason"] for line in ended if line["kind"] == "crawl" and line["outcome"] not in {"new", "unchanged"}
    ]


NOTICES = """
kind = "json"
language = "en"
delay = 0
allow-private = true
[listing]
url = "SITE/content/list"
form = { pageNo = "1", categoryId = "10" }
next = { query = "pageNo" }
fields = { items = "data.content", url = "SITE/content/{id}.html", title = "name", date = "createTime", id = "id" }
[release]
title = "h1"
body = "div.text"
"""


def test_a_list_that_is_asked_for_by_post_is_walked_back_too(site: Site, typed: Typed, tmp_path: Path) -> None:
    """As the China Software Industry Association answers: the number of the page is in the form."""
    for page in (1, 2, 3):
        rows = [
            {"id": n, "name": f"Notice {n} of the association", "createTime": f"2026-06-{n:02} 09:50:37"}
            for n in range(12 - 4 * page + 4, 12 - 4 * page, -1)
        ]
        answer = json.dumps({"data": {"content": rows if page < 3 else []}})
        site.put(f"/content/list pageNo={page}&categoryId=10", answer, "application/json")
    for n in range(1, 13):
        site.put(f"/content/{n}.html", f"<h1>Notice {n} of the association</h1><div class='text'>{n}: see below.</div>")
    (tmp_path / "sources.d").mkdir()
    (tmp_path / "sources.d" / "notices.toml").write_text(NOTICES.replace("SITE", site.base), "utf-8")
    done = typed("backfill", "notices", "--since", "2026-06-01", "--json")
    ended = [json.loads(line) for line in done.stdout.splitlines()]
    assert sum(line["new"] for line in ended if line["kind"] == "crawl") == 8, done.stdout + done.stderr
    posted = [body for method, path, body in site.asked if method == "POST" and path == "/content/list"]
    assert posted[:3] == [f"pageNo={page}&categoryId=10".encode() for page in (1, 2, 3)]


def test_a_file_that_says_half_a_rule_is_refused(tmp_path: Path) -> None:
    text = 'kind = "html"\n[listing]\nurl = "https://a.hk/"\nlinks = "li a"\nnext = {rule}\n'
    for rule, told in (
        ("{ second = 2 }", "expected a selector, or a table with query, or with url"),
        ('{ url = "https://a.hk/2" }', "expected an address with {page} in it"),
        ('{ query = "p", url = "https://a.hk/{page}" }', "says nothing"),
    ):
        (tmp_path / "made.toml").write_text(text.replace("{rule}", rule), "utf-8")
        with pytest.raises(ConfigError, match=told.replace("{", r"\{")):
            load_sources(tmp_path)
