"""Rows of a list that a page keeps in a script as XML: what many Chinese offices send, shown by a script, as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.normalise.tree import read_html

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["open_islands"]

_BEGIN, _END, _OPEN, _CLOSE = "<record>", "</record>", "<![CDATA[", "]]>"
_MOST_RECORDS = 2000


def open_islands(root: HtmlElement) -> None:
    """Put the records that scripts of *root* keep into the page, where the script stands.

    >>> page = read_html("<script type='text/xml'><record><![CDATA[<li><a href='/a'>x</a></li>]]></record></script>")
    >>> open_islands(page)
    >>> [link.get("href") for link in page.iter("a")]
    ['/a']
    """
    for script in list(root.iter("script")):
        parts = [part.partition(_END)[0].strip() for part in (script.text or "").split(_BEGIN, _MOST_RECORDS)[1:]]
        if not parts:
            continue
        parts = [part.removeprefix(_OPEN).removesuffix(_CLOSE) for part in parts]
        around = "table" if parts[0].lstrip()[:3].lower() == "<tr" else "div"
        held = read_html(f"<{around}>{''.join(parts)}</{around}>").find(f".//{around}")
        if held is not None and script.getparent() is not None:
            script.addprevious(held)
