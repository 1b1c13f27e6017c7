"""Strict reading of one TOML file: every problem at once, with file, line, key and the nearest key that is known."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise
from pathlib import Path
from typing import cast

from cronsim import CronSim, CronSimError

from crawler.pattern import is_quick
from feeds.error import did_you_mean

__all__ = ["Table", "bounded", "read_toml", "seconds", "shortest_gap"]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST_PATTERN = 300
_LONGEST_TOLD = 500  # characters of what is wrong
_SLOW = (
    "a repeated group that repeats inside itself, or a back reference, is not taken: "
    'expected each turn of a group to be told by its next sign alone, as in "(?:/[a-z]+)*"'
)
_ANY_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def read_toml(path: Path, problems: list[str]) -> Table:
    """Return *path* as a table to be taken from; what is wrong with it is added to *problems*."""
    try:
        text = path.read_text("utf-8")
        values = tomllib.loads(text)
    except OSError as error:
        problems.append(f"{path}: cannot be read: {error.strerror}")
        return Table({}, str(path), "", problems)
    except UnicodeDecodeError as error:
        problems.append(f"{path}: byte {error.start} is not UTF-8: expected a TOML file in UTF-8")
        return Table({}, str(path), "", problems)
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{path}: is not TOML: {error}")
        return Table({}, str(path), "", problems)
    except (RecursionError, ValueError) as error:  # brackets a hundred deep, a number of 5,000 digits
        problems.append(f"{path}: is no TOML that can be read: {error}")
        return Table({}, str(path), "", problems)
    return Table(values, str(path), text, problems)


@dataclass(slots=True)
class Table:
    """A TOML table from which keys are taken; `end` complains of those left over."""

    values: Mapping[str, object]
    file: str
    text: str
    problems: list[str]
    prefix: str = ""
    taken: set[str] = field(default_factory=set)

    def complain(self, key: str, wrong: str, expected: str = "") -> None:
        """Add a problem with *key* of this table."""
        where = f"{self.file}:{line}" if (line := self._line(key)) else self.file
        wrong = wrong if len(wrong) <= _LONGEST_TOLD else f"{wrong[:_LONGEST_TOLD]}…"
        self.problems.append(f"{where}: {self.prefix}{key}: {wrong}" + (f": expected {expected}" if expected else ""))

    def string(self, key: str, default: str = "") -> str:
        """Return the string under *key*."""
        value = self._take(key, default)
        if not isinstance(value, str):
            self.complain(key, f"got {value!r}", "a string")
            return default
        return value.strip()

    def choice(self, key: str, choices: Sequence[str], default: str) -> str:
        """Return the string under *key*, one of *choices*."""
        value = self.string(key, default)
        if value not in choices:
            self.complain(
                key, f'got "{value}"', f"one of {', '.join(filter(None, choices))}" + did_you_mean(value, choices)
            )
            return default
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        """Return the strings under *key*; one string alone counts as a list of one."""
        value = self._take(key, ())
        if isinstance(value, str):
            return (value.strip(),)
        if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
            self.complain(key, f"got {value!r}", "a list of strings")
            return ()
        return tuple(str(part).strip() for part in value)

    def boolean(self, key: str, *, default: bool) -> bool:
        """Return the boolean under *key*."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            self.complain(key, f"got {value!r}", "true or false")
            return default
        return value

    def number(self, key: str, default: float, *, least: float = 0) -> float:
        """Return the number under *key*, not below *least*."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < float("inf"):
            self.complain(key, f"got {value!r}", f"a number from {least:g}")
            return default
        return value

    def table(self, key: str) -> Table:
        """Return the table under *key*, empty if absent."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            self.complain(key, f"got {value!r}", "a table")
            value = {}
        return Table(cast("dict[str, object]", value), self.file, self.text, self.problems, f"{self.prefix}{key}.")

    def tables(self, key: str) -> tuple[Table, ...]:
        """Return the tables of the list under *key*."""
        value = self._take(key, ())
        if not isinstance(value, list | tuple) or not all(isinstance(part, dict) for part in value):
            self.complain(key, f"got {value!r}", "a list of tables")
            return ()
        return tuple(
            Table(part, self.file, self.text, self.problems, f"{self.prefix}{key}[{number}].")
            for number, part in enumerate(value)
        )

    def rule(self, key: str) -> tuple[str, Table]:
        """Return the string under *key*, or that under its `css`, and the table it stood in (empty for a string)."""
        if isinstance(self.values.get(key), dict):
            table = self.table(key)
            return table.string("css"), table
        return self.string(key), Table({}, self.file, self.text, self.problems, f"{self.prefix}{key}.")

    def checked(self, key: str, value: str, check: Callable[[str], object]) -> str:
        """Return *value* if *check* raises no ValueError for it, else complain and return ""."""
        try:
            if value:
                check(value)
        except ValueError as error:
            self.complain(key, f'got "{value}": {error}')
            return ""
        return value

    def end(self, also: Iterable[str] = ()) -> None:
        """Complain of every key that nobody took."""
        known = sorted({*self.taken, *also})
        for key in self.values:
            if key not in known:
                self.complain(
                    key,
                    "unknown key",
                    f"one of {', '.join(known)}{did_you_mean(key, known)}" if known else "no key here",
                )

    def _take(self, key: str, default: object) -> object:
        self.taken.add(key)
        return self.values.get(key, default)

    def _line(self, key: str) -> int:
        """Return the line of *key* in its table, as near as text without positions tells; 0 where unknown."""
        table, current = re.sub(r"\[\d+\]", "", self.prefix).rstrip("."), ""
        own = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]")
        inline = re.compile(rf"\s*{re.escape(table.rsplit('.', 1)[-1])}\s*=.*\b{re.escape(key)}\b")
        for number, line in enumerate(self.text.split("\n"), 1):
            if heading := re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]", line):
                current = heading[1].replace('"', "")
                if key == current.rsplit(".", 1)[-1] and table == current.rpartition(".")[0]:
                    return number
            elif (current == table and own.match(line)) or (table and inline.match(line)):
                return number
        return 0


