"""The page that follows a list, as sites of many languages and makes write it."""

from __future__ import annotations

import pytest

from crawler.extract.group import links_of
from crawler.extract.pager import next_page
from crawler.normalise.tree import read_html

URL = "https://a.test/news/"


def link(page: str, text: str, more: str = "") -> str:
    return f'<a href="/news/{page}" {more}>{text}</a> '


NUMBERS = link("?PAGEN_1=3", "3") + link("?PAGEN_1=4", "4") + "<b>5</b> "
FOLLOWED = {
    "Japanese": (link("?p=3", "前のページ") + link("?p=5", "次のページ"), "?p=5"),
    "Italian": (link("?p=5", "<span>Pagina successiva &raquo;</span>"), "?p=5"),
    "Spanish": (link("?p=5", "Página siguiente"), "?p=5"),
    "French": (link("?p=5", "Page suivante ›"), "?p=5"),
    "German": (link("?p=5", "Nächste Seite"), "?p=5"),
    "Polish": (link("?p=5", "Następna"), "?p=5"),
    "Russian": (link("?p=5", "След."), "?p=5"),
    "Korean": (link("?p=5", "다음"), "?p=5"),
    "Chinese": (link("?p=5", "下一页"), "?p=5"),
    "Portuguese": (link("?p=5", "Próximo"), "?p=5"),
    "a number between two that have links": (
        f"<div class=pages>{NUMBERS}{link('?PAGEN_1=6', '6')}{link('?PAGEN_1=7', '7')}</div>",
        "?PAGEN_1=6",
    ),
    "the first of a row": (
        f"<div class=pages><b>1</b> {link('?x=2', '2')}{link('?x=3', '3')}{link('?x=20', '20')}</div>",
        "?x=2",
    ),
    "two pages, the first shown, and nothing called a pager": (
        f"<p><b>1</b> {link('index_2.html', '2')}</p>",
        "index_2.html",
    ),
    "all on one page is no next page": (
        (
            f"<div class=pages>{link('?limit=all', 'Show all', 'class=next')}</div>"
            f"<div class=pages>{link('?p=3', '3')}<b>4</b> {link('?p=5', '5')}</div>"
        ),
        "?p=5",
    ),
}
NOT_FOLLOWED = {
    "the next month of a calendar": (
        f"<div class=pager><span class=date-next>{link('?mini=2016-04', '»', 'title=Navigate')}</span></div>"
    ),
    "a month named in its title": (
        f"""<div class=pager>{link("?mini=2016-04", "»", 'class=next title="Go to the next month"')}</div>"""
    ),
    "how many speak of a release": (
        f"<div class=page-content>{link('../piers-3-and-4-open/', '2')}{link('../a-lock-is-closed/', '7')}</div>"
    ),
    "how many speak of a release, where that is said": (
        f"<div class=page><p class=comments>{link('../piers-3-open/', '2')}</p></div>"
    ),
    "a month of an archive": (
        f"<ul>{link('../archives/2023/10', '10')}{link('../archives/2023/09', '09')}"
        f"{link('../archives/2023/02', '02')}</ul>"
    ),
    "a page that is the last": f"<div class=pager>{link('?p=1', '1')}{link('?p=2', '2')}<b>3</b></div>",
}


def follow(markup: str) -> str:
    root = read_html(f"<body>{markup}")
    return next_page(root, links_of(root, URL, URL), URL)


@pytest.mark.parametrize("kind", FOLLOWED)
def test_the_next_page_is_found(kind: str) -> None:
    markup, page = FOLLOWED[kind]
    assert follow(markup) == f"https://a.test/news/{page}"


@pytest.mark.parametrize("kind", NOT_FOLLOWED)
def test_what_is_no_next_page_is_not_followed(kind: str) -> None:
    assert follow(NOT_FOLLOWED[kind]) == ""
