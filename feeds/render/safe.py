"""The last wall before a reader: what no entry may carry, whatever a crawl let through."""

from __future__ import annotations

import re
from html import escape, unescape

from feeds.render.plain import web_address

__all__ = ["safe"]

_MARKS = "a abbr b bdi bdo cite code del dfn em i ins kbd mark q rp rt ruby s samp small strong sub sup time u var"
_BLOCKS = (
    "p br hr img h1 h2 h3 h4 h5 h6 table thead tbody tfoot tr td th caption ul ol li dl dt dd blockquote figure "
    "figcaption pre"
)
_TAGS = set(f"{_MARKS} {_BLOCKS}".split())
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
_SCHEMES = {"http", "https", "mailto", "tel"}
# What follows `="http` where the address is a URI already; "&" is written "&amp;" here.
_URI = re.compile(r'[\w!#$%&()*+,./:;=?@~-]*+"', re.ASCII)
_TAG = re.compile(r"<[a-z][^>]*>")  # what sanitises writes no ">" inside a tag
_ADDRESS = re.compile(r'\b(href|src)="(https?:[^"]*)"')


def safe(html: str) -> str:
    """Return *html* without anything that runs, frames, styles or fetches, its addresses whole and in ASCII.

    What is safe already is not changed.

    >>> safe('<p onclick="x()">A<script>x()</script> <a href="javascript:x()">b</a></p>')
    '<p>A <a>b</a></p>'
    """
    import nh3  # noqa: PLC0415 -- a native library that only rendering needs

    clean = nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None, url_relative="deny"
    )
    _, *addresses = clean.split('="http')
    if all(map(_URI.match, addresses)):
        return clean
    return _TAG.sub(lambda tag: _ADDRESS.sub(_in_ascii, tag[0]), clean)


def _in_ascii(attribute: re.Match[str]) -> str:
    url = web_address(unescape(attribute[2]))
    return f'{attribute[1]}="{escape(url)}"' if url else ""
