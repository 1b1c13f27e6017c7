"""Text with markup inside one paragraph: pieces, lines, and how they are written as HTML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from crawler.normalise.character import fold_space
from crawler.normalise.paragraph import continues, glue, line_measure

__all__ = ["Mark", "Piece", "is_tidy", "line_text", "paragraphs_of", "tidy", "write_lines"]


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """One inline element that is open: *start* is its start tag as written."""

    tag: str
    start: str


class Piece(NamedTuple):
    """Text under its *marks*, or an image: *text* is empty then and *image* its tag. *cut* marks a `<br>`."""

    text: str = ""
    marks: tuple[Mark, ...] = ()
    image: str = ""
    cut: bool = False


Line = list[Piece]
_INDENT = re.compile("[^\\S\u00a0\u3000]*[\u00a0\u3000](?:[ \\t]*[\u00a0\u3000])+")


def paragraphs_of(pieces: Iterable[Piece]) -> tuple[list[list[Line]], set[str]]:
    """Return the paragraphs that *pieces*, clean ones, make, each a list of lines, and the names of what was repaired.

    An empty line parts two paragraphs, and so does an indent of two or more
    NBSP or U+3000. A line that goes on with the sentence before it is joined.
    """
    repairs: set[str] = set()
    paragraphs: list[list[Line]] = [[]]
    lines: list[Line] = [[]]
    for piece in pieces:
        if piece.cut:
            lines.append([])
        else:
            lines[-1].append(piece)
    if len(lines) == 1 and len(lines[0]) == 1 and not lines[0][0].text.isspace() and (line := tidy(lines[0])):
        return [[line]], repairs
    wrapped = len(lines) > 3
    for line in lines:
        raw = line[0].text if len(line) == 1 else "".join([piece.text for piece in line])
        if not raw.strip() and not any(piece.image for piece in line):
            if "\u00a0" in raw or "\u3000" in raw:
                repairs.add("nbsp-paragraphs")
            paragraphs.append([])
            continue
        if paragraphs[-1] and not raw.isascii() and _INDENT.match(raw):
            repairs.add("nbsp-paragraphs")
            paragraphs.append([])
        paragraphs[-1].append(tidy(line))
    found = [[line for line in paragraph if line] for paragraph in paragraphs]
    if wrapped:
        measure = line_measure([line_text(line) for paragraph in found for line in paragraph])
        found = [_unwrap(paragraph, measure, repairs) for paragraph in found]
    return [paragraph for paragraph in found if paragraph], repairs


def _unwrap(lines: list[Line], measure: int, repairs: set[str]) -> list[Line]:
    """Join the lines of one paragraph that were wrapped by hand."""
    joined: list[Line] = []
    last = ""
    for line in lines:
        text = line_text(line)
        if joined and (continues(line_text(joined[-1]), text) or continues(last, text, measure=measure)):
            repairs.add("joined-paragraph")
            space = glue(last, text)
            joined[-1] = tidy([*joined[-1], Piece(text=space), *line]) if space else [*joined[-1], *line]
        else:
            joined.append(line)
        last = text
    return joined


def tidy(line: Sequence[Piece]) -> Line:
    """Return *line*, of clean pieces, with its white space folded across them and none at its ends."""
    return [line[0]] if len(line) == 1 and (line[0].image or is_tidy(line[0].text)) else _tidied(line)


def _tidied(line: Sequence[Piece]) -> Line:
    done: Line = []
    spaced = True
    for piece in line:
        if piece.image:
            done.append(piece)
            spaced = False
            continue
        text = piece.text
        if not text.isascii():
            if not text.isprintable():
                # `split` knows the same spaces as `re` and is five times as fast; U+3000 may stay, between hanzi.
                inner = fold_space(text) if "\u3000" in text else " ".join(text.split())
                text = " " * text[0].isspace() + inner + " " * text[-1].isspace() if inner else " "
            if unicodedata.combining(text[0]) and done and done[-1].text:
                # A mark that stands behind a tag belongs to the letter before it.
                done[-1] = Piece(text=unicodedata.normalize("NFC", done[-1].text + text[0]), marks=done[-1].marks)
                text = text[1:]
            # The one mark that would be composed with the ">" of a tag.
            text = text.lstrip(" \u0338" if spaced else "\u0338")
        elif spaced:
            text = text.lstrip(" ")
        if text:
            done.append(piece if text == piece.text else Piece(text=text, marks=piece.marks))
            spaced = text[-1] == " "
    while done and not done[-1].image and not done[-1].text.rstrip(" "):
        done.pop()
    if done and done[-1].text.endswith(" "):
        done[-1] = Piece(text=done[-1].text.rstrip(" "), marks=done[-1].marks)
    return done


def is_tidy(text: str) -> bool:
    """Say whether *text*, clean, is all that a line may be: its spaces single, none at its ends, no mark before it."""
    if not text or text[0] == " " or text[-1] == " ":
        return False
    return text.isascii() or (text.isprintable() and text[0] != "\u0338")


def line_text(line: Sequence[Piece]) -> str:
    """Return the plain text of *line*."""
    return line[0].text if len(line) == 1 else "".join([piece.text for piece in line])


def write_lines(lines: Sequence[Line]) -> str:
    """Return *lines* as HTML, `<br>` between them."""
    return "<br>".join([_write(line) for line in lines])


def _write(line: Line) -> str:
    if len(line) == 1 and line[0].text and not line[0].marks:
        return escape(line[0].text, quote=False)
    parts: list[str] = []
    opened: tuple[Mark, ...] = ()
    for piece in line:
        common = 0
        while common < min(len(opened), len(piece.marks)) and opened[common] is piece.marks[common]:
            common += 1
        parts.extend(f"</{mark.tag}>" for mark in reversed(opened[common:]))
        parts.extend(mark.start for mark in piece.marks[common:])
        opened = piece.marks
        parts.append(piece.image or escape(piece.text, quote=False))
    parts.extend(f"</{mark.tag}>" for mark in reversed(opened))
    return "".join(parts)
