"""What stands with a list and is none of it; what stands apart and is."""

from __future__ import annotations

import pytest

from crawler.extract import read_listing

HOST = "https://dept.example"
TITLE = "Department opens pier {} to the public"
ROWS = "".join(
    f"<tr><td>{n}</td><td><a href='/news.asp?id={n}'>{TITLE.format(n)}</a></td><td>{n} June 2026</td></tr>"
    for n in range(9, 1, -1)
)
PLAIN = "".join(f"<li><a href='/news/{n}.html'>{TITLE.format(n)}</a></li>" for n in range(9, 1, -1))
DATED = PLAIN.replace("</a>", "</a> <i>9 June 2026</i>")
TWICE = (
    "<table><tr><td></td><td><a href='/a.asp'>About the department</a></td></tr>"
    "<tr><td></td><td><a href='/b.asp'>Organisation of the department</a></td></tr></table>"
)
WORDS = "A spokesman said that some 3,000 visitors a day are expected, and that the department would watch operations. "


def urls(body: str) -> list[str]:
    listing = read_listing(f"<html><head><title>News</title></head><body>{body}</body></html>", f"{HOST}/news/")
    return [item.url.removeprefix(HOST) for item in listing.items]


@pytest.mark.parametrize(
    "menu",
    [
        "<table><tr><td><a href='/'>Home</a></td><td><a href='about.asp'>About the department</a></td></tr></table>",
        "<table><tr><td>|</td><td><a href='about.asp'>About the department</a></td><td>|</td></tr></table>",
        TWICE,
    ],
)
def test_a_menu_made_as_the_table_of_the_list_is_not_in_it(menu: str) -> None:
    assert urls(f"{menu}<table>{ROWS}</table>") == [f"/news.asp?id={n}" for n in range(9, 1, -1)]


def test_months_in_tables_of_their_own_are_one_list() -> None:
    short = ROWS[: ROWS.index("</tr>") + 5].replace("id=9", "id=40")
    assert len(urls(f"<table>{ROWS}</table><h2>May</h2><table>{short}</table>")) == 9


LEAD = (
    "<div class='top'><a href='/news/40.html'><img src=x.jpg></a>"
    "<h2><a href='/news/40.html'>A bridge opens to all</a></h2>"
    f"<span>12 June 2026</span><p>{WORDS}</p></div>"
)


def test_a_lead_story_is_the_first_item_with_title_and_day() -> None:
    listing = read_listing(f"<body>{LEAD}<ul>{DATED}</ul>", f"{HOST}/news/")
    assert (listing.items[0].url, listing.items[0].title, listing.items[0].date) == (
        f"{HOST}/news/40.html",
        "A bridge opens to all",
        "2026-06-12",
    )
    assert len(listing.items) == 9


def test_what_is_written_down_finds_the_lead_too() -> None:
    from crawler.extract.select import selector
    from crawler.normalise.tree import read_html

    text = f"<body><p><a href='/news/map.html'>Map</a></p>{LEAD}<ul>{DATED}</ul>"
    rules = read_listing(text, f"{HOST}/news/").rules
    found = {element.get("href") for element in selector(rules["links"]).elements(read_html(text))}
    assert found == {f"/news/{n}.html" for n in (40, *range(9, 1, -1))}


@pytest.mark.parametrize(
    "above",
    [
        LEAD.replace("<span>12 June 2026</span>", ""),  # no day, where all have one
        LEAD.replace("/news/40.html", "/events/40.html"),  # of another kind
        LEAD.replace("/news/40", "https://other.example/news/40"),
        f"<nav>{LEAD}</nav>",
        f"<div class='sidebar popular'>{LEAD}</div><aside></aside>",
        "".join(LEAD.replace("40", str(n)) for n in range(40, 44)),  # four are no lead
        f"<p>{WORDS}<a href='/news/40.html'>A bridge opens to all</a> on 12 June 2026.</p>" + f"<p>{WORDS}</p>" * 60,
    ],
)
def test_what_is_not_shown_as_the_others_is_no_lead(above: str) -> None:
    found = urls(f"{above}<ul>{DATED}</ul>")
    assert found == [f"/news/{n}.html" for n in range(9, 1, -1)] or "/news/40.html" not in found
    assert set(found) >= {f"/news/{n}.html" for n in range(9, 1, -1)} or found == []


def test_a_lead_of_a_list_without_days_is_known_by_its_heading() -> None:
    without = LEAD.replace("<span>12 June 2026</span>", "")
    body = f"{without}<ul>{PLAIN}</ul>".replace("/news/", "/news/2026")
    assert urls(body)[0] == "/news/202640.html"
    assert urls(body.replace("h2>", "b>"))[0] == "/news/20269.html"


@pytest.mark.parametrize("text", ["More articles...", "View all news", "查看更多", "Ver todas as notícias »"])
def test_what_leads_to_a_longer_list_is_none_of_its_rows(text: str) -> None:
    whole = f"<ul>{DATED}<li><a href='/news/all'>{text}</a></li></ul>"
    assert urls(whole) == [f"/news/{n}.html" for n in range(9, 1, -1)]


def test_a_headline_without_a_day_at_the_end_of_a_list_stays() -> None:
    assert urls(f"<ul>{DATED}<li><a href='/news/1.html'>{TITLE.format(1)}</a></li></ul>")[-1] == "/news/1.html"
