"""Cutting: the beginning of sanitised HTML, whole in itself, for pages that must stay small."""

from __future__ import annotations

import re

__all__ = ["cut"]

_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)[^>]*>")  # what sanitises writes no ">" inside a tag
_VOID = frozenset({"area", "br", "col", "hr", "img", "source", "wbr"})


def cut(html: str, limit: int) -> str:
    """Return the beginning of *html*, sanitised, that takes at most *limit* bytes; all of it where it fits.

    It ends after a block, with every element closed; where the first block alone is
    longer, within its text, after a word and with an ellipsis.

    >>> cut("<p>One.</p><ul><li>Two</li><li>Three</li></ul>", 36)
    '<p>One.</p><ul><li>Two</li></ul>'
    >>> cut("<p>One two <b>three</b></p>", 18)
    '<p>One two…</p>'
    >>> cut("<p>All.</p>", 11), cut("<p>None.</p>", 5)
    ('<p>All.</p>', '')
    """
    if len(html) * 4 <= limit or len(html.encode()) <= limit:
        return html
    open_: list[str] = []
    size, at, whole, closing = 0, 0, 0, 0  # closing: bytes that it takes to close what is open
    for tag in _TAG.finditer(html):
        text = html[at : tag.start()]
        taken = size + len(text.encode()) + len(tag[0].encode())
        closing += _step(tag, open_)
        if taken + closing > limit:
            break
        size, at = taken, tag.end()
        whole = at if tag[1] else whole
    else:
        text = html[at:]
    if whole:
        return html[:whole] + _ends(_open_in(html[:whole]))
    return _cut_text(html[:at], text, limit - size, _ends(_open_in(html[:at])))


def _step(tag: re.Match[str], open_: list[str]) -> int:
    """Let *open_*, the elements that are open, follow *tag*; return by how much closing them grew."""
    if not tag[1]:
        if tag[2] in _VOID:
            return 0
        open_.append(tag[2])
        return len(tag[2]) + 3
    if tag[2] not in open_[-1:] and tag[2] not in open_:
        return 0
    closed, name = 0, ""
    while name != tag[2]:
        name = open_.pop()
        closed -= len(name) + 3
    return closed


def _open_in(html: str) -> list[str]:
    """Return which elements are open at the end of *html*."""
    open_: list[str] = []
    for tag in _TAG.finditer(html):
        _step(tag, open_)
    return open_


def _ends(open_: list[str]) -> str:
    return "".join(f"</{name}>" for name in reversed(open_))


def _cut_text(before: str, text: str, room: int, ends: str) -> str:
    """Return *text* as far as there is *room* bytes for it, an ellipsis and its *ends*, after *before*."""
    room -= len(ends)
    if room < 3 or not text.strip():
        return f"{before}{ends}" if room >= 0 else ""
    kept = text.encode()[: room - 3].decode("utf-8", "ignore")
    if ";" not in kept[kept.rfind("&") :]:  # the beginning of a reference is none
        kept = kept[: kept.rfind("&")] if "&" in kept else kept
    word = kept.rfind(" ")
    return f"{before}{(kept[:word] if word > len(kept) // 2 else kept).rstrip()}…{ends}"
