"""The faults baywire lives through: id → what must hold. `python tests/faults/matrix.py` prints it with its tests."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

__all__ = ["ROWS", "rows_tested"]

ROWS: Mapping[str, str] = {
    "K1": "killed at any time, often: no release lost, none doubled, no torn byte",
    "K2": "killed at any call to the disk: every file is the old or the new one, the store is whole",
    "K4": "killed while tables are made: the old tables or the new, never half",
    "K5": "a killed crawl child is a failed run that is tried again; the daemon lives",
    "K6": "SIGTERM in a crawl: out in 30 seconds with status 0; the next start goes on",
    "K7": "SIGHUP with a broken configuration: the old one stays, the log says which line",
    "K9": "power lost: what was announced is there, every feed is whole",
    "K10": "no memory for the child: it dies and says so, its parent lives",
    "D1": "disk full while publishing: old feeds stay, somebody is told, it heals by itself",
    "D2": "disk full while storing: nothing half stored, it heals by itself",
    "D3": "store and files on disks of their own, each full in turn: as D1 and D2",
    "D4": "read-only disk: it serves on, /readyz says no, it recovers",
    "D5": "an error at any read, write or sync: nothing unsynced is published, the next run repairs",
    "D6": "no inode left: as D1",
    "D7": "no right to write the files: a clear message, the crawl goes on into the store",
    "D8": "few descriptors: it serves less, loses nothing, leaks none",
    "D10": "noise in the store: found out, a backup takes its place, same ids",
    "D11": "a store cut, emptied, gone or without its log: as D10",
    "D12": "half a feed on the disk at the start: made anew before it is served",
    "C1": "a second daemon exits 75 and disturbs nothing",
    "C2": "a command beside the daemon is done after what is under way",
    "C3": "a crawl longer than its interval never overlaps itself",
    "C4": "a killed holder leaves no lock behind",
    "T1": "the clock jumps by days or years: no storm, no starvation, same order",
    "T2": "summer time begins and ends: every job once, no spin",
    "T3": "another time zone of the machine: the same bytes",
    "T4": "hours of sleep: every source once, none lost, none called late",
    "N1": "404, 410, 403, 451: told apart; 410 stops",
    "N2": "429 with every form of Retry-After: kept, bounded, no request before",
    "N3": "500 for hours, then well: growing waits, quick recovery, nothing lost",
    "N4": "refused, reset, cut or broken answers: failed, never a shorter list",
    "N5": "headers or bodies that drip: cut in time, others on time",
    "N6": "endless or huge bodies: cut at 8 MiB",
    "N7": "compression bombs: refused, cost no memory",
    "N8": "redirects without end: failed, not silence",
    "N9": "redirects to other schemes: refused and told",
    "N10": "redirects or names that lead inside: no connection",
    "N12": "names that cannot be resolved, or slowly: failed soon, others unaffected",
    "N13": "only IPv6, or IPv6 that answers nothing beside IPv4: it works, soon",
    "N14": "certificates that prove nothing: refused",
    "N15": "robots.txt that disallows, fails, is huge, slow or HTML: obeyed, or later",
    "N16": "hours without a network: feeds are served, then every source is asked once",
    "N18": "304 with lies: nothing lost, a whole fetch now and then",
    "P1": "captcha, consent or maintenance with status 200: failed, old feeds stay",
    "P2": "a redesign: repaired or told in one run, never an empty list",
    "P3": "a list that shrinks and returns: nothing removed, nothing new twice",
    "P4": "empty, other types, UTF-16: failed, no crash",
    "P5": "encodings that lie: right text",
    "P6": "deep nesting, huge text: read or told",
    "P7": "one release under many addresses: one entry",
    "P8": "dates that cannot be: the time we first saw it",
    "P9": "edited, retitled, withdrawn: the same id, every wording kept",
    "X1": "active content: none survives in any format",
    "X2": "markup that breaks out, entity bombs: whole documents, no file read",
    "X3": "characters that XML forbids, huge titles: whole documents",
    "X4": "direction marks in titles: safe title, text kept",
    "X6": "line breaks and escapes in titles: one line of log, a terminal unharmed",
    "X7": "inputs that make regular expressions slow: each in 50 ms",
    "S1": "2,000 pollers at once: no error, 95 % of them 304",
    "S2": "hundreds of slow readers: others unaffected",
    "S3": "paths that lead outside: 404",
    "S4": "Host and forwarded headers: never reflected",
    "S5": "smuggling, huge headers, old protocols: refused, closed",
    "S7": "caches between us and readers: no answer of another variant",
    "S8": "control socket and metrics: for their owner, on loopback",
    "L3": "backup and restore while releases are written: the same feed",
}
_NAME = re.compile(r"(?:test_|[-_])([kdctnpxsl]\d+)(?=[-_]|$)")


def rows_tested(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Return the tests below *folder* by the rows that their names begin with, or that their parameters name."""
    found = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                name, ids = node.name, []
                while match := _NAME.match(name):
                    ids.append(match[1].upper())
                    name = name[match.end() :]
                for row in ids:
                    found[row].append(f"{path.relative_to(folder)}::{node.name}")
    return {row: tuple(tests) for row, tests in found.items()}


def main() -> None:
    """Print the table."""
    tests = rows_tested(Path(__file__).parents[1])
    for row, holds in ROWS.items():
        print(f"{row:<4} {holds}")  # noqa: T201  # what it is for
        for test in tests.get(row, ("no test",)):
            print(f"       {test}")  # noqa: T201


if __name__ == "__main__":
    main()
