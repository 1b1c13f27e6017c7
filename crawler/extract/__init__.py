"""Reads listings and releases out of pages: declared by a source, or with nothing known but the address."""

from __future__ import annotations

from crawler.extract.declared_listing import read_declared_listing
from crawler.extract.declared_release import read_declared_release
from crawler.extract.found import Extracted, Item, ItemFields, Listing, NotARelease

__all__ = [
    "Extracted",
    "Item",
    "ItemFields",
    "Listing",
    "NotARelease",
    "read_declared_listing",
    "read_declared_release",
    "read_release",
]


def read_release(html: str, url: str) -> Extracted:
    r"""Return what the page (or plain text) *html* that stood at *url* says, with nothing known of its site.

    Pure and total: a page without a body has an empty text.

    >>> read_release("CE visits Macao (with photo)\n\nHe did so today (June 12).", "https://a.hk/2025/06/12/x").title
    'CE visits Macao'
    """
    from crawler.extract.page import read_page  # noqa: PLC0415 - what it brings is not needed where a source has rules

    return read_page(html, url)
