"""Prints how baywire reads and repairs text, beside ftfy, chardet, charset-normalizer and Scrapy's own decoding.

Run from the repository: `python tests/benchmarks/text.py [--cases N] [--seed N]`. The texts come from the shared folder
(BAYWIRE_SHARED names another place); they are broken here, with a seed, so that anybody gets the same table.
"""

from __future__ import annotations

import argparse
import difflib
import importlib.util
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("BAYWIRE_SHARED") or ROOT.parent / "shared")
sys.path.insert(0, str(ROOT))
Fix = Callable[[str], str]
Read = Callable[[bytes, str], str]


class Page(NamedTuple):
    """Bytes as a server might send them, and what they say."""

    kind: str
    body: bytes
    content_type: str
    text: str


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10, help="broken texts a class and language (default 10)")
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    if not (SHARED / "encoding").is_dir():
        sys.exit(f"{SHARED}: no such folder: BAYWIRE_SHARED names where the texts are")
    write(f"python tests/benchmarks/text.py --cases {options.cases} --seed {options.seed}\n")
    show("bytes to text, % right", readers(), decoding(pages(options.seed)))
    show("codes of the WHATWG index files, wrong", readers(), codes())
    show("mojibake", fixers(), repairing(mojibake(options.cases, options.seed)))
    show("speed on clean text, MB a CPU second", fixers(), speed())


def write(line: str) -> None:
    """Write *line* as soon as it is known."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show(title: str, columns: dict[str, object], rows: dict[str, dict[str, str]]) -> None:
    write(f"| {title} | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for name, cells in rows.items():
        write(f"| {name} | {' | '.join(cells.get(column, '–') for column in columns)} |")
    write("")


def readers() -> dict[str, Read]:
    """Return what reads bytes, by name."""
    import chardet
    import charset_normalizer
    from scrapy.http import HtmlResponse

    from crawler.normalise import decode

    def by_chardet(body: bytes, _: str) -> str:
        return body.decode(chardet.detect(body)["encoding"] or "utf-8", "replace")

    def by_normalizer(body: bytes, _: str) -> str:
        best = charset_normalizer.from_bytes(body).best()
        return body.decode(best.encoding if best else "utf-8", "replace")

    def by_scrapy(body: bytes, content_type: str) -> str:
        headers = {"Content-Type": content_type} if content_type else {}
        return HtmlResponse("https://example.org/", body=body, headers=headers).text

    return {
        "baywire": lambda body, content_type: decode(body, content_type).text,
        "chardet": by_chardet,
        "charset-normalizer": by_normalizer,
        "Scrapy": by_scrapy,
    }


def fixers() -> dict[str, Fix]:
    """Return what repairs text, by name."""
    import ftfy

    from crawler.normalise import repair

    return {"baywire": lambda text: repair(text).text, "ftfy.fix_encoding": ftfy.fix_encoding}


def lines_of(name: str) -> list[str]:
    return (SHARED / "encoding" / f"{name}.txt").read_text("utf-8").splitlines()


def pages(seed: int) -> list[Page]:
    """Return pages of every kind, made from the texts with *seed*."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    made: list[Page] = []
    sources = {
        "Big5": ("zh-hant", "big5hkscs"),
        "GBK": ("zh-hans", "gbk"),
        "GB 18030": ("zh-hant-2", "gb18030"),
        "UTF-8": ("zh-hant", "utf-8"),
        "Latin-1": ("pt", "latin-1"),
    }
    for name, (source, codec) in sources.items():
        lines = lines_of(source)
        for number in range(40):
            size = (1, 6, 30)[number % 3]
            start = chance.randrange(len(lines) - size)
            text = "\n".join(lines[start : start + size]).encode(codec, "ignore").decode(codec)
            text = re.sub("[•､／＼]", "", text)  # where CPython's Big5 departs from the standard; counted by code below
            body = text.encode(codec)
            if body.isascii():
                continue
            right = {"latin-1": "iso-8859-1", "big5hkscs": "big5"}.get(codec, codec)
            wrong = chance.choice(
                [label for label in ("iso-8859-1", "utf-8", "big5", "gb2312") if label[:2] != right[:2]]
            )
            made += [
                Page(f"{name}, undeclared", body, "", text),
                Page(f"{name}, declared", body, f"text/html; charset={right}", text),
                Page(f"{name}, declared falsely", body, f"text/html; charset={wrong}", text),
            ]
    return made + damaged(chance)


def damaged(chance: random.Random) -> list[Page]:
    """Return pages that were cut, mixed or soiled."""
    hant, hans = lines_of("zh-hant"), lines_of("zh-hans")
    made: list[Page] = []
    for _ in range(30):
        text, other = chance.choice(hant), chance.choice(hans).encode("gbk", "ignore").decode("gbk")
        place = chance.randrange(len(text))
        page = "\n".join(chance.sample(hant, 20))
        euro = chance.randrange(len(other))
        plain = "<p>" + "lorem ipsum " * 18_000 + "</p>"
        made += [
            Page(
                "UTF-8 and one stray byte",
                text[:place].encode() + b"\x92" + text[place:].encode(),
                "",
                f"{text[:place]}’{text[place:]}",
            ),
            Page("UTF-8 with a GBK footer", f"{page}\n<p>".encode() + other.encode("gbk"), "", f"{page}\n<p>{other}"),
            Page(
                "GBK with a euro of 0x80",
                f"{other[:euro]}\0{other[euro:]}".encode("gbk").replace(b"\0", b"\x80"),
                "",
                f"{other[:euro]}€{other[euro:]}",
            ),
        ]
        if ord(text[-1]) > 0x7FF:
            made.append(Page("UTF-8 cut in a character", text.encode()[:-1], "", text[:-1] + "\ufffd"))
        if len(made) < 20:
            made.append(Page("216 kB of ASCII, then UTF-8", (plain + text).encode(), "", plain + text))
        words = re.findall("[\u4e00-\u9fff]{2,8}", other)
        if words:
            few = f"<html><body>{chance.choice(words)} news</body></html>"
            made.append(Page("2 to 8 hanzi of GBK", few.encode("gbk"), "", few))
    return made


