"""A change of rules as TOML: for a person to read, and written into the text of a source file."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

__all__ = ["fragment", "patched"]

_HEADING = re.compile(r"\s*\[")


def fragment(changes: Mapping[str, str], section: str = "listing") -> str:
    r"""Return *changes* of *section* as TOML; "" says that a key is to be taken out.

    >>> fragment({"links": "main h3 > a", "item": ""})
    '[listing]\nlinks = "main h3 > a"\n# without item\n'
    """
    lines = [f"[{section}]", *(f"{name} = {_quoted(value)}" for name, value in changes.items() if value)]
    gone = [name for name, value in changes.items() if not value]
    return "\n".join([*lines, *([f"# without {', '.join(gone)}"] if gone else []), ""])


def patched(text: str, changes: Mapping[str, str], section: str = "listing") -> str:
    r"""Return the TOML *text* with *changes* in its *section*, all else as it was, comments too.

    Raises ValueError where the file is written in a way that cannot be changed line by line.

    >>> patched('a = 1\n[listing]\nurl = "x"  # why\nlinks = "b"\n', {"links": "c", "item": ""})
    'a = 1\n[listing]\nurl = "x"  # why\nlinks = "c"\n'
    """
    wanted = _with(tomllib.loads(text), changes, section)
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if re.fullmatch(rf"\s*\[{section}\]\s*(?:#.*)?", line)), None)
    if start is None:
        lines += ["", f"[{section}]"]
        start = len(lines) - 1
    end = next((n for n in range(start + 1, len(lines)) if _HEADING.match(lines[n])), len(lines))
    own = re.compile(rf"\s*[\"']?(?:{'|'.join(map(re.escape, changes))})[\"']?\s*=")
    body = lines[start + 1 : end]
    last = max((n for n, line in enumerate(body) if line.strip()), default=-1) + 1
    place = next((n for n, line in enumerate(body) if own.match(line)), last)
    # A key of a preset below is taken out by saying "".
    kept = [line for line in body[:place] if not own.match(line)]
    rest = [line for line in body[place:] if not own.match(line)]
    stated = [f"{name} = {_quoted(changes[name])}" for name in changes if name in wanted.get(section, {})]
    found = "\n".join([*lines[: start + 1], *kept, *stated, *rest, *lines[end:], ""])
    try:
        if tomllib.loads(found) == wanted:
            return found
    except tomllib.TOMLDecodeError:
        pass
    raise ValueError(f"[{section}] is not written one key a line: mend it by hand")


def _with(values: dict[str, Any], changes: Mapping[str, str], section: str) -> dict[str, Any]:
    """Return *values* as they are to be: keys to take out are "" where a preset may have them."""
    below = "preset" in values
    own = {name: value for name, value in values.get(section, {}).items() if name not in changes}
    own |= {name: value for name, value in changes.items() if value or below}
    return {**values, section: own}


def _quoted(text: str) -> str:
    """Return *text* as a basic string of TOML, which JSON's is a form of."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
