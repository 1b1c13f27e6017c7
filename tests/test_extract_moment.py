"""When a page was published, where several places of it name several days."""

from __future__ import annotations

import pytest

from crawler.extract.address import zone_of
from crawler.extract.meta import read_meta
from crawler.extract.moment import moment_of_page
from crawler.normalise.tree import read_html

HEAD = '<meta property="article:published_time" content="2024-08-13T12:14:39+00:00">'
CHANGED = '<meta property="article:modified_time" content="2026-03-12T12:44:39+00:00">'
OTHERS = "".join(f"<li><a href=/{n}>Another story</a> <time datetime=2023-06-1{n}>then</time></li>" for n in range(5))
PAGES = {
    "a day of change that is shown is no day of publication": (
        f"<head>{HEAD}{CHANGED}</head><h1>A headline</h1><p class=date>March 12, 2026</p><p>Text.",
        "2024-08-13",
    ),
    "what is shown as new is not old because the head was never changed": (
        f"<head>{HEAD}</head><h1>A headline</h1><time datetime=2024-08-13>13 August</time><p>Text.",
        "2024-08-13",
    ),
    "days of other stories above the headline count less than the one below it": (
        f"<ul>{OTHERS}</ul><h1>A headline</h1><time datetime=2017-03-01>1 March</time><p>Text.",
        "2017-03-01",
    ),
    "days of comments are not those of the text": (
        (
            "<h1>A headline</h1><div class=comments><div><p>I<time itemprop=datePublished datetime=2025-12-19>x</time>"
            "</div></div><p>By A <time datetime=2025-11-17>17 November</time></p>"
        ),
        "2025-11-17",
    ),
    "one other day named again and again outweighs nothing": (
        '<meta name=datePublished content="2017-04-10T12:00:00-07:00"><h1>A headline</h1><p>Text.</p>'
        + "<p><time datetime=2024-06-11>x</time></p>" * 6,
        "2017-04-10",
    ),
    "midnight in UTC is a day, not the end of the day before": (
        (
            '<meta property="article:published_time" content="2025-12-19T00:00:00+00:00"><h1>A headline</h1>'
            "<p><time datetime=2025-12-18>x</time></p>"
        ),
        "2025-12-19",
    ),
}


@pytest.mark.parametrize("what", PAGES)
def test_the_day_of_a_page_is_that_of_its_text(what: str) -> None:
    markup, day = PAGES[what]
    root = read_html(f"<html><body>{markup}" if "<head>" not in markup else f"<html>{markup}")
    found = moment_of_page(root, read_meta(root), "https://a.test/story", zone=zone_of("https://a.test/story"))
    assert str(found.published)[:10] == day


PARTED = (
    "<b>06-20</b><i>2026</i>", "<i>2026</i><b>06/20</b>", "<b>20</b><i>Jun</i><u>2026</u>", "<b>20</b><i>2026-06</i>",
    "<i>2026年</i><b>6月20日</b>", "<b>06/20</b><i>2026</i>", "<i>2026.06</i><b>20</b>",
    "<b>20</b><i>06</i><u>2026</u>", "<b>06月</b><i>20日</i><u>2026</u>",
    "<i>2026</i><b>Jun</b><u>20</u>", "<b>20</b> June<br>2026",
)  # fmt: skip


@pytest.mark.parametrize("parts", PARTED)
def test_a_day_in_several_elements_is_one_day(parts: str) -> None:
    root = read_html(f"<body><h1>关于公布第三批案例名单的公告</h1><div class=time>{parts}</div><p>共12家，15项。</p>")
    found = moment_of_page(root, read_meta(root), "https://a.test/story", zone="Asia/Shanghai")
    assert str(found.published)[:10] == "2026-06-20"


def test_numbers_beside_a_year_in_a_text_are_no_day() -> None:
    root = read_html("<body><h1>A</h1><p><b>12</b> of the <b>20</b> piers of <b>2026</b> are old.</p>")
    assert moment_of_page(root, read_meta(root), "https://a.test/story", zone="UTC").published is None


SHOWN = "<body><h1>A pier opens</h1><p class={}>August 25, 2020</p><p>It is long.</p></body>"
MOVED = (
    '<script type="application/ld+json">{"@type": "Article", "datePublished": "2023-06-24", '
    '"dateModified": "2023-06-24"}</script>'
)


@pytest.mark.parametrize(
    ("address", "day"),
    [("https://a.test/story", "2020-08-25"), ("https://a.test/2023/06/24/story", "2023-06-24")],
)
def test_a_page_that_was_moved_is_of_the_day_beside_its_headline(address: str, day: str) -> None:
    root = read_html(f"<head>{MOVED}</head>{SHOWN.format('date')}")
    found = moment_of_page(root, read_meta(root), address, zone="UTC")
    assert str(found.published)[:10] == day


def test_a_page_that_was_changed_later_is_of_the_day_that_its_head_calls_published() -> None:
    later = MOVED.replace('"dateModified": "2023-06-24"', '"dateModified": "2023-07-30"')
    root = read_html(f"<head>{later}</head>{SHOWN.format('a')}")
    found = moment_of_page(root, read_meta(root), "https://a.test/story", zone="UTC")
    assert str(found.published)[:10] == "2023-06-24"


def test_metas_that_say_one_vague_date_twice_speak_once() -> None:
    metas = "".join(f'<meta name="{name}" content="2021-12-20T11:02:44+01:00">' for name in ("dcterms.date", "date"))
    root = read_html(f"<head>{metas}</head><body><h1>A</h1><p class=date>Published 27.01.2022</p><p>B</p></body>")
    found = moment_of_page(root, read_meta(root), "https://a.test/story", zone="UTC")
    assert str(found.published)[:10] == "2022-01-27"
