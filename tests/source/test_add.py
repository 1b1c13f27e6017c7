"""From an address, or one that is only near, to a source that reads the newsroom again: ten of different make."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.extract import read_declared_listing, read_declared_release
from crawler.normalise import decode
from crawler.source import Source, load_sources
from feeds.error import SourceError
from feeds.release import Draft
from scheduler.add import Finding, find_out, write_source

if TYPE_CHECKING:
    from conftest import Site, Typed

NOW = datetime(2026, 6, 10, tzinfo=UTC)


NEWSROOMS = importlib.import_module("source.newsroom").NEWSROOMS
TEXTS = importlib.import_module("source.conftest").PARAGRAPHS


def found_at(site: Site, path: str) -> Finding:
    """Return what is found at *path*, asked of the server without a network."""
    return find_out(site.url(path), name="made", allow_private=True, now=NOW, get=site.fetch)


def written(finding: Finding, tmp_path: Path) -> Source:
    """Return the source of *finding* as its file is read again."""
    write_source(tmp_path / "sources.d", finding.source, now=NOW)
    return load_sources(tmp_path / "sources.d")["made"]


def titles(finding: Finding) -> tuple[str, ...]:
    return tuple(item.title for item in finding.listing.items)


@pytest.mark.parametrize("name", NEWSROOMS)
def test_a_newsroom_is_found_and_its_file_reads_the_same_again(site: Site, tmp_path: Path, name: str) -> None:
    made = NEWSROOMS[name](site)
    finding = found_at(site, made.path)
    assert titles(finding) == made.titles
    if made.days:
        assert tuple((item.date or "")[:10] for item in finding.listing.items) == made.days
    assert (finding.source.kind, finding.source.language) == (made.kind, made.language)
    assert [draft.title for draft in finding.drafts] == list(made.titles[:3])
    assert {draft.published.date().isoformat() for draft in finding.drafts if draft.published} == {
        "2026-06-09",
        "2026-06-08",
        "2026-06-07",
    }
    source = written(finding, tmp_path)
    (page,) = site.fetch([source.listing.url])
    text = decode(page.body, page.content_type, page.url).text
    again = read_declared_listing(source, text, page.url)
    assert tuple(item.title for item in again.items) == made.titles
    for item, draft in zip(again.items, finding.drafts, strict=False):
        (page,) = site.fetch([item.url]) if source.release.fetch else (page,)
        inner = decode(page.body, page.content_type, page.url).text if source.release.fetch else ""
        read = read_declared_release(source, inner, item.url, item=item, seen=NOW)
        assert isinstance(read, Draft)
        assert (read.title, read.text, read.published) == (draft.title, draft.text, draft.published)


@pytest.mark.parametrize("name", ["trs", "drupal", "joomla", "aspnet", "plain", "json_list", "wordpress"])
def test_what_is_written_has_selectors_for_releases_too(site: Site, tmp_path: Path, name: str) -> None:
    source = written(found_at(site, NEWSROOMS[name](site).path), tmp_path)
    assert source.release.title
    assert source.release.body
    assert source.listing.links not in {"a", "li > a"}


def test_two_commands_lead_from_an_address_to_entries_in_a_feed(site: Site, typed: Typed, tmp_path: Path) -> None:
    made = NEWSROOMS["drupal"](site)
    done = typed("add", site.url(made.path), "--allow-private", "--name", "harbour")
    assert done.returncode == 0, done.stderr
    assert "Department opens pier 9 to the public" in done.stdout
    assert "next page: " in done.stdout
    assert done.stderr.count("asking http") > 4
    file = tmp_path / "sources.d" / "harbour.toml"
    file.write_text(file.read_text("utf-8").replace('every     = "15m"', 'every     = "15m"\ndelay     = 0'), "utf-8")
    done = typed("crawl", "harbour")
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "public/feeds/source/harbour.atom").read_bytes().count(b"<entry") == 8


def test_a_dry_run_writes_nothing_and_says_what_it_would(site: Site, typed: Typed, tmp_path: Path) -> None:
    made = NEWSROOMS["rss"](site)
    done = typed("add", site.url(made.path), "--allow-private", "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["kind"] for line in lines] == ["listing", "release", "release", "release", "source"]
    assert lines[-1]["file"] is None
    assert lines[-1]["notes"] == []
    assert not (tmp_path / "sources.d").exists()


HOME = (
    "<html><head><title>Harbour Department</title></head><body><nav><a href='/'>Home</a><a href='/about'>About us</a>"
    "<a href='/services'>Services</a><a href='/press/'>Press releases</a><a href='/contact'>Contact</a></nav>"
    "<h1>Welcome</h1><p>We look after the harbour, its piers and its ferries, day and night.</p></body></html>"
)


def test_a_home_page_leads_to_its_press_releases(harbour: Site) -> None:
    harbour.put("/", HOME)
    finding = found_at(harbour, "/")
    assert finding.source.listing.url == harbour.url("/press/")
    assert len(finding.listing.items) == 5
    assert finding.notes == (
        f"{harbour.url('/')} is not the list itself: {harbour.url('/press/')} is, near it",
        "its time zone is not known by its address: days are taken as UTC; say it by time-zone",
    )


def test_what_could_not_be_written_down_is_told(site: Site) -> None:
    finding = found_at(site, NEWSROOMS["big5"](site).path)
    assert any("no selectors hold for its releases" in note for note in finding.notes)


def test_a_feed_says_what_it_is_called_and_where_people_read_it(site: Site) -> None:
    finding = found_at(site, NEWSROOMS["rss"](site).path)
    assert (finding.source.title, finding.source.site) == ("H", site.base)


def test_the_address_of_a_release_leads_up_to_its_list(harbour: Site, list_page: Callable[..., str]) -> None:
    harbour.put("/news/", list_page(9, 8, 7, 6, 5))
    finding = found_at(harbour, "/news/9.html")
    assert finding.source.listing.url == harbour.url("/news/")


def test_a_page_whose_feed_holds_the_same_is_read_by_the_feed(harbour: Site, list_page: Callable[..., str]) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/rss.xml">'
    items = "".join(
        f"<item><title>Pier {n}</title><link>{harbour.url(f'/news/{n}.html')}</link><description>x</description></item>"
        for n in (9, 8, 7)
    )
    harbour.put("/press/", list_page(9, 8, 7, 6, 5, head=link))
    harbour.put("/rss.xml", f"<rss version='2.0'><channel><title>P</title>{items}</channel></rss>", "text/xml")
    finding = found_at(harbour, "/press/")
    assert (finding.source.kind, finding.source.listing.url) == ("feed", harbour.url("/rss.xml"))
    assert "3 releases, 3 of them here; it is read in place of the page" in finding.notes[0]
    harbour.put("/rss.xml", harbour.answers["/rss.xml"].body.replace(b"/news/", b"/jobs/"), "text/xml")
    finding = found_at(harbour, "/press/")
    assert finding.source.kind == "html"
    assert "the page is read, since it lists others" in finding.notes[0]


def test_wordpress_is_asked_by_its_interface_where_it_has_no_feed(site: Site) -> None:
    site.put("/", '<link rel="https://api.w.org/" href="/wp-json/"><p>Hello, this is the harbour.')
    posts = [
        {
            "id": n,
            "link": site.url(f"/pier-{n}/"),
            "date_gmt": f"2026-06-0{n}T02:00:00",
            "title": {"rendered": f"Pier {n} opens"},
            "content": {"rendered": "<p>It opens to the public.</p>" * 20},
        }
        for n in (9, 8, 7)
    ]
    site.put("/wp-json/wp/v2/posts?per_page=20", json.dumps(posts), "application/json")
    finding = found_at(site, "/")
    assert (finding.source.preset, finding.source.kind) == ("wordpress", "wordpress")
    assert [draft.title for draft in finding.drafts] == ["Pier 9 opens", "Pier 8 opens", "Pier 7 opens"]


def test_a_sitemap_is_the_last_resort(harbour: Site) -> None:
    del harbour.answers["/press/"]
    harbour.put("/", "<html><body><p>Welcome to the harbour.</p></body></html>")
    urls = "".join(f"<url><loc>{harbour.url(f'/news/{n}.html')}</loc></url>" for n in range(5, 10))
    harbour.put("/map.xml", f"<urlset><url><loc>{harbour.url('/about')}</loc></url>{urls}</urlset>", "text/xml")
    harbour.put("/robots.txt", f"Sitemap: {harbour.url('/map.xml')}", "text/plain")
    finding = found_at(harbour, "/")
    assert (finding.source.kind, len(finding.listing.items)) == ("sitemap", 5)
    assert finding.drafts[0].title == "Pier 5 opens to the public"


def test_a_site_without_a_list_is_told_so(site: Site) -> None:
    site.put("/", "<html><body><p>Welcome to the harbour.</p></body></html>")
    with pytest.raises(SourceError, match="lists no releases, and nothing near it does"):
        found_at(site, "/")


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("<title>Just a moment...</title><form id=challenge>", "stands before the site: captcha"),
        ("<div id=app>Loading</div><script>fetch('/list.json').then(show)</script>", "a script makes this page"),
        (
            "<ul><li><a href=/about>About us</a></ul><script>count()</script>" + "<p>We are an office.</p>" * 40,
            "no links",
        ),
    ],
)
def test_what_stands_in_place_of_a_list_is_named(site: Site, page: str, told: str) -> None:
    site.put("/news/", page)
    with pytest.raises(SourceError, match=told):
        found_at(site, "/news/")


def test_an_address_that_does_not_answer_is_told(site: Site) -> None:
    with pytest.raises(SourceError, match="HTTP 404"):
        found_at(site, "/nowhere")


def test_a_release_that_cannot_be_had_does_not_keep_the_source_from_being_written(harbour: Site) -> None:
    del harbour.answers["/news/9.html"]
    finding = found_at(harbour, "/press/")
    assert [draft.title for draft in finding.drafts] == ["Pier 8 opens to the public", "Pier 7 opens to the public"]


def test_a_list_without_selectors_and_days_to_come_are_told(harbour: Site, list_page: Callable[..., str]) -> None:
    deep = "<div>" * 300
    harbour.put("/deep/", list_page(9, 8, 7, 6, 5).replace("<body>", f"<body>{deep}").replace("2026", "2096"))
    notes = found_at(harbour, "/deep/").notes
    assert "no selectors hold for its list: it is found anew each time, by what repeats" in notes
    assert "5 of its days lie in the future: are they days of events? see baywire preview, and date" in notes


@pytest.mark.parametrize(
    ("heading", "wanted"),
    [
        ("<div class=pr-title>{title}</div>", "div.pr-title"),
        ("<h3>{title}</h3>", "h3"),
        ("<h1>Press Releases</h1><p id=subject>{title}</p>", "#subject"),
        ("", ""),
    ],
)
def test_the_selector_of_the_title_selects_it(site: Site, tmp_path: Path, heading: str, wanted: str) -> None:
    told = [f"Department opens pier {day} to the public" for day in range(9, 1, -1)]
    rows = "".join(f"<li><a href=/n/{n}>{title}</a> <time>2026-06-0{9 - n}</time></li>" for n, title in enumerate(told))
    site.put("/press/", f"<title>Press Releases</title><main><ul class=list>{rows}</ul></main>")
    for n, title in enumerate(told):
        body = "".join(f"<p>{text.replace('the new pier', f'pier {9 - n}')}</p>" for text in TEXTS)
        top = heading.format(title=title)
        site.put(f"/n/{n}", f"<title>Harbour</title><main>{top}<div class=body>{body}</div></main>")
    source = written(found_at(site, "/press/"), tmp_path)
    assert source.release.title == wanted
    assert source.release.body in {"div.body", "main"}


@pytest.mark.parametrize(
    "names",
    [("bt", "lj", "rq"), ("newsHead", "link", "day"), ("a", "b", "c"), ("标题", "链接", "日期")],
    ids=["initials", "half", "letters", "chinese"],
)
def test_a_json_list_is_read_by_what_stands_in_it_where_its_names_say_nothing(
    site: Site, tmp_path: Path, names: tuple[str, str, str]
) -> None:
    title, address, day = names
    told = [f"Department opens pier {n} to the public" for n in range(9, 1, -1)]
    rows = [
        {"id": n, "dept": "Ports", "x": f"P{n}", title: one, address: f"/n/{n}.html", day: f"2026-06-0{9 - n}"}
        for n, one in enumerate(told)
    ]
    rows = [
        {**row, "lead": f"{one}: the office gave its reasons at length."} for row, one in zip(rows, told, strict=True)
    ]
    site.put("/api/list", json.dumps({"data": {"rows": rows}}), "application/json")
    for n, one in enumerate(told):
        site.put(f"/n/{n}.html", f"<title>{one}</title><main><h1>{one}</h1><p>{'</p><p>'.join(TEXTS)}</p></main>")
    finding = found_at(site, "/api/list")
    assert titles(finding) == tuple(told)
    assert [(item.date or "")[:10] for item in finding.listing.items][:2] == ["2026-06-09", "2026-06-08"]
    assert written(finding, tmp_path).listing.fields == {
        "items": "data.rows",
        "url": address,
        "title": title,
        "date": day,
    }


def test_a_json_list_without_addresses_is_told_as_that(site: Site) -> None:
    rows = [{"id": n, "caption": f"Department opens pier {n} to the public"} for n in range(8)]
    site.put("/api/list", json.dumps(rows), "application/json")
    with pytest.raises(SourceError, match="no list in this JSON has titles and addresses"):
        found_at(site, "/api/list")
