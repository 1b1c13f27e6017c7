"""Every feed, over HTTP, before the W3C validator and our own rules, and before the schema of RFC 4287."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree

if TYPE_CHECKING:
    from conftest import Live

ATOM = "{http://www.w3.org/2005/Atom}"


def feeds(live: Live, end: str) -> list[str]:
    root = live.press.directory
    found = (path for path in sorted(root.rglob(f"*.{end}")) if path.name != "manifest.json")  # which is no feed
    return [str(path.relative_to(root)) for path in found]


def test_every_atom_document_is_valid(live: Live, shared: Path) -> None:
    schema = etree.RelaxNG(etree.parse(shared / "feeds/atom.rng"))
    documents = feeds(live, "atom")
    assert len(documents) > 40
    for path in documents:
        schema.assertValid(etree.fromstring(live.press.read(path)))


@pytest.mark.parametrize("form", ["atom", "rss", "json", "opml"])
def test_the_validator_has_nothing_to_say(live: Live, shared: Path, form: str) -> None:
    if not os.environ.get("FEEDVALIDATOR_DIR"):
        pytest.skip("FEEDVALIDATOR_DIR is not set: it names a checkout of w3c/feedvalidator")
    command = [sys.executable, str(shared / "tools/validate_feeds.py"), "--level", "AA", "--json"]
    # Uncompressed is for who reads over a modem; DuplicateUpdated is what official bodies do, at 10:00 sharp.
    command += ["--ignore", "DuplicateUpdated,Uncompressed"]
    if form != "opml":
        command.append("--lint")
    done = subprocess.run(
        [*command, *(live.base + path for path in feeds(live, form))], capture_output=True, text=True, check=False
    )
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert said, done.stderr
    told = {one["target"].removeprefix(live.base): [event["name"] for event in one["events"]] for one in said}
    # RFC 4287 asks for a date, and a feed that nothing was ever published in has none that is plausible.
    for path, names in told.items():
        if form == "atom" and names == ["ImplausibleDate"] and b"<entry" not in live.press.read(path):
            told[path] = []
    assert {path: names for path, names in told.items() if names} == {}
