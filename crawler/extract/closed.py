"""Why a page that looks like a list to a reader is none to a machine: its rows lead to scripts, or to places on it."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from crawler.extract.address import host_of, join
from crawler.extract.group import width_of
from crawler.extract.select import fold, text_of
from crawler.extract.target import target_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["why_closed"]

_TITLE = 16.0  # wider than what buttons and tabs say
_LEAST = 4
_TINY = frozenset(["0", "1", "0px", "1px"])  # sides of frames that nobody sees
_MOST = 3000  # links: a page with more is no list that a person reads
_CALLED = re.compile(r"(?:javascript:)?\s*(?:return\s+)?([\w$.]+)\(")


def why_closed(body: HtmlElement, base: str, url: str) -> str:
    """Return why the titles on a page lead to no pages, or which frame holds it; "" where neither is so.

    >>> from crawler.normalise.tree import read_html
    >>> rows = "".join(f"<li><a href='javascript:show({n})'>Park number {n} opens</a>" for n in range(5))
    >>> why_closed(read_html(f"<ul>{rows}").find("body"), "https://x.test/", "https://x.test/")
    '5 titles that only a script opens: show(…)'
    """
    here = url.partition("#")[0]
    count: Counter[str] = Counter()
    called = ""
    for element in islice(body.iter("a"), _MOST):
        href = (element.get("href") or "").strip()
        script = element.get("onclick") or (href if href[:11].lower() == "javascript:" else "")
        address = target_of(element, base)
        if (address and address != here) or width_of(fold(text_of(element))) < _TITLE:
            continue
        if "#/" in href or "#!" in href:
            count["that a script shows on this page"] += 1
        elif "#" in href.rstrip("#"):
            count["that lead to places on this page"] += 1
        elif script:
            count["that only a script opens"] += 1
            called = called or (f": {match[1]}(…)" if (match := _CALLED.match(script.strip())) else "")
    what, number = count.most_common(1)[0] if count else ("", 0)
    if number < _LEAST:
        return _framed(body, base, here)
    return f"{number} titles {what}{called if what.endswith('opens') else ''}"


def _framed(body: HtmlElement, base: str, here: str) -> str:
    """Return where the frame leads that a page without a list shows: one of its own host, not too small to be seen."""
    for frame in body.iter("iframe", "frame"):
        address = join(base, frame.get("src") or "")
        sizes = [frame.get(side) or "" for side in ("width", "height")]
        if address and address != here and host_of(address) == host_of(here) and not _TINY.intersection(sizes):
            return f"what this page shows is in a frame: {address}"
    return ""
