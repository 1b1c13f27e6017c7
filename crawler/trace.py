"""Which rule of a source gave each field of what was read, and which rules found nothing: for a person to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.extract import Item, NotARelease, read_declared_release
from crawler.extract.draft import fields_of
from crawler.extract.feed import is_feed, read_instant
from crawler.extract.meta import read_meta
from crawler.extract.page import read_page
from crawler.extract.plain import is_plain
from crawler.extract.select import selector
from crawler.normalise.tree import read_html
from feeds.release import Draft

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from crawler.source import Source

__all__ = ["Origin", "trace_listing", "trace_release"]

_SHOWN = 80  # characters of what was found


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What gave a *field*: *by* names the rule as the source file writes it, *found* begins with what it gave.

    *count* is on how many places it matched; 0 where it found nothing.
    """

    field: str
    by: str
    found: str = ""
    count: int = 1


def trace_listing(source: Source, text: str) -> tuple[Origin, ...]:
    """Return how often each selector that *source* declares for its listing matches on the page *text*.

    >>> from crawler.source import ListingRules, Source
    >>> source = Source(key="a", title="A", listing=ListingRules(links="li a", date="time"))
    >>> [(one.by, one.count) for one in trace_listing(source, "<ul><li><a href=x>News</a></ul>")]
    [('listing.links = "li a"', 1), ('listing.date = "time"', 0)]
    """
    rules = source.listing
    declared = {name: getattr(rules, name) for name in ("item", "links", "title", "date", "next")}
    declared = {name: css for name, css in declared.items() if css}
    if source.kind != "html" or is_feed(text) or not declared:
        return ()
    root = read_html(text)
    found = [_matched(root, name, f"listing.{name}", css) for name, css in declared.items()]
    if (counted := rules.numbered) is not None:
        by = f'listing.next = {{ query = "{counted.query}" }}' if counted.query else f'listing.next = "{counted.url}"'
        found.append(Origin(field="next", by=by, found=counted.after(rules.url, first=rules.url)[:_SHOWN]))
    return tuple(found)


def trace_release(source: Source, text: str, url: str, *, item: Item | None, seen: datetime) -> tuple[Origin, ...]:
    """Return what gave each field of the release on the page *text*, and the rules that found nothing on it."""
    draft = read_declared_release(source, text, url, item=item, seen=seen)
    if isinstance(draft, NotARelease):
        return (*_unmet(source, text), Origin(field="release", by="no rule", found=draft.reason, count=0))
    if not source.release.fetch:
        return tuple(_of_item(source, draft, item))
    if is_plain(text):
        return (Origin(field="release", by="plain text", found=draft.title[:_SHOWN]),)
    if not source.release.body:
        return tuple(_of_vote(source, text, url, draft, item))
    return (*_of_rules(source, text, draft, item), *_unmet(source, text))


def _of_item(source: Source, draft: Draft, item: Item | None) -> Iterator[Origin]:
    fields = fields_of(item)
    where = "the feed" if source.kind == "feed" else f"the list ({source.kind})"
    yield Origin(field="title", by=where, found=draft.title[:_SHOWN])
    yield Origin(field="body", by=f"{where}: {'text' if fields.html else 'summary only'}", found=draft.text[:_SHOWN])
    yield _dated(draft, where if fields.published else "closing lines of the text")
    if draft.author:
        yield Origin(field="author", by=where if fields.author else "first line of the text", found=draft.author)


def _of_vote(source: Source, text: str, url: str, draft: Draft, item: Item | None) -> Iterator[Origin]:
    found = read_page(text, url, zone=source.zone, heading=item.title if item is not None else "")
    origins = found.origins
    yield Origin(field="title", by=f"detected: {origins.get('title', 'unknown')}", found=draft.title[:_SHOWN])
    alike = f"vote of the readers, agreement {found.agreement:.2f}"
    yield Origin(field="body", by=alike, found=draft.text[:_SHOWN])
    stated = found.published is not None and found.published == draft.published
    yield _dated(draft, f"detected: {origins.get('published', 'unknown')}" if stated else "the list")
    if draft.author:
        yield Origin(field="author", by=f"detected: {origins.get('author', 'unknown')}", found=draft.author)


def _of_rules(source: Source, text: str, draft: Draft, item: Item | None) -> Iterator[Origin]:
    rules, root = source.release, read_html(text)
    meta = read_meta(root) if rules.metas else None
    if meta is not None and meta.meta("articletitle"):
        title = "meta ArticleTitle"
    elif rules.title and selector(rules.title).string(root):
        title = f'release.title = "{rules.title}"'
    else:
        title = "the list" if item is not None and item.title else "the page's own title"
    yield Origin(field="title", by=title, found=draft.title[:_SHOWN])
    yield Origin(field="body", by=f'release.body = "{rules.body}"', found=draft.text[:_SHOWN])
    if meta is not None and read_instant(meta.meta("pubdate"), zone=source.zone):
        when = "meta PubDate"
    elif rules.published is not None and selector(rules.published.css).elements(root):
        when = f'release.published = "{rules.published.css}"'
    elif draft.published is not None and item is not None and item.date == draft.published.isoformat():
        when = "the list"
    else:
        when = "closing lines of the text"
    yield _dated(draft, when)
    if draft.author:
        declared = bool(rules.author and selector(rules.author).string(root))
        by = (
            f'release.author = "{rules.author}"'
            if declared
            else "meta ContentSource"
            if meta
            else "the text or the list"
        )
        yield Origin(field="author", by=by, found=draft.author)
    for field, count in (("photos", len(draft.photos)), ("attachments", len(draft.attachments))):
        if count:
            yield Origin(field=field, by=f"release.{field}", count=count)
    for other in draft.translations:
        by = f'translations.{other.language.lower()} = "{source.translations.get(other.language, "")}"'
        yield Origin(field="translation", by=by, found=other.url)


def _unmet(source: Source, text: str) -> tuple[Origin, ...]:
    """Return the rules for releases that match nothing on the page *text*."""
    rules = source.release
    declared = {name: getattr(rules, name) for name in ("title", "body", "author", "summary", "videos")}
    for name in ("published", "photos", "attachments"):
        rule = getattr(rules, name)
        declared[name] = rule.css if rule is not None else ""
    root = read_html(text)
    tried = [_matched(root, name, f"release.{name}", css) for name, css in declared.items() if css]
    return tuple(one for one in tried if not one.count)


def _dated(draft: Draft, by: str) -> Origin:
    if draft.published is None:
        return Origin(field="published", by="nothing states it: when we saw it first", count=0)
    return Origin(field="published", by=by, found=draft.published.isoformat())


def _matched(root: HtmlElement, field: str, name: str, css: str) -> Origin:
    found = selector(css)
    said = found.string(root)[:_SHOWN]
    return Origin(field=field, by=f'{name} = "{css}"', found=said, count=len(found.elements(root)))
