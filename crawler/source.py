"""A source is data: one TOML file says which newsroom, how to list its releases and how to read one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from crawler.source_read import read_source
from crawler.source_rule import (
    AddressRules,
    Expectation,
    Found,
    ListingRules,
    Numbered,
    ReleaseRules,
    Request,
    Rewrite,
    Source,
    View,
)
from feeds.error import ConfigError, did_you_mean

__all__ = [
    "AddressRules",
    "Expectation",
    "Found",
    "ListingRules",
    "Numbered",
    "ReleaseRules",
    "Request",
    "Rewrite",
    "Source",
    "View",
    "load_sources",
    "shipped",
]


def shipped() -> Path:
    """Return the folder of the sources that come with baywire."""
    return Path(__file__).parent / "sources"


def load_sources(*folders: Path, use: Sequence[str] = ()) -> Mapping[str, Source]:
    """Return all sources by key, sorted: those shipped, and those of *folders*, whose files replace shipped ones whole.

    *use* keeps only the keys it names, and what the views among them are made of. Raises
    ConfigError listing every problem of every file.
    """
    problems: list[str] = []
    files: dict[str, Path] = {}
    for folder in (shipped(), *folders):
        if folder != shipped() and not folder.is_dir():
            continue
        files |= {path.stem: path for path in sorted(folder.glob("*.toml"))}
    known = ", ".join(sorted(files))
    problems += [
        f"sources.use: unknown source {key}{did_you_mean(key, files) or f': expected one of {known}'}"
        for key in use
        if key not in files
    ]
    chosen = {key: path for key, path in files.items() if not use or key in use}
    found = {key: read_source(path, problems) for key, path in sorted(chosen.items())}
    bases = {source.view.of for source in found.values() if source.view is not None} & files.keys()
    found |= {key: read_source(files[key], problems) for key in sorted(bases - found.keys())}
    for source in found.values():
        if source.view is not None and (wrong := _not_a_base(source.view.of, files, found)):
            problems.append(f"{source.file}: view.of: {wrong}")
    if problems:
        raise ConfigError("\n".join(problems))
    return {key: replace(source, file=str(files[key])) for key, source in sorted(found.items())}


def _not_a_base(key: str, files: Mapping[str, Path], found: Mapping[str, Source]) -> str:
    """Return why no view can be made of the source *key*, "" where one can."""
    if key not in files:
        return f"unknown source {key}: expected the key of a source"
    if key in found and found[key].view is not None:
        return f"{key} is a view itself: expected the key of the source that it is made of"
    return ""
