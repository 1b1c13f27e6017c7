"""A release page that nobody described: title, instant, body by vote, and what hangs on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

from lxml import html as markup

from crawler.extract.address import base_of, zone_of
from crawler.extract.bound import bounded
from crawler.extract.found import Extracted
from crawler.extract.media import attachments_in, photos_in, translations_of, videos_in
from crawler.extract.meta import Meta, read_meta
from crawler.extract.moment import Moment, moment_of_page
from crawler.extract.plain import is_plain, read_plain
from crawler.extract.title import title_of_page
from crawler.extract.vote import Body, vote_on_body
from crawler.normalise import clean_html, clean_text, clean_title, issued_on_behalf, language, sign_off, sign_off_html
from crawler.normalise.tree import read_html
from crawler.wall import BLOCKING, is_announced, what_wall
from feeds.release import Attachment, Photo

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["read_page"]

_KEPT = frozenset(["img", "br", "td", "th", "hr"])
_SHORT = 200  # letters: what stands before a site has no more to say
_NO_AUTHOR = ("http", "@")


def read_page(text: str, url: str, *, zone: str = "", heading: str = "") -> Extracted:
    """Return what the page *text* at *url* says, in all fields; *heading* is the title a listing gave it.

    Never raises; a page without a body has an empty text, and so has one that stands before
    the site: what it is ("captcha" or "refused") then is `origins["wall"]`. Dates without a zone are of
    *zone*, by default that of the place the host belongs to. Of a page without end what is behind
    1.5 million characters or 40,000 tags is not read; `facts["left-out"]` then says how much.
    """
    zone = zone or zone_of(url)
    if is_plain(text):
        return read_plain(text, url, zone=zone)
    text, left = bounded(text)
    root = read_html(text)
    meta = read_meta(root)
    raw_title, title_from = title_of_page(root, meta, heading)
    title = clean_title(raw_title)
    base = base_of(root, url)
    moment = moment_of_page(root, meta, url, zone=zone)
    body = vote_on_body(root, text, raw_title)
    element = _holder(body)
    photos: tuple[Photo, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    if element is not None:
        _drop_pictures(element, body)
        photos = photos_in(element, base)  # before their captions go, which belong to no body
        attachments = attachments_in(element, base)  # and before the lines that name them
        _prune(element, body)
    clean = clean_html("" if element is None else _inner(element), base)
    signed = sign_off_html(clean.html, zone=zone)
    plain = sign_off(clean.text, zone=zone)
    if plain.published is not None:
        moment = Moment(plain.published, "closing lines", "minute")
    if len(plain.body) < _SHORT and (wall := what_wall(text)) in BLOCKING and not is_announced(heading, text):
        return Extracted(url=url, origins={"wall": wall})
    tongue = root.get("lang") or meta.meta("content-language", "og:locale")
    found = Extracted(
        url=url,
        title=title.text,
        published=moment.published,
        html=signed.body,
        text=plain.body,
        language=language(f"{title.text}\n{plain.body}", tongue),
        summary="" if plain.body else clean_text(meta.meta("description", "og:description")),
        author=issued_on_behalf(plain.body) or clean_text(_author(meta)),
        agreement=round(body.agreement, 3),
        origins={"title": title_from, "body": "vote", "published": moment.origin, "precision": moment.precision},
        repairs=clean.repairs,
        facts={**title.facts, "left-out": f"{left:,} characters"} if left else title.facts,
    )
    found = replace(found, translations=translations_of(root, base, found.language))
    if element is None:
        return found
    return replace(
        found,
        photos=photos,
        attachments=attachments,
        videos=videos_in(element, base),
    )


def _author(meta: Meta) -> str:
    """Return who speaks, where the head says so: the state's ContentSource, then the usual names."""
    found = meta.meta("contentsource", "author", "dc.creator", "dcterms.creator", "article:author") or meta.said(
        "author"
    )
    return "" if found.lower().startswith(_NO_AUTHOR) or found in {"本网", "本"} else found


def _holder(body: Body) -> HtmlElement | None:
    """Return the lowest element that holds every block taken."""
    taken = [block.element for block, flag in zip(body.blocks, body.taken, strict=True) if flag]
    if not taken:
        return None
    chain = [taken[0], *taken[0].iterancestors()]
    for element in (taken[0], taken[-1]):
        above = {element, *element.iterancestors()}
        chain = [part for part in chain if part in above]
    for element in taken:
        above = {element, *element.iterancestors()}
        chain = [part for part in chain if part in above]
    return chain[0] if chain else None


def _drop_pictures(holder: HtmlElement, body: Body) -> None:
    """Take pictures out of *holder* that stand before or behind all blocks taken."""
    places = {element: number for number, element in enumerate(holder.iter("*"))}
    taken = (block for block, flag in zip(body.blocks, body.taken, strict=True) if flag)
    used = [places[element] for block in taken for element, _ in block.slots if element in places]
    for image in list(holder.iter("img")):
        if used and not min(used) - 4 <= places[image] <= max(used) + 4:
            _remove(image)


def _prune(holder: HtmlElement, body: Body) -> None:
    """Take out of *holder* the text of blocks not taken, and what is empty then."""
    inside = set(holder.iter("*"))
    for block, flag in zip(body.blocks, body.taken, strict=True):
        if flag:
            continue
        for element, where in block.slots:
            if element not in inside or (element is holder and where == "tail"):
                continue
            if where == "text":
                element.text = None
            else:
                element.tail = " " if (element.tail or "").strip() and element.tag != "br" else None
    for element in reversed(list(holder.iter("*"))):
        empty = len(element) == 0 and not (element.text or "").strip()
        if element is not holder and empty and isinstance(element.tag, str) and element.tag not in _KEPT:
            _remove(element)


def _remove(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _inner(element: HtmlElement) -> str:
    """Return *element* as HTML; a paragraph, cell or list stays what it is."""
    if element.tag in {"table", "ul", "ol", "dl", "blockquote", "p", "pre", "h1", "h2", "h3"}:
        return markup.tostring(element, encoding="unicode", with_tail=False)
    return escape(element.text or "", quote=False) + "".join(_children(element))


def _children(element: HtmlElement) -> Iterator[str]:
    return (markup.tostring(child, encoding="unicode") for child in element)
