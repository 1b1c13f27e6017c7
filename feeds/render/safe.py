"""The last wall before a reader: what no entry may carry, whatever a crawl let through."""

from __future__ import annotations

import re

__all__ = ["is_web", "safe"]

_MARKS = "a abbr b bdi bdo cite code del dfn em i ins kbd mark q rp rt ruby s samp small strong sub sup time u var"
_BLOCKS = (
    "p br hr img h1 h2 h3 h4 h5 h6 table thead tbody tfoot tr td th caption ul ol li dl dt dd blockquote figure "
    "figcaption pre"
)
_TAGS = frozenset(f"{_MARKS} {_BLOCKS}".split())
_ATTRIBUTES = {
    "a": {"href", "title", "hreflang"},
    "img": {"src", "alt", "title", "width", "height"},
    "abbr": {"title"},
    "time": {"datetime"},
    "bdo": {"dir"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start", "type", "reversed"},
}
_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_WEB = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)


def safe(html: str) -> str:
    """Return *html* without anything that runs, frames, styles or fetches; what is safe already is not changed.

    >>> safe('<p onclick="x()">A<script>x()</script> <a href="javascript:x()">b</a></p>')
    '<p>A <a>b</a></p>'
    """
    import nh3  # noqa: PLC0415 -- a native library that only rendering needs

    return nh3.clean(html, tags=set(_TAGS), attributes=_ATTRIBUTES, url_schemes=set(_SCHEMES), link_rel=None)


def is_web(url: str) -> bool:
    """Return whether *url* is an http(s) address that a feed may carry.

    >>> [is_web(url) for url in ("https://a.example/1", "javascript:alert(1)", "/relative", "https://a b")]
    [True, False, False, False]
    """
    return _WEB.fullmatch(url) is not None
