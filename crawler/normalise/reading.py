"""Other ways to read one line: which misreading explains it best."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from crawler.normalise.misread import READERS, WRITERS
from crawler.normalise.model import Model

__all__ = ["EXPECTED", "Reading", "best_reading", "cost", "is_stuck", "stuck_cost"]

# What a misreading must earn, in nats, before it is believed: by how often it is met and how much it can pretend.
_PRICES = {
    ("windows-1252", "utf-8"): 4.0, ("gb18030", "utf-8"): 5.0, ("big5", "utf-8"): 6.0,
    ("macintosh", "utf-8"): 6.0, ("windows-1251", "utf-8"): 6.0, ("ibm437", "utf-8"): 7.0,
    ("windows-1252", "gb18030"): 8.0, ("windows-1252", "big5"): 8.0,
    ("gb18030", "big5"): 10.0, ("big5", "gb18030"): 10.0,
    ("gb18030", "windows-1252"): 5.0, ("big5", "windows-1252"): 5.0,
}  # fmt: skip
_BY_WRITER: dict[str, list[tuple[str, float]]] = {}
for (_writer, _reader), _price in _PRICES.items():
    _BY_WRITER.setdefault(_writer, []).append((_reader, _price))
_WIDE = "\u3000-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# A hanzi stuck to a Latin letter, and one that stands all alone: both are rare where somebody meant them.
_SEAM = re.compile(f"[A-Za-zÀ-ÿ](?=[{_HAN}])|[{_HAN}](?=[A-Za-zÀ-ÿ])")
_ALONE = re.compile(f"(?<![{_WIDE}])[{_HAN}](?![{_WIDE}])")
_SEAM_COST = 3.0
_ALONE_COST = 5.0
_QUOTED = re.compile(r"«(?=\w)|(?<=[\w.,!?…])»")
_CJK = re.compile("[\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
_SINGLE_BYTES = re.compile("[Â-ô][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ ]|[\x80-\x9f]")
_SURE = 60.0  # nats: no need to ask for another opinion
_LOSSY_PRICE = 9.0
_REAL_U_FFFD = b"\x84\x31\xa4\x37"  # gb18030 can write U+FFFD; no misread text holds it
_GRAVE = re.compile("锟|斤拷")
# What a single sequence must come to when nothing else in its line is broken.
EXPECTED = frozenset("áàâãéêíóôõúüçÁÀÂÃÉÊÍÓÔÕÚÇ’‘“”–—…•°ºª£€½¼¾，。、：；！？（）「」《》·\u00a0\u200b\u3000")


@dataclass(frozen=True, slots=True)
class Reading:
    """A line read anew: *step* is what was undone, *gain* how many nats likelier it is."""

    text: str
    step: tuple[str, str]
    gain: float


def cost(model: Model, text: str, limit: float = math.inf) -> float:
    """Return the code length of *text*, hanzi stuck to Latin letters priced; any figure above *limit* means: more."""
    length = model.length(text, limit + 12.0)
    if length > limit + 12.0:  # a gain of one pair may still be due
        return length
    return length + _SEAM_COST * len(_SEAM.findall(text)) + _ALONE_COST * len(_ALONE.findall(text))


def is_stuck(text: str) -> bool:
    """Say whether a hanzi touches a Latin letter somewhere in *text*.

    >>> is_stuck("artist抯"), is_stuck("第5章")
    (True, False)
    """
    return bool(_SEAM.search(text))


def stuck_cost(model: Model, text: str) -> float:
    """Return the code length of *text*, hanzi stuck to Latin letters priced, hanzi that stand alone not."""
    return model.length(text) + _SEAM_COST * len(_SEAM.findall(text))


def best_reading(model: Model, line: str) -> Reading | None:
    """Return the reading of the whole *line* that earns most beyond its price, None where none does."""
    if (grave := _lost(line)) is not None:
        return grave
    before = cost(model, line)
    best = _whole(model, line, before)
    if best is None or best.gain < _SURE:
        others = (_latin(model, line, before, best), _lossy(model, line, before))
        best = max((one for one in (best, *others) if one), key=lambda one: one.gain, default=None)
    return best


def _whole(model: Model, line: str, before: float) -> Reading | None:
    """Read the *line* anew without losing a byte."""
    best: Reading | None = None
    for writer, readers in _BY_WRITER.items():
        body = WRITERS[writer](line if writer != "windows-1251" else line.replace("\ufffd", "\x98"))
        if body is None or _REAL_U_FFFD in body:
            continue
        for reader, price in readers:
            text = READERS[reader](body)
            if text is None or text == line:
                continue
            gain = before - cost(model, text, before - price) - price
            if gain > 0 and reader == "utf-8" and not _believable(line, text, writer):
                continue
            if gain > 0 and (best is None or gain > best.gain):
                best = Reading(text, (reader, writer), gain)
            if reader == "utf-8" and gain > _SURE:
                return best
            if reader == "utf-8" and gain > 0:
                break  # bytes that happen to be UTF-8 and make more sense are UTF-8
    return best


def _lossy(model: Model, line: str, before: float) -> Reading | None:
    """Read what is left of a *line* that lost bytes when it was misread."""
    from crawler.normalise.lossy import lossy_readings  # noqa: PLC0415 - few lines need it

    readings = [
        Reading(text, step, before - cost(model, text, before) - _LOSSY_PRICE)
        for text, step in lossy_readings(line)
        if step[0] != "utf-8" or _believable(line, text, step[1])
    ]
    return max((one for one in readings if one.gain > 0), key=lambda one: one.gain, default=None)


def _lost(line: str) -> Reading | None:
    """Read a *line* whose bytes are gone for good, and only their grave is left: "锟斤拷"."""
    if len(_GRAVE.findall(line)) < max(4, sum(not char.isascii() for char in line) / 5):
        return None
    from crawler.normalise.lossy import dig_up  # noqa: PLC0415 - few lines need it

    return Reading(dig_up(line), ("gb18030", "utf-8 and gb18030"), 2 * _SURE)


def _believable(line: str, text: str, writer: str) -> bool:
    """Say whether *text* may stand for *line*, whose single bytes happen to be UTF-8: two letters often do."""
    if writer in {"gb18030", "big5"}:
        return True
    new = [char for char in _QUOTED.sub("", text) if not char.isascii()]
    if all(char in EXPECTED for char in new):
        return True
    if writer in {"macintosh", "ibm437"}:
        return len(new) >= 8
    if len(new) >= (2 if _CJK.search(text) else 3):
        return True
    return len(line) - len(text) >= 2 * len(new) and not any(char.isalpha() for char in new)


def _latin(model: Model, line: str, before: float, best: Reading | None) -> Reading | None:
    """Return what ftfy makes of the encoding of *line*, if that is likelier.

    Only for lines that hold no Chinese misread: ftfy knows nothing of that and
    destroys it.
    """
    if (best and best.step[1] in {"gb18030", "big5"}) or (_CJK.search(line) and not _SINGLE_BYTES.search(line)):
        return None
    import ftfy  # noqa: PLC0415 - slow to import, and few lines need it

    text = ftfy.fix_encoding(line)
    if text == line or "\n" in text:
        return None
    gain = before - cost(model, text, before)
    return Reading(text, ("utf-8", "single bytes"), gain) if gain > 0 else None
