"""Reads what is left of a misread line when some of its bytes were lost: what they were, the language tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from crawler.normalise.misread import WRITERS
from crawler.normalise.model import Model, load

__all__ = ["dig_up", "lossy_readings"]

_LOST = "\u0100"  # stands for a byte that is lost, among characters that stand for known bytes
_HOLES = "\x81\x8d\x8f\x90\x9d"  # what strict windows-1252 has no character for
_SIGNS = "，。、：；！？（）「」『』《》〈〉—…·“”‘’－～％【】　①②③④⑤的–•°áàâãéêíóôõúçÁÀÂÃÉÊÍÓÔÕÚÇ£€"
_MOST = 20  # candidates for one character


@dataclass(frozen=True, slots=True)
class _Way:
    """One way in which text was misread and bytes were lost: how its characters are cut out, and what a gap may be."""

    writer: str
    reader: str
    token: re.Pattern[str]
    gap: str  # the bytes that can be lost this way
    repeat: bool = False  # a gap may stand where nothing is seen at all
    lead: float = 1.0  # nats by which the best must lead the next: what is less sure stays lost


def _utf8(gap: str, lead: str = "") -> re.Pattern[str]:
    """Return what cuts UTF-8 into characters, *gap* standing for bytes after the first, *lead* for a first one."""
    tail = f"[\x80-\xbf{gap}]"
    long = f"[\xe0-\xef{lead}]{tail}{{2}}|[\xc2-\xdf]{tail}|[\xf0-\xf4]{tail}{{3}}"
    return re.compile(f"{long}|[\x00-\x7f]+|.", re.DOTALL)


_STRIPPED = re.compile(
    "[\xe0-\xef][\x80-\xbf]{0,2}|[\xc2-\xdf][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{3}|[\x00-\x7f]+|.", re.DOTALL
)
_GB2312 = re.compile(f"[\xa1-\xfe{_LOST}]{{2}}|[\x00-\x7f]+|.", re.DOTALL)
_TAILS = "".join(map(chr, range(0x80, 0xC0)))
_LEADS = "".join(map(chr, range(0xE2, 0xF0)))
_WAYS = {
    "holes": _Way("windows-1252", "utf-8", _utf8(_LOST), _HOLES),
    "spaces": _Way("windows-1252", "utf-8", _utf8(" "), " "),
    "stripped": _Way("windows-1252", "utf-8", _STRIPPED, _HOLES, repeat=True),
    "gbk": _Way("gb18030", "utf-8", _utf8(_LOST), _TAILS),
    "big5": _Way("big5", "utf-8", _utf8(_LOST, _LOST), _TAILS + _LEADS),
    "gbk-big5": _Way("big5", "gb18030", _GB2312, "".join(map(chr, range(0xA1, 0xFF)))),
}


def lossy_readings(line: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield what *line* may have said, with (reader, writer), for each way bytes can have been lost in it."""
    model = load()
    for name, body in _bodies(line):
        way = _WAYS[name]
        text = _read(model, body, way)
        if text is not None and text != line:
            yield text, (way.reader, way.writer)


def _bodies(line: str) -> Iterator[tuple[str, str]]:
    """Yield the ways that the characters of *line* allow, with its bytes as characters."""
    lost = "\ufffd" in line
    latin = _bytes(line, "windows-1252")
    if latin is not None and re.search("[\xc2-\xf4]", latin):
        if lost:
            yield "holes", latin
        elif not re.search("[\x81\x8d\x8f\x90\x9d]", latin):
            yield "stripped", latin
        if not lost and "\xa0" not in latin and " " in latin:
            yield "spaces", latin
    if re.search("[\u3400-\u9fff]", line) and (lost or "?" in line):
        if (body := _bytes(line, "gb18030")) is not None:
            yield "gbk", body if lost else body.replace("?", _LOST)
        if lost and (body := _bytes(line, "big5")) is not None:
            yield "big5", body
            yield "gbk-big5", body


def _bytes(line: str, writer: str) -> str | None:
    encode = WRITERS[writer]
    parts = [encode(part) for part in line.split("\ufffd")]
    return None if None in parts else _LOST.join(part.decode("latin-1") for part in parts if part is not None)


def _read(model: Model, body: str, way: _Way) -> str | None:
    """Cut *body* into characters, and choose among what each may be; None where too much makes no sense."""
    pieces = way.token.findall(body)
    if not _fits(pieces):
        return None
    text = "".join(_restore(model, pieces, way))
    new = sum(not char.isascii() for char in text)
    return text if text.count("\ufffd") * 5 <= new * (2 if way.writer == "windows-1252" else 4) else None


def _fits(pieces: list[str]) -> bool:
    """Say whether *pieces* are what the way of misreading would have left: few bytes stand on their own."""
    known = sum(len(piece) > 1 for piece in pieces if piece[0] >= "\x80")
    wrong = sum(len(piece) == 1 for piece in pieces if piece[0] >= "\x80")
    return known >= 2 and wrong * 5 <= known


def _restore(model: Model, pieces: list[str], way: _Way) -> list[str]:
    """Return what each of *pieces* may best be."""
    choices = [[piece] if piece[0] < "\x80" else _options(piece, way) or ["\ufffd"] for piece in pieces]
    return _admit_doubt(model, choices, _choose(model, choices), way.lead)


def dig_up(line: str) -> str:
    """Return what is left of a *line* of "锟斤拷": GBK read as UTF-8, what failed replaced, and read as GBK again.

    Each U+FFFD in between stood for one byte, so that whole pairs that survived can
    be told from what is lost for good, which is U+FFFD again.

    >>> dig_up("锟斤拷锟斤拷")
    '��'
    """
    body = _bytes(line, "gb18030") or ""
    pieces = _GRAVE_WAY.token.findall(_GRAVE.sub(_LOST, body))
    return "".join(_restore(load(), pieces, _GRAVE_WAY))


