"""Reads listings and releases out of pages: declared by a source, or with nothing known but the address."""

from __future__ import annotations

from crawler.extract.declared_listing import read_declared_listing
from crawler.extract.declared_release import read_declared_release
from crawler.extract.found import Extracted, Item, ItemFields, Listing, NotARelease
from crawler.extract.overlap import overlap

__all__ = [
    "Extracted",
    "Item",
    "ItemFields",
    "Listing",
    "NotARelease",
    "overlap",
    "read_declared_listing",
    "read_declared_release",
    "read_listing",
    "read_release",
]


def read_listing(html: str, url: str) -> Listing:
    """Return what the page (or feed) *html* at *url* lists, with nothing known of its site.

    Pure and total: a page that is no listing gives no items, and the reason.

    >>> read_listing("<p>Nothing here.", "https://a.hk/").items
    ()
    """
    from crawler.extract.listing import read_page_listing  # noqa: PLC0415 - not needed where a source has rules

    return read_page_listing(html, url)


def read_release(html: str, url: str) -> Extracted:
    r"""Return what the page (or plain text) *html* that stood at *url* says, with nothing known of its site.

    Pure and total: a page without a body has an empty text.

    >>> read_release("CE visits Macao (with photo)\n\nHe did so today (June 12).", "https://a.hk/2025/06/12/x").title
    'CE visits Macao'
    """
    from crawler.extract.page import read_page  # noqa: PLC0415 - what it brings is not needed where a source has rules

    return read_page(html, url)
