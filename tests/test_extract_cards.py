"""Lists of cards, days that belong to another part of the page, and texts that open over a page."""

from __future__ import annotations

from collections.abc import Mapping

from crawler.extract import read_declared_listing, read_listing
from crawler.source import ListingRules, Source

URL = "https://harbour.example/press/"
TEASER = "The new pier has been built in two years by many hands and it will be open to ships of all sizes from May. "
NAMES = ("A new pier opens", "Ferries run at night", "The old quay closes", "Prices of berths fall", "A crane is named")


def page(body: str) -> str:
    return f"<html><head><title>Press releases - Harbour</title></head><body>{body}</body></html>"


def cards() -> str:
    return "".join(
        f"<article class=card><h2>{name}</h2><a href='/press/{at}-a-text'>Read more</a><div class=excerpt>"
        f"<p>{TEASER}{at}</p><p>{TEASER}{TEASER}{at}</p></div><div>May {at}, 2026 at 2:30 PM</div></article>"
        for at, name in enumerate(NAMES, 1)
    )


def test_the_heading_of_a_card_is_its_title_however_wide_its_teaser() -> None:
    found = read_listing(page(f"<main>{cards()}</main>"), URL)
    assert [item.title for item in found.items] == list(NAMES)


def test_the_long_list_is_read_where_a_few_cards_are_shown_large_before_it() -> None:
    large = "".join(
        f"<div><a href='/about/{at}'><h3>{name}</h3><time>May {at}, 2026</time><p>{TEASER}</p></a></div>"
        for at, name in enumerate(("Our year in pictures", "What the sea teaches us", "Meet the pilots"), 1)
    )
    rows = "".join(
        f"<li><a class=row href='/press/{at}-a-text'><div><time>May {at}, 2026</time>"
        f"<span class=subject>News</span></div>"
        f"<span class=title>{name} this year</span></a></li>"
        for at, name in enumerate(NAMES * 2, 1)
    )
    found = read_listing(page(f"<main><section>{large}</section><ul class=list>{rows}</ul></main>"), URL)
    assert [item.title for item in found.items] == [f"{name} this year" for name in NAMES * 2]


def listed(*, year: int = 2026) -> str:
    return "".join(
        f"<li><a href='/press/{year}05/t{year}05{at:02}_84{at}.html'>{name} on the north bank</a></li>"
        for at, name in enumerate(NAMES, 11)
    )


def test_a_day_with_other_links_between_is_not_that_of_the_list() -> None:
    menu = "".join(f"<li><a href='/about/{word}'>About the {word}</a></li>" for word in "abcdefghijkl")
    other = f"<div><h2><a href='/picture'>The fleet in pictures</a></h2><div>2026-06-03</div></div><ul>{menu}</ul>"
    found = read_listing(page(f"{other}<div class=news><ul>{listed()}</ul></div>"), URL)
    assert [(item.date or "")[:10] for item in found.items] == [f"2026-05-{at}" for at in range(11, 16)]


def test_a_day_that_heads_the_list_is_that_of_all_its_rows() -> None:
    rows = "".join(f"<li><a href='/press/{at}'>{name} on the north bank</a></li>" for at, name in enumerate(NAMES))
    head = "<h2>June 3, 2026</h2><p><a href='/press/all'>All</a> <a href='/press/rss'>RSS</a></p>"
    found = read_listing(page(f"<div class=news>{head}<ul>{rows}</ul></div>"), URL)
    assert {(item.date or "")[:10] for item in found.items} == {"2026-06-03"}


def test_a_year_above_another_list_does_not_change_that_of_an_address() -> None:
    rows = "".join(
        f"<li><span>05-{at}</span><a href='/press/201505/t201505{at}_8.html'>{name} on the north bank</a></li>"
        for at, name in enumerate(NAMES, 11)
    )
    found = read_listing(page(f"<h3>2026</h3><div class=news><ul>{rows}</ul></div>"), URL)
    assert [(item.date or "")[:10] for item in found.items] == [f"2015-05-{at}" for at in range(11, 16)]


def test_what_opens_over_a_page_does_not_make_a_text_of_it() -> None:
    over = "".join(f"<div class='language-popup'><h2>Harbour</h2><p>{TEASER * 5}</p></div>" for _ in range(6))
    rows = "".join(
        f"<div class=item><a href='/index.html@p={at}.html'><div><p>{name}</p></div>"
        f"<div><p>1{at}/02/2022</p></div></a></div>"
        for at, name in enumerate(NAMES)
    )
    assert len(read_listing(page(f"{over}<div class=slider>{rows}</div>"), URL).items) == len(NAMES)


def declared(html: str, rules: Mapping[str, str]) -> list[str]:
    listing = ListingRules(url=URL, links=rules["links"], date=rules.get("date", ""))
    source = Source(key="harbour", title="Harbour", listing=listing)
    return [item.title for item in read_declared_listing(source, html, URL).items]


def test_what_is_found_once_reads_the_list_again_by_the_same_titles() -> None:
    html = page(f"<main>{cards()}</main>")
    assert declared(html, read_listing(html, URL).rules) == list(NAMES)


def test_a_declared_link_that_says_the_same_in_every_row_gives_way_to_the_title_beside_it() -> None:
    rows = "".join(
        f"<tr><td>{name} at noon</td><td><a href='/d/{at}.pdf'>Minutes</a></td></tr>" for at, name in enumerate(NAMES)
    )
    assert declared(page(f"<table>{rows}</table>"), {"links": "td > a"}) == [f"{name} at noon" for name in NAMES]


def test_selectors_leave_out_what_the_next_build_of_a_site_calls_otherwise() -> None:
    def built(made: str) -> str:
        rows = "".join(
            f"<li><a class='News-module__{made}__row' href='/press/{at}-a-text'><time class='News_date__{made}'>"
            f"May {at}, 2026</time><span class=title>{name}</span></a></li>"
            for at, name in enumerate(NAMES, 1)
        )
        return page(f"<main><ul>{rows}</ul><p><a href='/about'>About the port</a></p></main>")

    rules = read_listing(built("KxYrHG"), URL).rules
    assert "KxYrHG" not in f"{dict(rules)}"
    assert declared(built("x9Kd2"), rules) == list(NAMES)
