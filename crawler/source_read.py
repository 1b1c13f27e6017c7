"""One source file becomes a Source; what is wrong with it is told all at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TypedDict, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from crawler.extract.select import selector
from crawler.numbered import Numbered
from crawler.source_file import Table, bounded, read_toml, seconds, shortest_gap
from crawler.source_rule import AddressRules, Expectation, Found, ListingRules, ReleaseRules, Rewrite, Source, View

__all__ = ["read_source"]

_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_KINDS = ("html", "feed", "json", "sitemap", "wordpress", "view")
_STATUSES = ("proven", "documented", "unproven")
_LANGUAGES = {"en": "en", "zh-hant": "zh-Hant", "zh-hans": "zh-Hans", "pt": "pt"}
_FIELDS = ("items", "url", "title", "date", "author", "summary", "html", "id", "photo", "language")


def read_source(path: Path, problems: list[str]) -> Source:
    """Return the source in *path*; every problem with it is added to *problems*."""
    before = len(problems)
    table = read_toml(path, problems)
    unread = len(problems)
    _with_preset(table)
    if not _KEY.fullmatch(path.stem):
        problems.append(
            f"{path}: the file's name is the source's key: expected small letters, digits and single hyphens"
        )
    kind = table.choice("kind", _KINDS, "html")
    language = table.choice("language", ("", *dict.fromkeys([*_LANGUAGES, *_LANGUAGES.values()])), "")
    listing = _listing(table.table("listing"), kind)
    source = Source(
        key=path.stem,
        title=table.string("title", path.stem),
        site=table.checked("site", table.string("site"), _address),
        status=table.choice("status", _STATUSES, "unproven"),
        checked=table.string("checked"),
        evidence=table.string("evidence"),
        language=_LANGUAGES.get(language, language),
        zone=table.checked("time-zone", table.string("time-zone", "UTC"), _zone) or "UTC",
        kind=kind,
        preset=table.string("preset"),
        **_every(table),
        enabled=table.boolean("enabled", default=True),
        why_disabled=table.string("why-disabled"),
        listing=listing,
        release=_release(table.table("release"), fetch=kind not in {"feed", "wordpress"}),
        address=_rules(table.table("address")),
        **_other_languages(table.table("translations")),
        expect=_expect(table.table("expect")),
        view=_view(table.table("view")) if kind == "view" else None,
        publisher=table.string("publisher"),
        rights=table.string("rights"),
        attribution=table.string("attribution"),
        content=table.choice("content", ("full", "summary"), "full"),
        delay_s=table.number("delay", 1.0),
        allow_private=table.boolean("allow-private", default=False),
        hosts=_hosts(table, listing),
        render=table.boolean("render", default=False),
        file=str(path),
    )
    if not source.enabled and not source.why_disabled:
        table.complain("why-disabled", "absent", "the reason, since enabled = false")
    table.end(also=["view"])
    if unread > before:
        del problems[unread:]  # what is absent from a file that cannot be read is no news
    return source


def _with_preset(table: Table) -> None:
    """Put the rules of the family that the file names below its own."""
    name = table.values.get("preset")
    if not name:
        return
    folder = Path(__file__).parent / "sources" / "presets"
    known = sorted(path.stem for path in folder.glob("*.toml"))
    if table.choice("preset", known, known[0]) == name:
        below = tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))
        table.values = _merged(below, table.values)


def _merged(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    found = dict(below)
    for key, value in above.items():
        under = found.get(key)
        both = isinstance(under, dict) and isinstance(value, dict)
        found[key] = _merged(cast("dict[str, object]", under), cast("dict[str, object]", value)) if both else value
    return found


class _Every(TypedDict):
    every: timedelta
    auto: bool
    cron: str


def _every(table: Table) -> _Every:
    text, within = table.string("every", "15m"), table.string("within")
    if " " in text:
        cron = table.checked("every", text, shortest_gap)
        return _Every(every=shortest_gap(cron or "0 * * * *"), auto=False, cron=cron)
    key, auto = ("within", True) if text == "auto" else ("every", False)
    length = within or "1h" if auto else text
    found = timedelta(seconds=seconds(table.checked(key, length, seconds) or "15m"))
    if found < timedelta(minutes=1) and not table.values.get("allow-private"):
        table.complain(key, f'got "{length}"', "a minute or more: a newsroom is not to be hammered")
    if within and not auto:
        table.complain("within", f'got "{within}"', 'only beside every = "auto": the longest wait between two crawls')
    return _Every(every=found, auto=auto, cron="")


def _listing(table: Table, kind: str) -> ListingRules:
    fields = table.table("fields")
    found = ListingRules(
        url=table.checked("url", table.string("url"), _address),
        also=tuple(table.checked("also", url, _address) for url in table.strings("also")),
        links=_css(table, "links"),
        item=_css(table, "item"),
        title=_css(table, "title"),
        date=_css(table, "date"),
        **_following(table),
        pages=int(table.number("pages", 1, least=1)),
        native_id=table.checked("native-id", table.string("native-id"), bounded),
        days=table.checked("days", table.string("days"), _address),
        day_count=int(table.number("day-count", 2, least=1)),
        form=_form(table.table("form")),
        fields={name: fields.string(name) for name in _FIELDS if name in fields.values},
        match=table.checked("match", table.string("match"), bounded),
        authors=table.strings("authors"),
    )
    fields.end(also=_FIELDS)
    if kind != "view" and not table.values.get("url") and not table.values.get("days"):
        table.complain("url", "absent", "the address of the page that lists the releases")
    if kind == "json" and not {"items", "url", "title"} <= found.fields.keys():
        table.complain("fields", "incomplete", "at least items, url and title")
    table.end()
    return found


class _Following(TypedDict):
    next: str
    numbered: Numbered | None


def _following(table: Table) -> _Following:
    """Return how the next page is found: the selector of a link, or the number in its address."""
    if not isinstance(table.values.get("next"), dict):
        return _Following(next=_css(table, "next"), numbered=None)
    inner = table.table("next")
    found = Numbered(
        query=inner.string("query"),
        url=inner.string("url"),
        second=int(inner.number("second", 2)),
        step=int(inner.number("step", 1, least=1)),
    )
    if found.url and "{page}" not in found.url:
        inner.complain("url", f'got "{found.url}"', "an address with {page} in it")
    if bool(found.url) == bool(found.query):
        table.complain("next", "says nothing", "a selector, or a table with query, or with url")
    inner.end()
    return _Following(next="", numbered=found)


def _form(table: Table) -> tuple[tuple[str, str], ...]:
    found = tuple((key, table.string(key)) for key in table.values)
    table.end()
    return found


def _release(table: Table, *, fetch: bool) -> ReleaseRules:
    found = ReleaseRules(
        fetch=table.boolean("fetch", default=fetch),
        title=_css(table, "title"),
        body=_css(table, "body"),
        drop=tuple(table.checked("drop", css, selector) for css in table.strings("drop")),
        published=_found(table, "published"),
        author=_css(table, "author"),
        summary=_css(table, "summary"),
        photos=_found(table, "photos"),
        attachments=_found(table, "attachments"),
        videos=_css(table, "videos"),
        metas=table.boolean("metas", default=False),
    )
    table.end()
    return found


def _found(table: Table, key: str) -> Found | None:
    css, inner = table.rule(key)
    css = table.checked(key, css, selector)
    found = Found(
        css=css,
        url=inner.string("url", "href"),
        title=inner.string("title", "text"),
        zone=inner.checked("zone", inner.string("zone"), _zone),
    )
    inner.end(also=["css"])
    return found if css else None


def _rules(table: Table) -> AddressRules:
    found = AddressRules(
        https=table.strings("https"),
        drop_query=table.strings("drop-query"),
        rewrite=_rewrites(table, "rewrite"),
        aliases=_rewrites(table, "aliases"),
    )
    table.end()
    return found


def _rewrites(table: Table, key: str) -> tuple[Rewrite, ...]:
    found = []
    for inner in table.tables(key):
        match = inner.checked("match", inner.string("match"), bounded)
        found.append(Rewrite(match=match, to=inner.string("to")))
        inner.end()
    return tuple(rule for rule in found if rule.match)


class _OtherLanguages(TypedDict):
    translations: Mapping[str, str]
    siblings: Mapping[str, Rewrite | str]


def _other_languages(table: Table) -> _OtherLanguages:
    """Return how a release is found in other languages: a link on its page, its address rewritten, its number."""
    links: dict[str, str] = {}
    siblings: dict[str, Rewrite | str] = {}
    for key in table.values:
        if key not in _LANGUAGES:
            continue
        css, inner = table.rule(key)
        if css := table.checked(key, css, selector):
            links[_LANGUAGES[key]] = css
        match = inner.checked("match", inner.string("match"), bounded)
        if source := inner.string("source"):
            siblings[_LANGUAGES[key]] = source
        elif match:
            siblings[_LANGUAGES[key]] = Rewrite(match=match, to=inner.string("to"))
        elif not css:
            table.complain(key, "says nothing", "a selector, or a table with css, or match and to, or source")
        inner.end(also=["css", "to"])
    table.end(also=_LANGUAGES)
    return {"translations": links, "siblings": siblings}


def _expect(table: Table) -> Expectation:
    found = Expectation(least=int(table.number("least", 1)), quiet_days=int(table.number("quiet-days", 0)))
    table.end()
    return found


def _view(table: Table) -> View:
    found = View(of=table.string("of"), phrases=table.strings("phrases"), authors=table.strings("authors"))
    if not found.of:
        table.complain("of", "absent", "the key of the source this publisher speaks through")
    if not found.phrases and not found.authors:
        table.complain("phrases", "absent", "words of the text, or authors")
    table.end()
    return found


def _hosts(table: Table, listing: ListingRules) -> tuple[str, ...]:
    own = [urlsplit(url).hostname or "" for url in (listing.url, *listing.also, listing.days) if url]
    return tuple(dict.fromkeys([*own, *(host.lower() for host in table.strings("hosts"))]))


def _css(table: Table, key: str) -> str:
    return table.checked(key, table.string(key), selector)


def _address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("expected an address that begins with http:// or https://")


def _zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError('expected the name of a time zone such as "Asia/Hong_Kong"') from error
