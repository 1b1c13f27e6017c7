"""Which of our languages a text is in."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

__all__ = ["language"]

_HANZI = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = re.compile("[\u3040-\u30ff]")
_OTHER = re.compile("[\u0370-\u1cff\uac00-\ud7af]")
_WORD = re.compile(r"[^\W\d_]+")
_LONGEST = 20_000  # more text says no more about its language
_HINTS = {
    "zh-hant": "zh-Hant", "zh-tw": "zh-Hant", "zh-hk": "zh-Hant", "zh-mo": "zh-Hant", "zh": "zh-Hant", "tc": "zh-Hant", "zh-hans": "zh-Hans",  # noqa: E501 - a table or a pattern that reads better whole
    "zh-cn": "zh-Hans", "zh-sg": "zh-Hans", "sc": "zh-Hans", "en": "en", "eng": "en", "pt": "pt", "por": "pt", "chi": "zh-Hant",  # noqa: E501 - a table or a pattern that reads better whole
}  # fmt: skip


def language(text: str, hint: str = "") -> str:
    """Return en, zh-Hant, zh-Hans, pt or und for *text*; *hint*, a language tag, decides where the text does not.

    >>> language("數碼政策專員出席大會"), language("数字政策专员出席大会"), language("Governo lança plano")
    ('zh-Hant', 'zh-Hans', 'pt')
    >>> language("Policy Address released today"), language("2025"), language("中文", "zh-hk")
    ('en', 'und', 'zh-Hant')
    """
    text = text[:_LONGEST]
    hinted = _hinted(hint)
    hanzi = len(_HANZI.findall(text))
    words = _WORD.findall(_HANZI.sub(" ", text))
    if len(_KANA.findall(text)) * 8 > hanzi > 0 or len(_OTHER.findall(text)) > hanzi + sum(map(len, words)) / 2:
        return "und"
    if hanzi * 0.7 >= len(words) and hanzi:
        return _script(text, hinted)
    if not words:
        return hinted or "und"
    return _latin(words, hinted)


def _hinted(hint: str) -> str:
    tag = hint.lower().replace("_", "-")
    while tag:
        if tag in _HINTS:
            return _HINTS[tag]
        tag = tag.rpartition("-")[0]
    return ""


@cache
def _scripts() -> tuple[frozenset[str], frozenset[str]]:
    hant, hans = (files("crawler.normalise") / "script.txt").read_text("utf-8").split()
    return frozenset(hant), frozenset(hans)


def _script(text: str, hinted: str) -> str:
    only_hant, only_hans = _scripts()
    hant = sum(char in only_hant for char in text)
    hans = sum(char in only_hans for char in text)
    if hant == hans:
        hant += any(char in "「」『』" for char in text)
        hans += any(char in "“”" for char in text)
        if hinted.startswith("zh") or hant == hans:
            return hinted if hinted.startswith("zh") else "zh-Hant"
    return "zh-Hant" if hant > hans else "zh-Hans"


_PT = frozenset(
    [
        "de",
        "da",
        "do",
        "das",
        "dos",
        "e",
        "em",
        "no",
        "na",
        "nos",
        "nas",
        "a",
        "o",
        "os",
        "as",
        "um",
        "uma",
        "para",
        "com",
        "por",
        "ao",
        "aos",
        "à",
        "às",
        "que",
        "se",
        "é",
        "são",
        "foi",
        "não",
        "mais",
        "pelo",
        "pela",
        "sobre",
        "entre",
    ]
)
_EN = frozenset(
    [
        "the",
        "of",
        "and",
        "in",
        "to",
        "for",
        "on",
        "at",
        "with",
        "by",
        "from",
        "as",
        "is",
        "are",
        "was",
        "be",
        "will",
        "has",
        "have",
        "an",
        "its",
        "this",
        "that",
        "new",
        "after",
        "over",
        "more",
        "today",
    ]
)
_PT_END = (
    "ção",
    "ções",
    "ão",
    "ões",
    "mento",
    "dade",
    "ência",
    "ância",
    "ário",
    "ária",
    "eiro",
    "eira",
    "ar",
    "er",
    "ado",
    "ada",
    "os",
    "as",
)
_EN_END = (
    "tion",
    "tions",
    "ing",
    "ed",
    "ly",
    "ment",
    "ity",
    "ers",
    "ss",
    "th",
    "gh",
    "ck",
    "sh",
    "y",
    "ld",
    "nd",
    "rt",
)


def _latin(words: list[str], hinted: str) -> str:
    score = 0.0
    for word in words:
        small = word.lower()
        score += 2 * (small in _PT) - 2 * (small in _EN and small != "as")
        score += 2.5 * bool(re.search("[ãõçáâàéêíóôú]", small))
        score += small.endswith(_PT_END) - small.endswith(_EN_END)
    if score == 0:
        return hinted if hinted in {"en", "pt"} else "en"
    return "pt" if score > 0 else "en"
