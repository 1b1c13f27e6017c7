"""The words of a text as search keeps them: whole words, and pairs of characters where no space parts words."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from opencc import OpenCC

__all__ = ["VERSION", "in_both_scripts", "mark", "phrases", "words"]

# Of the rules here: when it moves, the search is built anew, since it is emptied by repeating old words.
VERSION: Final = "1"
# A tsvector forgets positions past 16,383; both engines stop where that one would.
_LIMIT: Final = 16_000
_CJK: Final = r"\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUN: Final = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_IS_CJK: Final = re.compile(rf"[{_CJK}]")
# Marks that stand over or under a letter; not those that make another Japanese syllable.
_ACCENT: Final = re.compile(r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")


def words(text: str) -> tuple[str, ...]:
    """Return the words of *text* in order, at most 16,000.

    Letters are folded: case, width, accents. A run of Chinese characters becomes every
    pair in it, then its last character alone, so that one character can be found by prefix.

    >>> words("AI：人工智能, Cafés")
    ('ai', '人工', '工智', '智能', '能', 'cafes')
    """
    found: list[str] = []
    for run in _RUN.findall(_fold(text)):
        if _IS_CJK.match(run):
            found.extend(map("".join, pairwise(run)))
            found.append(run[-1])
        else:
            found.append(run[:100])
        if len(found) >= _LIMIT:
            break
    return tuple(found[:_LIMIT])


def phrases(query: str) -> tuple[tuple[str, ...], ...]:
    """Return what a text must contain to answer *query*: one phrase for each word, or for each "quoted" run.

    A phrase of one Chinese character ends in "*": it is asked for as the beginning of a pair.

    >>> phrases('人工智能 policy')
    (('人工', '工智', '智能'), ('policy',))
    >>> phrases('港 "hong kong"')
    (('港*',), ('hong', 'kong'))
    """
    asked: list[tuple[str, ...]] = []
    for quoted, plain in re.findall(r'"([^"]*)"|([^"\s]+)', query[:1000]):
        runs = [_pairs(run) for run in _RUN.findall(_fold(quoted or plain))]
        if quoted and not any(_IS_CJK.match(word) for run in runs for word in run):
            asked.append(tuple(word for run in runs for word in run))
        else:
            asked.extend(runs)
    return tuple(dict.fromkeys(phrase for phrase in asked if phrase))[:32]


def in_both_scripts(phrase: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return *phrase* as it would stand in Traditional and in Simplified text, itself first.

    >>> in_both_scripts(("大湾", "湾区"))
    (('大湾', '湾区'), ('大灣', '灣區'))
    >>> in_both_scripts(("policy",))
    (('policy',),)
    """
    if not _IS_CJK.match(phrase[0]):
        return (phrase,)
    run = "".join(word[0] for word in phrase[:-1]) + phrase[-1]
    written = (converter.convert(run) for converter in _converters())
    others = (_pairs(other.removesuffix("*")) for other in written if len(other) == len(run))
    return tuple(dict.fromkeys((phrase, *others)))


@cache
def _converters() -> tuple[OpenCC, ...]:
    from opencc import OpenCC  # noqa: PLC0415 -- loads with the first search, never in a crawl

    return tuple(OpenCC(name) for name in ("t2s", "s2t", "s2hk"))


def mark(kind: str, value: str) -> str:
    """Return the word that stands for *value* of *kind* beside a text; letters and digits only.

    >>> mark("source", "hk-gia-en")
    'source686b2d6769612d656e'
    """
    return f"{kind}{value.encode('utf-8', 'surrogatepass').hex()}"


def _pairs(run: str) -> tuple[str, ...]:
    if not _IS_CJK.match(run):
        return (run[:100],)
    return tuple(map("".join, pairwise(run))) or (f"{run}*",)


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFKD", text).casefold()))
