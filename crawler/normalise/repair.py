"""Undoing mojibake: text that was decoded with the wrong encoding, once or more."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Repaired", "repair"]

# WHATWG windows-1252: every byte has a character, the five that Python leaves out included.
_BYTE = {bytes([b]).decode("cp1252", "ignore") or chr(b): b for b in range(0x80, 0x100)}
_BYTE.update({chr(b): b for b in range(0x80, 0xA0)})
_TAIL = "[" + re.escape("".join(char for char, byte in _BYTE.items() if byte < 0xC0)) + "]"
_RUN = re.compile(f"(?:[Â-ß]{_TAIL}|[à-ï]{_TAIL}{{2}}|[ð-ô]{_TAIL}{{3}})+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """*text* as its writer meant it; *steps* names what was undone, *lost* counts the characters nobody can restore."""

    text: str
    steps: tuple[str, ...] = ()
    lost: int = 0


def repair(text: str) -> Repaired:
    """Return *text* with its mojibake undone, and only that. Idempotent.

    >>> repair("Cyberportâ€™s AISC").text
    'Cyberport’s AISC'
    >>> repair("Café – 3 billion").steps
    ()
    """
    steps: list[str] = []
    while True:
        fixed = _RUN.sub(_decode, text)
        if fixed == text:
            return Repaired(text=text, steps=tuple(steps), lost=text.count("\ufffd"))
        steps.append("utf-8 read as windows-1252")
        text = fixed


def _decode(match: re.Match[str]) -> str:
    try:
        return bytes(_BYTE[char] for char in match[0]).decode("utf-8")
    except UnicodeDecodeError:
        return match[0]
