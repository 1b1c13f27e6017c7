"""How far what a source declares and what detection finds are the same list: a second opinion that costs no rule."""

from __future__ import annotations

from crawler.extract.found import Listing

__all__ = ["overlap"]


def overlap(declared: Listing, detected: Listing) -> float | None:
    """Return the share of the items of *declared* that *detected* has too, 0 to 1; None where either has none.

    Scheme, `www.`, fragment and a closing slash make no difference. That detection finds
    more is no fault: a source may want part of a page. Much less than it used to be
    says that the selectors now find something else than the list of the page.

    >>> from crawler.extract.found import Item
    >>> listing = Listing(items=(Item(url="https://a.hk/1/", title="x"), Item(url="https://a.hk/menu", title="y")))
    >>> overlap(listing, Listing(items=(Item(url="http://www.a.hk/1", title="x"),)))
    0.5
    >>> overlap(listing, Listing()) is None
    True
    """
    ours = {_bare(item.url) for item in declared.items}
    theirs = {_bare(item.url) for item in detected.items}
    return len(ours & theirs) / len(ours) if ours and theirs else None


def _bare(url: str) -> str:
    address = url.partition("#")[0].partition("://")[2] or url
    return address.removeprefix("www.").rstrip("/")
