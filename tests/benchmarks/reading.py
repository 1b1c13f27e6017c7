"""What a page costs whose source is declared, against trafilatura: `python tests/benchmarks/reading.py [DATA]`.

Milliseconds of CPU a page, the least of five rounds in which both take turns, and what
libxml2's parse alone takes: no reader that makes a tree is faster. The first pages are
those of `crawl.py`, with menus as newsrooms have them and with three times the elements
in as many bytes; the last, where the folder of DATA is named, are of the Hong Kong
government, which are next to nothing but text.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from crawl import CHARSETS, prepare, release_page
from lxml import html
from trafilatura import extract

from crawler.extract import read_declared_release
from crawler.source import load_sources

if TYPE_CHECKING:
    from crawler.source import Source

GOAL = 1 / 20


def kinds(folder: Path, data: Path | None) -> Iterator[tuple[str, Source, Sequence[str]]]:
    """Yield the name of each kind of page, the source that declares it, and the pages."""
    prepare(folder, {"read": "http://127.0.0.1/list"})
    site = load_sources(folder / "sources.d", use=["read"])["read"]
    for name, dense in (("menus, a tag for a hundred bytes", False), ("menus, a tag for 35 bytes", True)):
        yield name, site, [release_page(n, dense=dense).decode(CHARSETS[n % 4]) for n in range(40)]
    if data is not None:
        pages = [path.read_text("utf-8") for path in sorted((data / "pages/www.info.gov.hk").glob("*.htm"))]
        yield "Hong Kong government", load_sources(use=["hk-gia-en"])["hk-gia-en"], pages


def least(ways: Sequence[Callable[[str], object]], pages: Sequence[str]) -> list[float]:
    """Return for each of the *ways* to read *pages* the milliseconds of CPU a page takes."""
    best = [float("inf")] * len(ways)
    for _ in range(5):
        for number, read in enumerate(ways):
            before = time.process_time()
            for page in pages:
                read(page)
            best[number] = min(best[number], (time.process_time() - before) / len(pages) * 1000)
    return best


def main() -> int:
    """Print the table."""
    data = Path(sys.argv[1]) if sys.argv[1:] else None
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        for name, source, pages in kinds(Path(folder), data):
            ours = partial(read_declared_release, source, url=source.listing.url, item=None, seen=now)
            mine, theirs, tree = least([ours, extract, html.document_fromstring], pages)
            sys.stdout.write(
                f"{name:34} {mine:6.2f} ms, trafilatura {theirs:6.2f}: 1/{theirs / mine:.1f} (goal 1/{1 / GOAL:.0f}); "
                f"parse alone 1/{theirs / tree:.0f}\n"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
