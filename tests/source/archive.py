"""Archives of three pages, each paged in another way: every one puts itself on a server and says where it begins."""

# ruff: noqa: E501 - a design is read best on one line

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from conftest import Site

__all__ = ["ARCHIVES", "TITLES"]

_SIZE: Final = 6
_PAGES: Final = 3
_NUMBERS: Final = range(_SIZE * _PAGES, 0, -1)
_TEXT: Final = (
    "The Harbour Department announced today that the new pier will open to the public on the first of next month.",
    "A spokesman said that some 3,000 visitors a day are expected, and that the department would watch operations.",
    "Details are on the website of the department, and at its enquiry counters during office hours.",
)


def _title(number: int) -> str:
    return f"Department opens pier {number} to the public"


TITLES: Final = tuple(map(_title, _NUMBERS))


def _on(page: int) -> range:
    return _NUMBERS[_SIZE * (page - 1) : _SIZE * page]


def _rows(page: int) -> str:
    return "".join(
        f"<li class='row'><a href='/news/{n}.html'>{_title(n)}</a> <span class='day'>{n} June 2026</span></li>"
        for n in _on(page)
    )


def _releases(site: Site) -> None:
    for number in _NUMBERS:
        text = "".join(f"<p>{said}</p>" for said in (f"Pier {number} it is.", *_TEXT))
        site.put(
            f"/news/{number}.html",
            f"<html lang='en'><head><title>{_title(number)} | Harbour</title></head><body><nav><a href='/'>Home</a></nav>"
            f"<h1>{_title(number)}</h1><p class='date'>{number} June 2026</p><div class='text'>{text}</div></body></html>",
        )


def _pages(site: Site, address: Callable[[int], str], pager: Callable[[int], str], head: str = "") -> str:
    _releases(site)
    for page in range(1, _PAGES + 1):
        site.put(
            address(page),
            f"<html lang='en'><head><title>Press releases</title>{head}</head><body><nav><a href='/'>Home</a>"
            f"<a href='/next-steps'>Next steps</a></nav><h1>Press releases</h1><ul class='list'>{_rows(page)}</ul>"
            f"{pager(page)}</body></html>",
        )
    return address(1)


def _query(page: int) -> str:
    return "/press" if page == 1 else f"/press?page={page}"


def relation(site: Site) -> str:
    """A link that says `rel=next`, beside the one back."""

    def pager(page: int) -> str:
        back = f"<a rel='prev' href='{_query(page - 1)}'>&lt;</a>" if page > 1 else ""
        return f"<p>{back}" + (f"<a rel='next' href='{_query(page + 1)}'>&gt;</a></p>" if page < _PAGES else "</p>")

    return _pages(site, _query, pager)


def named(site: Site) -> str:
    """Bootstrap: a list item that is called next, counted from 0."""

    def address(page: int) -> str:
        return "/press" if page == 1 else f"/press?page={page - 1}"

    def pager(page: int) -> str:
        last = page == _PAGES
        following = (
            "" if last else f"<li class='pager__item pager__item--next'><a href='{address(page + 1)}'>››</a></li>"
        )
        return f"<nav class='pager'><ul><li class='pager__item'>{page}</li>{following}</ul></nav>"

    return _pages(site, address, pager)


def worded(site: Site) -> str:
    """A mainland pager: words only, the first and the last page beside them, and on the last page a dead link."""

    def address(page: int) -> str:
        return "/xw/index.html" if page == 1 else f"/xw/index_{page - 1}.html"

    def pager(page: int) -> str:
        following = f"<a href='{address(page + 1)}'>下一页</a>" if page < _PAGES else "<span>下一页</span>"
        back = f"<a href='{address(page - 1)}'>上一页</a>" if page > 1 else ""
        return f"<div class='fenye'><a href='{address(1)}'>首页</a>{back}{following}<a href='{address(_PAGES)}'>尾页</a></div>"

    return _pages(site, address, pager)


def numbers(site: Site) -> str:
    """A row of numbers, the one of this page not a link; no word for the next."""

    def pager(page: int) -> str:
        row = "".join(
            f"<span class='current'>{n}</span>" if n == page else f"<a href='{_query(n)}'>{n}</a>"
            for n in range(1, _PAGES + 1)
        )
        return f"<div class='pagination'>{row}</div>"

    return _pages(site, _query, pager)


