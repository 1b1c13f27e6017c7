"""What the head of a page and its JSON-LD say: metas, title, author."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["Meta", "read_meta"]

_ARTICLE = re.compile(r"Article|NewsArticle|BlogPosting|Report|PressRelease|WebPage|Posting|Statement", re.IGNORECASE)
_OF_MEANING = re.compile(r"[A-Za-z]+Article|Article|Posting|PressRelease", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f]")
_MOST_JSON = 400_000


@dataclass(frozen=True, slots=True)
class Meta:
    """*metas* by name in small letters, first value each; *linked* the JSON-LD objects that describe the page."""

    metas: Mapping[str, str]
    linked: tuple[Mapping[str, object], ...]

    def meta(self, *names: str) -> str:
        """Return the first meta of *names* that says something."""
        return next((value for name in names if (value := self.metas.get(name, ""))), "")

    def said(self, *names: str) -> str:
        """Return the first string under one of *names* in the JSON-LD of the page."""
        return next((value for name in names for thing in self.linked if (value := _string(thing.get(name)))), "")


def read_meta(root: HtmlElement) -> Meta:
    """Return what the metas and the JSON-LD of the page say.

    >>> from crawler.normalise.tree import read_html
    >>> read_meta(read_html('<meta name=PubDate content="2019-09-18 06:23">')).meta("pubdate")
    '2019-09-18 06:23'
    """
    metas: dict[str, str] = {}
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        value = " ".join((element.get("content") or "").split())
        if name and value:
            metas.setdefault(name.strip().lower(), value)
    return Meta(metas, tuple(_linked(root)))


def _linked(root: HtmlElement) -> Iterator[Mapping[str, object]]:
    """Yield the objects of JSON-LD that are articles first, then pages."""
    found: list[Mapping[str, object]] = []
    for script in root.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower() or not script.text or len(script.text) > _MOST_JSON:
            continue
        try:
            found += _objects(json.loads(_CONTROL.sub(" ", script.text.strip().strip(";"))))
        except (ValueError, RecursionError):
            continue
    kinds = [(thing, str(thing.get("@type", ""))) for thing in found]
    yield from (thing for thing, kind in kinds if _OF_MEANING.search(kind))
    yield from (thing for thing, kind in kinds if _ARTICLE.search(kind) and not _OF_MEANING.search(kind))


def _objects(value: object, depth: int = 0) -> Iterator[Mapping[str, object]]:
    if depth > 4:
        return
    if isinstance(value, list):
        for part in value[:200]:
            yield from _objects(part, depth + 1)
    elif isinstance(value, dict):
        thing = cast("dict[str, object]", value)
        yield thing
        for name in ("@graph", "mainEntity", "mainEntityOfPage", "item"):
            yield from _objects(thing.get(name), depth + 1)


def _string(value: object) -> str:
    if isinstance(value, list) and value:
        return _string(value[0])
    if isinstance(value, dict):
        return _string(value.get("name"))
    return " ".join(value.split()) if isinstance(value, str) else ""
