"""Lists whose rows no `href` leads to: addresses for scripts, rows in scripts, titles beside the link; or none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawler.extract import read_declared_listing, read_listing
from crawler.source import load_sources

URL = "https://harbour.test/news/"
TITLES = [
    f"{what} opens for the ferries of the {where}" for where in ("north", "south") for what in ("Pier", "Lock", "Quay")
]
ROWS = [(f"2026-03-{number + 1:02d}", title, number) for number, title in enumerate(TITLES)]
TEASER = "<p>" + "It lies where the old one was. " * 4 + "</p>"


def page(body: str) -> str:
    return (
        "<html><head><title>News | Harbour</title></head><body><nav><a href='/'>Home</a><a href='/about'>About</a>"
        f"<a href='/contact'>Contact</a></nav><main><h1>News</h1>{body}</main></body></html>"
    )


def each(row: str, around: str = "<ul>{}</ul>") -> str:
    return page(around.format("".join(row.format(d=day, t=title, n=number) for day, title, number in ROWS)))


OBJECTS = [{"title": title, "url": f"/news/{number}.html", "date": day} for day, title, number in ROWS]
WRITTEN = ",".join(f"{{title: '{title}', url: '/news/{number}.html', date: '{day}',}}" for day, title, number in ROWS)
RECORDS = "".join(
    f"<record><![CDATA[<li><a href='/news/{number}.html'>{title}</a><span>{day}</span></li>]]></record>"
    for day, title, number in ROWS
)
READ = {
    "a click that sets the place": each("<li onclick=\"location.href='/news/{n}.html'\"><b>{t}</b> <i>{d}</i></li>"),
    "a click that opens a window": each(
        "<li><a href='javascript:;' onclick=\"window.open('/news/{n}.html','_blank')\">{t}</a> {d}</li>"
    ),
    "a script as the address": each("<li><a href=\"javascript:location='/news/{n}.html'\">{t}</a> {d}</li>"),
    "a card with an address": each(
        "<div class=card data-href='/news/{n}.html'><h3>{t}</h3><p>{d}</p></div>", "<div>{}</div>"
    ),
    "a link with an address beside it": each("<li><a href='#' data-url='/news/{n}.html'>{t}</a> {d}</li>"),
    "titles above the text, and a link behind it": each(
        "<h3>{t}</h3><p>Posted {d}</p>" + TEASER + "<p><a href='/news/{n}.html'>Full story</a> (comments: {n})</p>",
        "{}",
    ),
    "titles above the text, and the number of comments behind it": each(
        "<h3>{t}</h3><p>Posted {d}</p>" + TEASER + "<p><a href='/news/{n}.html'>comments: {n}</a></p>", "{}"
    ),
    "rows kept as XML": page(f"<div id=list><script type='text/xml'><recordset>{RECORDS}</recordset></script></div>"),
    "a variable set after others": page(
        f"<script>'use strict';var a=1;window.__STATE__={json.dumps({'l': OBJECTS})};</script>"
    ),
    "a string of JSON": page(
        f"<script>window.__STATE__ = JSON.parse({json.dumps(json.dumps({'l': OBJECTS}))});</script>"
    ),
    "a page sent in pieces": page(
        "<script>self.__next_f.push([1,"
        + json.dumps('5:["$","div",null,' + json.dumps({"posts": OBJECTS}) + "]\n")
        + "])</script>"
    ),
    "rows as a script writes them": page(f"<script>var data = [{WRITTEN}];</script>"),
}
NOT_READ = {
    "a function with a number": (
        each("<li><a href='javascript:void(0)' onclick='showDetail({n})'>{t}</a> {d}</li>"),
        "6 titles that only a script opens: showDetail(…)",
    ),
    "a function as the address": (
        each("<li><a href=\"javascript:goView('{n}')\">{t}</a> {d}</li>"),
        "6 titles that only a script opens: goView(…)",
    ),
    "an address made of parts": (
        each("<li><a href='#' onclick=\"location.href='/news/' + {n}\">{t}</a> {d}</li>"),
        "6 titles that only a script opens",
    ),
    "places on the page": (
        each("<li><a href='#a{n}'>{t}</a> {d}</li>"),
        "6 titles that lead to places on this page",
    ),
    "places on the page, with its address": (
        each("<li><a href='/news/#a{n}'>{t}</a> {d}</li>"),
        "6 titles that lead to places on this page",
    ),
    "routes of a script": (
        each("<li><a href='#/detail/{n}'>{t}</a> {d}</li>"),
        "6 titles that a script shows on this page",
    ),
    "rows in a script without addresses": (
        page(f"<script>var data = {json.dumps([{**row, 'url': ''} for row in OBJECTS])};</script>"),
        "6 titles with days in a script, and no addresses",
    ),
    "a frame": (
        page("<iframe src='/counter.html' height='0'></iframe><iframe src='list.html?id=3' width='100%'></iframe>"),
        "what this page shows is in a frame: https://harbour.test/news/list.html?id=3",
    ),
    "a frame of somebody else": (
        page("<iframe src='https://video.test/embed/1'></iframe>"),
        "no group of links looks like a list of releases",
    ),
    "no links at all": (
        each("<h3>{t}</h3><p>{d}</p>" + TEASER, "{}"),
        "no group of links looks like a list of releases",
    ),
}


@pytest.mark.parametrize("what", READ)
def test_a_list_that_scripts_show_is_read(what: str) -> None:
    found = read_listing(READ[what], URL)
    assert [(item.url, item.title, (item.date or "")[:10]) for item in found.items] == [
        (f"https://harbour.test/news/{number}.html", title, day) for day, title, number in ROWS
    ]


@pytest.mark.parametrize("what", NOT_READ)
def test_a_list_that_leads_nowhere_is_said_to_be_none(what: str) -> None:
    text, reason = NOT_READ[what]
    found = read_listing(text, URL)
    assert (found.items, found.reason) == ((), reason)


@pytest.mark.parametrize("what", [what for what in READ if read_listing(READ[what], URL).rules])
def test_the_rules_that_are_written_down_find_it_again(what: str, tmp_path: Path) -> None:
    rules = "\n".join(f"{key} = {json.dumps(rule)}" for key, rule in read_listing(READ[what], URL).rules.items())
    (tmp_path / "x-y.toml").write_text(
        f'title = "x"\nsite = "{URL}"\nstatus = "unproven"\nevidence = "e"\nlanguage = "en"\ntime-zone = "UTC"\n'
        f'every = "1h"\n[listing]\nurl = "{URL}"\n{rules}\n'
    )
    source = load_sources(tmp_path, use=["x-y"])["x-y"]
    found = read_declared_listing(source, READ[what], URL)
    assert [(item.url, item.title, (item.date or "")[:10]) for item in found.items] == [
        (f"https://harbour.test/news/{number}.html", title, day) for day, title, number in ROWS
    ]


def test_a_share_button_is_no_list() -> None:
    text = "<p>" + "The pier opens in spring, says the office of the harbour, and ferries come. " * 12 + "</p>"
    buttons = "".join(f"<span onclick=\"window.open('https://share.test/{name}')\">{name}</span>" for name in "abcdef")
    assert read_listing(page(f"<h2>A pier opens</h2>{text * 3}{buttons}"), URL).items == ()
