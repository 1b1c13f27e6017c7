"""Characters of Hong Kong that stood in the Private Use Area before Unicode had them."""

from __future__ import annotations

import re
from itertools import pairwise

__all__ = ["modern"]

# Where the user-defined rows of Big5 lie in the Private Use Area: the first of each span, and the code it stands for.
# Source: HKSCS-2004, part "Big5 to ISO 10646-1:1993"; the spans are those of every vendor's Big5.
_SPANS = ((0xE000, 0xFA40), (0xE311, 0x8E40), (0xEEB8, 0x8140), (0xF6B1, 0xC6A1), (0xF849, 0))
_ROW = (*range(0x40, 0x7F), *range(0xA1, 0xFF))  # the trail bytes of one row
_PRIVATE = re.compile("[\ue000-\uf848]")
# Beside a hanzi only: elsewhere such a character is likelier the sign of an icon font.
_BESIDE = re.compile("(?<=[\u3400-\u9fff])[\ue000-\uf848]+|[\ue000-\uf848]+(?=[\u3400-\u9fff])")


def modern(text: str) -> str:
    r"""Return *text* with the Hong Kong characters that pages of 1999 to 2004 wrote as private use, as they are now.

    Only in text that is in traditional Chinese, and only beside a hanzi; whatever
    HKSCS did not give a character stays as it is.

    >>> modern("乘\ue000到三樓") == "乘\U00020547到三樓", modern("\ue000 Home")
    (True, '\ue000 Home')
    """
    if not (_PRIVATE.search(text) and _BESIDE.search(text)):
        return text
    from crawler.normalise.language import language  # noqa: PLC0415 - loads its table only where it is needed

    if language(text) != "zh-Hant":
        return text
    return _BESIDE.sub(lambda run: "".join(map(_modern, run[0])), text)


def _modern(char: str) -> str:
    from crawler.normalise.codec import decode_as  # noqa: PLC0415 - as above

    for (first, code), (after, _) in pairwise(_SPANS):
        if first <= ord(char) < after:
            lead, trail = divmod(code, 256)
            row, place = divmod(ord(char) - first + _ROW.index(trail), len(_ROW))
            found, wrong = decode_as(bytes([lead + row, _ROW[place]]), "big5")
            return char if wrong or "\ue000" <= found[:1] <= "\uf8ff" else found
    return char
