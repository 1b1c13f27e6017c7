"""What to change in the file of a source, shown as a diff and written into the operator's own copy."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from crawler.mend.patch import patched
from crawler.source import Source, load_sources
from feeds.error import ConfigError

__all__ = ["Rewrite"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """Changes for the file of *source*, by section ("" is its head) and key; "" takes a key out; and *why*."""

    source: Source
    changes: Mapping[str, Mapping[str, str | bool]]
    why: str = ""

    def text(self) -> str:
        """Return the file of the source with the changes in it; ConfigError where they must be made by hand."""
        text = Path(self.source.file).read_text(encoding="utf-8")
        try:
            for section, changes in self.changes.items():
                if section:
                    text = patched(text, {name: str(value) for name, value in changes.items()}, section)
                else:
                    text = _headed(text, changes)
        except ValueError as error:
            raise ConfigError(f"{self.source.file}: {error}") from None
        return text

    def diff(self) -> str:
        """Return the changes as a unified diff from the file in use to the operator's copy of it; "" for none."""
        before = Path(self.source.file).read_text(encoding="utf-8").splitlines(keepends=True)
        after = self.text().splitlines(keepends=True)
        return "".join(difflib.unified_diff(before, after, self.source.file, f"sources.d/{self.source.key}.toml"))

    def write(self, folder: Path) -> str:
        """Write the changed file into *folder* and return what to say of it.

        ConfigError, and what was there before, where it describes no source.
        """
        path = folder / f"{self.source.key}.toml"
        text = self.text()
        before = path.read_bytes() if path.exists() else None
        folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
        try:
            load_sources(folder, use=[self.source.key])
        except ConfigError:
            path.unlink() if before is None else path.write_bytes(before)
            raise
        own = Path(self.source.file) == path
        return f"{path}: written" + ("" if own else f"; this copy of yours is read in place of {self.source.file}")


def _headed(text: str, changes: Mapping[str, str | bool]) -> str:
    r"""Return the TOML *text* with *changes* in what stands before its first table, all else as it was.

    >>> _headed('a = "1"  # why\nb = false\n[listing]\nb = 1\n', {"b": True, "c": "x", "a": ""})
    'b = true\nc = "x"\n[listing]\nb = 1\n'
    """
    wanted = tomllib.loads(text)
    wanted = {name: value for name, value in wanted.items() if changes.get(name) != ""}
    wanted |= {name: value for name, value in changes.items() if value != ""}
    lines = text.splitlines()
    end = next((n for n, line in enumerate(lines) if re.match(r"\s*\[", line)), len(lines))
    head, rest = lines[:end], lines[end:]
    for name, value in changes.items():
        own = [n for n, line in enumerate(head) if re.match(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=", line)]
        stated = [] if value == "" else [f"{name} = {json.dumps(value, ensure_ascii=False)}"]
        if own:
            head[own[0] : own[0] + 1] = stated
        elif stated:
            last = max((n for n, line in enumerate(head) if line.strip()), default=-1) + 1
            head[last:last] = stated
    found = "\n".join([*head, *rest, ""])
    try:
        if tomllib.loads(found) == wanted:
            return found
    except tomllib.TOMLDecodeError:
        pass
    raise ValueError("is not written one key a line: change it by hand")
