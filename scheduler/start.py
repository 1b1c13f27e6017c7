"""A starter project: the configuration with every default told, and what runs it on a machine."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from importlib import resources
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

from feeds.error import ConfigError
from scheduler import VERSION
from scheduler.config import load
from scheduler.forward import bucket_rules, caddy_rules, nginx_rules
from scheduler.key import NEVER_PLAIN, OPTIONS
from scheduler.option import Option, show_duration

__all__ = ["starter_files", "write_starter"]

# where it goes → which file of scheduler/starter it is
_FILES = {
    "sources.d/example.toml.txt": "source.toml",
    "topics.d/example.toml.txt": "topic.toml",
    "baywire.service": "baywire.service",
    "compose.yaml": "compose.yaml",
    "nginx.conf": "nginx.conf",
    "Caddyfile": "Caddyfile",
}
_NO_TOPICS: Mapping[str, str] = MappingProxyType({})
_SHARED = ("sources.d/example.toml.txt", "topics.d/example.toml.txt")
_FLEET = ("roles.sql", "passwords.sh", "pin.sh", "Containerfile", "compose.yaml", "nginx.conf")
# A fleet's two units are the daemon's, hardened in one place, each with other lines.
_UNITS = {
    "baywire-scheduler.service": {
        "baywire.service": "baywire-scheduler.service",
        "enable --now baywire": "enable --now baywire-scheduler",
        "feeds of what official bodies publish": "the scheduler of a fleet",
        " run\n": " run --fleet\n",
        "Environment=": "LoadCredential=store:/etc/baywire/store\n"
        "Environment=BAYWIRE_STORE_PASSWORD_FILE=%d/store\nEnvironment=",
    },
    "baywire-worker@.service": {
        "# cp baywire.service /etc/systemd/system/ && mkdir -p /var/lib/baywire && "
        "cp -r baywire.toml sources.d topics.d /var/lib/baywire/": "# cp baywire-worker@.service /etc/systemd/system/; "
        "in /etc/baywire: baywire.toml, sources.d, topics.d, store (the password), s3.env",
        "enable --now baywire": "enable --now baywire-worker@1 baywire-worker@2",
        "feeds of what official bodies publish": "worker %i of a fleet",
        "-C /var/lib/baywire run\n": "-C /etc/baywire worker\n",
        "StateDirectory=baywire\nWorkingDirectory=/var/lib/baywire\n": "WorkingDirectory=/etc/baywire\n"
        "LoadCredential=store:/etc/baywire/store\n"
        "Environment=BAYWIRE_STORE_PASSWORD_FILE=%d/store\nEnvironmentFile=-/etc/baywire/s3.env\n"
        "# /metrics of each worker on a port of its own:\n# Environment=BAYWIRE_SERVE_METRICS_PORT=910%i\n",
    },
}


def write_starter(directory: Path, *, fleet: bool = False) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write what is missing of a starter project into *directory*; return what was written, and what was there.

    With *fleet* it is one for many machines. Nothing is ever overwritten; a configuration
    that is there decides what web servers are told of topics that moved or are retired.
    Raises ConfigError where that is wrong, or the folder cannot be written.
    """
    written: list[str] = []
    kept: list[str] = []
    there = load(directory).publish if (directory / "baywire.toml").is_file() else None
    moved, retired = (there.moved, there.retired) if there else ({}, ())
    try:
        for name, text in starter_files(directory.absolute(), fleet=fleet, moved=moved, retired=retired).items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            (written if _is_written(path, text) else kept).append(name)
    except OSError as error:
        raise ConfigError(f"{error.filename}: cannot be written: {error.strerror}") from None
    return tuple(written), tuple(kept)


def _is_written(path: Path, text: str) -> bool:
    """Write *text* to *path*, whole or not at all; return False where there is such a file already."""
    try:
        file = path.open("x", encoding="utf-8")
    except FileExistsError:
        return False
    try:
        with file:
            file.write(text)
    except OSError as error:
        path.unlink()  # half of it would be kept by the next `init`
        error.filename = path
        raise
    return True


def starter_files(
    directory: Path, *, fleet: bool = False, moved: Mapping[str, str] = _NO_TOPICS, retired: Sequence[str] = ()
) -> dict[str, str]:
    """Return the files of a starter project in *directory*, name to text; with *fleet* one for many machines.

    Web servers are told which topics *moved*, old key to new, and which are *retired*.
    """
    folder = resources.files("scheduler") / "starter"
    command = shutil.which("baywire") or f"{sys.executable} -m scheduler"
    told = {"baywire.toml": _configuration()}
    files = {name: _FILES[name] for name in _SHARED} | {name: f"fleet/{name}" for name in _FLEET} if fleet else _FILES
    if fleet:
        unit = (folder / "baywire.service").read_text(encoding="utf-8").replace("{command}", command)
        told |= {name: _replaced(unit, lines) for name, lines in _UNITS.items()}
    for name, source in files.items():
        text = (folder / source).read_text(encoding="utf-8")
        told[name] = text.replace("{directory}", str(directory)).replace("{command}", command)
        told[name] = told[name].replace("{version}", VERSION)
    for name, rules in (("nginx.conf", bucket_rules if fleet else nginx_rules), ("Caddyfile", caddy_rules)):
        if name in told:
            told[name] = _indented(told[name], rules(moved, retired))
    return told


def _indented(text: str, rules: str) -> str:
    """Return *text* with *rules* where it has "{topics}", as far in as that."""
    return re.sub(
        r"^([ \t]*)\{topics\}$",
        lambda found: "\n".join(found[1] + line for line in rules.splitlines()),
        text,
        flags=re.MULTILINE,
    )


def _replaced(text: str, lines: Mapping[str, str]) -> str:
    for before, after in lines.items():
        if before not in text:
            raise ValueError(f"{before!r}: not in the unit it is to be replaced in")
        text = text.replace(before, after)
    return text


def _configuration() -> str:
    """Return a baywire.toml in which every key stands with its default, commented out."""
    lines = ["# Every key may be left out: what stands here behind a # is what holds then. Try it: baywire check"]
    for section, options in groupby(OPTIONS, key=lambda option: option.key.partition(".")[0]):
        lines += ["", f"[{section}]"]
        for option in options:
            setting = f"# {option.key.partition('.')[2]} = {_value(option)}"
            if option.key in NEVER_PLAIN:
                setting = f'# {option.key.partition(".")[2]}-file = "secret"'
            lines.append(f"{setting:<42}  # {option.about}")
    lines += ["", "# A feed of its own for every combination you name:", "# [feeds.ai-and-greater-bay-area]"]
    lines += ['# where = "ai and greater-bay-area and not source:hk-gia-zh"', ""]
    return "\n".join(lines)


def _value(option: Option) -> str:
    match option.default:
        case None:
            return "1.0"
        case bool():
            return str(option.default).lower()
        case timedelta():
            return f'"{show_duration(option.default)}"'
        case tuple():
            return "[" + ", ".join(f'"{word}"' for word in option.default) + "]"
        case str():
            return f'"{option.default}"'
    return str(option.default)
