"""What no row lists: pages that are there, with status 200, and are not what the list named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.chaos import Chaos
    from faults.conftest import Desk

Page = Callable[..., str]
START = datetime(2026, 4, 29, 12, tzinfo=UTC)
HOME = """\
<html><head><title>Harbour Office</title></head><body><h1>Welcome to the Harbour Office</h1>
<div class="body"><p>All about our services to the public, with forms, contacts and the way to us by ferry.</p>
<p>We are open from nine to five on weekdays, and the pier is lit at night for those who come late.</p></div>
</body></html>
"""
GONE = {
    "en": ("Page not found", "Sorry, the page you are looking for cannot be found. It may have been moved or removed."),
    "zh-Hant": ("找不到網頁", "對不起，您所要求的網頁不存在或已被移除，請返回主頁。"),
    "zh-Hans": ("提示信息", "抱歉，您访问的页面不存在或已被删除！"),
    "pt": ("Página não encontrada", "A página que procura não existe ou foi removida."),
}


def at(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat()


@pytest.mark.parametrize("language", GONE)
def test_p1_a_release_page_that_says_with_200_that_it_is_not_there_is_no_release_and_no_correction(
    desk: Desk, newsroom: Chaos, listing: Page, release: Page, language: str
) -> None:
    title, text = GONE[language]
    gone = f'<html><title>{title}</title><h1>{title}</h1><div class="body"><p>{text}</p></div></html>'
    newsroom.page("/r/2.htm", gone)
    ended = desk.outcome("bad", now=at(0))
    assert (ended.new, desk.count("bad")) == (2, 2)
    assert "no release" in ended.reason
    newsroom.page("/r/2.htm", release(2))
    assert desk.outcome("bad", now=at(1.5)).new == 1, "tried again though the list has not changed"
    newsroom.page("/r/3.htm", gone)
    newsroom.page("/list", listing(1, 2, 3, title="Number {n} of the department is released"))
    ended = desk.outcome("bad", now=at(5))
    assert (ended.new, ended.changed) == (0, 0)
    assert len(desk.titles("bad") & {"Release number 3 of the department"}) == 1


@pytest.mark.parametrize("how", ["answers", "redirects", "leads back"])
def test_p7_one_page_in_place_of_every_release_makes_no_release_of_them_all(
    desk: Desk, newsroom: Chaos, listing: Page, release: Page, how: str
) -> None:
    texts = {n: f"The harbour opened pier {n} for ferries to island {n} on Monday morning. " * 4 for n in range(1, 6)}
    newsroom.page("/list", listing(*texts, title="Ferry pier {n} is open to the public"))
    newsroom.page("/", HOME)
    for n in texts:
        if how == "answers":
            newsroom.page(f"/r/{n}.htm", HOME)
        else:
            newsroom.redirect(f"/r/{n}.htm", "/" if how == "redirects" else "/list")
    ended = desk.outcome("bad", now=at(0))
    assert (ended.new, desk.count("bad")) == (0, 0), "the first neither"
    assert "no release" in ended.reason or "none of 5 pages" in ended.reason
    for n, text in texts.items():
        newsroom.page(f"/r/{n}.htm", release(7, title=f"Ferry pier {n} is open to the public", text=text))
    desk.crawl("bad", now=at(1.5))
    assert desk.titles("bad") == {f"Ferry pier {n} is open to the public" for n in texts}
    assert desk.count("bad") == 5


def test_pages_under_other_titles_than_were_listed_are_releases_where_they_differ(
    desk: Desk, newsroom: Chaos, listing: Page, release: Page
) -> None:
    newsroom.page("/list", listing(1, 2, 3, 4, title="Document {n}0{n} (PDF, {n} pages)"))
    names = ("Harbour ferries resume", "Water supply suspended", "Man charged with theft", "Harbour ferries resume")
    for n, name in enumerate(names[:3], 1):
        newsroom.page(f"/r/{n}.htm", release(n, title=name, text=f"{name}: so said the office, in part {n}. " * 9))
    newsroom.page("/r/4.htm", "not there", 404)
    ended = desk.outcome("bad", now=at(0))
    assert (ended.new, desk.titles("bad")) == (3, set(names))
    newsroom.page("/list", listing(5, title="Document 505"))
    newsroom.page("/r/5.htm", release(5, title="Road works begin", text="Road works begin on Monday in the west. " * 9))
    assert desk.outcome("bad", now=at(1), explicit=True).new == 1, "one alone is taken as it is"


def test_one_page_for_all_beside_a_good_one_is_no_release(
    desk: Desk, newsroom: Chaos, listing: Page, release: Page
) -> None:
    newsroom.page("/list", listing(1, 2, 3, title="Ferry pier {n} is open to the public"))
    newsroom.page("/r/1.htm", HOME)
    newsroom.page("/r/2.htm", release(2, title="Ferry pier 2 is open to the public"))
    newsroom.page("/r/3.htm", HOME)
    assert (desk.outcome("bad", now=at(0)).new, desk.titles("bad")) == (1, {"Ferry pier 2 is open to the public"})
    assert {page.url for page in desk.quarantine("bad")} == {newsroom.url("/r/1.htm"), newsroom.url("/r/3.htm")}
