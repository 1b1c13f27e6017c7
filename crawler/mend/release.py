"""A release page on which the declared selectors find nothing: read by vote, where the voters agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.extract.declared_release import read_declared_release
from crawler.extract.draft import title_of
from crawler.extract.found import Item, NotARelease
from crawler.extract.select import text_of
from crawler.mend.known import title_fold
from crawler.normalise.tree import read_html

if TYPE_CHECKING:
    from crawler.source import Source
    from feeds.release import Draft

__all__ = ["mend_release"]

_AGREEMENT = 0.7
_LEAST_TEXT = 60  # characters: shorter ones are notices that there is nothing here


def mend_release(  # noqa: PLR0913 - a page, where it stood, what is known of it, by name
    source: Source, text: str, url: str, *, item: Item | None, title: str = "", seen: datetime
) -> Draft | NotARelease:
    """Return the release on the page *text* at *url*, by vote, or why it is not to be believed.

    The voters have to agree, and the page has to hold the title under which its listing
    (*item*) or we (*title*) know it: a notice that a page has moved has neither. Never raises.
    """
    wanted = title_fold(title_of(item) or title)
    if not wanted:
        return NotARelease("no body, and no title to know the release by")
    if wanted not in title_fold(text_of(read_html(text))):
        return NotARelease("no body, and the title it is listed under is not on the page")
    bare = replace(source, release=replace(source.release, title="", body=""))
    found = read_declared_release(bare, text, url, item=item, seen=seen)
    if isinstance(found, NotARelease):
        return found
    agreement = float(str(found.facts.get("agreement", "0")))
    if agreement < _AGREEMENT:
        return NotARelease(f"no body, and readers without selectors do not agree ({agreement:.2f})")
    if len(found.text) < _LEAST_TEXT:
        return NotARelease("no body but a few words")
    return found
