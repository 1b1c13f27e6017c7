"""Listings that nobody described: pages written here, to the shapes that press pages have."""

# ruff: noqa: E501 - a shape of a page is read best on one line

from __future__ import annotations

import pytest

from crawler.extract import Listing, read_declared_listing, read_listing
from crawler.source import ListingRules, Source

URL = "https://www.example.gov.hk/en/news/"
HEAD = (
    '<html lang="en"><head><title>News</title></head><body><header><nav><ul>'
    + "".join(
        f'<li><a href="/en/{name}/">{name.title()} and services</a></li>'
        for name in ("about", "people", "forms", "law", "data")
    )
    + "</ul></nav></header>"
)
FOOT = (
    '<footer><ul class="links">'
    + "".join(f'<li><a href="/en/foot/{n}">Important notice number {n}</a></li>' for n in range(6))
    + "</ul></footer></body></html>"
)
TITLES = [
    "Government welcomes the opening of the new technology park",
    "Commissioner attends conference on artificial intelligence in Guangzhou",
    "Public consultation on data governance begins",
    "Results of the innovation fund announced for this year",
    "Update on the extension of the cross-boundary service",
    "Speech by the Secretary at the closing ceremony",
    "Two bodies sign memorandum on shared standards",
    "Hospital Authority responds to media enquiries",
]
DAYS = [f"2026-04-{28 - n * 3:02d}" for n in range(len(TITLES))]
MONTHS = ["", "January", "February", "March", "April"]


def long(day: str) -> str:
    year, month, number = day.split("-")
    return f"{int(number)} {MONTHS[int(month)]} {year}"


def slug(title: str) -> str:
    return title.lower().replace(" ", "-")[:40].strip("-")


def page(rows: str, before: str = "", after: str = "") -> str:
    return f"{HEAD}{before}<main>{rows}</main>{after}{FOOT}"


def each(form: str) -> str:
    return "".join(
        form.format(
            n=n,
            odd="odd" if n % 2 else "even",
            t=title,
            s=slug(title),
            d=day,
            long=long(day),
            us="/".join((day[5:7], day[8:], day[:4])),
            eu="/".join((day[8:], day[5:7], day[:4])),
            roc=f"115.{day[5:7]}.{day[8:]}",
            zh=f"{day[:4]}年{int(day[5:7])}月{int(day[8:])}日",
        )
        for n, (title, day) in enumerate(zip(TITLES, DAYS, strict=True))
    )


SIDE = (
    '<aside class="sidebar"><h3>Popular topics</h3><ul>'
    + "".join(f'<li><a href="/en/topic/{n}">A popular topic of long standing {n}</a></li>' for n in range(9))
    + "</ul></aside>"
)
SHAPES = {
    "list with a day behind": "<ul class='list'>" + each('<li class="{odd}"><a href="/en/news/{s}.html">{t}</a> <span>{d}</span></li>') + "</ul>",
    "list with a day before": "<ul>" + each('<li>{long} <a href="/en/news/2026/{n}.htm">{t}</a></li>') + "</ul>",
    "cards with picture, heading, teaser and more": each(
        '<article class="card post-{n}1"><a href="/en/p/{s}"><img src="/i/{n}.jpg" alt=""></a><h3><a href="/en/p/{s}">{t}</a></h3>'
        '<time datetime="{d}T09:30:00+08:00">{long}</time><p>Teaser that names 3 May 2019 and says more of it.</p>'
        '<a class="more" href="/en/p/{s}">Continue Reading</a></article>'
    ),
    "link around the whole card": '<div class="grid">' + each('<a class="tile" href="/en/p/{s}"><span class="date">{long}</span><h4>{t}</h4><p>And a teaser.</p></a>') + "</div>",
    "table": "<table>" + "<tr><th>Date</th><th>Title</th><th>File</th></tr>" + each('<tr class="{odd}"><td>{eu}</td><td><a href="/en/d/{n}.pdf">{t}</a></td><td>120 KB</td></tr>') + "</table>",
    "table in pairs of day and title": "<dl>" + each('<dt>{long}</dt><dd><a href="/en/news/n{n}000.html">{t}</a></dd>') + "</dl>",
    "headings over days": each('<h4>{long}</h4><ul><li><a href="/en/news/{s}">{t}</a></li></ul>'),
    "paragraphs": each('<p><strong>{long}</strong> – <a href="/en/news/{s}">{t}</a></p>'),
    "calendar of Taiwan": "<ul>" + each('<li><span>{roc}</span><a href="/en/news/{n}123.html" title="{t}">{t}</a></li>') + "</ul>",
    "Chinese days": "<ul>" + each('<li><a href="/en/news/t{n}0426.html">{t}</a><em>{zh}</em></li>') + "</ul>",
    "month first": "<ul>" + each('<li><a href="/en/news/{s}">{t}</a> | {us}</li>') + "</ul>",
    "featured first": '<div class="items"><div class="item featured big"><h2><a href="/en/n/0-first-of-all">' + TITLES[0] + f'</a></h2><span class="date">{long(DAYS[0])}</span></div>' + "".join(f'<div class="item"><h2><a href="/en/n/{n}-{slug(t)}">{t}</a></h2><span class="date">{long(d)}</span></div>' for n, (t, d) in enumerate(zip(TITLES, DAYS, strict=True)) if n) + "</div>",
    "rows of cards": "".join('<div class="row">' + "".join(f'<div class="col-4"><h3><a href="/en/n/{n}-{slug(TITLES[n])}">{TITLES[n]}</a></h3><div>{long(DAYS[n])}</div></div>' for n in part) + "</div>" for part in ((0, 1), (2, 3), (4, 5), (6, 7))),
    "day in parts": '<div class="list">' + "".join(f'<div class="item"><div class="when"><span class="d">{d[8:]}</span><span class="m">{MONTHS[int(d[5:7])]}</span><span class="y">{d[:4]}</span></div><div class="what"><a href="/en/n/{slug(t)}">{t}</a></div></div>' for t, d in zip(TITLES, DAYS, strict=True)) + "</div>",
}  # fmt: skip


