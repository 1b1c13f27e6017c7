"""No pinned version is one that a known advisory is about, as far as the committed snapshot knows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
SNAPSHOT = json.loads(Path(__file__).with_name("snapshot.json").read_text("utf-8"))
PINS = {
    str(canonicalize_name(line.split("==")[0])): line.split("==")[1].split(";")[0].strip()
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    if "==" in line and not line.startswith("#")
}

# Advisories without a fixed version, and why what they are about cannot happen here.
EXCUSED = {
    "PYSEC-2017-83": "scrapy reads whole files into memory: DOWNLOAD_MAXSIZE is 8 MiB and there is no media pipeline",
}


def affected(advisory: Mapping[str, Any], version: str) -> bool:
    """Return whether *version* is one of those that *advisory* names, as the OSV schema evaluates its events."""
    if version in advisory["versions"]:
        return True
    return any(_within(events, Version(version)) for events in advisory["ranges"])


def _within(events: Sequence[Mapping[str, str]], version: Version) -> bool:
    """Return whether the last event at or below *version* introduces what the advisory is about."""
    marks = sorted((Version(at), kind) for event in events for kind, at in event.items())
    inside = False
    for at, kind in marks:
        if kind == "introduced" and version >= at:
            inside = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            inside = False
    return inside


@pytest.mark.parametrize("name", sorted(SNAPSHOT["packages"]))
def test_no_advisory_is_about_the_pinned_version(name: str) -> None:
    if name not in PINS:
        pytest.fail(f"{name} is not pinned any more: take the snapshot anew (tests/advisories/take.py)")
    told = [" ".join((one["id"], *one["aliases"])) for one in SNAPSHOT["packages"][name] if affected(one, PINS[name])]
    told = [line for line in told if line.split()[0] not in EXCUSED]
    assert not told


def test_each_excuse_is_still_needed() -> None:
    about = {one["id"]: (one, PINS[name]) for name, some in SNAPSHOT["packages"].items() for one in some}
    assert all(affected(*about[number]) for number in EXCUSED)


def test_old_versions_are_found() -> None:
    known = {name: SNAPSHOT["packages"][name] for name in ("lxml", "scrapy", "jinja2", "urllib3")}
    for name, old in (("lxml", "4.6.2"), ("scrapy", "2.5.0"), ("jinja2", "2.10"), ("urllib3", "1.24")):
        assert any(affected(one, old) for one in known[name]), name


@pytest.mark.parametrize(
    ("version", "expected"),
    [("0.9", False), ("1.0", True), ("1.4", True), ("1.5", False), ("2.0", True), ("2.1", True), ("2.2", False)],
)
def test_events_are_read_as_the_schema_says(version: str, *, expected: bool) -> None:
    events = [{"introduced": "1.0"}, {"fixed": "1.5"}, {"introduced": "2.0"}, {"last_affected": "2.1"}]
    assert affected({"versions": [], "ranges": [events]}, version) is expected
