"""Files of an operator that are wrong in any way: messages with file and key, status 2, never a traceback."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.source import load_sources
from feeds import topic
from feeds.error import ConfigError
from scheduler.config import OPTIONS, load
from scheduler.start import starter_files

if TYPE_CHECKING:
    from conftest import Typed

VALUES = (
    "1",
    "-1",
    "0",
    "1e400",
    "-inf",
    "nan",
    "99999999999999999999999999",
    "true",
    '""',
    '"\\u0000"',
    '"\\uFFFE"',
    '"x"',
    "[]",
    "[[]]",
    '["", 1]',
    "{}",
    "{ a = { b = { c = 1 } } }",
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "00:00:00",
    '"../../../etc/passwd"',
    '"http://["',
    '"http://a:99999999/"',
    '"javascript:alert(1)"',
    '"99999d"',
    '"(((((((((("',
    '"(a+)+$"',
    '"' + "x" * 100_000 + '"',
    "[" * 500 + "]" * 500,
)
SOURCE_KEYS = (
    *(
        "title",
        "status",
        "language",
        "time-zone",
        "every",
        "delay",
        "allow-private",
        "kind",
        "hosts",
        "render",
        "rights",
    ),
    *("listing.url", "listing.links", "listing.native-id", "listing.next", "listing.date", "listing.days", "listing"),
    *("release.title", "release.body", "release.drop", "release.published", "release", "translations.zh-hant", "view"),
    *("expect.items", "expect", "nobody.knows", "view.of", "checked", "evidence", "site", "schedule", "cron"),
)
TOPIC_KEYS = ("name", "names", "about", "terms", "threshold", "any", "all", "not", "rules", "weight", "places", "masks")


def _table(key: str, value: str) -> str:
    section, _, name = key.rpartition(".")
    return f"[{section}]\n{name} = {value}\n" if section else f"{key} = {value}\n"


def _only_complains(read: Callable[[], object], what: str) -> bool:
    """Return whether *read* complains; anything but a ConfigError of one-line problems fails."""
    try:
        read()
    except ConfigError as error:
        told = str(error)
        assert told.strip(), what
        assert all(len(line) < 5_000 for line in told.splitlines()), what
        return True
    return False


@pytest.mark.parametrize("key", [option.key for option in OPTIONS])
def test_k7_a_value_of_any_kind_is_taken_or_told(tmp_path: Path, key: str) -> None:
    file = tmp_path / "baywire.toml"
    told = 0
    for value in VALUES:
        file.write_text(_table(key, value), encoding="utf-8")
        told += _only_complains(lambda: load(tmp_path, environ={}), f"{key} = {value[:60]}")
    assert told > len(VALUES) / 3


@pytest.mark.parametrize("key", SOURCE_KEYS)
@pytest.mark.soak
def test_k7_a_source_file_of_any_kind_is_taken_or_told(tmp_path: Path, key: str) -> None:
    base = 'title = "A"\nlanguage = "en"\ntime-zone = "UTC"\n'
    for value in VALUES:
        text = (base.replace(f"{key} =", "# ") if "." not in key else base) + _table(key, value)
        (tmp_path / "odd.toml").write_text(text, encoding="utf-8")
        _only_complains(lambda: load_sources(tmp_path, use=["odd"]), f"{key} = {value[:60]}")


@pytest.mark.parametrize("key", TOPIC_KEYS)
@pytest.mark.soak
def test_k7_a_topic_file_of_any_kind_is_taken_or_told(tmp_path: Path, key: str) -> None:
    file = tmp_path / "odd.toml"
    for value in VALUES:
        for text in (f"[odd]\n{key} = {value}\n", f"[[topic]]\nkey = 'odd'\n{key} = {value}\n", f"{key} = {value}\n"):
            file.write_text(text, encoding="utf-8")
            _only_complains(lambda: topic.load(file), f"{key} = {value[:60]}")


def test_k7_a_starter_configuration_with_any_damage_is_taken_or_told(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201  # pytest shows it with a failure
    chance = random.Random(seed)  # noqa: S311  # it guards nothing
    text = "\n".join(line.removeprefix("# ") for line in starter_files(tmp_path)["baywire.toml"].splitlines())
    file = tmp_path / "baywire.toml"
    for _ in range(300):
        body = bytearray(text.encode())
        for _ in range(chance.randint(1, 5)):
            at = chance.randrange(len(body))
            match chance.randrange(4):
                case 0:
                    body[at] = chance.randrange(256)
                case 1:
                    del body[at : at + chance.randrange(40)]
                case 2:
                    body[at:at] = "".join(chance.choices(string.printable, k=5)).encode()
                case 3:
                    body[at:at] = chance.choice(VALUES[:-2]).encode()
        file.write_bytes(body)
        _only_complains(lambda: load(tmp_path, environ={}), repr(bytes(body)))


@pytest.mark.parametrize(
    "text", ["[site\n", "[site]\ntitel = 1\n", '[sources]\nuse = ["nobody"]\n', "\ufeff[site", "a = 1\n" * 3, "\0"]
)
def test_k7_a_command_says_what_is_wrong_and_exits_2(tmp_path: Path, typed: Typed, text: str) -> None:
    (tmp_path / "baywire.toml").write_text(text, encoding="utf-8")
    for words in (("check",), ("crawl",), ("run", "--port", "0"), ("status",)):
        done = typed(*words)
        assert done.returncode == (1 if words == ("check",) and done.returncode == 1 else 2), done.stderr
        assert "baywire" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "var" / "baywire.sqlite3").exists()
