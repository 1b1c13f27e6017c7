"""What stands beside and inside the text of a page: photos, attachments, videos, translations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from mimetypes import guess_type
from typing import TYPE_CHECKING

from crawler.extract.address import join
from crawler.extract.select import text_of
from feeds.release import Attachment, Photo, Translation

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["attachments_in", "media_type", "photos_in", "translations_of", "videos_in"]

_DOCUMENT = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|odt|ods|odp|rtf|csv|zip|rar|7z|wps|et|ofd)(?:[?#]|$)", re.IGNORECASE
)
_PICTURE = re.compile(r"\.(?:jpe?g|png|webp|avif|tiff?)(?:[?#]|$)", re.IGNORECASE)
_VIDEO = re.compile(
    r"\.(?:mp4|m3u8|webm|mov)(?:[?#]|$)|youtube\.com/(?:watch|embed)|youtu\.be/|vimeo\.com/\d|wecast\.hk/vod",
    re.IGNORECASE,
)
_NO_PHOTO = re.compile(
    r"logo|icon|sprite|avatar|pixel|spacer|blank|loading|qr-?code|share|button|banner|emoji|1x1", re.IGNORECASE
)
_LAZY = ("data-src", "data-original", "data-lazy-src", "data-url")
_LANGUAGES = {
    "en": "en", "eng": "en", "english": "en", "英文": "en", "inglês": "en", "pt": "pt", "português": "pt", "葡文": "pt",
    "繁": "zh-Hant", "繁體": "zh-Hant", "繁體中文": "zh-Hant", "繁体": "zh-Hant",
    "繁体中文": "zh-Hant", "中文(繁體)": "zh-Hant",
    "traditional chinese": "zh-Hant", "tc": "zh-Hant",
    "简": "zh-Hans", "简体": "zh-Hans", "简体中文": "zh-Hans", "簡": "zh-Hans", "簡體": "zh-Hans",
    "簡體中文": "zh-Hans",
    "simplified chinese": "zh-Hans", "sc": "zh-Hans",
}  # fmt: skip


def media_type(url: str) -> str:
    """Return the media type that the end of *url* tells, or "".

    >>> media_type("https://a.hk/x.PDF?y=1")
    'application/pdf'
    """
    return guess_type(url.partition("?")[0].lower())[0] or ""


def photos_in(body: HtmlElement, base: str) -> tuple[Photo, ...]:
    """Return the photos below *body* with their captions; icons, logos and counters are none."""
    found: dict[str, Photo] = {}
    for image in body.iter("img"):
        source = image.get("src") or ""
        if not source or source.startswith("data:"):
            source = next((value for name in _LAZY if (value := image.get(name))), "")
        said = f"{source} {image.get('class') or ''} {image.get('id') or ''}"
        url = join(base, source)
        if (
            not url
            or _NO_PHOTO.search(said)
            or _is_small(image)
            or url.lower().partition("?")[0].endswith((".gif", ".svg"))
        ):
            continue
        parent = image.getparent()
        if parent is not None and parent.tag == "a" and _PICTURE.search(parent.get("href") or ""):
            url = join(base, parent.get("href") or "") or url
        found.setdefault(url, Photo(url=url, caption=_caption(image)))
    return tuple(found.values())


def attachments_in(body: HtmlElement, base: str) -> tuple[Attachment, ...]:
    """Return the documents that *body* links to."""
    found: dict[str, Attachment] = {}
    for link in body.iter("a"):
        href = link.get("href") or ""
        if _DOCUMENT.search(href) and (url := join(base, href)):
            title = " ".join(text_of(link).split()) or " ".join((link.get("title") or "").split())
            found.setdefault(url, Attachment(url=url, title=title, type=media_type(url)))
    return tuple(found.values())


def videos_in(body: HtmlElement, base: str) -> tuple[str, ...]:
    """Return the addresses of videos that *body* shows or links to."""
    found: dict[str, None] = {}
    for element in body.iter("a", "iframe", "video", "source"):
        address = element.get("href") if element.tag == "a" else element.get("src")
        if address and _VIDEO.search(address) and (url := join(base, address)):
            found[url] = None
    return tuple(found)


def translations_of(root: HtmlElement, base: str, language: str) -> tuple[Translation, ...]:
    """Return the same page in other languages: `link[hreflang]`, and links called by a language's name."""
    found: dict[str, str] = {}
    for name, href in _alternates(root):
        url = join(base, href)
        if name and name != language and url and url.rstrip("/") != base.rstrip("/") and url.count("/") > 3:
            found.setdefault(name, url)
    return tuple(Translation(language=name, url=url) for name, url in found.items())


def _alternates(root: HtmlElement) -> Iterator[tuple[str, str]]:
    for link in root.iter("link"):
        if link.get("hreflang") and "alternate" in (link.get("rel") or "").lower():
            yield _language(link.get("hreflang") or ""), link.get("href") or ""
    for link in root.iter("a"):
        name = " ".join(text_of(link).split()).lower()
        if not name:
            name = next(((image.get("alt") or "").strip().lower() for image in link.iter("img")), "")
        if name in _LANGUAGES:
            yield _LANGUAGES[name], link.get("href") or ""


def _language(tag: str) -> str:
    """Return our name for a language tag, or "" for one that we do not carry.

    >>> _language("zh-HK"), _language("zh-CN"), _language("en-US"), _language("x-default")
    ('zh-Hant', 'zh-Hans', 'en', '')
    """
    tag = tag.lower().replace("_", "-")
    if tag.startswith("zh"):
        return "zh-Hans" if "hans" in tag or tag in {"zh-cn", "zh-sg", "zh"} else "zh-Hant"
    return tag[:2] if tag[:2] in {"en", "pt"} else ""


def _caption(image: HtmlElement) -> str:
    figure = next((parent for parent in image.iterancestors("figure")), None)
    said = figure.find(".//figcaption") if figure is not None else None
    text = text_of(said) if said is not None else image.get("alt") or image.get("title") or ""
    return " ".join(text.split())


def _is_small(image: HtmlElement) -> bool:
    sizes = [image.get(name) or "" for name in ("width", "height")]
    return any(size.isdecimal() and int(size) < 80 for size in sizes)
