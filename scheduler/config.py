"""baywire.toml and the environment → one frozen Config; nothing else reads either."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import cast
from urllib.parse import quote, urlsplit

from feeds.error import ConfigError, did_you_mean
from feeds.site import LANGUAGES
from scheduler.apart import why_not_apart
from scheduler.key import NEVER_PLAIN, OPTIONS
from scheduler.option import Option, Value, line_of, read_text, syntax_line

__all__ = [
    "NEVER_PLAIN",
    "OPTIONS",
    "Config",
    "Crawl",
    "Fleet",
    "Log",
    "Notify",
    "Publish",
    "Serve",
    "Site",
    "Sources",
    "Store",
    "load",
]

_BY_KEY = {option.key: option for option in OPTIONS}
# The combination that comes with baywire; a table of the same name in baywire.toml takes its place.
_SHIPPED = MappingProxyType({"ai-and-greater-bay-area": "ai and greater-bay-area"})
_SECTIONS = tuple(dict.fromkeys([*(option.key.partition(".")[0] for option in OPTIONS), "feeds"]))
_PREFIXES = tuple(f"BAYWIRE_{section.upper()}_" for section in _SECTIONS if section != "feeds")
_COMBINATION_KEYS = ("where",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What is said of the whole: *base_url* ends with "/"; *authority* is "" for the fixed default."""

    base_url: str
    title: str
    authority: str
    photos: bool
    languages: tuple[str, ...] = LANGUAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Where releases are kept; *url* is absolute and may hold a password, so it is never shown."""

    url: str = field(repr=False)
    keep_pages: timedelta

    @property
    def shown(self) -> str:
        """The address of the store without its password."""
        parts = urlsplit(self.url)
        return self.url.replace(f":{parts.password}@", ":***@") if parts.password else self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """Where files go, and in which formats; *target* is the object store in place of *directory*, "" for none."""

    directory: Path
    target: str
    formats: tuple[str, ...]
    brotli: bool = False
    retired: tuple[str, ...] = ()
    moved: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Who is told: *hook* a command, *heartbeat_url* and *hub* addresses, each empty for nobody."""

    hook: tuple[str, ...]
    heartbeat_url: str = field(repr=False)
    hub: str
    webhooks: tuple[str, ...] = field(repr=False)
    webhook_secret: str = field(repr=False)
    alert_webhooks: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Serve:
    """Where the built-in server listens; *metrics_port* 0 for no /metrics."""

    host: str
    port: int
    metrics_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawl:
    """How we behave as a visitor; *delay_s* seconds between two requests to one host, None as each source says."""

    contact: str
    delay_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Which sources: *use* names keys (all when empty), *folders* hold the operator's own files."""

    use: tuple[str, ...]
    folders: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """How many machines work together: after three *heartbeat* without one a worker counts as dead."""

    heartbeat: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """How lines of log are written."""

    format: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All that an operator can decide; *feeds* are the named combinations, name → where."""

    directory: Path
    file: Path | None
    site: Site
    store: Store
    publish: Publish
    notify: Notify
    serve: Serve
    crawl: Crawl
    sources: Sources
    fleet: Fleet
    log: Log
    feeds: Mapping[str, str]
    topic_files: tuple[Path, ...]

    def place(self, *keys: str) -> str:
        """Return the file and line that set *keys*, as a message begins, "" where no file does."""
        text = _read(self.file, named=False) if self.file else ""
        line = line_of(text, *keys) if text else None
        return f"{_label(self.file, self.directory)}:{line}: " if self.file and line else ""

    @property
    def var(self) -> Path:
        """The folder of the lock, the control socket, the embedded store and its backups."""
        return self.directory / "var"


def load(
    directory: Path,
    file: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    flags: Mapping[str, object] | None = None,
) -> Config:
    """Return the configuration of *directory*: *flags* before *environ* before the file before the defaults.

    *file* is `baywire.toml` in *directory*, which may be absent; a *file* that is named
    must exist. Raises ConfigError with every problem on a line of its own.
    """
    named = file is not None
    file = file or directory / "baywire.toml"
    if not directory.is_dir():
        raise ConfigError(f"{directory}: no such folder: name another with -C, or make it with baywire init")
    text = _read(file, named=named)
    reading = _Reading(directory=directory, label=_label(file, directory), text=text or "")
    reading.read_file()
    reading.read_environment(environ)
    for key, value in (flags or {}).items():
        reading.take(_BY_KEY[key], value, where=f"--{key.partition('.')[2]}")
    url = str(reading.values.get("store.url", ""))
    if reading.values.get("store.password") and not (url.startswith("postgres") and urlsplit(url).username):
        reading.problems.append('store.password: has no use: expected store.url as "postgresql://ROLE@HOST/NAME"')
    for folder in (directory / "sources.d", directory / "topics.d"):
        if folder.exists() and not folder.is_dir():
            reading.problems.append(f"{folder}: is a file: expected a folder of TOML files")
        elif folder.exists() and not os.access(folder, os.R_OK | os.X_OK):
            reading.problems.append(f"{folder}: cannot be read: give this user the right to")
    if reading.problems:
        raise ConfigError("\n".join(reading.problems))
    config = _build(directory, file if text is not None else None, reading.values, reading.feeds)
    published = config.publish.directory
    if not config.publish.target and (why := why_not_apart(published, directory=directory, store_url=config.store.url)):
        raise ConfigError(f"{reading.where('publish', 'directory')}: publish.directory: {why}")
    return config


def _read(file: Path, *, named: bool) -> str | None:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        if named:
            raise ConfigError(f"{file}: no such file: write it with baywire init, or leave -c away") from None
        return None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: byte {error.start} is not UTF-8: expected a TOML file in UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}: expected a TOML file") from None


def _label(file: Path, directory: Path) -> str:
    return file.name if file.parent == directory else str(file)


class _Reading:
    """The values found so far, each with the place it came from, and what was wrong."""

    def __init__(self, *, directory: Path, label: str, text: str) -> None:
        self.directory = directory
        self.label = label
        self.text = text
        self.values: dict[str, Value] = {}
        self.feeds: dict[str, str] = {}
        self.problems: list[str] = []

    def read_file(self) -> None:
        try:
            document = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            self.problems.append(f"{self.label}:{syntax_line(error, self.text)}: is not TOML: {error}")
            return
        except (RecursionError, ValueError) as error:  # brackets a hundred deep, a number of 5,000 digits
            self.problems.append(f"{self.label}: is no TOML that can be read: {error}")
            return
        for section, table in document.items():
            if section not in _SECTIONS:
                self._problem((section,), f"is not a section{did_you_mean(section, _SECTIONS)}")
            elif not isinstance(table, dict):
                self._problem((section,), "expected a table: write it as [" + section + "]")
            elif section == "feeds":
                self._read_feeds(table)
            else:
                self._read_section(section, table)

    def _read_section(self, section: str, table: Mapping[str, object]) -> None:
        known = [option.key.partition(".")[2] for option in OPTIONS if option.key.startswith(section + ".")]
        for name, value in table.items():
            option = _BY_KEY.get(f"{section}.{name}") or self._secret_of(f"{section}.{name}")
            if option is None:
                self._problem((section, name), f"is not a key{did_you_mean(name, known)}")
                continue
            plain = option.key == f"{section}.{name}"
            if plain and option.key in NEVER_PLAIN:
                self._problem((section, name), f"is a secret: use {name}-file or {option.variable}")
                continue
            if plain and option.key == "store.url" and isinstance(value, str) and _has_password(value):
                self._problem((section, name), f"holds a password: use {name}-file or {option.variable}")
                continue
            self.take(option, value, where=self.where(section, name), from_file=not plain)

    def _read_feeds(self, table: Mapping[str, object]) -> None:
        for name, feed in table.items():
            if not isinstance(feed, dict) or not isinstance(feed.get("where"), str):
                self._problem(("feeds", name), 'expected a table with where = "…", such as "ai and greater-bay-area"')
                continue
            for key in feed:
                if key not in _COMBINATION_KEYS:
                    self._problem(("feeds", name, key), f"is not a key{did_you_mean(key, _COMBINATION_KEYS)}")
            self.feeds[name] = feed["where"]

    def read_environment(self, environ: Mapping[str, str]) -> None:
        by_variable = {option.variable: option for option in OPTIONS}
        for variable, value in environ.items():
            option = by_variable.get(variable)
            secret = by_variable.get(variable.removesuffix("_FILE"))
            if option is not None:
                self.take(option, value, where=variable)
            elif secret is not None and secret.secret:
                self.take(secret, value, where=variable, from_file=True)
            elif _is_meant(variable):
                self.problems.append(f"{variable}: is not a setting{did_you_mean(variable, tuple(by_variable))}")

    def take(self, option: Option, value: object, *, where: str, from_file: bool = False) -> None:
        try:
            if from_file:
                value = (self.directory / read_text(value)).read_text(encoding="utf-8").strip()
            self.values[option.key] = option.read(value)
        except OSError as error:
            self.problems.append(f"{where}: {option.key}-file: cannot be read: {error.strerror}: {error.filename}")
        except ValueError as error:
            message = f"{error}" if f"{error}".startswith("[") else f": {error}"
            if option.secret and from_file:
                message = ": the file named does not hold " + f"{error}".partition(";")[0].removeprefix("expected ")
            self.problems.append(f"{where}: {option.key}{message}")

    def _secret_of(self, key: str) -> Option | None:
        option = _BY_KEY.get(key.removesuffix("-file"))
        return option if option is not None and option.secret else None

    def where(self, *keys: str) -> str:
        """Return the file and the line in which *keys*, or their table, are set."""
        line = line_of(self.text, *keys)
        return f"{self.label}:{line}" if line else self.label

    def _problem(self, keys: tuple[str, ...], message: str) -> None:
        self.problems.append(f"{self.where(*keys)}: {'.'.join(keys)}: {message}")


def _is_meant(variable: str) -> bool:
    """Return whether *variable* was meant for us: it names one of our sections, or nearly does.

    >>> _is_meant("BAYWIRE_SERVE_PROT"), _is_meant("BAYWIRE_SERV_PORT"), _is_meant("BAYWIRE_SHARED")
    (True, True, False)
    """
    section = variable.removeprefix("BAYWIRE_").partition("_")[0].lower()
    known = [name for name in _SECTIONS if name != "feeds"]
    return variable.startswith("BAYWIRE_") and bool(did_you_mean(section, known, cutoff=0.8))


def _has_password(url: str) -> bool:
    try:
        return bool(urlsplit(url).password)
    except ValueError:
        return False


def _build(directory: Path, file: Path | None, values: Mapping[str, Value], feeds: Mapping[str, str]) -> Config:
    got = {option.key: values.get(option.key, option.default) for option in OPTIONS}
    base_url = cast("str", got["site.base-url"])
    sources = directory / "sources.d"
    return Config(
        directory=directory,
        file=file,
        site=Site(
            base_url=base_url if base_url.endswith("/") else base_url + "/",
            title=cast("str", got["site.title"]),
            authority=cast("str", got["site.authority"]),
            photos=cast("bool", got["site.photos"]),
            languages=cast("tuple[str, ...]", got["site.languages"]),
        ),
        store=Store(
            url=_store_url(cast("str", got["store.url"]), cast("str", got["store.password"]), directory),
            keep_pages=cast("timedelta", got["store.keep-pages"]),
        ),
        publish=Publish(
            directory=directory / cast("str", got["publish.directory"]),
            target=cast("str", got["publish.target"]),
            formats=cast("tuple[str, ...]", got["publish.formats"]),
            brotli=cast("bool", got["publish.brotli"]),
            retired=cast("tuple[str, ...]", got["publish.retired"]),
            moved=dict(one.split("=") for one in cast("Sequence[str]", got["publish.moved"])),
        ),
        notify=Notify(
            hook=cast("tuple[str, ...]", got["notify.hook"]),
            heartbeat_url=cast("str", got["notify.heartbeat-url"]),
            hub=cast("str", got["notify.hub"]),
            webhooks=cast("tuple[str, ...]", got["notify.webhooks"]),
            webhook_secret=cast("str", got["notify.webhook-secret"]),
            alert_webhooks=cast("tuple[str, ...]", got["notify.alert-webhooks"]),
        ),
        serve=Serve(
            host=cast("str", got["serve.host"]),
            port=cast("int", got["serve.port"]),
            metrics_port=cast("int", got["serve.metrics-port"]),
        ),
        crawl=Crawl(contact=cast("str", got["crawl.contact"]), delay_s=cast("float | None", got["crawl.delay"])),
        sources=Sources(
            use=cast("tuple[str, ...]", got["sources.use"]), folders=(sources,) if sources.is_dir() else ()
        ),
        fleet=Fleet(heartbeat=cast("timedelta", got["fleet.heartbeat"])),
        log=Log(format=cast("str", got["log.format"]), level=cast("str", got["log.level"])),
        feeds=MappingProxyType({**_SHIPPED, **feeds}),
        topic_files=tuple(_topic_files(directory / "topics.d")),
    )


def _store_url(url: str, password: str, directory: Path) -> str:
    """Return *url* with the file of an embedded store below *directory*, or with the *password* of its role."""
    prefix = "sqlite:///"
    if password and (parts := urlsplit(url)).username and parts.password is None:
        return url.replace("@", f":{quote(password, safe='')}@", 1)
    if not url.startswith(prefix) or url.startswith(prefix + "/"):
        return url
    return f"{prefix}{(directory / url.removeprefix(prefix)).absolute()}"


def _topic_files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.suffix == ".toml")
