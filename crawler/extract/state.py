"""Lists that a page carries for machines: JSON-LD ItemList, and the state of pages made by a script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
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
    "publishedAt",
    "published_at",
    "pubDate",
    "date",
    "createTime",
    "created_at",
)
_NEWS = re.compile(r"ListItem|Article|Posting|Report|PressRelease", re.IGNORECASE)
_PATHS = re.compile(r"Breadcrumb|SiteNavigation|Menu|Organization")
_ASSIGNS = re.compile(r"(?:(?:var|let|const)\s+|window\.|self\.|globalThis\.)[\w$.]{1,60}\s*=\s*(?=[\[{])")
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
        document = _loaded(text) if linked or "json" in kind else _assigned(text)
        for rows in _lists(document):
            items = _items(rows, base, zone, linked=linked)
            if len(items) >= _LEAST and len(items) > len(best.items):
                via = "json-ld" if linked else "state"
                best = Listing(url=base, items=tuple(items.values()), via=via, confidence=0.8)
    return best


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _assigned(text: str) -> object:
    """Return what a script sets a variable of the window to, where it begins with that, or None.

    >>> _assigned('window.__INITIAL_STATE__ = {"list": [1]};(function(){})()')
    {'list': [1]}
    """
    match = _ASSIGNS.match(text)
    if match is None:
        return None
    try:
        return json.JSONDecoder().raw_decode(text, match.end())[0]
    except (ValueError, RecursionError):
        return None


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
        when = read_instant(_first(merged, _DATES), zone=zone)
        if title and address and host_of(address) == host and address != base and (linked or when is not None):
            found.setdefault(address, Item(url=address, title=title, date=None if when is None else when.isoformat()))
    return found


def _first(thing: Mapping[str, object], names: tuple[str, ...]) -> str:
    for name in names:
        value = thing.get(name)
        if isinstance(value, dict):
            value = cast("dict[str, object]", value).get("rendered")
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())
    return ""
