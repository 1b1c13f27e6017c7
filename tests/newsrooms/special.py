"""Newsrooms whose list is not one form repeated, and pages that list nothing."""

# ruff: noqa: E501 - a design is read best on one line, and its name says what it is

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["no_listings", "specials"]

PROSE = (
    "The office was set up to carry out what the ordinance asks of it, and it reports to the council each year. ",
    "Those who want to apply should read the notes first; most questions that reach us are answered there. ",
    "More than four thousand people took part, and a third of them came from outside the territory. ",
    "“We will go on with this work,” the director said, “and we thank all those who made it possible.” ",
    "The new rules take effect in July, after which the present scheme comes to an end. ",
)


def text(paragraphs: int, sentences: int = 4) -> str:
    return "".join(
        f"<p>{''.join(PROSE[(n + k) % len(PROSE)] for k in range(sentences))}</p>" for n in range(paragraphs)
    )


def specials(of: ModuleType) -> dict[str, object]:
    """Return the layouts, made with the types and words of the module *of*."""
    rows = [of.fields(n, title, of.DAYS[n]) for n, title in enumerate(of.ENGLISH)]
    host = of.H

    def layout(body: str, link: str, *, which: list[dict[str, object]] | None = None, dated: bool = True) -> object:
        items = tuple(
            of.Entry(url=link.format(**row), title=str(row["t"]), day=str(row["iso"]) if dated else "")
            for row in which or rows
        )
        return of.Layout(html=of.site(body), items=items)

    by_day = ""
    for number, (_, part) in enumerate(groupby(rows, key=lambda row: int(str(row["n"])) // 3)):
        some = list(part)
        by_day += (
            "<h4>{d} {month} {y}</h4><ul>".format(**rows[3 * number])
            + "".join('<li><a href="/d/{id}">{t}</a></li>'.format(**row) for row in some)
            + "</ul>"
        )
    same_day = [row | {"iso": rows[3 * (int(str(row["n"])) // 3)]["iso"]} for row in rows]
    by_month = ""
    for month, part in groupby(rows, key=lambda row: row["month"]):
        by_month += f"<h3>{month} 2026</h3>" + "".join(
            '<div class="it"><span class="dd">{d}</span><a href="/m/{id}.html">{t}</a></div>'.format(**row)
            for row in part
        )
    spans = ""
    for number in range(0, 12, 3):
        for at, row in enumerate(same_day[number : number + 3]):
            spans += (
                "<tr>"
                + ('<td rowspan="3">{d} {mon} {y}</td>'.format(**rows[number]) if at == 0 else "")
                + '<td><a href="/s/{id}.htm">{t}</a></td></tr>'.format(**row)
            )
    cases = [
        row | {"t": f"{row['s']} v Secretary for Justice".replace("-", " ").title(), "no": f"CACV {row['id']}/2025"}
        for row in rows
    ]
    court = "".join(
        '<tr class="r"><td><a href="/judgments/{id}.pdf">{no}</a></td><td>{t}</td><td>{dd}/{mm}/{y}</td><td><a href="/judgments/{id}.docx">Word</a> <a href="/summaries/{id}.pdf">Press Summary (English)</a></td></tr>'.format(
            **row
        )
        for row in cases
    )
    opinions = "".join(
        '<p><a href="/opinions/{id}.pdf">{no}</a> {t} ({d} {month} {y})</p>'.format(**row) for row in cases
    )
    state = json.dumps(
        {
            "props": {
                "list": {
                    "records": [
                        {"headline": r["t"], "path": f"/j/{r['id']}", "publishedAt": f"{r['iso']}T09:00:00+08:00"}
                        for r in rows
                    ],
                    "hasMore": True,
                },
                "menu": [{"title": f"Menu {n}", "path": f"/menu/{n}"} for n in range(20)],
            }
        }
    )
    events = "".join(
        f'<li><a href="/events/{n}">A meeting of the committee on matters of the day {n}</a><span>{n + 1} June 2026</span></li>'
        for n in range(4)
    )
    news = "".join(
        '<div class="teaser"><h3><a href="/news/{id}">{t}</a></h3><span>{d} {month} {y}</span><p>In a few words what was said.</p></div>'.format(
            **row
        )
        for row in rows
    )
    lead = (
        '<div class="lead"><a href="/news/{id}"><img src="/l.jpg"></a><h2><a href="/news/{id}">{t}</a></h2><p class="when">{d} {month} {y}</p>'.format(
            **rows[0]
        )
        + text(2)
        + "</div>"
    )
    less = "".join(
        '<li><a href="/news/{id}">{t}</a> <span>{d} {month} {y}</span></li>'.format(**row) for row in rows[1:]
    )
    years = ""
    for number in range(0, 12, 4):
        years += (
            f"<details {'open' if not number else ''}><summary>Releases, part {number // 4 + 1}</summary><ul>"
            + "".join(
                '<li>{iso} <a href="/y/{id}.html">{t}</a></li>'.format(**row) for row in rows[number : number + 4]
            )
            + "</ul></details>"
        )
    many = [of.fields(n, f"{of.ENGLISH[n % 12]}, part {n}", of.DAYS[n % 12]) for n in range(150)]
    two = ["", ""]
    for row in rows:
        two[int(str(row["n"])) % 2] += '<li><a href="/w/{id}">{t}</a><br><small>{d} {mon} {y}</small></li>'.format(
            **row
        )
    nested = ""
    for topic, number in (("Housing", 0), ("Transport", 4), ("Trade", 8)):
        nested += (
            f'<li><a href="/topic/{topic.lower()}/">{topic}</a><ul>'
            + "".join('<li><a href="/k/{id}">{t}</a> ({iso})</li>'.format(**row) for row in rows[number : number + 4])
            + "</ul></li>"
        )
    intro = text(2) + "".join('<li><a href="/q/{id}">{t}</a> – {d} {month} {y}</li>'.format(**row) for row in rows)
    rail = "".join(
        '<li><a href="/o/{id}">{t}</a> <time datetime="{iso}">{d} {mon}</time></li>'.format(**row) for row in rows
    )
    linked = "".join(f'<link rel="alternate" hreflang="{code}" href="/{code}/news/">' for code in ("en", "pt"))
    few = "".join('<div class="pr"><a href="/f/{id}">{t}</a><p>{d} {month} {y}</p></div>'.format(**row) for row in rows)
    return {
        "days as headings over several lines": layout(by_day, host + "/d/{id}", which=same_day),
        "months as headings, days as numbers": layout(by_month, host + "/m/{id}.html"),
        "a day for three rows": layout(f"<table>{spans}</table>", host + "/s/{id}.htm", which=same_day),
        "judgments with several links a row": layout(f"<table><tr><th>Case</th><th>Parties</th><th>Date</th><th></th></tr>{court}</table>", host + "/judgments/{id}.pdf", which=cases),
        "opinions in running lines": layout(opinions, host + "/opinions/{id}.pdf", which=cases),
        "the state of a script": layout(f'<div id="app">Loading…</div><script id="__NEXT_DATA__" type="application/json">{state}</script>', host + "/j/{id}"),
        "the state of a script, set as a variable": layout(f'<div id="app">Loading…</div><script>window.__INITIAL_STATE__ = {state};</script>', host + "/j/{id}"),
        "events beside the news": layout(f'<div class="n">{news}</div><div class="e"><h2>Events</h2><ul>{events}</ul></div>', host + "/news/{id}"),
        "a lead story above the list": layout(lead + f"<ul>{less}</ul>", host + "/news/{id}"),
        "years that open": layout(years, host + "/y/{id}.html"),
        "a hundred and fifty rows": layout("<table>" + "".join('<tr><td>{iso}</td><td><a href="/z/{id}">{t}</a></td></tr>'.format(**row) for row in many) + "</table>", host + "/z/{id}", which=many),
        "two columns": layout(f"<table><tr><td><ul>{two[0]}</ul></td><td><ul>{two[1]}</ul></td></tr></table>", host + "/w/{id}"),
        "lists below topics": layout(f"<ul>{nested}</ul>", host + "/k/{id}"),
        "an introduction above the list": layout(intro, host + "/q/{id}"),
        "a rail of news in an aside": layout(f"<aside class='latest'><ul>{rail}</ul></aside>{linked}", host + "/o/{id}"),
        "two items": layout(few[: few.index('<div class="pr">', few.index('<div class="pr">', 5) + 5)], host + "/f/{id}", which=rows[:2]),
        "three items": layout("<ul>" + "".join('<li><a href="/h/{id}">{t}</a><span>{iso}</span></li>'.format(**row) for row in rows[:3]) + "</ul>", host + "/h/{id}", which=rows[:3]),
        "an article for each, with share links": layout("".join('<article><h2><a href="/g/{id}">{t}</a></h2><p>{d} {month} {y}</p><div class="share"><a href="https://social.example/share?u={id}">Share this on the first network</a><a href="https://social2.example/?u={id}">Share this on the second network</a></div></article>'.format(**row) for row in rows), host + "/g/{id}"),
    }  # fmt: skip


def no_listings(of: ModuleType) -> dict[str, tuple[str, str]]:
    """Return pages that list no releases, each with its address."""
    rows = [of.fields(n, title, of.DAYS[n]) for n, title in enumerate(of.ENGLISH)]
    zh = [of.fields(n, title, of.DAYS[n]) for n, title in enumerate(of.CHINESE)]
    related = (
        "<ul>"
        + "".join(
            '<li><a href="/en/news/{y}/{mm}/{id}.html">{t}</a><span>{d} {month} {y}</span></li>'.format(**row)
            for row in rows
        )
        + "</ul>"
    )
    related_zh = (
        "<ul>"
        + "".join('<li><a href="/art/{y}/{m}/{d}/art_33_{id}.html">{t}</a></li>'.format(**row) for row in zh)
        + "</ul>"
    )
    cards = "".join(
        '<div class="card"><a href="/en/news/{y}/{mm}/{id}.html"><img src="/i/{n}.jpg"><h4>{t}</h4></a></div>'.format(
            **row
        )
        for row in rows[:4]
    )
    inline = "".join(
        f'<p>{PROSE[n % 5]}As <a href="https://other.example/{n}">a report of the university</a> says, {PROSE[(n + 1) % 5].lower()}{PROSE[(n + 2) % 5]}</p>'
        for n in range(6)
    )
    when = '<p class="date">14 April 2026</p>'
    here = of.H + "/en/news/2026/04/48300.html"
    chinese = "".join(
        f"<p>　　会议指出，要认真落实第{n}项工作部署，进一步健全机制，压实责任，确保各项任务按时完成。各单位要加强协调，主动作为，及时总结经验。</p>"
        for n in range(7)
    )
    phones = "".join(
        f'<tr><td>Division {n}</td><td>2810 {n:04d}</td><td><a href="mailto:d{n}@example.org">d{n}@example.org</a></td></tr>'
        for n in range(20)
    )
    questions = "".join(f"<h3>What does rule {n} ask of me?</h3><p>{PROSE[n % 5] * 3}</p>" for n in range(12))
    title = "Minister opens research centre for ocean energy in the north"
    return {
        "a release, others below it": (of.site(f"{when}{text(6)}<h3>Related releases</h3>{related}", title=title), here),
        "a release, others beside it": (of.site(f'<div class="l">{when}{text(4)}</div><div class="r"><h4>Latest</h4>{related}</div>', title=title), here),
        "a short release, others below it": (of.site(f"{when}{text(2)}<h3>More news</h3>{related}", title=title), here),
        "a release, four cards below it": (of.site(f"{when}{text(5)}{cards}", title=title), here),
        "a release with links in its text": (of.site(f"{when}{inline}", title=title), here),
        "a release with the one before and after": (of.site(f'{when}{text(5)}<a href="/en/news/2026/04/48301.html">Previous: a statement on the storm</a><a href="/en/news/2026/04/48299.html">Next: a grant is extended</a>', title=title), here),
        "a Chinese release, hot news beside it": (of.site(f'<div class="info">来源：市政府办公室 2026-04-14 09:30</div><div class="zw">{chinese}</div><div class="hot"><h3>热点新闻</h3>{related_zh}</div>', title="市政府召开常务会议研究部署安全生产工作"), of.H + "/art/2026/4/14/art_33_48300.html"),
        "a Chinese release at an address that says nothing": (of.site(f'<div class="info">来源：市政府办公室 2026-04-14 09:30</div><div class="zw">{chinese}</div><div class="hot"><h3>热点新闻</h3>{related_zh}</div>', title="市政府召开常务会议研究部署安全生产工作"), of.H + "/"),
        "about the office": (of.site(text(6), title="About us"), of.H + "/en/about/"),
        "telephones": (of.site(f"<table>{phones}</table>", title="Contact"), of.H + "/en/contact/"),
        "questions": (of.site(questions, title="Questions and answers"), of.H + "/en/faq/"),
        "not found": (of.site("<p>The page you look for is not here. Go to the <a href='/'>first page</a> or <a href='/search'>search</a>.</p>", title="Page not found"), of.URL),
        "a captcha": ("<html><head><title>Security check</title></head><body><h1>Are you human?</h1><p>Please complete the captcha.</p><a href='/help'>Help</a><a href='/why'>Why do I see this?</a></body></html>", of.URL),
        "a form of search": (of.site("<form><input name=q><select name=y>" + "".join(f"<option>{y}</option>" for y in range(2026, 1996, -1)) + "</select></form>", title="Search"), of.H + "/en/search/"),
        "signing in": (of.site('<form><input name=u><input type=password></form><a href="/forgot">Forgotten your password?</a> <a href="/new">Make an account with us</a>', title="Sign in"), of.H + "/login"),
        "privacy": (of.site(text(9) + '<ul><li><a href="#a">What we keep of what you tell us</a></li><li><a href="#b">Whom we give it to and why</a></li><li><a href="#c">How long we keep it for</a></li></ul>', title="Privacy"), of.H + "/en/privacy/"),
        "no releases this month": (of.site("<p>There are no press releases for the month you chose.</p>"), of.URL),
    }  # fmt: skip
