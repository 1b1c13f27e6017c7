"""Elements by name: their tag, with the classes that say what they are."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["name_of", "stays"]

_STATE = re.compile(
    r"^(?:odd|even|first|last|active|current|selected|sticky|featured|clearfix|alt|has-.*|is-.*|no-.*|hover|visible|new)$"
    r"|\d|(?:^|-)(?:odd|even|first|last|alt)(?:-|$)|^(?:category|tag|post|status|format|type|page|node)-",
    re.IGNORECASE,
)


@lru_cache(maxsize=8192)
def _classes(value: str) -> str:
    names = sorted({name for name in value.split() if not _STATE.search(name)})
    return ".".join(names[:3])


def name_of(element: HtmlElement, *, classes: bool = True) -> str:
    """Return the tag of *element* with the classes that say what it is, not how it happens to stand.

    >>> from crawler.normalise.tree import read_html
    >>> name_of(read_html("<li class='item odd post-12 last'>x").find(".//li"))
    'li.item'
    """
    value = element.get("class") if classes else None
    named = _classes(value) if value else ""
    tag = str(element.tag)
    return f"{tag}.{named}" if named else tag


def stays(name: str) -> bool:
    """Say whether a class says what an element is, not how it happens to stand.

    >>> stays("news-item"), stays("odd"), stays("post-1204")
    (True, False, False)
    """
    return _STATE.search(name) is None