_GRAVE = re.compile("\xef\xbf[\xbdĀ]|\xef(?=[\x00-\x7f]|\\Z)")
_GBK = re.compile(f"[\x81-\xfe{_LOST}][\x40-\xfe{_LOST}]|[\x00-\x7f]+|.", re.DOTALL)
_GRAVE_WAY = _Way("gb18030", "gb18030", _GBK, "".join(map(chr, range(0x81, 0xFF))), lead=2.5)


@cache
def _index(reader: str) -> dict[tuple[int, str], list[tuple[str, str]]]:
    """Return (place, byte) → the characters that have it there in the encoding *reader*, commonest first."""
    codec = "gbk" if reader == "gb18030" else reader
    index: dict[tuple[int, str], list[tuple[str, str]]] = {}
    model = load()
    for char in sorted({*_SIGNS, *model.ranked}, key=lambda char: (model.costs[char], char)):
        body = char.encode(codec, "ignore").decode("latin-1")
        for place, byte in enumerate(body):
            index.setdefault((place, byte), []).append((body, char))
    return index


@cache
def _options(piece: str, way: _Way) -> list[str]:
    """Return the characters that *piece* may be, the likelier first."""
    shapes = _shapes(piece) if way.repeat else [piece]
    if way.gap == " ":
        shapes = [piece.replace(" ", "\xa0")]
    if all(_LOST not in shape for shape in shapes):
        found = [shape.encode("latin-1").decode(way.reader, "ignore") for shape in shapes]
        return [char for char in found if len(char) == 1]
    options: list[tuple[str, str]] = []
    for shape in shapes:
        places = [_index(way.reader).get((place, byte), []) for place, byte in enumerate(shape) if byte != _LOST]
        if not places:
            return []
        gap = f"[{re.escape(way.gap)}]"
        pattern = re.compile("".join(gap if byte == _LOST else re.escape(byte) for byte in shape))
        options += [pair for pair in min(places, key=len) if pattern.fullmatch(pair[0])]
    if way.writer == "big5":
        options = [(body, char) for body, char in options if _loses(body.encode("latin-1"), piece)]
    costs = load().costs
    return sorted({char for _, char in options}, key=lambda char: (costs[char], char))[:_MOST]


def _shapes(piece: str) -> list[str]:
    """Return *piece* with gaps wherever bytes may have been stripped."""
    size = 3 if piece[0] >= "\xe0" else 2
    missing = size - len(piece)
    if missing == 0:
        return [piece]
    if len(piece) == 1:
        return [piece + _LOST * missing]
    return [piece + _LOST, piece[0] + _LOST + piece[1:]]


@cache
def _pairs(codec: str) -> frozenset[bytes]:
    """Return the two-byte codes that *codec* reads."""
    both = ((lead, trail) for lead in range(0x81, 0xFF) for trail in range(0x40, 0xFF))
    return frozenset(body for pair in both if (body := bytes(pair)).decode(codec, "ignore"))


def _loses(body: bytes, shape: str) -> bool:
    """Say whether Big5 would have lost just those bytes of *body* that *shape* lacks: they began no pair."""
    return all(
        shape[number] != _LOST or number + 1 == len(body) or body[number : number + 2] not in _pairs("big5hkscs")
        for number in range(len(body))
    )


def _choose(model: Model, choices: list[list[str]]) -> list[str]:
    """Return one character for each of *choices*: the likeliest path; U+FFFD where the lead is too small (Viterbi)."""
    costs, gains = model.costs, model.gains
    # Of each state: cost so far, the character, the state before.
    states: list[tuple[float, str, int]] = [(0.0, "", -1)]
    columns: list[list[tuple[float, str, int]]] = []
    for options in choices:
        following: list[tuple[float, str, int]] = []
        for char in options:
            if len(states) == 1:
                total, number = states[0][0] - gains[states[0][1]].get(char, 0.0), 0
            else:
                total, number = min((state[0] - gains[state[1]].get(char, 0.0), n) for n, state in enumerate(states))
            own = costs[char] if len(char) == 1 else 0.0
            following.append((total + own, char[-1] if len(options) > 1 else char, number))
        columns.append(following)
        states = [(total, char[-1:], number) for total, char, number in following]
    return _trace(columns, choices)


def _trace(columns: list[list[tuple[float, str, int]]], choices: list[list[str]]) -> list[str]:
    chosen: list[str] = []
    number = min(range(len(columns[-1])), key=lambda n: columns[-1][n][0]) if columns else -1
    for column, options in zip(reversed(columns), reversed(choices), strict=True):
        chosen.append(options[number])
        number = column[number][2]
    return chosen[::-1]


def _admit_doubt(model: Model, choices: list[list[str]], chosen: list[str], lead: float) -> list[str]:
    """Return *chosen* with U+FFFD wherever another option would have been nearly as likely between its neighbours."""
    costs, gains = model.costs, model.gains
    admitted = list(chosen)
    for number, options in enumerate(choices):
        if len(options) < 2:
            continue
        before = gains[chosen[number - 1][-1:]] if number else {}
        after = chosen[number + 1][:1] if number + 1 < len(chosen) else ""
        weights = sorted(costs[char] - before.get(char, 0.0) - gains[char].get(after, 0.0) for char in options)
        if weights[1] - weights[0] < lead:
            admitted[number] = "\ufffd"
    return admitted
