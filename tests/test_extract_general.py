"""Titles below the names of bodies and sections, rows that are wholly a link, days of eras."""

from __future__ import annotations

import pytest

from crawler.extract import read_listing, read_release
from crawler.extract.title import title_of_page
from crawler.normalise.tree import read_html

TITLES = [
    "Secretary opens robotics centre in Sha Tin",
    "Harbour tunnel tolls adjusted from Sunday",
    "Grants awarded to 14 research teams",
    "Marine notice on dredging works",
    "Statement on data breach",
    "Public consultation on drone rules begins",
]
TEXT = "".join(f"<p>{t}: the Government said that the plan would go on, with measures for schools.</p>" for t in TITLES)
HAN = "".join(f"<p>第{n}段：政府表示，將按既定計劃推行各項措施，並會繼續與業界保持溝通。</p>" for n in range(5))
TOLD = "The Office said in its statement that it gave its reasons at length, and in numbers."


@pytest.mark.parametrize(
    "row",
    [
        "<div>{day} May 2026</div><div>{title}</div><div>{told}</div>",
        "<div>{title}</div><div>{day} May 2026</div><div>{told}</div>",
        "<div><div>{day} May 2026</div><div>{title}</div><div>{told}</div></div>",
        "<div>Transport</div><p>{title}</p><p>{told}</p><div>{day} May 2026</div>",
        "<div>{day} May 2026</div><div class=t>{title}</div><div class=s>{told}</div>",
        "<div>{day} May 2026</div><div class=title>{title}</div><div class=summary>{told}</div>",
    ],
)
@pytest.mark.parametrize("told", [TOLD, "Number {number}: " + TOLD], ids=["one", "each"])
def test_a_row_that_is_a_link_is_titled_by_what_stands_before_its_teaser(row: str, told: str) -> None:
    rows = "".join(
        f"<li><a href=/n/{n}>{row.format(day=28 - n, title=title, told=told.format(number=n))}</a></li>"
        for n, title in enumerate(TITLES)
    )
    found = read_listing(f"<body><main><ul>{rows}</ul></main>", "https://a.example/n")
    assert [item.title for item in found.items] == TITLES
    assert [str(item.date)[:10] for item in found.items] == [f"2026-05-{28 - n}" for n in range(len(TITLES))]


def test_a_row_that_is_a_link_has_a_title_without_its_teaser_where_the_day_stands_beside_it() -> None:
    rows = "".join(
        f"<li><span class=date>{28 - n} May 2026</span><a href=/n/{n}><div>{title}</div><div>{TOLD}</div></a></li>"
        for n, title in enumerate(TITLES)
    )
    found = read_listing(f"<body><main><ul>{rows}</ul></main>", "https://a.example/n")
    assert [item.title for item in found.items] == TITLES


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("Office of Ports - Tolls change", "<h1>Office of Ports</h1><div><h2>Tolls change</h2>", "Tolls change"),
        ("Tolls change", "<h1>Press Releases</h1><div><h2>Tolls change</h2>", "Tolls change"),
        ("Press Releases", "<h1>Press Releases</h1><div><h3>Tolls change on Sunday</h3>", "Tolls change on Sunday"),
        ("Press Releases", "<h1>Press Releases</h1><div><h3>News</h3><h3>Tolls change</h3>", "Tolls change"),
        ("Office of Ports", "<div><div class=pr-title>Tolls change on Sunday</div>", "Tolls change on Sunday"),
        ("Office of Ports", "<aside><h3>Our services</h3></aside><div><h2>Tolls change</h2>", "Tolls change"),
        ("公告", "<div><h2>通行費調整公告</h2>", "通行費調整公告"),
        ("交通部航港局", "<div><h3 class=tit>通行費下月起調整</h3>", "通行費下月起調整"),
        ("新聞稿 | 航港局", "<h1>新聞稿</h1><div><h2>通行費下月起調整</h2>", "通行費下月起調整"),
        ("Press Releases", "<h1>Tolls of the tunnel change</h1><div><h2>On Sunday</h2>", "Tolls of the tunnel change"),
        ("Office of Ports", "<h1>Office of Ports</h1><div>", "Office of Ports"),
    ],
)
def test_a_title_stands_below_the_name_of_a_body_or_a_section(head: str, body: str, title: str) -> None:
    page = f"<title>{head}</title><body>{body}<div>22 May 2026</div>{TEXT}<h3>Other news of today</h3></div>"
    assert read_release(page, "https://a.example/n/1").title == title


@pytest.mark.parametrize(
    "day",
    [
        "發布日期：115年5月22日",
        "發布日期：民國115年5月22日",
        "公告日期：民國 115 年 05 月 22 日",
        "令和8年5月22日",
        "發布日期：115-05-22",
    ],
)
@pytest.mark.parametrize("footer", ["<footer><p>Last revision date: 1 June 2026</p></footer>", ""])
def test_a_day_of_an_era_goes_before_the_revision_date_of_the_footer(day: str, footer: str) -> None:
    page = f"<html lang=zh-TW><body><h1>通行費調整公告</h1><p>{day}</p>{HAN}{footer}"
    assert str(read_release(page, "https://a.example/n/1").published)[:10] == "2026-05-22"


def test_two_digits_before_the_character_for_year_are_no_year_of_an_era() -> None:
    page = f"<html lang=zh-CN><body><h1>通行费调整公告</h1><p>自98年5月22日起</p>{HAN}"
    assert str(read_release(page, "https://a.example/n/1").published)[:4] != "2009"


@pytest.mark.parametrize("head", ["Press Releases", "Press Releases - Office of Ports"])
@pytest.mark.parametrize("below", ["", "<h2>Tolls change on Sunday</h2>"])
def test_what_the_list_says_goes_before_the_name_of_a_section(head: str, below: str) -> None:
    page = read_html(f"<title>{head}</title><h1>Press Releases</h1>{below}{TEXT}")
    assert title_of_page(page, None, "Tolls change on Sunday")[0] == "Tolls change on Sunday"