def seconds(text: str) -> int:
    """Return how many seconds *text* says; ValueError if it says none.

    >>> seconds("10m"), seconds("1h30m")
    (600, 5400)
    """
    if not re.fullmatch(r"(?:\d{1,5}[smhd])+", text):
        raise ValueError('expected a time like "10m", "1h" or "90s"')
    return sum(int(part[:-1]) * _UNITS[part[-1]] for part in re.findall(r"\d+[smhd]", text))


@lru_cache(maxsize=1024)
def shortest_gap(cron: str) -> timedelta:
    """Return the shortest time between two of the next hundred moments that *cron* names; ValueError if it names none.

    Five fields as crontab(5) has them: minute, hour, day of the month, month, day of the week.

    >>> shortest_gap("*/20 8-20 * * 1-5")
    datetime.timedelta(seconds=1200)
    >>> shortest_gap("61 * * * *")
    Traceback (most recent call last):
    ValueError: expected five fields as in a crontab, such as "*/20 8-20 * * 1-5": Bad minute
    """
    try:
        moments = list(islice(CronSim(cron, _ANY_MONDAY), 100))
    except CronSimError as error:
        raise ValueError(f'expected five fields as in a crontab, such as "*/20 8-20 * * 1-5": {error}') from None
    if len(cron.split()) != 5 or len(moments) < 2:
        raise ValueError('expected five fields as in a crontab, such as "*/20 8-20 * * 1-5"')
    return min(later - earlier for earlier, later in pairwise(moments))


@lru_cache(maxsize=1024)
def bounded(pattern: str) -> re.Pattern[str]:
    r"""Return *pattern* compiled, if it is one that cannot take exponential time; ValueError says why not.

    >>> bounded(r"P\d{8}\d{4,5}").search("/P2020010200831.htm")[0]
    'P2020010200831'
    >>> bounded("(a+)+b")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: a repeated group that repeats inside itself, or a back reference, is not taken: expected ...
    """
    if len(pattern) > _LONGEST_PATTERN:
        raise ValueError(f"longer than {_LONGEST_PATTERN} characters")
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(str(error)) from error
    if not is_quick(pattern):
        raise ValueError(_SLOW)
    return compiled
