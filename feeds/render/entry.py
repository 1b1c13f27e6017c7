"""From a release to an entry: what a reader is told of it, in whichever format."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from feeds.release import Attachment, Newsroom, Photo, Release, Translation
from feeds.render.cut import cut
from feeds.render.model import Category, Entry, Link, Origin
from feeds.render.plain import code_of, kind_of, person, web_address
from feeds.render.safe import safe
from feeds.render.summary import headline, shorten, summarise
from feeds.render.words import words
from feeds.site import Site
from feeds.tag import Tag

__all__ = ["VERSION", "Also", "Label", "entry_of", "release_path"]

# Goes up when the same release gives other bytes: cached fragments are then made anew.
VERSION = 8
_LONGEST = 1_000_000  # bytes of a text; the W3C validator reads five times that of a whole feed
_PHOTOS = 20
_UNTITLED = 100  # characters of a text that stand for its title where it has none
_MOST = 200  # photographs, attachments, languages of one release: more is a fault, and fills a feed


_Linked = TypeVar("_Linked", Photo, Attachment, Translation)


class Label(NamedTuple):
    """A topic that a release belongs to, and its name in the release's language."""

    key: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Also:
    """Another body that published the same text."""

    title: str
    url: str
    id: str


def release_path(source: str, native_id: str) -> str:
    """Return where the page of a release lives, below the site.

    >>> release_path("hk-gia-en", "P2017092100150")
    'releases/hk-gia-en/P2017092100150/'
    """
    return f"releases/{source}/{native_id}/"


def entry_of(  # noqa: PLR0913 - each is another thing that is told
    release: Release,
    newsroom: Newsroom,
    site: Site,
    labels: Sequence[Label] = (),
    also: Sequence[Also] = (),
    *,
    tags: Sequence[Tag] = (),
) -> Entry:
    """Return *release* as an entry of any feed that holds it; *also* are others who published the same text.

    Of each of *tags* that passed, the first words it was given for are told.

    Raises ValueError where its address leads nowhere on the web.
    """
    page = site.url(release_path(release.source, release.native_id))
    release = _within_the_web(release)
    summary = summarise(release.summary, release.text)
    whole = newsroom.content != "summary"
    title = headline(release.title) or shorten(summary, _UNTITLED) or release.url
    html = (_text(release) if whole else "") or f"<p>{escape(summary or title, quote=False)}</p>"
    if not site.photos:
        html = _IMAGE.sub(_linked, html)
    also = [replace(other, url=url) for other in also if (url := web_address(other.url))]
    notes = _notes(release, page, also)
    return Entry(
        id=release.id,
        url=release.url,
        title=title,
        language=release.language,
        author=newsroom.author(person(headline(release.author))),
        author_url=newsroom.site,
        published=release.published,
        updated=release.updated,
        summary=summary,
        html="".join(note.html for note in notes) + html + (_shown(release, site) if whole else ""),
        notes=tuple(note.text for note in notes),
        categories=tuple(Category(term=label.key, scheme=site.url("topics/"), label=label.name) for label in labels),
        related=(*_translations(release), *_unmeasured(release), *(_again(other) for other in also)),
        enclosures=tuple(_enclosure(item) for item in release.attachments if _is_measured(item)),
        photos=release.photos if site.photos and whole else (),
        origin=Origin(
            id=site.tag(f"feed/source/{release.source}"),
            title=newsroom.title or release.source,
            page=newsroom.site or site.url(f"sources/{release.source}/"),
            feed=site.url(f"feeds/source/{release.source}.atom"),
        ),
        rights=" ".join(text for text in (newsroom.rights, newsroom.attribution) if text),
        more={
            "page": page,
            "revision": release.revision,
            "also": [{"title": other.title, "url": other.url, "id": other.id} for other in also],
            "withdrawn": release.withdrawn.isoformat(timespec="seconds") if release.withdrawn else "",
            "evidence": list(_evidence(tags)),
        },
    )


def _text(release: Release) -> str:
    """Return the text of *release*, safe; of one that is longer than a reader can take its beginning."""
    shown = cut(release.html, _LONGEST)
    if shown == release.html:
        return shown
    host = (urlsplit(release.url).hostname or release.url).removeprefix("www.")
    said = words(release.language).rest.format(host=host)
    return f'{shown}<p><a href="{escape(release.url)}">{escape(said, quote=False)}</a></p>'


def _evidence(tags: Sequence[Tag]) -> Iterator[dict[str, str]]:
    for tag in tags:
        counted = (hit for hit in tag.evidence if not hit.masked)
        first = next(counted, None) if tag.passed else None
        if first is not None:
            yield {"topic": tag.topic, "text": first.text, "snippet": first.snippet}


