"""A release read by the rules that its source declares; what comes out is a finished Draft."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.extract.address import base_of, join
from crawler.extract.draft import fields_of, title_of, to_draft
from crawler.extract.feed import read_instant
from crawler.extract.found import Extracted, Item, NotARelease
from crawler.extract.media import media_type
from crawler.extract.meta import Meta, read_meta
from crawler.extract.plain import is_plain, read_plain
from crawler.extract.select import selector, text_of
from crawler.extract.title import title_of_page
from crawler.normalise import clean_html, clean_text, clean_title, issued_on_behalf, language, sign_off, sign_off_html
from crawler.normalise.tree import read_html
from crawler.wall import BLOCKING, is_announced, what_wall
from feeds.release import Attachment, Draft, Photo, Translation

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from crawler.source import Found, Source

__all__ = ["read_declared_release"]

_ITSELF = frozenset(["本网", "本", "本站"])  # what a site writes as the source of its own releases
_TITLE = re.compile(r"<title[^>]*>([^<]{0,200})", re.IGNORECASE)
_SHORT = 600  # letters: pages that stand before a site say less
_LEAST_TEXT = 2  # characters: some releases are one line, none is empty


def read_declared_release(
    source: Source, text: str, url: str, *, item: Item | None, seen: datetime
) -> Draft | NotARelease:
    """Return the release on the page *text* at *url*, by the rules of *source*, or why it is none.

    *item* is the line of the listing that led here: it gives what the page does not.
    Where `release.fetch` is false *text* is not looked at: the item carries the whole.
    Plain text is taken too. Never raises.
    """
    if not source.release.fetch:
        found = _from_item(source, url, item)
    elif is_plain(text):
        found = read_plain(text, url, zone=source.zone)
    elif not source.release.body:
        found = _from_vote(source, text, url, item)
    else:
        found = _from_page(source, text, url, item)
    if isinstance(found, NotARelease):
        return found
    if len(found.text) < _SHORT and (wall := _wall(found.title, text, title_of(item))):
        return NotARelease(f"a page that stands before the site: {wall}")
    if not found.title:
        return NotARelease("no title")
    if len(found.text.strip()) < _LEAST_TEXT and "<img" not in found.html:
        return NotARelease("an empty body")
    return to_draft(source, found, item=item, seen=seen)


def _wall(title: str, text: str, announced: str) -> str:
    """Return what stands before the site in place of a release: wide selectors match there too.

    A page that shows the title its listing *announced* is the release. One without is what
    it looks like; where nothing was announced, the *title* read and that of the page decide.
    """
    if is_announced(announced, text):
        return ""
    if announced:
        return what_wall(text)
    whole = _TITLE.search(text[:20_000])
    wall = what_wall(title) or (what_wall(whole[1]) if whole else "")
    return wall if wall in BLOCKING else ""


def _from_item(source: Source, url: str, item: Item | None) -> Extracted | NotARelease:
    if item is None:
        return NotARelease("not in the listing, which carries the whole text")
    fields = fields_of(item)
    title = clean_title(title_of(item))
    found = _body(source, fields.html or fields.summary, url)
    return replace(
        found,
        title=title.text,
        published=fields.published or found.published,
        summary="" if fields.html == fields.summary else clean_html(fields.summary, url).text,
        facts=title.facts,
    )


def _from_vote(source: Source, text: str, url: str, item: Item | None) -> Extracted | NotARelease:
    """Return what a vote finds on a page whose source declares no body."""
    from crawler.extract.page import read_page  # noqa: PLC0415 - its voters take 300 ms to import

    if (wall := what_wall(text)) and not is_announced(title_of(item), text):
        return NotARelease(f"a page that stands before the site: {wall}")
    found = read_page(text, url, zone=source.zone, heading=title_of(item))
    return replace(found, facts={**found.facts, "agreement": f"{found.agreement:.2f}"})


def _from_page(source: Source, text: str, url: str, item: Item | None) -> Extracted | NotARelease:
    rules = source.release
    root = read_html(text)
    body = selector(rules.body).first(root)
    if body is None:
        return NotARelease(f"no body: expected {rules.body}")
    meta = read_meta(root) if rules.metas else Meta({}, ())
    heading = meta.meta("articletitle") or (selector(rules.title).string(root) if rules.title else "")
    title = clean_title(heading or title_of(item) or (title_of_page(root)[0] if rules.metas else ""))
    base = base_of(root, url)
    stated = read_instant(meta.meta("pubdate"), zone=source.zone) or _published(source, root)
    speaker = meta.meta("contentsource") or (selector(rules.author).string(root) if rules.author else "")
    fields = Extracted(
        photos=tuple(_photos(rules.photos, root, base)),
        attachments=tuple(_attachments(rules.attachments, root, base)),
        videos=tuple(join(base, href) for href in selector(rules.videos).strings(root)) if rules.videos else (),
        translations=tuple(_translations(source, root, base)),
        author="" if speaker in _ITSELF else clean_text(speaker),
        summary=clean_text(selector(rules.summary).string(root)) if rules.summary else "",
    )
    for css in rules.drop:
        for element in selector(css).elements(body):
            element.drop_tree()
    found = _body(source, body, base)
    return replace(
        fields,
        url=url,
        title=title.text,
        published=stated or found.published,
        html=found.html,
        text=found.text,
        language=found.language,
        author=fields.author or found.author,
        facts=title.facts,
        repairs=found.repairs,
    )


def _body(source: Source, html: str | HtmlElement, base: str) -> Extracted:
    """Return *html* cleaned, its closing lines taken off, with the instant and the author it states."""
    clean = clean_html(html, base)
    plain = sign_off(clean.text, zone=source.zone)
    signed = sign_off_html(clean.html, zone=source.zone) if plain.found else None
    return Extracted(
        url=base,
        html=clean.html if signed is None else signed.body,
        text=plain.body,
        published=plain.published or (None if signed is None else signed.published),
        author=issued_on_behalf(plain.body),
        language=source.language or language(plain.body),
        repairs=clean.repairs,
    )


def _published(source: Source, root: HtmlElement) -> datetime | None:
    rule = source.release.published
    if rule is None:
        return None
    found = selector(rule.css)
    zone = rule.zone or source.zone
    texts = found.strings(root) if found.attribute else (text_of(element).strip() for element in found.each(root))
    for text in texts:
        when = sign_off(text, zone=zone).published or read_instant(text, zone=zone)
        if when is not None:
            return when
    return None


def _photos(rule: Found | None, root: HtmlElement, base: str) -> Iterator[Photo]:
    return (Photo(url=url, caption=caption) for url, caption in _things(rule, root, base))


def _attachments(rule: Found | None, root: HtmlElement, base: str) -> Iterator[Attachment]:
    return (Attachment(url=url, title=title, type=media_type(url)) for url, title in _things(rule, root, base))


def _things(rule: Found | None, root: HtmlElement, base: str) -> Iterator[tuple[str, str]]:
    """Yield address and title of each thing *rule* finds, an address once."""
    if rule is None:
        return
    seen: set[str] = set()
    for element in selector(rule.css).elements(root):
        url = join(base, element.get(rule.url, ""))
        if url and url not in seen:
            seen.add(url)
            title = text_of(element) if rule.title == "text" else element.get(rule.title, "")
            yield url, " ".join(clean_text(title).split())


def _translations(source: Source, root: HtmlElement, base: str) -> Iterator[Translation]:
    for name, css in source.translations.items():
        if url := join(base, selector(css).string(root)):
            yield Translation(language=name, url=url)
