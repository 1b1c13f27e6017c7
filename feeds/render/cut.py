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
    size, at, whole = 0, 0, ""
    for tag in _TAG.finditer(html):
        text = html[at : tag.start()]
        then = _after(tag, open_)
        taken = size + len(text.encode()) + len(tag[0].encode())
        if taken + len(_ends(then)) > limit:
            return whole or _cut_text(html[:at], text, limit - size, _ends(open_))
        open_, size, at = then, taken, tag.end()
        if tag[1]:
            whole = html[:at] + _ends(open_)
    return whole or _cut_text(html[:at], html[at:], limit - size, _ends(open_))


def _after(tag: re.Match[str], open_: list[str]) -> list[str]:
    """Return which elements are open after *tag*, of those that were before it."""
    if tag[1]:
        return open_[: len(open_) - open_[::-1].index(tag[2]) - 1] if tag[2] in open_ else open_
    return open_ if tag[2] in _VOID else [*open_, tag[2]]


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
