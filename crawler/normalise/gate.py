"""Finds the lines that may be mojibake, fast: clean text must cost next to nothing."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["is_calm", "is_calm_by_parts", "is_usual", "suspects"]

# So many of the commonest hanzi of both scripts are usual; mojibake is full of others.
_USUAL_HANZI = 6500
_USUAL = (
    "，。、；：「」『』（）！？《》〈〉—…·“”‘’–～％【】　○〇．／＆＋＝－•°ºª«»\u00a0"
    "áàâãéêíóôõúüçñèöäÁÀÉÍÓÔÚÇÊ£®©§½¼¾²³ß"
    # No old encoding has a non-breaking hyphen or a thin space, in two bytes or one: nothing is misread as them.
    "\u2002\u2003\u2005\u2009\u200a\u2011\u202f\t\n\r"
    "".join(map(chr, (*range(0x20, 0x7F), *range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))))
)
# The very commonest never come of misreading, but for these: what GBK makes of "é", "ã" and their like.
_EVERYDAY_HANZI = 700
_MADE_HANZI = "么冒卢录忙枚梅楼每毛没漏煤猫眉矛路麓露禄简簡織繼聲職聽聯聰聞翻礎礙羅繁"
_HANZI = re.compile("[\u3400-\u9fff]")
_WIDE = "\u3000-\u9fff\uff00-\uffef"
_PLAIN = bytes([9, 10, 13, *range(0x20, 0x7F)])  # the ASCII that is usual
# Never meant: C1 controls, U+FFFD, private use.
_BROKEN = re.compile("[\x80-\x9f\ufffd\ue000-\uf8ff]")
# UTF-8 read as windows-1252 or Latin-1, as far as it can be told at a glance.
_TAIL = "[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ ]"
_MISREAD = re.compile(f"[Â-ß]{_TAIL}|[à-ï]{_TAIL}{{2}}")


@dataclass(frozen=True, slots=True)
class _Patterns:
    """What finds a character that is not usual; hanzi stuck to a Latin word; hanzi alone in a Latin text."""

    odd: re.Pattern[str]
    stuck: re.Pattern[str]
    alone: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    packed = (files("crawler.normalise") / "model.bin").read_bytes()
    ranked = zlib.decompressobj().decompress(packed, _USUAL_HANZI * 4).decode("utf-8", "ignore")
    everyday = "".join(sorted(set(ranked[:_EVERYDAY_HANZI]) - set(_MADE_HANZI)))
    hanzi = f"(?![{everyday}])[\u3400-\u9fff]"
    return _Patterns(
        odd=re.compile("[^" + re.escape("".join(sorted({*ranked[:_USUAL_HANZI], *_USUAL}))) + "]"),
        # As in "artist抯" and "S贸 isso": in a Chinese sentence more hanzi would follow.
        stuck=re.compile(f"[A-Za-zÀ-ÿ](?:{hanzi}){{1,4}}(?![{_WIDE}])"),
        # As in "(瞿10bn)" and "獸oi".
        alone=re.compile(f"{hanzi}(?<![{_WIDE}].)(?:{hanzi}){{0,3}}(?![{_WIDE}])", re.DOTALL),
    )


def suspects(text: str) -> list[tuple[int, int]]:
    r"""Return where the lines of *text* begin and end that are worth a closer look, in their order.

    >>> suspects("數碼港\nCyberportâ€™s\nCafé")
    [(4, 17)]
    """
    patterns = _patterns()
    odd = patterns.odd
    first = odd.search(text)
    stuck = None
    if _HANZI.search(text):
        stuck = patterns.alone if _latin(text) else patterns.stuck
        if not first and not stuck.search(text):
            return []
    elif not first:
        return []
    found: set[tuple[int, int]] = set()
    end = -1
    for match in odd.finditer(text, first.start()) if first else ():
        if match.start() >= end:
            start, end = _line(text, match.start())
            if _suspicious(text[start:end], odd):
                found.add((start, end))
    if stuck:
        found.update(_line(text, match.start()) for match in stuck.finditer(text))
    return sorted(found)


def is_usual(text: str) -> bool:
    r"""Say whether *text* has but usual characters, none of which looks misread: there is nothing in it to repair.

    >>> is_usual("Café – 數碼港"), is_usual("zero\u200bwidth"), is_usual("artist抯")
    (True, False, False)
    """
    patterns = _patterns()
    latin = _latin(text)
    # Of a Latin text little is left to look through character by character.
    rest = (
        text.encode("utf-8", "surrogatepass").translate(None, _PLAIN).decode("utf-8", "surrogatepass")
        if latin
        else text
    )
    if patterns.odd.search(rest):
        return False
    return not _HANZI.search(rest) or not (patterns.alone if latin else patterns.stuck).search(text)


def is_calm(text: str, html: str) -> bool:
    """Say whether `suspects` names nothing in *text* nor in *html*, which says the same in bare paragraphs.

    What is stuck in Chinese is alone in Latin text as well: so a look at *text* is enough,
    unless *html* is Latin by its tags. False where that is not plain to see.

    >>> is_calm("數碼港" * 9, f"<p>{'數碼港' * 9}</p>"), is_calm("artist抯", "<p>artist抯</p>")
    (True, False)
    """
    return is_usual(text) and not _latin(html)


def is_calm_by_parts(text: str, html: str) -> bool:
    """Say what `is_calm` says of *text* whose lines are usual, each by itself.

    Only where the whole is Latin is a line of it looked at by another rule than alone.

    >>> is_calm_by_parts("數碼港" * 9, f"<p>{'數碼港' * 9}</p>")
    True
    """
    return (not _latin(text) or is_usual(text)) and not _latin(html)


def _line(text: str, position: int) -> tuple[int, int]:
    end = text.find("\n", position)
    return text.rfind("\n", 0, position) + 1, len(text) if end < 0 else end


def _suspicious(line: str, odd: re.Pattern[str]) -> bool:
    if _BROKEN.search(line) or _MISREAD.search(line):
        return True
    others = len(line) - len(line.encode("ascii", "ignore"))
    return len(odd.findall(line)) * 7 >= others


def _latin(text: str) -> bool:
    """Say whether *text* is mostly ASCII, judged by its beginning, middle and end."""
    middle = len(text) // 2
    sample = text if len(text) < 300 else text[:100] + text[middle : middle + 100] + text[-100:]
    return len(sample.encode("ascii", "ignore")) * 2 > len(sample)