def items(site: Site) -> str:
    """Numbers as list items, this one active and a link all the same; pages in the path."""

    def address(page: int) -> str:
        return "/press/" if page == 1 else f"/press/page/{page}/"

    def pager(page: int) -> str:
        row = "".join(
            f"<li{' class=active' if n == page else ''}><a href='{address(n)}'>{n}</a></li>"
            for n in range(1, _PAGES + 1)
        )
        return f"<ul class='page-numbers'>{row}</ul>"

    return _pages(site, address, pager)


def scripted(site: Site) -> str:
    """The content system of mainland governments: the pager is written by a script."""

    def address(page: int) -> str:
        return "/tzgg/" if page == 1 else f"/tzgg/index_{page - 1}.html"

    return _pages(
        site, address, lambda page: f'<script>createPageHTML({_PAGES}, {page - 1}, "index", "html");</script>'
    )


def offset(site: Site) -> str:
    """Joomla: what is counted are releases, not pages."""

    def address(page: int) -> str:
        return "/press" if page == 1 else f"/press?start={_SIZE * (page - 1)}"

    def pager(page: int) -> str:
        row = "".join(f"<li>{n if n == page else f'<a href={address(n)}>{n}</a>'}</li>" for n in range(1, _PAGES + 1))
        return f"<ul class='pagination'>{row}</ul>"

    return _pages(site, address, pager)


def arrow(site: Site) -> str:
    """A picture of an arrow."""

    def pager(page: int) -> str:
        return f"<div><a href='{_query(page + 1)}'><img src='r.gif' alt='Next page'></a></div>" if page < _PAGES else ""

    return _pages(site, _query, pager)


def hidden(site: Site) -> str:
    """Nothing to click: only the head says what follows."""

    def address(page: int) -> str:
        return "/press" if page == 1 else f"/press/p/{page}"

    _pages(site, address, lambda _: "")
    for page in range(1, _PAGES):
        whole = site.answers[address(page)].body.decode()
        site.put(address(page), whole.replace("</title>", f"</title><link rel='next' href='{address(page + 1)}'>"))
    return address(1)


def interface(site: Site) -> str:
    """JSON whose address says the page."""
    _releases(site)
    for page in range(1, _PAGES + 2):
        rows = [
            {"id": n, "title": _title(n), "url": f"/news/{n}.html", "date": f"2026-06-{n:02}T10:00:00+08:00"}
            for n in (_on(page) if page <= _PAGES else ())
        ]
        site.put(f"/api/news?page={page}&size={_SIZE}", json.dumps({"rows": rows}), "application/json")
    return f"/api/news?page=1&size={_SIZE}"


def posts(site: Site) -> str:
    """WordPress by its interface, which answers 400 behind the last page."""
    site.put("/", '<link rel="https://api.w.org/" href="/wp-json/"><p>Hello, this is the harbour.')
    for page in range(1, _PAGES + 1):
        rows = [
            {
                "id": n,
                "link": site.url(f"/pier-{n}/"),
                "date_gmt": f"2026-06-{n:02}T02:00:00",
                "title": {"rendered": _title(n)},
                "content": {"rendered": "".join(f"<p>{said}</p>" for said in _TEXT) * 2},
            }
            for n in _on(page)
        ]
        more = "" if page == 1 else f"&page={page}"
        site.put(f"/wp-json/wp/v2/posts?per_page=20{more}", json.dumps(rows), "application/json")
    site.put(f"/wp-json/wp/v2/posts?per_page=20&page={_PAGES + 1}", "{}", "application/json", status=400)
    return "/"


def feed(site: Site) -> str:
    """The feed of a WordPress, which is paged too."""
    _releases(site)
    for page in range(1, _PAGES + 1):
        rows = "".join(
            f"<item><title>{_title(n)}</title><link>{site.url(f'/news/{n}.html')}</link>"
            f"<dc:date>2026-06-{n:02}T02:00:00Z</dc:date><description>Short.</description></item>"
            for n in _on(page)
        )
        site.put(
            "/feed/" if page == 1 else f"/feed/?paged={page}",
            f'<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>H</title>'
            f"<link>{site.base}</link><generator>https://wordpress.org/?v=6.5</generator>{rows}</channel></rss>",
            "application/rss+xml",
        )
    return "/feed/"


ARCHIVES: Final[Mapping[str, Callable[[Site], str]]] = {
    made.__name__: made
    for made in (relation, named, worded, numbers, items, scripted, offset, arrow, hidden, interface, posts, feed)
}
