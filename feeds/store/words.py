"""The words of a text as search keeps them: whole words, and pairs of characters where no space parts words."""

from __future__ import annotations

import re
import sys
import unicodedata
from array import array
from collections.abc import Iterable
from itertools import groupby, pairwise
from typing import Final

from feeds.script import one_script

__all__ = ["VERSION", "mark", "phrases", "spaced", "unwanted", "words"]

# Of the rules here: when it moves, the search is built anew, since it is emptied by repeating old words.
VERSION: Final = "3"
# A tsvector forgets positions past 16,383; both engines stop where that one would.
_LIMIT: Final = 16_000
_CJK: Final = r"\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUN: Final = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_WORD: Final = re.compile(r'((?<!\S)-)?(?:"([^"]*)"|([^"\s]+))')
_IS_CJK: Final = re.compile(rf"[{_CJK}]")
_FOUR_BYTES: Final = f"utf-32-{sys.byteorder[0]}e"
# Marks that stand over or under a letter; not those that make another Japanese syllable.
_ACCENT: Final = re.compile(r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")


def words(text: str) -> tuple[str, ...]:
    """Return the words of *text* in order, at most 16,000.

    Letters are folded: case, width, accents, Chinese script. A run of Chinese characters
    becomes every pair in it, then its last character alone, so that one can be found by prefix.

    >>> words("AI：人工智能, Cafés")
    ('ai', '人工', '工智', '智能', '能', 'cafes')
    """
    return tuple(spaced(text).split())


def spaced(text: str) -> str:
    """Return the words of *text*, in order, with white space between them: a third of the cost of `words`.

    >>> spaced("AI：人工智能, Cafés").split()
    ['ai', '人工', '工智', '智能', '能', 'cafes']
    """
    runs = groupby(_RUN.findall(_fold(text)), key=_is_cjk)
    told = " ".join(_paired(found) if cjk else " ".join([run[:100] for run in found]) for cjk, found in runs)
    return told if len(told) < 2 * _LIMIT else " ".join(told.split()[:_LIMIT])


def _is_cjk(run: str) -> bool:
    return run >= "\u3005" and _IS_CJK.match(run) is not None


def _paired(runs: Iterable[str]) -> str:
    """Return every pair in each of *runs*, then its last character alone, with white space between them.

    Three texts interleaved: every first character, every second, and spaces.
    """
    found = one_script("\n".join(runs)).split("\n")
    first = array("I", ("\n".join(found) + "\n").encode(_FOUR_BYTES))
    second = array("I", ("\n\n".join([run[1:] for run in found]) + "\n\n").encode(_FOUR_BYTES))
    both = array("I", [32]) * (3 * len(first))
    both[0::3], both[1::3] = first, second
    return both.tobytes().decode(_FOUR_BYTES)


def phrases(query: str) -> tuple[tuple[str, ...], ...]:
    """Return what a text must contain to answer *query*: one phrase for each word, or for each "quoted" run.

    A phrase of one Chinese character ends in "*": it is asked for as the beginning of a pair.

    >>> phrases('人工智能 policy')
    (('人工', '工智', '智能'), ('policy',))
    >>> phrases('港 "hong kong" -macao')
    (('港*',), ('hong', 'kong'))
    """
    return _asked(query)[0]


def unwanted(query: str) -> tuple[tuple[str, ...], ...]:
    """Return what a text must not contain to answer *query*: words and "quoted" runs behind a minus.

    >>> unwanted('ferry -macao -"hong kong" Guangdong-Shenzhen - -')
    (('macao',), ('hong', 'kong'))
    """
    return _asked(query)[1]


def _asked(query: str) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]:
    asked: tuple[list[tuple[str, ...]], list[tuple[str, ...]]] = ([], [])
    for minus, quoted, plain in _WORD.findall(query[:1000]):
        runs = [_pairs(run) for run in _RUN.findall(_fold(quoted or plain))]
        side = asked[bool(minus)]
        together = tuple(word for run in runs for word in run)
        # What is not wanted is not wanted as it is written: "-COVID-19" says nothing of 19 alone.
        if (quoted or minus) and not any(_IS_CJK.match(word) for word in together):
            side.append(together)
        else:
            side.extend(runs)
    wanted, not_wanted = (tuple(dict.fromkeys(phrase for phrase in side if phrase))[:32] for side in asked)
    return wanted, not_wanted


def mark(kind: str, value: str = "") -> str:
    r"""Return the word that stands for *value* of *kind* beside a text; no text holds it, as it begins in private use.

    >>> mark("source", "hk-gia-en")
    '\ue000source686b2d6769612d656e'
    """
    return f"\ue000{kind}{value.encode('utf-8', 'surrogatepass').hex()}"


def _pairs(run: str) -> tuple[str, ...]:
    if not _IS_CJK.match(run):
        return (run[:100],)
    run = one_script(run)
    return tuple(map("".join, pairwise(run))) or (f"{run}*",)


# All but what has no other form, and what parts words in any form: quicker to look for than to fold.
_FOLDS: Final = re.compile(r"[^\x00-\x7f\u4e00-\u9fa5，。、：；！？（）「」『』《》〈〉“”‘’…—·％－\u3000]")


def _fold(text: str) -> str:
    if _FOLDS.search(text) is None:
        return text.lower()
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFKD", text).casefold()))
