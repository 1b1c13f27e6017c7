"""Writes script.txt: the hanzi that only one of the two Chinese scripts uses.

Run by hand: `python -m crawler.normalise.build_script`.

NOTICE: derived from the conversion tables of OpenCC (https://github.com/BYVoid/OpenCC), Apache License 2.0,
as its PyPI package `opencc` ships them.
"""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["build"]


def build() -> tuple[str, str]:
    """Return the hanzi of the traditional script alone, and those of the simplified alone."""
    import opencc  # noqa: PLC0415 - heavy, and only a builder needs it

    to_hans = opencc.OpenCC("t2s")
    to_hant = opencc.OpenCC("s2t")
    hanzi = [chr(code) for code in (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *range(0x20000, 0x2FA20))]
    shortened = {char: to_hans.convert(char) for char in hanzi}
    lengthened = {char: to_hant.convert(char) for char in hanzi}
    # 后, 里, 台 and their like live in both scripts: they are what something longer became, and traditional themselves.
    kept = {char for char, longer in lengthened.items() if longer == char}
    made = {short for char, short in shortened.items() if short != char}
    hant = "".join(char for char in hanzi if shortened[char] != char and char not in made)
    both = frozenset("后里台面余征冲干斗松谷丑叶云吁表制系准范姜几了才板胡致蔑辟郁仆借咨托么并佣升愿札岳家据布扣扎挂")
    hans = "".join(char for char in hanzi if char not in kept and char not in both)
    return hant, hans


def main() -> None:
    """Write the table beside this module."""
    hant, hans = build()
    Path(__file__).with_name("script.txt").write_text(f"{hant}\n{hans}\n", "utf-8")
    sys.stdout.write(f"{len(hant)} traditional, {len(hans)} simplified\n")


if __name__ == "__main__":
    main()
