"""Selectors for the releases of a site, worked out from a few of its pages, and kept only where they read the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from crawler.extract import Item, NotARelease, read_declared_release
from crawler.extract.block import squash
from crawler.extract.feed import read_instant
from crawler.extract.name import stays
from crawler.extract.select import selector, text_of
from crawler.normalise.tree import read_html
from crawler.source import Found, ReleaseRules, Source
from feeds.release import Draft

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["Sample", "describe_release"]

_NAME = re.compile(r"[A-Za-z_][\w-]*")
_BLOCKS: Final = ("article", "section", "main", "div", "td", "span")
_HEADINGS: Final = ("h1", "h2", "h3")
_TITLES: Final = 8  # selectors tried for the title
_MOST = 12  # selectors tried for the body
_SHORT = 120  # characters of an element that holds a date
_LEAST = 2  # pages: one alone does not show what changes from page to page
_ALIKE = 0.97


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A page of a release: its *text*, the line that led to it, and what was read of it without selectors."""

    url: str
    text: str
    item: Item
    draft: Draft


def describe_release(source: Source, samples: Sequence[Sample]) -> ReleaseRules | None:
    """Return rules that read every one of *samples* as it was read without any: title, body, instant.

    None where there are fewer than two, or no selectors of moderate length do.
    """
    if len(samples) < _LEAST:
        return None
    first = samples[0]
    root = read_html(first.text)
    metas = "articletitle" in {(meta.get("name") or "").lower() for meta in root.iter("meta")}
    for body in _bodies(root, first.draft):
        for published in _dates(root, source, first.draft):
            for title in _titles(root, first.draft):
                rules = ReleaseRules(title=title, body=body, published=published, metas=metas)
                if all(_reads(source, rules, sample) for sample in samples):
                    return rules
            if metas:
                break
    return None


def _reads(source: Source, rules: ReleaseRules, sample: Sample) -> bool:
    """Return whether *rules* read *sample* as it was read without."""
    declared = replace(source, release=rules)
    found = read_declared_release(declared, sample.text, sample.url, item=sample.item, seen=sample.draft.seen)
    if isinstance(found, NotARelease) or found.title != sample.draft.title:
        return False
    return found.published == sample.draft.published and _alike(found.text, sample.draft.text)


def _alike(one: str, other: str) -> bool:
    """Return whether *one* says what *other* says: the same letters, but for a line more or less."""
    mine, yours = "".join(one.split()), "".join(other.split())
    if mine == yours:
        return True
    short, long = sorted((mine, yours), key=len)
    return short in long and len(short) >= _ALIKE * len(long)


def _titles(root: HtmlElement, draft: Draft) -> list[str]:
    """Return selectors for what may hold the title of *draft*, of those that select something, then "": the list's."""
    wanted = squash(draft.title)
    found = [tag for tag in _HEADINGS if root.find(f".//{tag}") is not None]
    for element in root.iter(*_HEADINGS, "h4", "div", "p", "span", "td", "strong"):
        if squash(text_of(element)) == wanted:
            found += _named(element)
    found = list(dict.fromkeys(found))[:_TITLES]
    return [*found, *(["title"] if root.find(".//title") is not None else []), ""]


def _bodies(root: HtmlElement, draft: Draft) -> Iterator[str]:
    """Yield selectors for the elements that hold the whole text of *draft*, the tightest first."""
    wanted = "".join(draft.text.split())
    marks = [part for part in (wanted[:40], wanted[-40:]) if part]
    holding = []
    for element in root.iter(*_BLOCKS):
        text = "".join(text_of(element).split())
        if all(mark in text for mark in marks):
            holding.append((len(text), element))
    holding.sort(key=lambda pair: pair[0])
    tried = dict.fromkeys(css for _, element in holding for css in _named(element))
    yield from list(tried)[:_MOST]


def _named(element: HtmlElement) -> Iterator[str]:
    """Yield what *element* may be called: its id, its classes, its tag where that says what it is."""
    tag = str(element.tag)
    identity = element.get("id") or ""
    if _NAME.fullmatch(identity) and stays(identity):
        yield f"#{identity}"
    if place := element.get("itemprop"):
        yield f"[itemprop='{place}']" if _NAME.fullmatch(place) else tag
    for name in (element.get("class") or "").split():
        if _NAME.fullmatch(name) and stays(name):
            yield f"{tag}.{name}"
    if tag in {"article", "main"}:
        yield tag


def _dates(root: HtmlElement, source: Source, draft: Draft) -> Iterator[Found | None]:
    """Yield rules for what states the instant of *draft*; None first: the list, the metas or the text may do."""
    yield None
    if draft.published is None:
        return
    seen: set[str] = set()
    for element in root.iter("time", "p", "span", "div", "td", "li", "em", "i", "b"):
        stated = element.get("datetime", "") if element.tag == "time" else ""
        text = stated or text_of(element).strip()
        if not text or len(text) > _SHORT or read_instant(text, zone=source.zone) != draft.published:
            continue
        for name in [*_named(element), *(["time"] if element.tag == "time" else [])]:
            css = f"{name}::attr(datetime)" if stated else name
            if css not in seen and selector(css).first(root) is not None:
                seen.add(css)
                yield Found(css=css)