def titles(found: Listing) -> list[str]:
    return [item.title for item in found.items]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("side", ["", SIDE])
def test_reads_titles_of_every_shape(shape: str, side: str) -> None:
    assert titles(read_listing(page(SHAPES[shape], after=side), URL)) == TITLES


@pytest.mark.parametrize("shape", SHAPES)
def test_reads_days_of_every_shape(shape: str) -> None:
    assert [(item.date or "")[:10] for item in read_listing(page(SHAPES[shape]), URL).items] == DAYS


def test_days_without_a_year_are_told_by_the_address() -> None:
    rows = (
        "<ul>"
        + each('<li><a href="./202604/t{d}_{n}.html">{t}</a><span>04-0{n}</span></li>').replace(
            "/t2026-04-", "/t202604"
        )
        + "</ul>"
    )
    assert [item.date for item in read_listing(page(rows), URL).items] == DAYS


def test_soft_hyphens_leave_a_title() -> None:
    rows = SHAPES["table"].replace("technology", "techno\xadlogy")
    assert titles(read_listing(page(rows), URL)) == TITLES


def test_list_without_days_is_read() -> None:
    rows = "<div class='news'><ul>" + each('<li><a href="/en/news/{n}/{s}">{t}</a></li>') + "</ul></div>"
    found = read_listing(page(rows, after=SIDE), URL)
    assert titles(found) == TITLES
    assert {item.date for item in found.items} == {None}


@pytest.mark.parametrize(
    ("pager", "expected"),
    [
        ('<ul class="pager"><li><b>1</b></li><li><a href="?page=2">2</a></li><li><a href="?page=3">3</a></li></ul>', f"{URL}?page=2"),
        ('<div><a href="index_2.html">下一页</a> <a href="index_9.html">尾页</a></div>', f"{URL}index_2.html"),
        ('<div class="nav-links"><a href="/en/news/page/2/">Older posts »</a></div>', f"{URL}page/2/"),
        ('<nav class="pagination"><a href="/x?p=1">«</a><a href="/x?p=3" aria-label="Next page"><i></i></a></nav>', "https://www.example.gov.hk/x?p=3"),
        ('<div class="pager"><a href="javascript:go(2)">Next</a></div>', ""),
        ('<p><a href="/en/next-steps">The next steps for industry</a></p>', ""),
        ("", ""),
    ],
)  # fmt: skip
def test_next_page(pager: str, expected: str) -> None:
    assert read_listing(page(SHAPES["table"], after=pager), URL).next == expected


ARTICLE = "<h1>About the office</h1>" + "".join(
    f"<p>{'The office was set up to carry out what the ordinance asks of it, and reports each year. ' * 6}</p>"
    for _ in range(8)
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<p>Nothing here.",
        page(ARTICLE),
        page(ARTICLE + '<p>See <a href="/a/one-long-link-in-text">the first annual report of the office</a> and <a href="/a/two">the second</a>.</p>'),
        "<title>Just a moment...</title><p>Checking your browser <a href='/a'>x</a></p>",
        page("<form>" + "".join(f'<label>{n}</label><input name="{n}">' for n in range(9)) + "</form>"),
        "<html>",
        "<html><body><frameset></frameset>",
    ],
)  # fmt: skip
def test_what_is_no_listing_gives_no_items_and_a_reason(text: str) -> None:
    found = read_listing(text, URL)
    assert found.items == ()
    assert found.reason


