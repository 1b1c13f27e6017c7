"""Listings of cards, of definitions, of links in two marks, of days without a year: written to forms seen often."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawler.extract import read_declared_listing, read_listing
from crawler.source import load_sources

URL = "https://press.example.hk/news/"
TITLES = (
    "Harbour tunnel opens to buses",
    "Grants for small laboratories doubled",
    "Two libraries stay open at night",
    "Ferry pier rebuilt after the storm",
    "New rules for drones over beaches",
    "Schools get faster networks",
)
TEASER = (
    "The department said on Monday that the work had begun as planned, and that it would be done before the summer. "
)


def rows(form: str) -> str:
    return "".join(form.format(n=n, d=28 - n, t=title, teaser=TEASER) for n, title in enumerate(TITLES))


def page(body: str, title: str = "News") -> str:
    menu = "".join(f"<li><a href='/m{n}'>Section {n}</a>" for n in range(6))
    return f"<title>{title}</title><body><ul class=menu>{menu}</ul><main>{body}</main>"


FORMS = {
    "a teaser that is a link too": "<article><h3><a href=/a/{n}-2026>{t}</a></h3>"
    "<p><a href=/a/{n}-2026>{teaser}</a></p><time datetime=2026-03-{d}>x</time></article>",
    "a teaser under a short title of no heading": "<li><a href=/a/{n}-2026>{t}</a>"
    "<p><a href=/a/{n}-2026>{teaser}{teaser}</a></p><i>2026-03-{d}</i></li>",
    "a card that is one link, the day called a headline": "<a class=card href=/a/{n}.html><div class='date headline-5'>"
    "115.03.{d}</div><div class='title headline-4'>{t}</div><div class=views>read: 9{n} times</div></a>",
    "a link laid over the card": "<div class=card><a href=/a/2026-{n} aria-label='{t}'></a><h3><span>{t}</span></h3>"
    "<time datetime=2026-03-{d}>3h ago</time></div>",
    "terms and what is said of them": "<dt>[{n}] <a href=/abs/2603.0{n}1>No:2603.0{n}1</a> "
    "[<a href=/pdf/2603.0{n}1>pdf</a>]</dt>"
    "<dd><div class=title>{t}</div><div>by <a href=/by?a={n}>A. B. Lee</a>, <a href=/by?b={n}>C. Yu</a></div>"
    "<i>2026-03-{d}</i></dd>",
    "the site behind the title": "<tr><td><span class=line><a href=https://s{n}.example/a-title-of-{n}>{t}</a>"
    "<span class=bit> (<a href=/from?site=s{n}><span>s{n}.example</span></a>)</span></span></td>"
    "<td>2026-03-{d}</td></tr>",
    "years of two digits in front": "<tr><td><a href=/t{n}.html>{t}</a></td><td>26-03-{d}<br></td></tr>",
    "a day in the title of a word": "<li><a href=/a/{n}-2026>{t}</a> <span title=2026-03-{d}>{n} days ago</span></li>",
    "bullets in the links": "<li><span>2026-03-{d}</span><a href=/c/{n}-2026>• {t}</a></li>",
}
AROUND = {"terms and what is said of them": "<dl>{}</dl>", "the site behind the title": "<table>{}</table>"} | {
    "years of two digits in front": "<table>{}</table>"
}


@pytest.mark.parametrize("name", FORMS)
def test_each_row_gives_its_title_and_day(name: str) -> None:
    found = read_listing(page(AROUND.get(name, "<ul>{}</ul>").format(rows(FORMS[name]))), URL).items
    assert [item.title for item in found] == list(TITLES)
    assert [item.date for item in found] == [f"2026-03-{28 - n}" for n in range(len(TITLES))]


def test_titles_that_are_all_the_same_are_titles() -> None:
    card = FORMS["a card that is one link, the day called a headline"]
    same = "".join(card.format(n=n, d=28 - n, t="Movements at sea and in the air") for n in range(6))
    assert {item.title for item in read_listing(page(same), URL).items} == {"Movements at sea and in the air"}


@pytest.mark.parametrize(
    ("head", "day"),
    [("<h3>2026</h3>", "03-{d}"), ("<h3>Releases of 2026</h3>", "{d} March"), ("<p>2026年</p>", "3月{d}日")],
)
def test_days_without_a_year_are_of_the_year_above_them(head: str, day: str) -> None:
    body = head + "<ul>" + rows(f"<li><b>{day}</b> <a href=/a/{{n}}.html>{{t}}</a></li>") + "</ul>"
    found = read_listing(page(body), URL).items
    assert [item.date for item in found] == [f"2026-03-{28 - n}" for n in range(len(TITLES))]


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("12 มิ.ย. 2568", "2025-06-12"),
        ("12/06/2568", "2025-06-12"),
        ("2026년 3월 12일", "2026-03-12"),
        ("令和8年3月12日", "2026-03-12"),
        ("12. März 2026", "2026-03-12"),
        ("12 de junio de 2025", "2025-06-12"),
        ("1er août 2026", "2026-08-01"),
        ("12 giugno 2026", "2026-06-12"),
    ],
)
def test_days_of_other_calendars_and_languages_are_told(day: str, said: str) -> None:
    body = "<ul>" + rows(f"<li><a href=/a/{{n}}-2026>{{t}}</a> <i>{day}</i></li>") + "</ul>"
    assert {item.date for item in read_listing(page(body), URL).items} == {said}


def test_days_of_another_list_date_no_row() -> None:
    other = "".join(f"<li>{TEASER}</li><li>2026-02-{n + 10}</li>" for n in range(8))
    hot = "".join(f"<li><a href=/h/{n}.html>{title}</a></li>" for n, title in enumerate(TITLES))
    found = read_listing(page(f"<ul>{other}</ul><div class=hot><ul>{hot}</ul></div>"), URL).items
    assert {item.date for item in found} <= {None}


def test_a_day_that_the_page_shows_as_today_dates_no_row() -> None:
    body = (
        "<div>今天是2026年3月28日 星期六</div><ul>"
        + rows("<li><a href=/a/what-was-said-{n}.html>{t}</a></li>")
        + "</ul>"
    )
    found = read_listing(page(body), URL).items
    assert [item.date for item in found] == [None] * len(TITLES)


def test_a_front_page_with_many_cards_and_teasers_is_a_listing() -> None:
    cards = "".join(
        f"<div class=s{part}>"
        + "".join(
            f"<div class=card{part}><h3><a href=/s{part}/{'-'.join(title.lower().split())}-{n}>{title} {part}</a></h3>"
            f"<div><p>{TEASER * 2}</p></div></div>"
            for n, title in enumerate(TITLES)
        )
        + "</div>"
        for part in range(4)
    )
    aside = "".join(f"<section><h4>Letter {n}</h4><p>{TEASER * 3}</p></section>" for n in range(8))
    assert (
        len(read_listing(page(cards + aside, "Latest stories from the harbour"), "https://press.example.hk/").items)
        >= 6
    )
    text = "".join(f"<p>{TEASER * 4}</p>" for _ in range(9))
    story = page(
        f"<h1>Harbour tunnel opens to buses after three years</h1>{text}{cards}", "Harbour tunnel opens to buses"
    )
    assert read_listing(story, "https://press.example.hk/s1/harbour-tunnel-opens-to-buses-0").items == ()


def test_broken_markup_gives_selectors_or_none_and_never_an_error() -> None:
    body = "<ul>" + rows("<li><x\"y'z &q><a href=/a/{n}-2026>{t}</a></x\"y'z></li>") + "</ul>"
    assert dict(read_listing(page(body), URL).rules) is not None
    turned = page("<ul>" + rows("<li><a href=/a/{n}-2026>{t}</a> <span title=2026-03-{d}>ago</span></li>") + "</ul>")
    assert dict(read_listing(turned, URL).rules)["date"] == "span::attr(title)"


@pytest.mark.parametrize("name", FORMS)
def test_the_selectors_that_are_written_read_what_was_found(name: str, tmp_path: Path) -> None:
    html = page(AROUND.get(name, "<ul>{}</ul>").format(rows(FORMS[name])))
    found = read_listing(html, URL)
    rules = "".join(f"{key} = {json.dumps(css)}\n" for key, css in found.rules.items())
    (tmp_path / "xx-press.toml").write_text(
        f'title = "x"\nsite = "{URL}"\nstatus = "unproven"\nevidence = "none"\nlanguage = "en"\ntime-zone = "UTC"\n'
        f'[listing]\nurl = "{URL}"\n{rules}',
        "utf-8",
    )
    declared = read_declared_listing(load_sources(tmp_path, use=["xx-press"])["xx-press"], html, URL)
    assert [(item.url, item.title) for item in declared.items] == [(item.url, item.title) for item in found.items]
    assert [(item.date or "")[:10] for item in declared.items] == [item.date for item in found.items]


def test_days_that_may_be_months_are_read_by_all_of_them(tmp_path: Path) -> None:
    html = page(
        "<ul>" + "".join(f"<li><a href=/a/{n}>{t}</a> <i>3/{n + 9}/2026</i></li>" for n, t in enumerate(TITLES))
    )
    (tmp_path / "xx-press.toml").write_text(
        f'title = "x"\nsite = "{URL}"\nstatus = "unproven"\nevidence = "none"\nlanguage = "en"\ntime-zone = "UTC"\n'
        f'[listing]\nurl = "{URL}"\nlinks = "main li a"\ndate = "i"\n',
        "utf-8",
    )
    declared = read_declared_listing(load_sources(tmp_path, use=["xx-press"])["xx-press"], html, URL)
    assert [str(item.date)[:10] for item in declared.items] == [f"2026-03-{n + 9:02}" for n in range(len(TITLES))]


def test_a_page_nested_thousands_deep_is_given_no_selectors() -> None:
    deep = page(
        "<div class=a>" * 3000 + "<ul>" + rows("<li><a href=/a/{n}-2026>{t}</a> <i>2026-03-{d}</i></li>") + "</ul>"
    )
    assert dict(read_listing(deep, URL).rules) == {}
