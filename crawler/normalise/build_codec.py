"""Writes codec.txt: the two-byte codes that CPython reads otherwise than the WHATWG Encoding Standard says.

Run by hand with the folder that holds index-big5.txt and index-gb18030.txt:
`python -m crawler.normalise.build_codec FOLDER`.
NOTICE: the index files are part of the Encoding Standard, https://encoding.spec.whatwg.org/, © WHATWG,
used here under the BSD 3-Clause licence that the standard grants for its parts in source code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["codes", "read_index"]


def read_index(path: Path) -> dict[int, str]:
    """Return pointer → character of a WHATWG index file."""
    rows = (line.split() for line in path.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#"))
    return {int(row[0]): chr(int(row[1], 16)) for row in rows}


def codes(name: str, index: dict[int, str]) -> Iterator[tuple[bytes, str]]:
    """Yield every two-byte code of the encoding *name* (big5 or gb18030) that *index* knows, with its character."""
    # Big5 pointers that stand for two code points, from the decoder's own rule.
    pairs = {1133: "Ê\u0304", 1135: "Ê\u030c", 1164: "ê\u0304", 1166: "ê\u030c"} if name == "big5" else {}
    gap, second, row = (0x62, 0xA1, 157) if name == "big5" else (0x41, 0x80, 190)
    for lead in range(0x81, 0xFF):
        for trail in (*range(0x40, 0x7F), *range(second, 0xFF)):
            pointer = (lead - 0x81) * row + trail - (0x40 if trail < 0x7F else gap)
            char = pairs.get(pointer) or index.get(pointer)
            if char:
                yield bytes([lead, trail]), char


def main() -> None:
    """Write the table beside this module: encoding, code, character, one line each."""
    lines = []
    for name, codec in (("big5", "big5hkscs"), ("gb18030", "gb18030")):
        for code, char in codes(name, read_index(Path(sys.argv[1]) / f"index-{name}.txt")):
            if code.decode(codec, "ignore") != char:
                lines.append(f"{name} {code.hex()} {char.encode('utf-16-be').hex()}\n")
    Path(__file__).with_name("codec.txt").write_text("".join(lines), "ascii")
    sys.stdout.write(f"{len(lines)} codes\n")


if __name__ == "__main__":
    main()
