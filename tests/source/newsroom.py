"""Ten newsrooms of different make, written by hand: each puts itself on a server and says what a person would type."""

# ruff: noqa: E501 - a design is read best on one line

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from conftest import Site

__all__ = ["NEWSROOMS", "Made"]

_CHINESE = (
    "為進一步便利市民往返，海港署今日公布新碼頭將於下月一日起正式啟用，並增設無障礙通道及候船大堂。",
    "發言人表示，新碼頭每日可接待約三千名乘客，海港署會密切留意運作情況，並與營辦商保持溝通。",
    "市民可致電查詢熱線，或瀏覽海港署網頁了解詳情。",
)
_SIMPLE = (
    "为进一步便利市民往返，港口管理局今日公布新码头将于下月一日起正式启用，并增设无障碍通道及候船大厅。",
    "有关负责人表示，新码头每日可接待约三千名旅客，管理局会密切关注运行情况，并与运营企业保持沟通。",
    "市民可拨打咨询热线，或者浏览管理局网站了解详情。",
)
_ENGLISH = (
    "The Harbour Department announced today that the new pier will open to the public on the first of next month.",
    "A spokesman said that some 3,000 visitors a day are expected, and that the department would watch operations.",
    "Details are on the website of the department, and at its enquiry counters during office hours.",
)
_DAYS: Final = range(9, 1, -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What stands on the server: the *path* a person types, and the *titles* with their *days* that must be found."""

    path: str
    titles: tuple[str, ...]
    days: tuple[str, ...] = tuple(f"2026-06-{day:02}" for day in _DAYS)
    language: str = "en"
    kind: str = "html"


def _paragraphs(texts: tuple[str, ...]) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def _english(number: int) -> str:
    return f"Department opens pier {number} to the public"


def trs(site: Site) -> Made:
    """A mainland bureau: a list with titles cut short, metas on each page, pages counted by a script."""
    titles = tuple(f"港口管理局关于启用第{day}号码头有关事项的通知" for day in _DAYS)
    rows = "".join(
        f'<li><a href="./202606/t202606{day:02}_{day}.html" title="{title}" target="_blank">{title[:14]}...</a>'
        f"<span>2026-06-{day:02}</span></li>"
        for day, title in zip(_DAYS, titles, strict=True)
    )
    menu = "".join(f'<li><a href="/{name}/">{name}</a></li>' for name in ("首页", "机构", "政务公开", "办事服务"))
    site.put(
        "/zwgk/tzgg/",
        f'<html><head><title>通知公告</title></head><body><ul class="nav">{menu}</ul><div class="list_con">'
        f'<ul class="list">{rows}</ul></div><script>createPageHTML(12, 0, "index", "html");</script></body></html>',
    )
    for day, title in zip(_DAYS, titles, strict=True):
        site.put(
            f"/zwgk/tzgg/202606/t202606{day:02}_{day}.html",
            f'<html><head><title>{title}_港口管理局</title><meta name="ArticleTitle" content="{title}">'
            f'<meta name="PubDate" content="2026-06-{day:02} 09:30"><meta name="ContentSource" content="本网"></head>'
            f'<body><ul class="nav">{menu}</ul><h1>{title}</h1><div class="TRS_Editor">{_paragraphs(_SIMPLE)}</div></body></html>',
        )
    return Made(path="/zwgk/tzgg/", titles=titles, language="zh-Hans")


def gkmlpt(site: Site) -> Made:
    """An open directory of Guangdong: an empty page whose script asks for JSON."""
    titles = tuple(f"关于印发港口管理局第{day}号码头管理办法的通知" for day in _DAYS)
    config = '{SID:\'200\',TREE:[{"id":12,"name":"通知公告"}],HOST:\'\'}'
    site.put(
        "/gkmlpt/index",
        f"<html><head><title>政府信息公开目录</title></head><body><div id='app'></div>"
        f"<script>window._CONFIG = {config};</script></body></html>",
    )
    rows = [
        {
            "id": day,
            "title": title,
            "url": site.url(f"/gkmlpt/content/0/1/post_{day}.html"),
            "publish_time": 1780963200 + 86400 * (day - 9),
        }
        for day, title in zip(_DAYS, titles, strict=True)
    ]
    site.put(
        "/gkmlpt/api/all/0?page=1&sid=200",
        json.dumps({"articles": rows, "classify": {"post_count": 8}}),
        "application/json",
    )
    for day, title in zip(_DAYS, titles, strict=True):
        site.put(
            f"/gkmlpt/content/0/1/post_{day}.html",
            f'<html><head><title>{title}</title><meta name="ArticleTitle" content="{title}">'
            f'<meta name="PubDate" content="2026-06-{day:02} 08:00:00"></head><body><h1>{title}</h1>'
            f'<div class="article-content">{_paragraphs(_SIMPLE)}</div></body></html>',
        )
    return Made(path="/gkmlpt/index", titles=titles, language="zh-Hans", kind="json")


def _pages(site: Site, path: str, body: str = "<article class='text'>{text}</article>") -> None:
    for day in _DAYS:
        text = body.format(text=_paragraphs((f"Pier {day} it is.", *_ENGLISH)))
        site.put(
            path.format(day),
            f"<html lang='en'><head><title>{_english(day)} | Harbour Department</title></head><body>"
            f"<header><a href='/'>Home</a> <a href='/about'>About us</a></header><h1>{_english(day)}</h1>"
            f"<p class='meta'>{day} June 2026</p>{text}<footer>Copyright Harbour Department</footer></body></html>",
        )


def drupal(site: Site) -> Made:
    """A list of Drupal's Views with a pager."""
    rows = "".join(
        f'<div class="views-row"><h3 class="field-content"><a href="/node/{day}" hreflang="en">{_english(day)}</a></h3>'
        f'<time datetime="2026-06-{day:02}T10:00:00+08:00">{day} June 2026</time><p>Some words about it.</p></div>'
        for day in _DAYS
    )
    site.put(
        "/newsroom",
        f'<html lang="en"><head><meta name="Generator" content="Drupal 10"><title>Newsroom</title></head><body>'
        f'<nav><a href="/">Home</a><a href="/contact">Contact</a></nav><div class="view-content">{rows}</div>'
        f'<nav class="pager"><li class="pager__item--next"><a href="?page=1" rel="next">Next</a></li></nav></body></html>',
    )
    _pages(site, "/node/{}", "<div class='field--name-body'>{text}</div>")
    return Made(path="/newsroom", titles=tuple(map(_english, _DAYS)))


def joomla(site: Site) -> Made:
    """A category of Joomla as a table."""
    rows = "".join(
        f'<tr class="cat-list-row{day % 2}"><td headers="title" class="list-title">\n<a href="/en/press/{day}-pier">\n'
        f'{_english(day)}</a></td><td class="list-date small">{day:02} June 2026</td><td>Written by Office</td></tr>'
        for day in _DAYS
    )
    site.put(
        "/en/press",
        f'<html><head><meta name="generator" content="Joomla! - Open Source Content Management"></head><body>'
        f'<h1>Press</h1><form><table class="category table">{rows}</table></form></body></html>',
    )
    _pages(site, "/en/press/{}-pier", "<div itemprop='articleBody'>{text}</div>")
    return Made(path="/en/press", titles=tuple(map(_english, _DAYS)))


def wordpress(site: Site) -> Made:
    """WordPress, of which a person knows the home page only; its feed is there, with teasers."""
    alternate = '<link rel="alternate" type="application/rss+xml" title="Feed" href="/feed/">'
    site.put(
        "/",
        f'<html><head><title>Harbour</title>{alternate}<link rel="https://api.w.org/" href="/wp-json/"></head><body>'
        "<h1>Welcome</h1><p>We look after the harbour.</p><a href='/about'>About</a> <a href='/contact'>Contact</a></body></html>",
    )
    items = "".join(
        f"<item><title>{_english(day)}</title><link>{site.url(f'/2026/06/pier-{day}/')}</link>"
        f"<pubDate>{('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[day % 7 - 1]}, {day:02} Jun 2026 02:00:00 +0000</pubDate>"
        f"<guid isPermaLink='false'>{site.url(f'/?p={day}')}</guid><description>Short.</description></item>"
        for day in _DAYS
    )
    site.put(
        "/feed/",
        f'<rss version="2.0"><channel><title>H</title><link>{site.base}</link>{items}</channel></rss>',
        "application/rss+xml",
    )
    _pages(site, "/2026/06/pier-{}/", "<div class='entry-content'>{text}</div>")
    return Made(path="/", titles=tuple(map(_english, _DAYS)), kind="feed")


def big5(site: Site) -> Made:
    """A table of the nineties in Big5, with years of the Republic and no class anywhere."""
    titles = tuple(f"海港署公布第{day}號碼頭啟用安排" for day in _DAYS)
    rows = "".join(
        f"<tr bgcolor='#{'eeeeee' if day % 2 else 'ffffff'}'><td>{day}</td><td><a href='news.asp?id={day}'>{title}</a></td>"
        f"<td>115.06.{day:02}</td></tr>"
        for day, title in zip(_DAYS, titles, strict=True)
    )
    page = f"<html><head><meta http-equiv='Content-Type' content='text/html; charset=big5'><title>最新消息</title></head><body><table><tr><td><a href='index.asp'>首頁</a></td><td><a href='about.asp'>關於我們</a></td></tr></table><table>{rows}</table></body></html>"
    site.put("/news/", page.encode("big5"), "text/html")
    for day, title in zip(_DAYS, titles, strict=True):
        text = f"<html><head><title>{title}</title></head><body><table><tr><td><b>{title}</b></td></tr><tr><td>115年6月{day}日</td></tr><tr><td>{'<br><br>'.join(_CHINESE)}</td></tr></table></body></html>"
        site.put(f"/news/news.asp?id={day}", text.encode("big5"), "text/html; charset=big5")
    return Made(path="/news/", titles=titles, language="zh-Hant")


def json_list(site: Site) -> Made:
    """An interface that answers JSON, address and all."""
    rows = [
        {
            "newsId": 100 + day,
            "headline": _english(day),
            "link": f"/stories/{day}",
            "publishedAt": f"2026-06-{day:02}T10:00:00+08:00",
        }
        for day in _DAYS
    ]
    site.put("/api/news?size=8", json.dumps({"status": "ok", "result": {"total": 8, "list": rows}}), "application/json")
    _pages(site, "/stories/{}")
    return Made(path="/api/news?size=8", titles=tuple(map(_english, _DAYS)), kind="json")


def rss(site: Site) -> Made:
    """A feed with whole texts, typed as it is."""
    items = "".join(
        f"<item><title>{_english(day)}</title><link>{site.url(f'/r/{day}')}</link><guid>{site.url(f'/r/{day}')}</guid>"
        f"<dc:date>2026-06-{day:02}T10:00:00+08:00</dc:date><description><![CDATA[{_paragraphs(_ENGLISH) * 2}]]></description></item>"
        for day in _DAYS
    )
    head = f'<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>H</title><link>{site.base}</link>'
    site.put("/rss", f"{head}{items}</channel></rss>", "text/xml; charset=utf-8")
    return Made(path="/rss", titles=tuple(map(_english, _DAYS)), kind="feed")


def aspnet(site: Site) -> Made:
    """A grid of ASP.NET with generated names and a pager that is a script."""
    rows = "".join(
        f'<tr><td><span id="ctl00_Main_Grid_ctl{day:02}_Date">{day:02}/06/2026</span></td>'
        f'<td><a id="ctl00_Main_Grid_ctl{day:02}_Link" href="NewsDetail.aspx?id={day}">{_english(day)}</a></td></tr>'
        for day in _DAYS
    )
    pager = "".join(
        f"<td><a href=\"javascript:__doPostBack('ctl00$Main$Grid','Page${n}')\">{n}</a></td>" for n in (2, 3)
    )
    site.put(
        "/NewsList.aspx",
        '<html><body><form method="post"><input type="hidden" name="__VIEWSTATE" value="/wEPDwUK"><table id="ctl00_Main_Grid">'
        f"{rows}<tr><td colspan='2'><table><tr><td>1</td>{pager}</tr></table></td></tr></table></form></body></html>",
    )
    _pages(site, "/NewsDetail.aspx?id={}")
    return Made(path="/NewsList.aspx", titles=tuple(map(_english, _DAYS)))


def plain(site: Site) -> Made:
    """A plain list without days or classes: the days are on the pages."""
    rows = "".join(f'<li><a href="pr{day}.htm">{_english(day)}</a></li>' for day in _DAYS)
    site.put(
        "/press/index.htm", f"<html><body><h2>Press releases</h2><ul>{rows}</ul><a href='/'>Back</a></body></html>"
    )
    _pages(site, "/press/pr{}.htm")
    return Made(path="/press/index.htm", titles=tuple(map(_english, _DAYS)), days=())


NEWSROOMS: Final[Mapping[str, Callable[[Site], Made]]] = {
    made.__name__: made for made in (trs, gkmlpt, drupal, joomla, wordpress, big5, json_list, rss, aspnet, plain)
}
