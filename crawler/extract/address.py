"""Addresses as pages write them, made absolute; and what an address tells of place and language."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["base_of", "host_of", "join", "made_like", "zone_of"]

_BREAKS = re.compile(r"[\t\r\n]")
# A path from the root, or a whole address, without dots to resolve and without signs to escape.
_PLAIN = re.compile(
    r"(?:https?://[a-z0-9][a-z0-9.-]*(?::\d+)?)?/(?!/)(?:[\w~!$&'()*+,;=:@%-]|\.(?!\.|/|$)|/(?!\.))*(?:\?[!-~]*)?",
    re.ASCII,
)
_ORIGIN = re.compile(r"https?://[a-z0-9][a-z0-9.-]*(?::\d+)?(?=/|$)")
_WORDS = re.compile(r"[^\W\d_]+(?:[-_]+\w+){3,}|\d+(?:[-_]+\w*[^\W\d]\w*){3,}")
_DIGITS = re.compile(r"\d+")
_ZONES = {
    "hk": "Asia/Hong_Kong", "mo": "Asia/Macau", "cn": "Asia/Shanghai", "tw": "Asia/Taipei", "sg": "Asia/Singapore",
    "jp": "Asia/Tokyo", "kr": "Asia/Seoul", "uk": "Europe/London", "pt": "Europe/Lisbon", "de": "Europe/Berlin",
    "fr": "Europe/Paris", "eu": "Europe/Brussels", "at": "Europe/Vienna", "ch": "Europe/Zurich", "it": "Europe/Rome",
    "es": "Europe/Madrid", "nl": "Europe/Amsterdam", "be": "Europe/Brussels", "dk": "Europe/Copenhagen",
    "se": "Europe/Stockholm", "no": "Europe/Oslo", "fi": "Europe/Helsinki", "pl": "Europe/Warsaw",
    "cz": "Europe/Prague", "ie": "Europe/Dublin", "gr": "Europe/Athens", "ru": "Europe/Moscow", "ua": "Europe/Kyiv",
    "tr": "Europe/Istanbul",
    "in": "Asia/Kolkata", "th": "Asia/Bangkok", "vn": "Asia/Ho_Chi_Minh", "my": "Asia/Kuala_Lumpur",
    "ph": "Asia/Manila", "id": "Asia/Jakarta", "au": "Australia/Sydney", "nz": "Pacific/Auckland",
    "za": "Africa/Johannesburg", "br": "America/Sao_Paulo", "ca": "America/Toronto", "us": "America/New_York",
    "gov": "America/New_York", "mil": "America/New_York", "mx": "America/Mexico_City",
}  # fmt: skip


def base_of(root: HtmlElement, url: str) -> str:
    """Return the address that links of the page at *url* are relative to: the first `<base href>` that is one.

    >>> from crawler.normalise.tree import read_html
    >>> base_of(read_html("<base target=x><base href='/a/'><base href='/b/'>"), "https://a.hk/c/d")
    'https://a.hk/a/'
    """
    for element in root.iter("base"):
        href = element.get("href")
        if href and (found := join(url, href)):
            return found
    return url


@lru_cache(maxsize=8192)
def join(base: str, href: str) -> str:
    r"""Return *href* as an absolute http(s) address without fragment, or "" where it is none.

    >>> join("https://a.hk/x/", " ../y\n.htm#top")
    'https://a.hk/y.htm'
    >>> join("https://a.hk/x/", "javascript:void(0)")
    ''
    """
    href = _BREAKS.sub("", href).strip()
    if not href or href[0] == "#":
        return ""
    lower = href[:11].lower()
    if ":" in lower and not lower.startswith(("http:", "https:")) and re.match(r"[a-z][a-z0-9+.-]*:", lower):
        return ""
    if (quick := _quick(base, href)) is not None:
        return quick
    try:
        found = urljoin(base, href.replace(" ", "%20"))
        parts = urlsplit(found)
        if parts.scheme not in {"http", "https"} or not parts.hostname or not found.isprintable():
            return ""
    except ValueError:
        return ""
    return found.partition("#")[0]


def _quick(base: str, href: str) -> str | None:
    """Return a plain *href* joined without the work of `urljoin`, None for one that is not plain."""
    bare = href.partition("#")[0]
    if _PLAIN.fullmatch(bare) is None:
        return None
    if bare.startswith("/"):
        origin = _ORIGIN.match(base)
        return origin[0] + bare if origin is not None else None
    return bare


@lru_cache(maxsize=1024)
def host_of(url: str) -> str:
    """Return the host of *url* in small letters without "www.", or "".

    >>> host_of("https://WWW.info.gov.hk:443/gia/")
    'info.gov.hk'
    """
    try:
        return (urlsplit(url).hostname or "").lower().removeprefix("www.")
    except ValueError:
        return ""


def zone_of(url: str) -> str:
    """Return the time zone of the place that the host of *url* belongs to; UTC where it does not say.

    >>> zone_of("https://www.gcs.gov.mo/")
    'Asia/Macau'
    """
    return _ZONES.get(host_of(url).rpartition(".")[2], "UTC")


@lru_cache(maxsize=8192)
def made_like(url: str) -> tuple[str, ...]:
    """Return how an address is made: its host, and its path with numbers and headlines left out.

    >>> a, b = "https://a.hk/2026/04/park-opens-in-the-north.html", "https://a.hk/2025/1/one-more-of-the-same.html"
    >>> made_like(a) == made_like(b)
    True
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ()
    path = _DIGITS.sub("0", _WORDS.sub("w", parts.path))
    query = _DIGITS.sub("0", parts.query)
    return (parts.netloc.lower().removeprefix("www."), path, query)
