"""`baywire record` keeps what a source gives as test cases, `baywire check` holds the source to them, offline."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.source import load_sources
from scheduler.look import Look
from scheduler.record import Kept, record

if TYPE_CHECKING:
    from conftest import Site, Typed

FEED = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Harbour</title><link>{base}/</link>
<item><title>Pier 9 opens</title><link>{base}/news/9.html</link><guid>{base}/news/9.html</guid>
<pubDate>Tue, 09 Jun 2026 10:30:00 +0800</pubDate>
<description>&lt;p&gt;The pier opened today to the public, after a trial of three months.&lt;/p&gt;</description></item>
<item><title>Pier 8 opens</title><link>{base}/news/8.html</link><guid>{base}/news/8.html</guid>
<pubDate>Mon, 08 Jun 2026 10:30:00 +0800</pubDate>
<description>&lt;p&gt;Another pier opened today to the public.&lt;/p&gt;</description></item></channel></rss>"""


def expected(folder: Path, case: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / case / "release.json").read_text("utf-8"))
    return found


def record_one(harbour: Site, tmp_path: Path) -> list[Kept]:
    """Record the list of the harbour and its newest release, without a network."""
    source = load_sources(tmp_path / "sources.d")["harbour"]
    look = Look(source=source, now=datetime(2026, 6, 10, tzinfo=UTC), sleep=lambda _seconds: None, fetch=harbour.fetch)
    return list(record(look, tmp_path / "sources.d" / "pages", limit=1))


def cases(folder: Path) -> list[str]:
    return sorted(str(path.parent.relative_to(folder)) for path in folder.glob("*/*/page.html"))


def test_record_keeps_a_list_and_releases_and_check_finds_them_right_offline(
    harbour: Site, typed: Typed, tmp_path: Path
) -> None:
    done = typed("record", "harbour", "--json")
    assert done.returncode == 0, done.stderr
    pages = tmp_path / "sources.d" / "pages"
    listing, *releases = cases(pages)[::-1]
    assert listing.startswith("harbour/listing-")
    assert releases == ["harbour/9", "harbour/8"]
    assert [json.loads(line)["case"] for line in done.stdout.splitlines()][1:] == [str(pages / one) for one in releases]
    first = expected(pages, releases[0])
    assert (first["title"], first["published"]) == ("Pier 9 opens to the public", "2026-06-09T10:30:00+08:00")
    assert len(expected(pages, listing)["items"]) == 5  # type: ignore[arg-type]  # JSON
    asked = len(harbour.asked)
    assert typed("check").returncode == 0
    assert len(harbour.asked) == asked


def test_a_source_that_reads_otherwise_than_recorded_is_told_field_by_field(
    harbour: Site, typed: Typed, tmp_path: Path
) -> None:
    record_one(harbour, tmp_path)
    file = tmp_path / "sources.d" / "harbour.toml"
    file.write_text(file.read_text("utf-8").replace('"h1"', '"title"').replace("ul.list a", "ul.news a"), "utf-8")
    done = typed("check", "--json")
    assert done.returncode == 1
    *told, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["field"] for line in told} == {"title", "items", "reason"}
    title = next(line for line in told if line["field"] == "title")
    assert title["expected"] == "Pier 9 opens to the public"
    assert title["found"] == "Pier 9 opens to the public | Harbour"
    assert (last["kind"], last["cases"], len(last["problems"])) == ("check", 2, 3)
    assert "title: expected" in typed("check").stdout


def test_a_missing_expectation_is_written_and_fails_once(harbour: Site, typed: Typed, tmp_path: Path) -> None:
    record_one(harbour, tmp_path)
    file = tmp_path / "sources.d" / "pages" / "harbour" / "9" / "release.json"
    before = file.read_bytes()
    file.unlink()
    done = typed("check")
    assert done.returncode == 1
    assert "release.json was absent: it is written now" in done.stdout
    assert file.read_bytes() == before
    assert typed("check").returncode == 0


def test_an_expectation_that_was_corrected_is_not_recorded_over(harbour: Site, tmp_path: Path) -> None:
    record_one(harbour, tmp_path)
    file = tmp_path / "sources.d" / "pages" / "harbour" / "9" / "release.json"
    file.write_text(file.read_text("utf-8").replace("Pier 9", "Pier Nine"), "utf-8")
    assert ["is a case already" in kept.why for kept in record_one(harbour, tmp_path)] == [True, True]
    assert "Pier Nine" in file.read_text("utf-8")