def test_bad_addresses_are_cleaned_or_left_out() -> None:
    rows = (
        "<base href='/base/'><base href='/wrong/'><ul>"
        + each('<li><a href="\n  n/{s}.html\n">{t}</a> {d}</li>')
        + "<li><a href='javascript:void(0)'>More of the same from here</a> 2026-01-01</li>"
        + "<li><a href='mailto:a@b.hk'>Write to the editor of this page</a> 2026-01-01</li></ul>"
    )
    found = read_listing(page(rows), URL)
    assert titles(found) == TITLES
    assert found.items[0].url == f"https://www.example.gov.hk/base/n/{slug(TITLES[0])}.html"


def test_deep_and_long_pages_are_read() -> None:
    deep = "<div>" * 5000 + SHAPES["table"]
    assert titles(read_listing(page(deep), URL)) == TITLES
    long_page = page(SHAPES["table"] + "<p>" + "x" * 5_000_000 + "</p>")
    assert titles(read_listing(long_page, URL)) in ([], TITLES)


def test_a_text_with_other_releases_beside_it_is_no_listing() -> None:
    for before, after in ((ARTICLE, SHAPES["list with a day behind"]), (ARTICLE, SHAPES["table"]), (ARTICLE, SIDE)):
        assert read_listing(page(before, after=after), URL).items == ()


def test_a_list_below_an_introduction_is_read() -> None:
    introduction = "<p>" + "The office publishes its releases here, each with its day. " * 8 + "</p>"
    assert titles(read_listing(page(introduction + SHAPES["paragraphs"]), URL)) == TITLES


def test_a_list_that_only_machines_see_is_read() -> None:
    rows = ",".join(
        f'{{"title": "{t}", "url": "/en/n/{n}", "publishDate": "{d}"}}'
        for n, (t, d) in enumerate(zip(TITLES, DAYS, strict=True))
    )
    text = f'<body><div id=app></div><script id="__NEXT_DATA__" type="application/json">{{"props": {{"news": [{rows}]}}}}</script>'
    found = read_listing(text, URL)
    assert (titles(found), found.via) == (TITLES, "state")
    things = rows.replace('{"title"', '{"@type": "NewsArticle", "headline"')
    found = read_listing(
        f'<script type="application/ld+json">{{"@type": "ItemList", "itemListElement": [{things}]}}</script>', URL
    )
    assert (titles(found), found.via, (found.items[0].date or "")[:10]) == (TITLES, "json-ld", DAYS[0])


def test_a_path_of_crumbs_is_no_list() -> None:
    crumbs = ",".join(
        f'{{"@type": "ListItem", "position": {n}, "name": "Level {n}", "item": "https://www.example.gov.hk/{n}"}}'
        for n in range(4)
    )
    text = f'<script type="application/ld+json">{{"@type": "BreadcrumbList", "itemListElement": [{crumbs}]}}</script>'
    assert read_listing(text + page(ARTICLE), URL).items == ()


def test_feeds_that_a_page_announces_are_told() -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    assert read_listing(link + page(SHAPES["table"]), URL).feeds == ("https://www.example.gov.hk/feed.xml",)


def test_a_feed_is_read_as_a_feed() -> None:
    feed = "<rss><channel><item><title>A</title><link>/a</link></item></channel></rss>"
    assert read_listing(feed, URL).via == "feed"


@pytest.mark.parametrize("shape", SHAPES)
def test_selectors_read_again_what_was_detected(shape: str) -> None:
    text = page(SHAPES[shape], after=SIDE)
    found = read_listing(text, URL)
    rules = ListingRules(url=URL, links=found.rules["links"], date=found.rules.get("date", ""))
    again = read_declared_listing(Source(key="a", title="A", listing=rules), text, URL)
    assert [(item.url, (item.date or "")[:10]) for item in again.items] == [
        (item.url, item.date) for item in read_listing(text, URL).items
    ]


@pytest.mark.parametrize(
    "parts", ["<b>{1}-{2}</b><i>{0}</i>", "<i>{0}</i><b>{1}/{2}</b>", "<b>{2}</b><u>{1}</u><i>{0}</i>"]
)
def test_a_day_in_several_elements_is_that_of_its_item(parts: str) -> None:
    rows = "".join(
        f"<li><div class=date>{parts.format(*day.split('-'))}</div><a href=/en/news/{day}.htm>{title}</a></li>"
        for title, day in zip(TITLES, DAYS, strict=True)
    )
    found = read_listing(f"{HEAD}<ul>{rows}</ul>{FOOT}", URL)
    assert [str(item.date)[:10] for item in found.items] == DAYS
