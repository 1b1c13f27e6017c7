"""Which of our languages a text is in."""

from __future__ import annotations

import re
import zlib
from functools import cache
from importlib.resources import files

__all__ = ["language"]

_HANZI = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = re.compile("[\u3040-\u30ff]")
_OTHER = re.compile("[\u0370-\u1cff\uac00-\ud7af]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LONGEST = 20_000  # more text says no more about its language
_HINTS = {
    "zh": "zh-Hant", "chi": "zh-Hant", "tc": "zh-Hant", "zh-hant": "zh-Hant", "zh-tw": "zh-Hant", "zh-hk": "zh-Hant",
    "zh-mo": "zh-Hant", "sc": "zh-Hans", "zh-hans": "zh-Hans", "zh-cn": "zh-Hans", "zh-sg": "zh-Hans",
    "en": "en", "eng": "en", "pt": "pt", "por": "pt",
}  # fmt: skip


def language(text: str, hint: str = "") -> str:
    """Return en, zh-Hant, zh-Hans, pt or und for *text*; *hint*, a language tag, decides where the text does not.

    >>> language("數碼政策專員出席大會"), language("数字政策专员出席大会"), language("Governo lança plano")
    ('zh-Hant', 'zh-Hans', 'pt')
    >>> language("Policy Address released today"), language("2025"), language("中文", "zh-cn")
    ('en', 'und', 'zh-Hans')
    """
    text = text[:_LONGEST]
    hinted = _hinted(hint)
    hanzi = len(_HANZI.findall(text))
    words = [word for word in _WORD.findall(_HANZI.sub(" ", text)) if len(word) > 1 or not hanzi]
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
def _weights() -> dict[str, dict[str, float]]:
    """Return kind → text → weight, as `build_language` wrote them, in nats."""
    table = zlib.decompress((files("crawler.normalise") / "language.bin").read_bytes()).decode("utf-8")
    weights: dict[str, dict[str, float]] = {"h": {}, "w": {}, "g": {}}
    for line in table.split("\n"):
        kind, step, texts = line.split(" ", 2)
        weights[kind].update(dict.fromkeys(texts if kind == "h" else texts.split(" "), int(step) / 4))
    return weights


def _script(text: str, hinted: str) -> str:
    weights = _weights()["h"]
    score = sum(weights.get(char, 0.0) for char in text)
    if abs(score) < 0.75:
        # Quotation marks are used across the border, but less.
        score += any(char in "“”" for char in text) - any(char in "「」『』" for char in text)
        if hinted.startswith("zh") or not score:
            return hinted if hinted.startswith("zh") else "zh-Hant"
    return "zh-Hans" if score > 0 else "zh-Hant"


def _latin(words: list[str], hinted: str) -> str:
    known, groups = _weights()["w"], _weights()["g"]
    score = 0.0
    for word in words:
        small = word.lower().replace("’", "'")
        if small in known:
            score += known[small]
        else:
            # Names are at home everywhere: letters say less than words do.
            marked = f"^{small}$"
            score += 0.3 * sum(groups.get(marked[start : start + 3], 0.0) for start in range(len(marked) - 2))
    if abs(score) < 1.0 and hinted in {"en", "pt"}:
        return hinted
    return "pt" if score > 0 else "en"
