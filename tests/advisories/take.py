"""Write snapshot.json: what the Python Packaging Advisory Database says of every package that constraints.txt pins.

    python tests/advisories/take.py GIT_DIRECTORY

GIT_DIRECTORY is a clone of github.com/pypa/advisory-database (CC BY 4.0), bare or not. Only facts are taken: numbers of
advisories and the versions they hold for.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # a script's own need, without its stubs
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def pins() -> dict[str, str]:
    """Return the pinned version of every package, by its normalised name."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {str(canonicalize_name(name)): version.split(";")[0].strip() for name, version in pinned}


def entry(told: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the number, other numbers and affected versions of one advisory on the package *name*."""
    ranges: list[list[dict[str, str]]] = []
    versions: list[str] = []
    for affected in told["affected"]:
        if canonicalize_name(affected["package"]["name"]) != name:
            continue
        found = [one["events"] for one in affected.get("ranges", ()) if one["type"] == "ECOSYSTEM"]
        ranges += found
        if not found:
            versions += affected.get("versions", ())
    return {
        "id": told["id"],
        "aliases": sorted(told.get("aliases", ())),
        "ranges": [[{key: str(value) for key, value in event.items()} for event in events] for events in ranges],
        "versions": [str(version) for version in versions],
    }


def main(repository: str) -> None:
    """Write the snapshot beside this file."""

    def git(*words: str) -> str:
        command = ["git", f"--git-dir={repository}", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    taken: dict[str, list[dict[str, Any]]] = {}
    for folder in git("ls-tree", "--name-only", "HEAD:vulns").split():
        name = str(canonicalize_name(folder))
        if name in pins():
            files = git("ls-tree", "--name-only", f"HEAD:vulns/{folder}").split()
            told = [yaml.safe_load(git("show", f"HEAD:vulns/{folder}/{file}")) for file in files]
            taken[name] = [entry(one, name) for one in told if not one.get("withdrawn")]
    commit, date = git("log", "-1", "--format=%H %cs").split()
    head = {"database": "https://github.com/pypa/advisory-database", "commit": commit, "date": date}
    text = json.dumps({**head, "packages": taken}, indent=1, sort_keys=True)
    Path(__file__).with_name("snapshot.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
