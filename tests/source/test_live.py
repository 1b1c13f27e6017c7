"""`baywire check --live` looks at a source on its own site: what it found, and what to change in its file."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.source import load_sources
from scheduler.live import Live, Sight
from scheduler.look import Look

if TYPE_CHECKING:
    from conftest import Site, Typed


NOW = datetime(2026, 6, 10, tzinfo=UTC)

Found = dict[str, list[Sight]]


def look(harbour: Site, tmp_path: Path) -> tuple[Found, str]:
    """Return what is seen of the harbour's source, by subject, and what to change as a patch."""
    source = load_sources(tmp_path / "sources.d")["harbour"]
    live = Live(Look(source=source, now=NOW, sleep=lambda _seconds: None, fetch=harbour.fetch))
    found: Found = {}
    for sight in live.sights():
        found.setdefault(sight.subject.strip(), []).append(sight)
    advice = live.advice()
    return found, advice.diff() if advice.changes else ""


def wrong(found: Found) -> list[str]:
    return [subject for subject, sights in found.items() if any(sight.wrong for sight in sights)]


def said(found: Found, subject: str) -> list[str]:
    return [sight.found for sight in found[subject]]


def change(tmp_path: Path, before: str, after: str) -> None:
    file = tmp_path / "sources.d" / "harbour.toml"
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")