def test_a_feed_with_whole_texts_is_one_case(site: Site, typed: Typed, tmp_path: Path) -> None:
    site.put("/feed", FEED.format(base=site.base), "application/rss+xml")
    source = (
        f'title = "F"\nkind = "feed"\nallow-private = true\nlanguage = "en"\n[listing]\nurl = "{site.url("/feed")}"\n'
    )
    (tmp_path / "sources.d").mkdir()
    (tmp_path / "sources.d" / "feed.toml").write_text(source, "utf-8")
    assert typed("record", "feed").returncode == 0
    pages = tmp_path / "sources.d" / "pages"
    (case,) = cases(pages)
    releases = expected(pages, case)["releases"]
    assert [one["title"] for one in releases] == ["Pier 9 opens", "Pier 8 opens"]  # type: ignore[attr-defined]  # JSON
    assert typed("check").returncode == 0


def test_a_teaser_of_a_feed_is_kept_with_the_page_it_led_to(
    site: Site, typed: Typed, tmp_path: Path, release_page: Callable[..., str]
) -> None:
    site.put("/feed", FEED.format(base=site.base), "application/rss+xml")
    site.put("/news/9.html", release_page(9).replace("9 June 2026 10:30", ""))
    source = (
        'title = "F"\nkind = "feed"\nallow-private = true\nlanguage = "en"\ndelay = 0\n'
        f'[listing]\nurl = "{site.url("/feed")}"\n[release]\nfetch = true\nbody = "div.body"\n'
    )
    (tmp_path / "sources.d").mkdir()
    (tmp_path / "sources.d" / "feed.toml").write_text(source, "utf-8")
    assert typed("record", "feed", "--limit", "1").returncode == 0
    pages = tmp_path / "sources.d" / "pages"
    kept = expected(pages, cases(pages)[0])
    assert (kept["title"], kept["published"]) == ("Pier 9 opens", "2026-06-09T10:30:00+08:00")
    assert "3,000 visitors" in str(kept["text"])
    assert typed("check").returncode == 0


def test_a_json_list_asked_for_by_a_form_is_recorded(
    site: Site, typed: Typed, tmp_path: Path, release_page: Callable[..., str]
) -> None:
    rows = [{"id": n, "name": f"Pier {n} opens", "createTime": f"2026-06-0{n} 10:30:00"} for n in (9, 8)]
    site.put("/content/list", json.dumps({"code": 0, "data": {"content": rows}}), "application/json")
    site.put("/content/9.html", release_page(9))
    (tmp_path / "sources.d").mkdir()
    (tmp_path / "sources.d" / "form.toml").write_text(
        'title = "J"\nkind = "json"\nallow-private = true\nlanguage = "en"\ntime-zone = "Asia/Shanghai"\ndelay = 0\n'
        f'[listing]\nurl = "{site.url("/content/list")}"\nform = {{ pageNo = "1", categoryId = "10" }}\n'
        f'fields = {{ items = "data.content", id = "id", url = "{site.url("/content/{id}.html")}", title = "name", '
        'date = "createTime" }\n[release]\nbody = "div.body"\n',
        "utf-8",
    )
    assert typed("record", "form", "--limit", "1").returncode == 0
    assert ("POST", "/content/list", b"pageNo=1&categoryId=10") in site.asked
    pages = tmp_path / "sources.d" / "pages"
    assert expected(pages, cases(pages)[0])["published"] == "2026-06-09T10:30:00+08:00"
    assert typed("check").returncode == 0
    assert "Pier 9 opens" in typed("preview", "form", "--limit", "0").stdout


def test_recorded_pages_can_be_recorded_from(shared: Path, typed: Typed, tmp_path: Path) -> None:
    for key in ("hk-gia-en", "mo-gcs-zh"):
        assert typed("record", key, "--replay", str(shared / "pages"), "--into", "cases").returncode == 0
    assert len(cases(tmp_path / "cases")) == 4
    assert typed("check", "--pages", "cases").returncode == 0


@pytest.mark.parametrize(
    ("key", "status", "said"),
    [("nothing", 2, "unknown source"), ("hk-dpo", 1, "is read through hk-gia-en: look at that")],
)
def test_what_cannot_be_recorded_is_told(typed: Typed, key: str, status: int, said: str) -> None:
    done = typed("record", key)
    assert (done.returncode, said in done.stderr) == (status, True)


def test_a_page_that_is_no_release_is_not_kept(harbour: Site, tmp_path: Path) -> None:
    harbour.put("/news/9.html", "<h1>Service suspended</h1>")
    _, kept = record_one(harbour, tmp_path)
    assert (kept.case, "no body" in kept.why) == (None, True)
    assert not (tmp_path / "sources.d" / "pages" / "harbour" / "9").exists()


def test_a_case_of_no_source_is_a_problem(harbour: Site, typed: Typed, tmp_path: Path) -> None:
    record_one(harbour, tmp_path)
    (tmp_path / "sources.d" / "harbour.toml").unlink()
    done = typed("check")
    assert (done.returncode, "no source is called harbour" in done.stdout) == (1, True)
