"""Measure extraction and detection on the folder of recorded pages, and hold what was measured against the floors.

    python tests/benchmarks/extract.py SHARED [--write]

Prints each figure beside its floor; ends with 1 where one is below. The floors stand in
extract_floors.json with a digest of the data they were measured on; --write writes the
digest anew, never a floor: lowering one is an edit that a reader sees.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import re
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

FLOORS = Path(__file__).with_name("extract_floors.json")
HEADS = Path(__file__).with_name("extract_heads.json")
SETS = {"articles": "articles", "chinese": "chinese", "listings": "listings"}


def scorer(shared: Path) -> ModuleType:
    """Return the scorer that stands beside the data."""
    spec = importlib.util.spec_from_file_location("score", shared / "tools" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def digest(folder: Path) -> str:
    """Return a digest of the names and bytes of all files below *folder*."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(f"{path.relative_to(folder).as_posix()}\0".encode())
            found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def measure(shared: Path, name: str) -> dict[str, float]:
    """Return the figures of one set."""
    figures, _ = getattr(scorer(shared), SETS[name])(Namespace(data=shared / "extraction" / name, limit=None))
    found = {key: value for key, value in figures.items() if isinstance(value, int | float)}
    if name != "listings":
        found["no_listing"] = no_listing(shared, name)
    if name == "articles":
        found |= heads(shared)
    return found


def heads(shared: Path) -> dict[str, float]:
    """Return how many titles and days of the articles are right, letter by letter and day by day.

    extract_heads.json has them: a digest of the letters of the headline, and the day. Where heading, `og:title` and
    address of a page agree they are taken from there, else they were read by eye; no day where only the text tells it.
    """
    from crawler.extract.address import zone_of
    from crawler.extract.meta import read_meta
    from crawler.extract.moment import moment_of_page
    from crawler.extract.title import title_of_page
    from crawler.normalise import clean_title
    from crawler.normalise.tree import read_html

    folder = shared / "extraction/articles"
    addresses = json.loads((folder / "ground-truth.json").read_text("utf-8"))
    told = json.loads(HEADS.read_text("utf-8"))
    titles = days = dated = 0
    for key, (title, day) in told.items():
        text, url = gzip.decompress((folder / "html" / f"{key}.html.gz").read_bytes()), addresses[key]["url"]
        root = read_html(text.decode("utf-8", "replace"))
        meta = read_meta(root)
        letters = re.sub(r"[\W_]+", "", clean_title(title_of_page(root, meta)[0]).text.lower())
        titles += hashlib.sha256(letters.encode()).hexdigest()[:12] == title
        if day is not None:
            dated += 1
            days += str(moment_of_page(root, meta, url, zone=zone_of(url)).published)[:10] == day
    return {"title_exact": titles / len(told), "date_exact": days / dated}


def no_listing(shared: Path, name: str) -> float:
    """Return the share of the articles of a set in which no listing is seen: the links beside them are none."""
    from crawler.extract import read_listing

    folder = shared / "extraction" / name
    if name == "articles":
        truth = json.loads((folder / "ground-truth.json").read_text("utf-8"))
        pages = [
            (gzip.decompress((folder / "html" / f"{key}.html.gz").read_bytes()), truth[key]["url"]) for key in truth
        ]
    else:
        rows = [json.loads(line) for line in (folder / "truth.jsonl").read_text("utf-8").splitlines()]
        pages = [((folder / row["file"]).read_bytes(), "http://example.cn/a.html") for row in rows]
    return sum(not read_listing(body.decode("utf-8", "replace"), url).items for body, url in pages) / len(pages)


def speeds(shared: Path) -> dict[str, float]:
    """Return, in one run, listings detected against trafilatura's pages, a CPU second."""
    from trafilatura import extract

    from crawler.extract import read_listing

    listings = [
        path.read_bytes().decode("utf-8", "replace") for path in sorted((shared / "extraction/listings").glob("*.html"))
    ]
    articles = [
        gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
        for path in sorted((shared / "extraction/articles/html").glob("*.gz"))[:60]
    ]
    extract(articles[0])
    read_listing(listings[0], "http://x.test/")
    theirs = _pages_a_second(extract(text) for text in articles)
    detected = _pages_a_second(read_listing(text, "http://x.test/") for text in listings)
    looked = _pages_a_second(read_listing(text, "http://x.test/") for text in articles)
    return {
        "listings_against_trafilatura": detected / theirs,
        "articles_looked_at_against_trafilatura_there": looked / theirs,
        "listings_against_trafilatura_there": detected / _pages_a_second(extract(text) for text in listings),
    }


def _pages_a_second(work: Iterator[object]) -> float:
    start, count = time.process_time(), 0
    for _ in work:
        count += 1
    return count / (time.process_time() - start)


def main() -> int:
    shared = Path(sys.argv[1])
    floors = json.loads(FLOORS.read_text("utf-8"))
    below = 0
    for name in SETS:
        floor = floors[name]
        same = digest(shared / "extraction" / name)
        if "--write" in sys.argv:
            floor["digest"] = same
        elif floor["digest"] != same:
            sys.stdout.write(f"{name}: other data than the floors were measured on\n")
        for key, value in measure(shared, name).items():
            least = floor["floors"].get(key)
            below += least is not None and value < least
            sys.stdout.write(f"{name}.{key} {value:.4f}" + (f" floor {least}" if least is not None else "") + "\n")
    for key, value in speeds(shared).items():
        sys.stdout.write(f"{key} {value:.2f}\n")
    if "--write" in sys.argv:
        FLOORS.write_text(json.dumps(floors, indent=1) + "\n", "utf-8")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
