"""Tells GB 18030, Big5 and windows-1252 apart by the text they would give."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from crawler.normalise.codec import decode_as
from crawler.normalise.model import load
from crawler.normalise.reading import cost

__all__ = ["FAMILY", "cost_of", "detect", "sample"]

FAMILY = ("gb18030", "big5", "windows-1252")
# What the home of a page adds to an encoding not used there, in nats: it decides where the text does not.
_HOST_COST = 7.0
_HOMES = {"cn": "gb18030", "sg": "gb18030", "hk": "big5", "mo": "big5", "tw": "big5"}
# Words that hold a byte above ASCII, a little of what stands before them included.
_WORDS = re.compile(rb"[!-;=?-~]{0,8}[\x80-\xff][^\x00-\x20<>]*")
_SAMPLE = 9_000


def sample(body: bytes) -> bytes:
    r"""Return the words of *body* that are not ASCII: all, or some of its beginning, middle and end.

    >>> sample(b"<p>plain text</p> <b>caf\xe9</b> more")
    b'caf\xe9'
    """
    words = b" ".join(_WORDS.findall(body))
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
    return min(among, key=lambda encoding: cost_of(words, encoding, url))


def cost_of(words: bytes, encoding: str, url: str = "") -> float:
    """Return the code length in nats of *words* read in *encoding*, that it is unusual at *url* included."""
    text, _ = decode_as(words, "gb18030" if encoding == "gbk" else encoding)
    home = _HOMES.get(_country(url), encoding)
    away = home != encoding and encoding in FAMILY and not (encoding == "gbk" and home == "gb18030")
    return cost(load(), text) + _HOST_COST * away


def _country(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rpartition(".")[2]
    except ValueError:
        return ""
