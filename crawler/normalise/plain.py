"""A release that reached us as plain text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crawler.normalise.character import clean_text
from crawler.normalise.paragraph import join_broken
from crawler.normalise.repair import repair
from crawler.normalise.title import Title, clean_title

__all__ = ["PlainRelease", "plain_release"]

_BLANK = re.compile(r"\n[^\S\n]*\n\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainRelease:
    """A title, the paragraphs below it, and the names of what was repaired."""

    title: Title
    paragraphs: tuple[str, ...]
    repairs: tuple[str, ...] = ()


def plain_release(text: str) -> PlainRelease:
    r"""Return the release in *text*: its first line the title, empty lines part the paragraphs, broken ones joined.

    >>> plain_release("CE visits Macao (with photo)\n\nHe said.\n\n\u200bNNNN").paragraphs
    ('He said.', 'NNNN')
    """
    mended = repair(text.replace("\r\n", "\n").replace("\r", "\n"))
    first, _, rest = mended.text.strip().partition("\n")
    found = [clean_text(part) for part in _BLANK.split(rest)]
    whole = [part for part in found if part]
    joined = join_broken(whole)
    repairs = (
        ("mojibake", bool(mended.steps)),
        ("lost-characters", bool(mended.lost)),
        ("zero-width", bool(re.search("[\u200b\u2060\ufeff]", mended.text))),
        ("dollar", bool(re.search(r"\\\$ ?\d", mended.text))),
        ("joined-paragraph", len(joined) < len(whole)),
    )
    return PlainRelease(
        title=clean_title(first), paragraphs=tuple(joined), repairs=tuple(name for name, done in repairs if done)
    )
