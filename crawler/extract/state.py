"""Lists that a page carries for machines: JSON-LD ItemList, and the state of pages made by a script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, cast

from crawler.extract.address import host_of, join
from crawler.extract.feed import read_instant
from crawler.extract.found import Item, Listing

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["read_state"]

_TITLES = ("headline", "title", "name", "Title", "TITLE")
_ADDRESSES = ("url", "link", "href", "permalink", "path", "Url", "URL", "@id")
_DATES = (
    "datePublished",
    "publishDate",
    "publish_date",
    "publishedDate",
    "publicationDate",
    "publishedAt",
    "published_at",
    "pubDate",
    "date",
    "createTime",
    "created_at",
)
_NEWS = re.compile(r"ListItem|Article|Posting|Report|PressRelease", re.IGNORECASE)
_PATHS = re.compile(r"Breadcrumb|SiteNavigation|Menu|Organization")
_ASSIGNS = re.compile(
    r"(?:\b(?:var|let|const)\s+|\b(?:window|self|globalThis)\.)[\w$.]{1,60}\s*=\s*"
    r"(?:(?=\[\s*[\[{]|\{)|JSON\.parse\(\s*(?P<quoted>\"(?:[^\"\\]|\\.)*\"))"
)
_PUSH = re.compile(r"__next_f\.push\(\[\d+,\s*(\"(?:[^\"\\]|\\.)*\")\]\)")
# What scripts write that JSON does not have: strings in single quotes, bare names, a comma at the end.
_WRITTEN = re.compile(
    r"(?P<double>\"(?:[^\"\\]|\\.)*\")|(?P<single>'(?:[^'\\]|\\.)*')|(?P<name>[A-Za-z_$][\w$]*)\s*:|(?P<comma>,)(?=\s*[\]}])"
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ROWS = re.compile(r"\[\s*\{\s*(?:'[\w$]+'|[\w$]+)\s*:")
_MOST_ASSIGNED = 20
_LONGEST_WRITTEN = 300_000
_LEAST = 3
_MOST_JSON = 3_000_000
_MOST_NODES = 50_000


def read_state(root: HtmlElement, base: str, *, zone: str) -> Listing:
    """Return the longest list of titled addresses that the JSON of a page holds; no items where it holds none.

    JSON-LD counts when it names a list or articles; `__NEXT_DATA__` and its like when
    each row has a title, an address on the same host, and a date.
    """
    best = Listing(url=base)
    for script in root.iter("script"):
        kind = (script.get("type") or "").lower()
        text = (script.text or "").strip()
        linked = "ld+json" in kind
        if not text or len(text) > _MOST_JSON:
            continue
        for rows in (rows for document in _documents(text, kind) for rows in _lists(document)):
            items = _items(rows, base, zone, linked=linked)
            if not items and not best.items and (number := _unaddressed(rows, zone)) >= _LEAST:
                best = Listing(url=base, reason=f"{number} titles with days in a script, and no addresses")
            if len(items) >= _LEAST and len(items) > len(best.items):
                via = "json-ld" if linked else "state"
                best = Listing(url=base, items=tuple(items.values()), via=via, confidence=0.8)
    return best


def _documents(text: str, kind: str) -> Iterator[object]:
    """Yield the documents of JSON that a script is, or sets variables to, or hands over in strings."""
    if "json" in kind:
        yield _loaded(text)
        return
    if "__next_f" in text:
        yield from _pushed(text)
        return
    for number, match in enumerate(_ASSIGNS.finditer(text)):
        if number >= _MOST_ASSIGNED:
            return
        quoted = match["quoted"]
        yield _loaded(_loaded(quoted) if quoted else "") if quoted else _assigned(text, match.end())


def _loaded(text: object) -> object:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def _assigned(text: str, at: int) -> object:
    """Return the value that *text* has at *at*: JSON, or as scripts write it, with bare names; None for another.

    >>> _assigned('window.__INITIAL_STATE__ = {"list": [1]};(function(){})()', 27)
    {'list': [1]}
    >>> _assigned("var data = [{title: 'A new pier', url: '/1', }];", 11)
    [{'title': 'A new pier', 'url': '/1'}]
    """
    try:
        return json.JSONDecoder().raw_decode(text, at)[0]
    except (ValueError, RecursionError):
        pass
    if _ROWS.match(text, at) is None:
        return None
    try:
        return json.JSONDecoder().raw_decode(_WRITTEN.sub(_as_json, text[at : at + _LONGEST_WRITTEN]))[0]
    except (ValueError, RecursionError):
        return None


def _as_json(match: re.Match[str]) -> str:
    if single := match["single"]:
        return json.dumps(_ESCAPE.sub(_unescaped, single[1:-1]))
    if name := match["name"]:
        return f'"{name}":'
    return "" if match["comma"] else match[0]


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    return (
        chr(int(code[1:], 16)) if code[0] in "ux" and len(code) > 1 else {"n": "\n", "t": "\t", "r": ""}.get(code, code)
    )


def _pushed(text: str) -> Iterator[object]:
    """Yield the documents in the strings that a page of Next.js is sent in: lines of a number and a value."""
    sent = "".join(str(_loaded(match[1]) or "") for match in _PUSH.finditer(text))
    for line in sent.splitlines():
        _, found, value = line.partition(":")
        if found and value[:1] in "[{":
            yield _loaded(value)


def _lists(document: object) -> Iterator[list[object]]:
    """Yield every list of objects in *document*."""
    todo, seen = [document], 0
    while todo and seen < _MOST_NODES:
        value = todo.pop()
        seen += 1
        if isinstance(value, list):
            if len(value) >= _LEAST and all(isinstance(part, dict) for part in value):
                yield value
            todo.extend(value)
        elif isinstance(value, dict) and not _PATHS.search(str(value.get("@type", ""))):
            todo.extend(cast("dict[str, object]", value).values())


def _items(rows: list[object], base: str, zone: str, *, linked: bool) -> Mapping[str, Item]:
    found: dict[str, Item] = {}
    host = host_of(base)
    for row in rows:
        thing = cast("dict[str, object]", row)
        inner = thing.get("item")
        merged = {**thing, **cast("dict[str, object]", inner)} if isinstance(inner, dict) else thing
        if isinstance(inner, str):
            merged = {**thing, "url": inner}
        if linked and not _NEWS.search(str(merged.get("@type", "")) + str(thing.get("@type", ""))):
            continue
        title, address = _first(merged, _TITLES), join(base, _first(merged, _ADDRESSES))
        when = _when(merged, zone)
        if title and address and host_of(address) == host and address != base and (linked or when is not None):
            found.setdefault(address, Item(url=address, title=title, date=None if when is None else when.isoformat()))
    return found


def _unaddressed(rows: list[object], zone: str) -> int:
    """Return how many of *rows* have a title and a day, and no address."""
    things = [cast("dict[str, object]", row) for row in rows]
    return sum(
        bool(_first(thing, _TITLES)) and not _first(thing, _ADDRESSES) and _when(thing, zone) is not None
        for thing in things
    )


def _when(thing: Mapping[str, object], zone: str) -> datetime | None:
    return read_instant(_first(thing, _DATES), zone=zone)


def _first(thing: Mapping[str, object], names: tuple[str, ...]) -> str:
    for name in names:
        value = thing.get(name)
        if isinstance(value, dict):
            value = cast("dict[str, object]", value).get("rendered")
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())
    return ""