def decoding(made: Sequence[Page]) -> dict[str, dict[str, str]]:
    """Return kind → reader → share of pages read right."""
    right: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for name, read in readers().items():
        for page in made:
            try:
                found = read(page.body, page.content_type)
            except (UnicodeError, LookupError):
                found = ""
            right[page.kind][name].append(found == page.text)
    return {
        kind: {name: f"{100 * sum(ok) / len(ok):.0f}" for name, ok in cells.items()} for kind, cells in right.items()
    }


def codes() -> dict[str, dict[str, str]]:
    """Return encoding → reader → how many two-byte codes are read otherwise than the standard says."""
    from crawler.normalise.build_codec import codes as codes_of
    from crawler.normalise.build_codec import read_index

    rows: dict[str, dict[str, str]] = {}
    for name in ("big5", "gb18030"):
        table = dict(codes_of(name, read_index(SHARED / "encoding" / f"index-{name}.txt")))
        known = {"baywire": readers()["baywire"], "Scrapy": readers()["Scrapy"]}
        content_type = f"text/html; charset={name}"
        rows[name] = {
            who: str(sum(read(code + b" ", content_type) != char + " " for code, char in table.items()))
            for who, read in known.items()
        }
    return rows


def mojibake(cases: int, seed: int) -> list[dict[str, str]]:
    """Return broken texts, made by the shared tool."""
    folder = SHARED / "encoding"
    with tempfile.TemporaryDirectory() as work:
        out = Path(work) / "cases.jsonl"
        named = {"zh-hant": "zh-hant", "zh-hans": "zh-hans", "pt": "pt-2"}
        texts = [part for lang, name in named.items() for part in ("--text", f"{lang}={folder / name}.txt")]
        tool = SHARED / "tools" / "mojibake_bench.py"
        command = [sys.executable, tool, "gen", *texts, "--seed", str(seed), "--per-class", str(cases), "--out", out]
        subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
        return [json.loads(line) for line in out.read_text("utf-8").splitlines()]


def repairing(rows: Sequence[dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return measure → fixer → figure."""
    table: dict[str, dict[str, str]] = defaultdict(dict)
    kinds = {kind: [row for row in rows if row["kind"] == kind] for kind in ("lossless", "mixed", "lossy", "negative")}
    for name, fix in fixers().items():
        done: dict[str, list[str]] = {}
        spent: dict[str, float] = {}
        for kind, cases in kinds.items():
            start = time.process_time()
            # Line by line for ftfy: one encoding is all it looks for in a text.
            done[kind] = ["\n".join(fix(line) for line in row["broken"].split("\n")) for row in cases]
            spent[kind] = time.process_time() - start
        for kind, label in (("lossless", "lossless, % exact"), ("mixed", "one broken paragraph, % exact")):
            exact = sum(got == row["clean"] for got, row in zip(done[kind], kinds[kind], strict=True))
            table[label][name] = f"{100 * exact / len(kinds[kind]):.1f}"
        wrong = sum(
            got not in {row["clean"], row["broken"]}
            for got, row in zip(done["lossless"], kinds["lossless"], strict=True)
        )
        table["wrong change, %"][name] = f"{100 * wrong / len(kinds['lossless']):.1f}"
        alike = [similarity(got, row["clean"]) for got, row in zip(done["lossy"], kinds["lossy"], strict=True)]
        before = [similarity(row["broken"], row["clean"]) for row in kinds["lossy"]]
        table[f"lossy, similarity (before {sum(before) / len(before):.2f})"][name] = f"{sum(alike) / len(alike):.3f}"
        false = sum(got != row["clean"] for got, row in zip(done["negative"], kinds["negative"], strict=True))
        table[f"false positives in {len(kinds['negative'])}"][name] = str(false)
        size = sum(len(row["broken"].encode("utf-8", "surrogatepass")) for row in kinds["lossless"])
        table["speed on broken text, MB a CPU second"][name] = f"{size / 1e6 / spent['lossless']:.2f}"
    return table


def similarity(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one[:1000], other[:1000], autojunk=False).ratio()


def speed() -> dict[str, dict[str, str]]:
    """Return text → fixer → megabytes a second, by pages of 15 lines."""
    rows: dict[str, dict[str, str]] = {}
    for name in ("zh-hant", "zh-hans", "pt"):
        lines = lines_of(name)
        made = ["\n".join(lines[start : start + 15]) for start in range(0, len(lines), 15)]
        size = sum(len(page.encode()) for page in made)
        rows[name] = {}
        for who, fix in fixers().items():
            fix(made[0])
            start = time.process_time()
            for _ in range(5):
                for page in made:
                    fix(page)
            rows[name][who] = f"{5 * size / 1e6 / max(time.process_time() - start, 1e-9):.1f}"
    return rows


if __name__ == "__main__":
    if importlib.util.find_spec("crawler") is None:
        sys.exit("crawler: not installed: run pip install -e .")
    main()
