"""OPML 2.0: the list of feeds that a reader imports in one step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lxml import etree

from feeds.render.fragment import parse_back

__all__ = ["Group", "Subscription", "opml"]


class Subscription(NamedTuple):
    """One feed of the list."""

    title: str
    address: str
    page: str
    about: str
    language: str = ""
    kind: str = "atom"


class Group(NamedTuple):
    """A folder of feeds."""

    title: str
    subscriptions: Sequence[Subscription]


def opml(title: str, groups: Sequence[Group]) -> bytes:
    """Return the list of *groups*; no date in it, so that it changes only when the list does."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = title
    body = etree.SubElement(root, "body")
    for group in groups:
        folder = etree.SubElement(body, "outline", {"text": group.title})
        for told in group.subscriptions:
            # By custom every reader knows type="rss", whichever format it is.
            values = {"type": "rss", "text": told.title, "title": told.title}
            values |= {"xmlUrl": told.address, "htmlUrl": told.page, "description": told.about}
            values |= {"version": "RSS2"} if told.kind == "rss" else {}
            values |= {"language": told.language} if told.language else {}
            etree.SubElement(folder, "outline", values)
    made = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    parse_back(made)
    return made
