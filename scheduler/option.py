"""One key of baywire.toml: its name, what may stand there, what stands there otherwise."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from feeds.error import did_you_mean
from feeds.identity import DEFAULT_AUTHORITY
from scheduler.log import escape

__all__ = [
    "Option",
    "Read",
    "choices",
    "line_of",
    "read_address",
    "read_addresses",
    "read_authority",
    "read_command",
    "read_duration",
    "read_flag",
    "read_list",
    "read_moves",
    "read_number",
    "read_photos",
    "read_port",
    "read_store",
    "read_target",
    "read_text",
    "show_duration",
    "syntax_line",
]

Value = str | int | float | bool | tuple[str, ...] | timedelta
Read = Callable[[object], Value]

_AUTHORITY = re.compile(r"([\w.-]+@)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*,\d{4}(-\d\d(-\d\d)?)?", re.ASCII)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A key ("serve.port"), how it is read, its default, and one line about it.

    *read* returns the value or raises ValueError that says what was expected. A
    *secret* may also be named by a file: ``<key>-file``.
    """

    key: str
    read: Read
    default: Value | None
    about: str
    secret: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that sets it.

        >>> Option(key="site.base-url", read=read_text, default="", about="").variable
        'BAYWIRE_SITE_BASE_URL'
        """
        return "BAYWIRE_" + self.key.upper().replace(".", "_").replace("-", "_")


def read_text(value: object) -> str:
    """Return *value*, a text on one line.

    >>> read_text(" Bay ")
    'Bay'
    """
    if not isinstance(value, str) or _CONTROL.search(value.strip()):
        raise ValueError(f"expected text on one line; got {_show(value)}")
    return value.strip()


def read_authority(value: object) -> str:
    """Return *value*, a name and a day on which it was ours, as RFC 4151 has it, or "" for the default.

    A name alone gets the year of the default, which never changes.

    >>> read_authority("news.example,2027"), read_authority("desk@news.example,2026-11-23")
    ('news.example,2027', 'desk@news.example,2026-11-23')
    >>> read_authority("news.example")
    'news.example,2026'
    """
    text = read_text(value)
    if text and "," not in text:
        text = f"{text},{DEFAULT_AUTHORITY.partition(',')[2]}"
    if text and not _AUTHORITY.fullmatch(text):
        raise ValueError(
            f'expected a name of yours and a year in which you had it, "news.example,2026"; got {_show(text)}'
        )
    return text


def read_flag(value: object) -> bool:
    """Return *value*, true or false; the environment may also say 1, 0, yes, no, on, off.

    >>> read_flag("yes"), read_flag(False)
    (True, False)
    """
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    found = value if isinstance(value, bool) else words.get(value.lower()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"expected true or false; got {_show(value)}")
    return found


def read_photos(value: object) -> bool:
    """Return whether photographs are shown: "show" or a flag that says so; not where *value* is "link".

    >>> read_photos("link"), read_photos("show"), read_photos(True)
    (False, True, True)
    """
    if value in ("show", "link"):
        return value == "show"
    try:
        return read_flag(value)
    except ValueError:
        raise ValueError(f'expected "show" or "link", or true or false; got {_show(value)}') from None


def read_moves(value: object) -> Value:
    """Return a list of "old=new".

    >>> read_moves(["artificial=ai"])
    ('artificial=ai',)
    """
    words = read_list(value)
    for position, word in enumerate(words):
        if not re.fullmatch(r"[a-z0-9-]+=[a-z0-9-]+", word):
            raise ValueError(f'[{position}]: expected "old=new", two keys of topics; got {_show(word)}')
    return words


def read_number(value: object) -> float:
    """Return *value*, a number of seconds that is not negative.

    >>> read_number("0.5")
    0.5
    """
    if isinstance(value, str) and re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1_000_000:
        raise ValueError(f"expected a number of seconds, 0 or more; got {_show(value)}")
    return float(value)


def read_port(value: object) -> int:
    """Return *value*, a TCP port; 0 lets the system choose a free one.

    >>> read_port("8000")
    8000
    """
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= 65_535:
        raise ValueError(f"expected a port from 0 to 65535; got {_show(value)}")
    return number


def read_duration(value: object) -> timedelta:
    """Return *value*, a whole number with its unit.

    >>> read_duration("90d"), read_duration("10m")
    (datetime.timedelta(days=90), datetime.timedelta(seconds=600))
    """
    match = re.fullmatch(r"(\d{1,6})\s*([smhdw])", value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'expected a duration such as "30s", "10m", "2h", "90d"; got {_show(value)}')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def show_duration(span: timedelta) -> str:
    """Return *span* in the form that `read_duration` reads, in its largest whole unit.

    >>> show_duration(timedelta(days=90)), show_duration(timedelta(seconds=90))
    ('90d', '90s')
    """
    seconds = int(span.total_seconds())
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds and not seconds % size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def read_address(value: object) -> str:
    """Return *value*, an http or https address, or "" for none.

    >>> read_address("https://feeds.example/")
    'https://feeds.example/'
    """
    text = read_text(value)
    try:
        parts = urlsplit(text)
        good = not text or (parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0)
    except ValueError:
        good = False
    if not good or re.search(r"\s", text):
        raise ValueError(f"expected an address that starts with http:// or https://; got {_show(value)}")
    return text


def read_target(value: object) -> str:
    """Return *value*, a place in an object store, without a slash at its end, or "" for none.

    >>> read_target("s3://feeds/public/")
    's3://feeds/public'
    """
    text = read_text(value).rstrip("/")
    if text and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._~/-]*)?", text):
        raise ValueError(f"expected s3://BUCKET or s3://BUCKET/PREFIX; got {_show(value)}")
    return text


def read_store(value: object) -> str:
    """Return *value*, where a store is; what else it holds is never told, for it may be a password.

    >>> read_store("sqlite:///var/baywire.sqlite3")
    'sqlite:///var/baywire.sqlite3'
    """
    text = read_text(value) if isinstance(value, str) else ""
    if text.partition(":")[0].partition("+")[0] not in {"sqlite", "postgresql", "postgres"}:
        raise ValueError("expected sqlite:///FILE or postgresql://ROLE@HOST/NAME")
    return text


def read_list(value: object) -> tuple[str, ...]:
    """Return *value*, texts; in the environment they are parted by commas.

    >>> read_list("hk-gia-en, mo-gcs-zh"), read_list(["a"])
    (('hk-gia-en', 'mo-gcs-zh'), ('a',))
    """
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
        raise ValueError(f"expected a list of texts; got {_show(value)}")
    return tuple(value)


def read_addresses(value: object) -> tuple[str, ...]:
    """Return *value*, http or https addresses; in the environment they are parted by commas.

    >>> read_addresses("https://a.example/, https://b.example/")
    ('https://a.example/', 'https://b.example/')
    """
    return tuple(read_address(one) for one in read_list(value))


def read_command(value: object) -> tuple[str, ...]:
    """Return *value*, a program and its arguments; no shell ever sees it.

    >>> read_command("notify-send 'a source fails'")
    ('notify-send', 'a source fails')
    """
    if isinstance(value, str):
        try:
            return tuple(shlex.split(value))
        except ValueError as error:
            raise ValueError(f"expected a command; got {_show(value)} ({error})") from None
    return read_list(value)


def choices(*allowed: str, many: bool = False) -> Read:
    """Return a reader of one (or *many*) of the *allowed* words; the position of a wrong one is told.

    >>> choices("atom", "rss", many=True)(["atom", "rs"])
    Traceback (most recent call last):
    ...
    ValueError: [1]: expected one of atom, rss; got "rs" (did you mean "rss"?)
    """

    def read(value: object) -> Value:
        for position, word in enumerate(words := read_list(value) if many else (read_text(value),)):
            if word not in allowed:
                where = f"[{position}]: " if many else ""
                expected = f"expected one of {', '.join(allowed)}"
                raise ValueError(f"{where}{expected}; got {_show(word)}{did_you_mean(word, allowed)}")
        return words if many else words[0]

    return read


def line_of(text: str, *keys: str) -> int | None:
    r"""Return the line (from 1) of TOML *text* where the key path *keys* is set, or its nearest table; None unknown.

    Reads headers and the start of lines only: enough to point a person to a place.

    >>> line_of('[serve]\nport = 1\n', "serve", "port"), line_of('a.b = 1', "a", "b"), line_of('', "x")
    (2, 1, None)
    """
    table: tuple[str, ...] = ()
    best, depth = None, 0
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?(.+?)\]\]?\s*(#.*)?$", line)
        found = header[1] if header else (re.match(r"\s*([\w\-.\"' ]+?)\s*=", line) or ("", ""))[1]
        path = (() if header else table) + _parts(found)
        table = path if header else table
        common = len(path) if keys[: len(path)] == path else 0
        if found and common > depth:
            best, depth = number, common
    return best


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(bare or quoted for quoted, bare in re.findall(r"""["'](.*?)["']|([\w-]+)""", dotted))


def _show(value: object) -> str:
    if isinstance(value, str):
        return f'"{escape(value[:80])}"'
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value!r}"[:80]


def syntax_line(error: tomllib.TOMLDecodeError, text: str) -> int:
    """Return the line of *text* that *error* speaks of."""
    match = re.search(r"at line (\d+)", str(error))
    return int(match[1]) if match else max(1, text.count("\n"))
