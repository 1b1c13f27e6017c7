"""Newsrooms of many designs, written here: pages whose items, days and following page are known."""

# ruff: noqa: E501 - a design is read best on one line

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["LAYOUTS", "URL", "Entry", "Layout"]

URL = "https://press.example.org/en/news/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of a listing: where it leads, what it is called, its day."""

    url: str
    title: str
    day: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A page and what a person reads in it."""

    html: str
    items: tuple[Entry, ...]
    next: str = ""
    url: str = URL


ENGLISH = (
    "Minister opens research centre for ocean energy",
    "Statement on the storm",
    "Consultation on the reform of waste charges begins next Monday",
    "New head of the Port Authority appointed",
    "Grant scheme extended: small firms may apply until the end of the year",
    "Correction",
    "Council approves plan for 12,000 homes in the eastern district, with schools and two parks",
    "Figures on trade for March 2026",
    "Remarks by the Commissioner at the annual dinner of engineers",
    "Q&A on digital identity",
    "Road works: A4 closed at night",
    "Joint exercise with neighbours ends",
)
CHINESE = (
    "市政府召开常务会议研究部署安全生产工作",
    "关于公布2026年度科技计划项目的通知",
    "副市长调研人工智能产业园",
    "招聘公告",
    "我市三家企业入选国家级名单",
    "关于开展数据安全检查的函",
    "春季植树活动在湿地公园举行",
    "一图读懂：新能源汽车充电设施规划",
    "市场监管局发布第12期抽检结果",
    "港澳青年实习计划启动",
)
PORTUGUESE = (
    "Abertura das candidaturas ao programa de apoio às empresas",
    "Secretário visita escola técnica",
    "Resultados do inquérito ao emprego",
    "Nova ponte abre ao trânsito em junho",
    "Aviso sobre o corte de água na zona norte",
    "Exposição de fotografia no museu",
    "Protocolo de cooperação com universidades da região",
    "Medidas para o comércio local",
)
DAYS = tuple(f"2026-{4 - n // 4:02d}-{27 - 6 * (n % 4) - n // 4:02d}" for n in range(12))
MONTHS = ("January", "February", "March", "April", "May", "June")
MESES = ("janeiro", "fevereiro", "março", "abril", "maio", "junho")


def fields(n: int, title: str, day: str) -> dict[str, object]:
    """Return what a form may name of entry *n*."""
    year, month, number = day.split("-")
    m = int(month)
    return {
        "n": n, "id": 48210 - 7 * n, "t": title, "s": "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split()[:6]),
        "iso": day, "y": year, "mm": month, "dd": number, "m": m, "d": int(number), "mon": MONTHS[m - 1][:3], "month": MONTHS[m - 1],
        "mes": MESES[m - 1], "odd": "odd" if n % 2 else "even", "cat": ("Press release", "Speech", "Notice")[n % 3],
    }  # fmt: skip


def design(  # noqa: PLR0913 - a design is what it is made of
    form: str,
    link: str,
    *,
    titles: tuple[str, ...] = ENGLISH,
    around: str = "{}",
    dated: bool = True,
    base: str = URL,
    next: str = "",  # noqa: A002 - as the field it fills
    frame: Callable[[str], str] | None = None,
) -> Layout:
    """Return a page whose rows are *form*, each leading to *link*."""
    rows = [fields(n, title, DAYS[n]) for n, title in enumerate(titles)]
    body = around.format("".join(form.format(**row) for row in rows))
    items = tuple(
        Entry(url=link.format(**row), title=str(row["t"]), day=str(row["iso"]) if dated else "") for row in rows
    )
    return Layout(html=(frame or site)(body), items=items, next=next, url=base)


MENU = "".join(
    f'<li><a href="/en/{word}/">{word.title()}</a><ul>'
    + "".join(
        f'<li><a href="/en/{word}/{n}/">{word.title()} for residents and visitors, part {n}</a></li>' for n in range(7)
    )
    + "</ul></li>"
    for word in ("services", "departments", "policies", "careers", "media", "contact")
)
FOOT = "".join(f'<a href="/en/legal/{n}">Terms and notices of the office {n}</a> | ' for n in range(9))


def site(body: str, *, title: str = "News", crumbs: bool = True) -> str:
    """Return a page as many bodies have it: menu, crumbs, foot."""
    path = (
        '<div class="crumbs"><a href="/">Home</a> &gt; <a href="/en/media/">Media</a> &gt; News</div>' if crumbs else ""
    )
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>{title} - Example Office</title></head><body>'
        f'<div id="top"><ul class="mega">{MENU}</ul></div>{path}<div id="page"><h1>{title}</h1>{body}</div>'
        f'<div id="bottom"><p>{FOOT}</p><p>© 2026 Example Office</p></div></body></html>'
    )


def bare(body: str) -> str:
    """Return a page of the nineties."""
    return f'<html><body bgcolor=white><table width=780 border=0><tr><td valign=top width=150><font size=1><a href="/a.htm">Home</a><br><a href="/b.htm">Office</a><br><a href="/c.htm">Laws</a></font></td><td>{body}</td></tr></table></body></html>'


def with_side(body: str) -> str:
    """Return a page whose column of other links is longer than its list."""
    side = "".join(
        f'<li><a href="/en/guide/{n}/">How to apply for a licence of class {n} and what it costs</a></li>'
        for n in range(30)
    )
    return site(
        f'<div class="two"><div class="col-main">{body}</div><div class="col-right"><h3>Guides</h3><ul>{side}</ul></div></div>'
    )


def with_months(body: str) -> str:
    """Return a page with its months beside the list, and a calendar."""
    months = "".join(
        f'<li><a href="/en/news/{y}/{m:02d}/">{MONTHS[m - 1]} {y} ({m * 3})</a></li>'
        for y in range(2026, 2016, -1)
        for m in range(1, 7)
    )
    days = "".join(
        "<tr>"
        + "".join(f'<td><a href="/en/news/2026/04/{w * 7 + d + 1:02d}/">{w * 7 + d + 1}</a></td>' for d in range(7))
        + "</tr>"
        for w in range(4)
    )
    return site(
        f'<div class="l"><h4>By month</h4><ul>{months}</ul><table class="cal">{days}</table></div><div class="r">{body}</div>'
    )


H = "https://press.example.org"
LAYOUTS: dict[str, Layout] = {
    "table with a category that is a link": design('<tr><td>{dd}/{mm}/{y}</td><td><a href="/en/cat/{cat}">{cat}</a></td><td><a href="/en/news/{id}">{t}</a></td></tr>', H + "/en/news/{id}", around='<table class="grid"><thead><tr><th>Date</th><th>Type</th><th>Title</th></tr></thead><tbody>{}</tbody></table>'),
    "table with files in two languages": design('<tr class="{odd}"><td>{n}</td><td>{t}</td><td>{d} {month} {y}</td><td><a href="/doc/e/{id}.pdf">English</a> <a href="/doc/c/{id}.pdf">中文</a></td></tr>', H + "/doc/e/{id}.pdf", around="<table>{}</table>"),
    "pairs of day and title with a teaser": design('<dt>{d} {mon} {y}</dt><dd><a href="{id}.html">{t}</a><p>The office said today that more is to come. See also the page of last year.</p></dd>', URL + "{id}.html", around="<dl>{}</dl>"),
    "cards with three links to one place": design('<div class="c"><a href="/en/r/{s}"><img src="/i/{n}.jpg" alt=""></a><h3><a href="/en/r/{s}">{t}</a></h3><p>Some words on what was said, and where.</p><div class="m"><span>{mon} {d}, {y}</span> <a href="/en/r/{s}">Read more</a></div></div>', H + "/en/r/{s}", around='<div class="cards">{}</div>'),
    "a link that says read more alone": design('<section><h4>{t}</h4><small>{iso}</small><p>What the office wants to say in a few words.</p><a href="?view={id}">Read more</a></section>', URL + "?view={id}"),
    "an icon for a link": design('<li>{t} <i>({dd}.{mm}.{y})</i> <a href="/files/{id}.pdf"><img src="/pdf.gif" alt="PDF"></a></li>', H + "/files/{id}.pdf", around="<ul>{}</ul>"),
    "the day in the address alone": design('<li><a href="/en/{y}/{mm}/{dd}/{s}">{t}</a></li>', H + "/en/{y}/{mm}/{dd}/{s}", around='<ul class="plain">{}</ul>'),
    "lines parted by br": design('{dd}.{mm}.{y} <a href="r{id}.htm">{t}</a><br>', URL + "r{id}.htm", around="<p>{}</p>", frame=bare),
    "nested tables and fonts": design('<tr><td><table><tr><td><img src=dot.gif></td><td><font face=Arial size=2><a href="n{id}.htm"><b>{t}</b></a></font></td></tr><tr><td></td><td><font size=1 color=gray>{month} {d}, {y}</font></td></tr></table></td></tr>', URL + "n{id}.htm", around="<table>{}</table>", frame=bare),
    "links around cards with a category in front": design('<a class="tile" href="/en/story/{s}-{id}"><div class="tag">{cat}</div><div class="ttl">{t}</div><div class="dt">{d} {month} {y}</div></a>', H + "/en/story/{s}-{id}", around='<div class="tiles">{}</div>'),
    "topics as links in each row": design('<div class="row"><time datetime="{iso}">{d} {mon}</time><a class="headline" href="/en/p/{id}">{t}</a><ul class="tags"><li><a href="/en/topic/energy">Energy policy</a></li><li><a href="/en/topic/trade">Trade and industry</a></li></ul></div>', H + "/en/p/{id}"),
    "a blog with names and counts": design('<article id="post-{id}" class="post-{id} hentry"><header><h2 class="entry-title"><a href="/{y}/{mm}/{s}/" rel="bookmark">{t}</a></h2><div class="entry-meta">Posted on <a href="/{y}/{mm}/{dd}/"><time datetime="{iso}T08:30:00+08:00">{month} {d}, {y}</time></a> by <a href="/author/office/">The Office</a></div></header><div class="entry-summary"><p>A few words that say what this is about. <a class="more-link" href="/{y}/{mm}/{s}/">Continue reading <span>{t}</span></a></p></div><footer><a href="/{y}/{mm}/{s}/#respond">Leave a comment</a></footer></article>', H + "/{y}/{mm}/{s}/"),
    "fields of a well-known kind": design('<div class="views-row views-row-{n} views-row-{odd}"><div class="views-field views-field-title"><span class="field-content"><a href="/en/node/{id}">{t}</a></span></div><div class="views-field views-field-created"><span class="field-content">{month} {d}, {y}</span></div></div>', H + "/en/node/{id}", around='<div class="view view-news"><div class="view-content">{}</div><ul class="pager"><li class="pager-current">1</li><li class="pager-item"><a href="/en/news?page=1">2</a></li><li class="pager-next"><a href="/en/news?page=1">next ›</a></li></ul></div>', next=H + "/en/news?page=1"),
    "a table with author and hits": design('<tr class="cat-list-row{odd}"><td class="list-title"><a href="/index.php/news/{id}-{s}">{t}</a></td><td class="list-date small">{d} {month} {y}</td><td class="list-author">Written by Press Office</td><td><span class="badge">Hits: {id}</span></td></tr>', H + "/index.php/news/{id}-{s}", around='<form><table class="category table">{}</table></form>'),
    "lists of five with a line between": design('<li><span>{iso}</span><a href="./{y}{mm}/t{y}{mm}{dd}_{id}.html" title="{t}" target="_blank">{t}</a></li>', URL + "{y}{mm}/t{y}{mm}{dd}_{id}.html", titles=CHINESE, around='<ul class="list">{}</ul><div class="page">共9页 <a href="index_1.html">下一页</a></div>', next=URL + "index_1.html"),
    "numbers of documents and Chinese days": design('<tr><td>{n}</td><td class="name"><a href="/zwgk/content/post_{id}.html">{t}</a></td><td>粤办〔{y}〕{n}号</td><td>{y}年{m}月{d}日</td></tr>', H + "/zwgk/content/post_{id}.html", titles=CHINESE, around='<table class="table-content"><tr><th>序号</th><th>标题</th><th>文号</th><th>日期</th></tr>{}</table>'),
    "days in brackets without a year": design('<li><a href="/art/{y}/{m}/{d}/art_33_{id}.html">{t}</a><b>[{mm}-{dd}]</b></li>', H + "/art/{y}/{m}/{d}/art_33_{id}.html", titles=CHINESE, around='<div class="newslist"><ul>{}</ul></div>'),
    "Portuguese days": design('<div class="noticia"><p class="data">{d} de {mes} de {y}</p><h3><a href="/pt/noticias/{id}/">{t}</a></h3></div>', H + "/pt/noticias/{id}/", titles=PORTUGUESE, around='<div class="lista">{}</div><p><a href="/pt/noticias/p2/">Página seguinte</a></p>', next=H + "/pt/noticias/p2/"),
    "Portuguese table": design('<tr><td>{dd}-{mm}-{y}</td><td><a href="ver.aspx?id={id}">{t}</a></td></tr>', URL + "ver.aspx?id={id}", titles=PORTUGUESE, around="<table>{}</table>"),
    "a column of guides longer than the list": design('<div class="item"><a href="/en/news/{id}/{s}">{t}</a><div>{d} {month} {y}</div></div>', H + "/en/news/{id}/{s}", titles=ENGLISH[:5], frame=with_side),
    "months and a calendar beside the list": design('<div class="n"><h3><a href="/en/news/{s}/">{t}</a></h3><p>{mon} {d}, {y}</p></div>', H + "/en/news/{s}/", frame=with_months),
    "a timeline that changes sides": design('<li class="{odd}-side"><div class="when">{d} {mon} {y}</div><div class="what"><a href="/t/{id}">{t}</a></div></li>', H + "/t/{id}", around='<ol class="timeline">{}</ol>'),
    "headings, days and teasers that are siblings": design('<h3><a href="/en/b/{s}">{t}</a></h3><p class="d">{dd}/{mm}/{y}</p><p>In a few words, what this release has to say to the public.</p>', H + "/en/b/{s}"),
    "days as the Americans write them": design('<p><a href="/news/{s}.php">{t}</a> - {mm}/{dd}/{y}</p>', H + "/news/{s}.php"),
    "day of the week and hour": design('<li><a href="/g/{y}{mm}/{dd}/P{y}{mm}{dd}00{id}.htm">{t}</a> <em>Monday, {month} {d}, {y} at 10:30</em></li>', H + "/g/{y}{mm}/{dd}/P{y}{mm}{dd}00{id}.htm", around="<ul>{}</ul>"),
    "years of two digits": design('<tr><td>{dd}/{mm}/26</td><td><a href="pr{id}.html">{t}</a></td></tr>', URL + "pr{id}.html", around="<table>{}</table>"),
    "a day in an attribute": design('<div class="e" data-date="{iso}"><a href="/e/{id}">{t}</a></div>', H + "/e/{id}", dated=False),
    "parts of a day in boxes": design('<li><div class="box"><b>{dd}</b><i>{y}.{mm}</i></div><h4><a href="/v/{id}.shtml">{t}</a></h4></li>', H + "/v/{id}.shtml", titles=CHINESE, around="<ul>{}</ul>"),
    "titles that are cut": design('<li><a href="/c/{id}.html" title="{t}">{t:.14}…</a><span>{iso}</span></li>', H + "/c/{id}.html", around="<ul>{}</ul>"),
    "addresses with a query and a pager of scripts": design('<div class="li"><span class="t"><a href="detail.aspx?lang=en&amp;cat=2&amp;id={id}">{t}</a></span><span class="d">{d}-{mon}-{y}</span></div>', URL + "detail.aspx?lang=en&cat=2&id={id}", around="{}<a href=\"javascript:__doPostBack('p','2')\">2</a> <a href=\"javascript:__doPostBack('p','n')\">Next</a>"),
    "results of a search": design('<div class="result"><h3><a href="/en/doc/{s}">{t}</a></h3><cite>press.example.org › en › doc</cite><p>{d} {mon} {y} — … the office said that it would look into what was asked, and report …</p></div>', H + "/en/doc/{s}", around='<p>About 1,240 results</p><div id="results">{}</div>'),
    "a base and broken addresses": design('<li>{iso}: <a href="\n  {id}.html\n">{t}</a></li>', H + "/old/{id}.html", around='<base href="/old/"><base href="/new/"><ul>{}</ul>'),
    "pictures with a line below": design('<figure><a href="/ph/{id}"><img src="/ph/{id}.jpg" alt="{t}"></a><figcaption>{t}<br>{d} {month} {y}</figcaption></figure>', H + "/ph/{id}"),
    "lists without days": design('<li><a href="/en/stories/{s}">{t}</a></li>', H + "/en/stories/{s}", around='<div class="stories"><ul>{}</ul></div>', dated=False),
    "two words of the same in each row": design('<div class="news-row"><div class="a"><a href="/x/{id}">{t}</a></div><div class="b"><a href="/x/{id}/print">Print</a> | <a href="/x/{id}/share">Share</a></div><div class="c">{iso}</div></div>', H + "/x/{id}"),
    "sound and text of each": design('<tr><td>{d} {mon} {y}</td><td>{t}</td><td><a href="/txt/{id}">Transcript</a></td><td><a href="/mp3/{id}">Audio</a></td></tr>', H + "/txt/{id}", around="<table>{}</table>"),
}  # fmt: skip