def test_a_source_that_reads_well_is_to_be_called_proven_and_enabled(
    harbour: Site, typed: Typed, tmp_path: Path
) -> None:
    harbour.put("/robots.txt", "User-agent: *\nCrawl-delay: 0.1\nDisallow: /private/", "text/plain")
    done = typed("check", "--live", "harbour", "--fix", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert not [line for line in lines if line["wrong"]]
    told = {line["subject"]: line.get("found") for line in reversed(lines)}
    assert told["robots.txt"] == "lets us read this, asks for 0.1 s between two requests (delay = 0)"
    assert "5 releases, 5 with a date, 2026-06-05 to 2026-06-09; read by declared" in str(told["items"])
    assert told["encoding"] == "header says utf-8, page says nothing, read as utf-8 (header)"
    assert told["title"] == 'from release.title = "h1": Pier 9 opens to the public'
    assert told["published"] == 'from release.published = "p.date": 2026-06-09T10:30:00+08:00'
    assert told["language"] == "en, as declared"
    patch = lines[-1]["patch"].splitlines()
    assert {'+status = "proven"', "+enabled = true", '-why-disabled = "never fetched by us"'} <= set(patch)
    assert [path for _, path, _ in harbour.asked if path.startswith("/news")] == ["/news/9.html", "/news/8.html"]
    assert "then type baywire enable harbour" in done.stderr
    source = load_sources(tmp_path / "sources.d")["harbour"]
    assert (source.status, source.enabled, source.title) == ("proven", True, "Harbour Department")
    assert source.checked == datetime.now(UTC).date().isoformat()
    assert "# as it calls itself" in (tmp_path / "sources.d" / "harbour.toml").read_text("utf-8")


def test_selectors_that_find_nothing_are_named_with_those_that_would(harbour: Site, tmp_path: Path) -> None:
    change(tmp_path, "ul.list a", "div.news a")
    found, patch = look(harbour, tmp_path)
    assert 'listing.links = "div.news a" finds nothing' in said(found, "selector")
    assert "5 releases are found with listing.links" in said(found, "instead")[0]
    assert '-links = "div.news a"' in patch
    source = load_sources(tmp_path / "sources.d")["harbour"]
    live = Live(Look(source=source, now=NOW, sleep=lambda _seconds: None, fetch=harbour.fetch))
    list(live.sights())
    live.advice().write(tmp_path / "sources.d")
    assert wrong(look(harbour, tmp_path)[0]) == []


def test_a_body_that_is_nowhere_is_wrong_and_an_attachment_that_is_nowhere_is_not(
    harbour: Site, tmp_path: Path
) -> None:
    change(tmp_path, 'published = "p.date"', 'published = "p.date"\nattachments = "a.pdf"')
    found, patch = look(harbour, tmp_path)
    assert said(found, "selector") == ['release.attachments = "a.pdf" finds nothing on any of them']
    assert (wrong(found), "+enabled = true" in patch) == ([], True)
    change(tmp_path, '"div.body"', '"div.text"')
    found, patch = look(harbour, tmp_path)
    assert (wrong(found), patch) == (["release", "selector"], "")


def test_a_redirect_a_feed_and_another_language_are_told(
    harbour: Site, tmp_path: Path, list_page: Callable[..., str]
) -> None:
    feed = '<link rel="alternate" type="application/rss+xml" href="/rss.xml">'
    harbour.put("/newsroom/", list_page(9, 8, 7, 6, 5, head=feed))
    harbour.move("/press/", "/newsroom/")
    change(tmp_path, 'language  = "en"', 'language  = "pt"')
    found, patch = look(harbour, tmp_path)
    assert f'listing.url = "{harbour.url("/newsroom/")}"' in said(found, "redirect")[0]
    assert harbour.url("/rss.xml") in said(found, "feed")[0]
    assert said(found, "language") == ["reads as en, declared is pt"] * 2
    assert '+language = "en"' in patch
    assert f'+url = "{harbour.url("/newsroom/")}"' in patch


def test_a_page_in_another_encoding_than_it_says_is_told(
    harbour: Site, tmp_path: Path, list_page: Callable[..., str]
) -> None:
    page = list_page(9, 8, 7, 6, 5).replace("opens to the public", "碼頭今日正式啟用，歡迎市民參觀")
    harbour.put("/press/", page.encode("big5"), "text/html; charset=gb2312")
    found, _ = look(harbour, tmp_path)
    assert said(found, "encoding") == ["header says gbk, page says nothing, read as big5 (detected)"]


@pytest.mark.parametrize(
    ("body", "answer", "reason"),
    [
        ("", 404, "HTTP 404: no such page"),
        ("<title>Just a moment...</title>", 200, "captcha"),
        ("<p>Under scheduled maintenance", 200, "maintenance"),
        ("<p>Nothing to see", 200, "nothing matches ul.list a"),
    ],
)
def test_what_is_no_list_is_told(harbour: Site, tmp_path: Path, *, body: str, answer: int, reason: str) -> None:
    harbour.put("/press/", body, status=answer)
    found, patch = look(harbour, tmp_path)
    assert reason in json.dumps([sight.found for sights in found.values() for sight in sights])
    assert (bool(wrong(found)), patch) == (True, "")


def test_a_site_that_does_not_want_us_is_left_alone(harbour: Site, typed: Typed) -> None:
    harbour.put("/robots.txt", "User-agent: *\nDisallow: /", "text/plain")
    done = typed("check", "--live", "harbour")
    assert (done.returncode, "does not allow" in done.stdout) == (3, True)
    assert [path for _, path, _ in harbour.asked] == ["/robots.txt"]


def test_a_source_on_a_private_address_is_refused_without_its_word(harbour: Site, typed: Typed, tmp_path: Path) -> None:
    change(tmp_path, "allow-private = true\n", "")
    done = typed("check", "--live", "harbour")
    assert (done.returncode, "is not a public address" in done.stdout, harbour.asked) == (3, True, [])


def test_requests_are_as_far_apart_as_the_source_asks(harbour: Site, tmp_path: Path) -> None:
    change(tmp_path, "delay     = 0", "delay     = 0.3")
    waits: list[float] = []
    source = load_sources(tmp_path / "sources.d")["harbour"]
    live = Live(Look(source=source, now=NOW, sleep=waits.append, fetch=harbour.fetch))
    assert not [sight for sight in live.sights() if sight.wrong]
    assert waits == [0.3]


def test_recordings_prove_nothing_and_views_lead_to_what_they_are_made_of(typed: Typed, shared: Path) -> None:
    done = typed("check", "--live", "hk-dpo", "--replay", str(shared / "pages"), "--json")
    assert done.returncode == 0, done.stdout
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert (lines[0]["source"], lines[0]["found"]) == ("hk-dpo", "is made of hk-gia-en, which is looked at")
    assert {line["source"] for line in lines[1:]} == {"hk-gia-en"}
    assert lines[-1]["patch"] is None


@pytest.mark.parametrize("words", [("check", "harbour"), ("check", "--live"), ("check", "--fix")])
def test_a_check_is_offline_or_names_sources(typed: Typed, words: tuple[str, ...]) -> None:
    done = typed(*words)
    assert (done.returncode, "expected --live and the sources to look at, or neither" in done.stderr) == (2, True)
