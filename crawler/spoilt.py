"""Words that were lost on their way: signs stand for them, and what was there before is better."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from feeds.release import Draft
    from feeds.store import Store

__all__ = ["is_spoilt", "lost_words", "marks_in"]

_RUN: Final = re.compile(r"\?{2,}")
_LEAST: Final = 3  # signs: fewer may be meant


def marks_in(text: str) -> int:
    """Return how many signs of *text* stand for characters that were lost: U+FFFD, and question marks in a row.

    >>> marks_in("???? 2026 ??"), marks_in("Who? When?"), marks_in("caf\ufffd")
    (6, 0, 1)
    """
    return text.count("\ufffd") + (sum(map(len, _RUN.findall(text))) if "??" in text else 0)


def is_spoilt(text: str) -> bool:
    """Return whether more than half of *text* was lost, as where Chinese was written in ASCII.

    >>> is_spoilt("????????2026????"), is_spoilt("Ready for 2047??? Nobody knows"), is_spoilt("")
    (True, False, False)
    """
    marks = marks_in(text)
    return marks >= _LEAST and marks > sum(map(str.isalpha, text))


def lost_words(draft: Draft, store: Store) -> str:
    """Return why *draft* is no release to publish: words of it are lost, and in *store* it has them; "" where it is."""
    marks = marks_in(draft.title) + marks_in(draft.text)
    if marks < _LEAST:
        return ""
    if is_spoilt(f"{draft.title}\n{draft.text}"):
        return f"its words are lost: {marks} signs stand for characters"
    held = next((one for one in store.find(draft.url) if one.source == draft.source), None)
    if held is None or marks < marks_in(held.title) + marks_in(held.text) + _LEAST:
        return ""
    return f"words of it are lost that it had before: {marks} signs stand for characters"
