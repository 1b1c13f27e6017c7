"""Undoing mojibake: text that was decoded with the wrong encoding, once or more."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.normalise.gate import suspects

__all__ = ["Repaired", "repair"]

# Each round undoes one layer, and each layer makes a text shorter or likelier; nobody piles up so many.
_ROUNDS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """*text* as its writer meant it; *steps* names what was undone, *lost* counts the characters nobody can restore."""

    text: str
    steps: tuple[str, ...] = ()
    lost: int = 0


def repair(text: str) -> Repaired:
    """Return *text* with its mojibake undone, line by line, and only that. Idempotent, total.

    >>> repair("Cyberportâ€™s AISC").text, repair("浣犲ソ").text
    ('Cyberport’s AISC', '你好')
    >>> repair("Café – 3 billion").steps
    ()
    """
    if text.isascii():
        return Repaired(text=text)
    steps: list[str] = []
    for _ in range(_ROUNDS):
        spans = suspects(text)
        if not spans:
            break
        fixed = _round(text, spans, steps)
        if fixed == text:
            break
        text = fixed
    return Repaired(text=text, steps=tuple(dict.fromkeys(steps)), lost=text.count("\ufffd"))


def _round(text: str, spans: list[tuple[int, int]], steps: list[str]) -> str:
    parts: list[str] = []
    done = 0
    for start, end in spans:
        line = text[start:end]
        fixed = _line(line, steps)
        if fixed != line:
            parts += [text[done:start], fixed]
            done = end
    return "".join([*parts, text[done:]]) if parts else text


def _line(line: str, steps: list[str]) -> str:
    from crawler.normalise.model import load  # noqa: PLC0415 - the table loads when a line is suspicious, not before
    from crawler.normalise.reading import best_reading  # noqa: PLC0415

    reading = best_reading(load(), line)
    if reading is None:
        return line
    steps.append(f"{reading.step[0]} read as {reading.step[1]}")
    return reading.text
