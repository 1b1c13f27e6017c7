"""Which characters may leave us, and what becomes of the others."""

from __future__ import annotations

import html
import re
import unicodedata

from crawler.normalise.hkscs import modern

__all__ = ["blank", "clean_characters", "clean_text", "fold_space", "unescape"]

# WHATWG windows-1252, 0x80–0x9F: what a C1 control meant in a page of Western Europe; "" where the byte means nothing.
_C1 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ"
_CLEAN: dict[int, str | None] = {
    **{code: char if char > "\x9f" else None for code, char in enumerate(_C1, 0x80)},
    **dict.fromkeys([*range(0x09), 0x0B, *range(0x0E, 0x20), 0x7F]),
    0x0C: "\n",
    0x85: "…",
    0x2028: "\n",
    0x2029: "\n\n",
    # Invisible: soft hyphen, zero-width space and joiner of words, marks and overrides of direction, BOM, fillers.
    **dict.fromkeys(
        [0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064, 0xFEFF, 0x061C, 0x180E, 0xFFA0]
    ),
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x2070), *range(0xFFF9, 0xFFFC), *range(0xE0001, 0xE0080)]),
    **dict.fromkeys([0xFFFE, 0xFFFF, *range(0xFDD0, 0xFDF0)]),
    **dict.fromkeys([plane << 16 | last for plane in range(1, 17) for last in (0xFFFE, 0xFFFF)]),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}
# Two sets: `re` looks up a character of the first plane at once, and goes through a set that has others one by one.
_ODD = re.compile("[" + re.escape("".join(chr(code) for code in _CLEAN if code < 0x10000)) + "]")
_ODD_BEYOND = re.compile("[" + re.escape("".join(chr(code) for code in _CLEAN if code >= 0x10000)) + "]")
_BEYOND = re.compile("[\U00010000-\U0010ffff]")
# Joiners live inside emoji and in the scripts that need them; elsewhere they are dirt.
_JOINER = re.compile(
    "(?<![\u0600-\u08ff\u0900-\u0dff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]"
    "|[\u200c\u200d](?![\u0600-\u08ff\u0900-\u0dff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u2190-\u2bff\U0001f000-\U0001faff])"
)
_RADICAL = re.compile("[\u2f00-\u2fd5]")
_KANGXI = re.compile("(?:(?<=[\u3400-\u9fff])[\u2f00-\u2fd5]+|[\u2f00-\u2fd5]+(?=[\u3400-\u9fff]))")
# However deep the escaping, one match: "&amp;amp;lt;". References to letters, digits, "#" and ";" stay, since undoing
# them could spell a new reference, and a second pass would change the text again.
_ENTITY = re.compile(
    r"&(?:(?:amp|#0{0,4}38|#[xX]0{0,4}26);)+(?:(lt|gt|quot|apos|nbsp|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});)?|&(lt|gt|quot|apos|nbsp|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});"
)
_DOLLAR = re.compile(r"\\\$(?= ?\d)")
_SPACE = re.compile(r"[^\S\n\u3000]+")
_WIDE_SPACE = re.compile(
    "(?<![\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff])\u3000+|\u3000+(?![\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff])"
)
_LINES = re.compile(r" *\n *")
_BLANK_LINES = re.compile(r"\n{3,}")


def clean_text(text: str) -> str:
    r"""Return *text* with only the characters a reader should meet; mojibake is left alone (see `repair`).

    Zero-width, control and direction characters go, NBSP and odd spaces become
    one space, entities escaped twice are undone, `\$` before a number is `$`,
    white space is folded within each line, at most one empty line stays between
    two. The result is NFC and legal XML 1.0. Idempotent.

    >>> clean_text("\u200bA\u00a0\\$3 billion  scheme &amp;amp; more")
    'A $3 billion scheme & more'
    >>> clean_text("人工智能　與　AI　")
    '人工智能　與 AI'
    """
    return fold_space(clean_characters(_DOLLAR.sub("$", unescape(text))))


def clean_characters(text: str) -> str:
    r"""Return *text* in NFC and legal XML 1.0 without the characters that are dirt; spaces are left as they are.

    C1 controls become what they mean in windows-1252, lone surrogates U+FFFD,
    Kangxi radicals beside hanzi the hanzi they look like, old private-use characters
    of Hong Kong what they are now. NFC, never NFKC.

    >>> clean_characters("Cyberport\x92s so\u00adft cafe\u0301 " + chr(0xD800)).encode()
    b'Cyberport\xe2\x80\x99s soft caf\xc3\xa9 \xef\xbf\xbd'
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _ODD.search(text) or (_BEYOND.search(text) and _ODD_BEYOND.search(text)):
        text = text.translate(_CLEAN)
    if "\u200c" in text or "\u200d" in text:
        text = _settle(_JOINER, text)
    text = unicodedata.normalize("NFC", modern(text))
    if not _RADICAL.search(text):
        return text
    return _KANGXI.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)


def unescape(text: str) -> str:
    """Return *text* without the entities that were escaped more than once, or left escaped in plain text.

    >>> unescape("R&amp;amp;D &lt;b&gt; AT&T")
    'R&D <b> AT&T'
    """
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    name = match[1] or match[2]
    if not name:
        return "&"
    char = html.unescape(f"&{name};")
    if len(char) == 1 and not (char.isascii() and (char.isalnum() or char in "#;&")):
        return char
    return f"&{name};"


def fold_space(text: str) -> str:
    r"""Return *text* with each run of spaces as one, lines trimmed, and U+3000 kept only between wide characters.

    >>> fold_space("  a \u00a0 b \n\n\n\n c ")
    'a b\n\nc'
    """
    if text.isprintable():  # of all spaces there is only the one of ASCII then, and no line end
        return " ".join(text.split())
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\u3000" in text:
        text = _WIDE_SPACE.sub(" ", text)
    text = _LINES.sub("\n", _SPACE.sub(" ", text))
    return _BLANK_LINES.sub("\n\n", text).strip()


def blank(text: str) -> bool:
    r"""Say whether a reader would see nothing of *text*.

    >>> blank("\u00a0\u3000\u200b"), blank("。")
    (True, False)
    """
    return not text or not clean_characters(text).strip()


def _settle(pattern: re.Pattern[str], text: str) -> str:
    """Drop what *pattern* finds until nothing is found: taking a joiner away may bare its neighbour."""
    while True:
        fewer = pattern.sub("", text)
        if fewer == text:
            return text
        text = fewer