def _within_the_web(release: Release) -> Release:
    """Return *release*, safe, with only what has an address that a reader may follow, and as much as one can take."""
    url = web_address(release.url)
    if not url:
        raise ValueError(f"{release.id}: {release.url[:80]!r}: expected an http or https address")
    return replace(
        release,
        url=url,
        language=code_of(release.language),
        html=safe(release.html),
        photos=_followed(release.photos),
        attachments=_followed(release.attachments),
        translations=tuple(replace(one, language=code_of(one.language)) for one in _followed(release.translations)),
    )


def _followed(told: Sequence[_Linked]) -> tuple[_Linked, ...]:
    """Return *told* with their addresses as all readers read them, without those that lead nowhere."""
    return tuple(replace(one, url=url) for one in told if (url := web_address(one.url)))[:_MOST]


class _Note(NamedTuple):
    """A sentence before the text: as plain text, and as HTML with its links."""

    text: str
    html: str


def _notes(release: Release, page: str, also: Sequence[Also]) -> tuple[_Note, ...]:
    """Return what is said before the text: withdrawn, corrected, published by others too."""
    say = words(release.language)
    notes = []
    if release.withdrawn:
        said = say.withdrawn.format(moment=say.moment(release.withdrawn.astimezone(release.published.tzinfo)))
        notes.append(_Note(said, f"<p><strong>{escape(said)}</strong></p>"))
    if release.revision > 1:
        said = say.corrected.format(moment=say.moment(release.updated))
        link = f'<a href="{escape(page)}#revisions">{escape(say.corrected_what)}</a>'
        notes.append(_Note(f"{said} {say.corrected_what}", f"<p><em>{escape(said)}</em> {link}</p>"))
    if also:
        links = ", ".join(f'<a href="{escape(other.url)}">{escape(other.title)}</a>' for other in also)
        names = ", ".join(other.title for other in also)
        notes.append(_Note(f"{say.also} {names}", f"<p><em>{escape(say.also)}</em> {links}</p>"))
    return tuple(notes)


def _shown(release: Release, site: Site) -> str:
    """Return the photographs that the text does not show itself, and the attachments, as readers without them need."""
    say = words(release.language)
    made = []
    if site.photos:
        missing = [photo for photo in release.photos if escape(photo.url) not in release.html]
        made += [_figure(photo, say.photo) for photo in missing[:_PHOTOS]]
    elif release.photos:
        links = [
            f'<li><a href="{escape(photo.url)}">{escape(photo.caption or say.photo)}</a></li>'
            for photo in release.photos
        ]
        made.append(f"<p>{escape(say.photos)}</p><ul>{''.join(links)}</ul>")
    missing_too = [item for item in release.attachments if escape(item.url) not in release.html]
    if missing_too:
        items = [f'<li><a href="{escape(item.url)}">{escape(_name(item))}</a></li>' for item in missing_too]
        made.append(f"<p>{escape(say.attachments)}</p><ul>{''.join(items)}</ul>")
    return "".join(made)


_IMAGE = re.compile(r"<img\b[^>]*>")
_SRC, _ALT = re.compile(r'\bsrc="([^"]*)"'), re.compile(r'\balt="([^"]*)"')


def _linked(image: re.Match[str]) -> str:
    """Return a link in place of an image; both come from sanitised HTML, whose attributes stand in double quotes."""
    source, words_for_it = _SRC.search(image[0]), _ALT.search(image[0])
    if source is None:
        return ""
    return f'<a href="{source[1]}">{(words_for_it and words_for_it[1]) or source[1]}</a>'


def _figure(photo: Photo, word: str) -> str:
    caption = f"<figcaption>{escape(photo.caption, quote=False)}</figcaption>" if photo.caption else ""
    return f'<figure><img src="{escape(photo.url)}" alt="{escape(photo.caption or word)}">{caption}</figure>'


def _translations(release: Release) -> tuple[Link, ...]:
    return tuple(
        Link(
            rel="related",
            href=other.url,
            type="text/html",
            language=other.language,
            title=words(other.language).language,
        )
        for other in release.translations
        if other.url != release.url
    )


def _again(other: Also) -> Link:
    return Link(rel="related", href=other.url, type="text/html", title=other.title)


def _is_measured(item: Attachment) -> bool:
    return item.length is not None and item.length > 0


def _enclosure(item: Attachment) -> Link:
    return Link(rel="enclosure", href=item.url, type=_type(item), title=item.title, length=item.length)


def _unmeasured(release: Release) -> tuple[Link, ...]:
    """Return attachments whose length nobody knows: an enclosure must state a true one."""
    return tuple(
        Link(rel="related", href=item.url, type=_type(item), title=_name(item))
        for item in release.attachments
        if not _is_measured(item)
    )


def _name(item: Attachment) -> str:
    return item.title or urlsplit(item.url).path.rpartition("/")[2] or item.url


def _type(item: Attachment) -> str:
    return kind_of(item.type) or mimetypes.guess_type(urlsplit(item.url).path)[0] or "application/octet-stream"
