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
]
