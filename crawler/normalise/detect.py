"""Tells GB 18030, Big5 and windows-1252 apart by the text they would give."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from crawler.normalise.codec import beyond_ascii, decode_as
from crawler.normalise.model import commonest, load
from crawler.normalise.reading import cost

__all__ = ["FAMILY", "cost_of", "detect", "reads_well", "sample"]

FAMILY = ("gb18030", "big5", "windows-1252")
# What the home of a page adds to an encoding not used there, in nats: it decides where the text does not.
_HOST_COST = 7.0
_HOMES = {"cn": "gb18030", "sg": "gb18030", "hk": "big5", "mo": "big5", "tw": "big5"}
# Words that hold a byte above ASCII, from that byte on, and a little of what stands before it.
_WORDS = re.compile(rb"[\x80-\xff][^\x00-\x20<>]*")
_BEFORE = re.compile(rb"[!-;=?-~]*\Z")
_SAMPLE = 9_000
# Half of all hanzi that are written are among the commonest few hundred; of hanzi that come of a misreading, a
# quarter at most (texts of both scripts, read in each other's encodings, 60 hanzi at a time: 0.49 to 0.96, 0 to 0.29).
_COMMON = 700
_SHARE = 0.45
_ENOUGH = 60
_LONGEST = 200_000
_STEP = 1024
_RUN = re.compile("[\u3400-\u9fff][\u3400-\u9fff]{2,}")  # `re` looks for a single character ten times faster


def sample(body: bytes) -> bytes:
    r"""Return the words of *body* that are not ASCII: all, or some of its beginning, middle and end.

    >>> sample(b"<p>plain text</p> <b>caf\xe9</b> more")
    b'caf\xe9'
    """
    words = b" ".join(
        [_BEFORE.search(body, max(0, word.start() - 8), word.start())[0] + word[0] for word in _WORDS.finditer(body)]  # type: ignore[index]  # an empty match is a match
    )
    if len(words) <= _SAMPLE:
        return words
    third, middle = _SAMPLE // 3, len(words) // 2
    parts = (words[:third], words[middle : middle + third], words[-third:])
    return b" ".join(part if number == 0 else part.partition(b" ")[2] or part for number, part in enumerate(parts))


def detect(words: bytes, url: str = "", among: Sequence[str] = FAMILY) -> str:
    r"""Return which of the encodings *among* makes the likeliest text of *words*, a page found at *url*.

    >>> detect("數碼政策".encode("big5")), detect("数字政策".encode("gbk")), detect(b"It\x92s")
    ('big5', 'gb18030', 'windows-1252')
    """
    for encoding in among:
        if encoding in _OF_HANZI:
            text, errors = decode_as(words, encoding)
            if not errors and reads_well(text, encoding):
                return encoding
    best, least = among[0], math.inf
    for encoding in among:
        length = cost_of(words, encoding, url, limit=least)
        if length < least:
            best, least = encoding, length
    return best


def reads_well(text: str, encoding: str) -> bool:
    """Say whether *text*, read in *encoding*, is beyond doubt Chinese that somebody wrote: most hanzi are common ones.

    False says nothing: too few hanzi, or an encoding that is not for them.

    >>> reads_well("香港特別行政區政府今日公布粵港澳大灣區發展規劃綱要的最新進展，" * 3, "big5")
    True
    >>> reads_well(("香港特別行政區政府今日公布大灣區規劃綱要" * 4).encode("big5").decode("gbk", "ignore"), "gbk")
    False
    """
    if encoding not in _OF_HANZI:
        return False
    common = commonest(_COMMON)
    end = min(len(text), _LONGEST)
    start = 0
    while start < end and text[start : start + _STEP].isascii():
        start += _STEP
    # The first hanzi decide; a run at the end of a part may go on behind it, and decides nothing.
    for stop in (start + _STEP, start + 8 * _STEP, end):
        part = beyond_ascii(text[start : min(stop, end)])
        seen = known = 0
        for run in _RUN.finditer(part):
            if run.end() == len(part) and stop < end:
                break
            seen += len(run[0])
            known += sum(map(common.__contains__, run[0]))
            if seen >= 4 * _ENOUGH:
                return known >= _SHARE * seen
    return seen >= _ENOUGH and known >= _SHARE * seen


_OF_HANZI = frozenset(["gb18030", "gbk", "big5"])


def cost_of(words: bytes, encoding: str, url: str = "", *, limit: float = math.inf) -> float:
    """Return the code length in nats of *words* read in *encoding*, that it is unusual at *url* included.

    Any figure above *limit* means: more.
    """
    text, _ = decode_as(words, "gb18030" if encoding == "gbk" else encoding)
    home = _HOMES.get(_country(url), encoding)
    away = home != encoding and encoding in FAMILY and not (encoding == "gbk" and home == "gb18030")
    return cost(load(), text, limit) + _HOST_COST * away


def _country(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rpartition(".")[2]
    except ValueError:
        return ""
