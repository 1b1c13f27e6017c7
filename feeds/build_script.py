"""Write script.txt: the classes of characters that OpenCC's dictionaries turn into one another.

Run as `python -m feeds.build_script` after an upgrade of opencc; a test tells when that is due.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["classes", "main", "pairs"]

# Script and regional variants of characters. Left out: HKPhrases and TWPhrases, which exchange
# words (软件, 軟體), and the Japanese tables, which would join classes for nothing.
DICTIONARIES = (
    "CJK_Compatibility_Ideographs",
    "HKVariants",
    "HKVariantsPhrases",
    "HKVariantsRev",
    "HKVariantsRevPhrases",
    "STCharacters",
    "STPhrases",
    "STPhrases_GeneratedFromRegionalPhrases",
    "TSCharacters",
    "TSCharactersExt",
    "TSPhrases",
    "TWVariants",
    "TWVariantsPhrases",
    "TWVariantsRev",
    "TWVariantsRevPhrases",
)
HEADER = """\
# Characters that a conversion of script or of region may exchange, one class a line; the first stands for all.
# Derived from the dictionaries of OpenCC (Apache-2.0) by feeds/build_script.py; do not edit.
"""


def pairs() -> Iterator[tuple[str, str]]:
    """Yield each two characters that some entry of OpenCC's dictionaries exchanges, alone or in a phrase."""
    import opencc  # noqa: PLC0415 - only the one who rebuilds the table needs it

    home = Path(opencc.__file__).parent / "clib"
    with tempfile.TemporaryDirectory() as folder:
        for name in DICTIONARIES:
            plain = Path(folder) / f"{name}.txt"
            source = home / "share" / "opencc" / f"{name}.ocd2"
            command = [
                str(home / "bin" / "opencc_dict"),
                "-i",
                str(source),
                "-o",
                str(plain),
                "-f",
                "ocd2",
                "-t",
                "text",
            ]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - the wheel's own program
            for line in plain.read_text("utf-8").splitlines():
                word, _, choices = line.partition("\t")
                for choice in choices.split(" "):
                    yield from ((a, b) for a, b in zip(word, choice, strict=True) if a != b)


def classes(exchanged: Iterator[tuple[str, str]]) -> list[str]:
    """Return the classes that *exchanged* pairs join, each with its lowest character first, in order.

    >>> classes(iter([("发", "發"), ("发", "髮"), ("台", "臺")]))
    ['发發髮', '台臺']
    """
    head: dict[str, str] = {}

    def find(char: str) -> str:
        while (above := head.get(char, char)) != char:
            char = above
        return char

    for one, other in exchanged:
        low, high = sorted((find(one), find(other)))
        if low != high:
            head[high] = low
    members: dict[str, list[str]] = {}
    for char in sorted({*head, *head.values()}):
        members.setdefault(find(char), []).append(char)
    return ["".join(chars) for _, chars in sorted(members.items())]


def main() -> None:
    """Write the table beside this module."""
    body = "\n".join(classes(pairs()))
    Path(__file__).with_name("script.txt").write_text(f"{HEADER}{body}\n", "utf-8")


if __name__ == "__main__":
    main()
