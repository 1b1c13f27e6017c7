"""What one typed command carries: where it works, how much it says, and in which form."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from feeds.error import ConfigError
from scheduler.config import Config, load
from scheduler.fold import fold, width
from scheduler.log import escape, set_up

__all__ = ["Session"]


class Session:
    """The options that every verb takes, and the configuration they lead to.

    *verbosity* is -2 to 2: every ``-q`` takes one away, every ``-v`` adds one.
    """

    def __init__(self) -> None:
        """Start with what holds where no option was typed."""
        self.directory = Path.cwd()
        self.file: Path | None = None
        self.json = False
        self.verbosity = 0
        self.flags: dict[str, object] = {}

    @property
    def quiet(self) -> bool:
        """Whether only results and errors are to be printed."""
        return self.verbosity < 0

    @property
    def program(self) -> str:
        """What to type for ``baywire`` in this shell: the path it was started by where the name alone is not found."""
        typed = Path(sys.argv[0])
        return "baywire" if typed.name != "baywire" or shutil.which("baywire") else shlex.quote(str(typed))

    @property
    def columns(self) -> int:
        """How wide the terminal is that stdout goes to, 0 where it goes elsewhere."""
        return shutil.get_terminal_size((0, 0)).columns if sys.stdout.isatty() else 0

    def make_directory(self) -> None:
        """Make the folder to work in where it is missing but its parent is not: for verbs that write."""
        if not self.directory.exists() and self.directory.parent.is_dir():
            self.directory.mkdir()

    def flag(self, key: str, value: object) -> None:
        """Let *value*, typed as an option of a verb, go before every other setting of *key*; None was not typed."""
        if value is not None:
            self.flags[key] = value

    def load(self) -> Config:
        """Read the configuration, again if it was read before."""
        return load(self.directory, self.file and self.path(self.file), flags=self.flags)

    @cached_property
    def config(self) -> Config:
        """The configuration of the directory; raises ConfigError with all that is wrong in it."""
        config = self.load()
        level = {1: "info"}.get(self.verbosity, "debug") if self.verbosity > 0 else "error"
        set_up(level=level, form=config.log.format)
        return config

    def log_as_daemon(self) -> None:
        """Log as what runs for long does: at the configured level, repeats condensed."""
        config = self.config
        level = "debug" if self.verbosity > 0 else "warning" if self.quiet else config.log.level
        set_up(level=level, form=config.log.format, condense=True)

    def path(self, given: str | Path) -> Path:
        """Return *given* as if typed in the session's directory, or else where it was typed, absolute."""
        path = self.directory / given
        typed = Path.cwd() / given
        return typed.absolute() if not path.exists() and typed.exists() else path.absolute()

    def folder(self, given: str | Path, *, holding: str) -> Path:
        """Return the folder *given* that holds a file *holding*; raises ConfigError."""
        path = self.path(given)
        if not (path / holding).is_file():
            raise ConfigError(f"{given}: no {holding} here: expected a folder of recorded pages")
        return path

    def read(self, given: str | Path) -> bytes:
        """Return what the file *given* holds; ConfigError where it cannot be read."""
        try:
            return self.path(given).read_bytes()
        except OSError as error:
            raise ConfigError(f"{given}: cannot be read: {error.strerror}") from None

    def emit(self, line: Mapping[str, object]) -> None:
        """Print *line* as one JSON object on stdout, at once."""
        sys.stdout.write(json.dumps(line, ensure_ascii=False, separators=(", ", ": ")) + "\n")
        sys.stdout.flush()

    def say(self, text: str = "", *, hang: int | None = None) -> None:
        """Print a line of the result on stdout; what a page wrote cannot move the cursor.

        On a terminal a line that is too long goes on below, *hang* columns from the left.
        """
        line = escape(text)
        if hang is not None and self.columns:
            line = fold(line, self.columns, hang=hang)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def say_bytes(self, body: bytes) -> None:
        """Print *body*, a whole document, on stdout as it is."""
        sys.stdout.flush()
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()

    def note(self, text: str) -> None:
        """Print a line of progress on stderr, unless told to be quiet."""
        if not self.quiet:
            with suppress(OSError):  # progress that nobody can read is no reason to stop
                sys.stderr.write(escape(text) + "\n")
                sys.stderr.flush()

    def wait(self, text: str) -> None:
        """Say what is being waited for, to a person who sits before a terminal."""
        if sys.stderr.isatty():
            self.note(f"{text} … (Ctrl-C ends it)")

    def complain(self, text: str) -> None:
        """Print on stderr what is wrong, however quiet we are to be."""
        with suppress(OSError):
            for line in text.splitlines():
                sys.stderr.write(f"baywire: {escape(line)}\n")
            sys.stderr.flush()

    def table(self, rows: Sequence[tuple[str, ...]], *, head: tuple[str, ...]) -> None:
        """Print *rows* under *head* in columns; the last column is as long as it likes."""
        widths = [max(width(row[column]) for row in [head, *rows]) for column in range(len(head))]
        hang = sum(widths[:-1]) + 2 * (len(widths) - 1)
        for row in [head, *rows]:
            cells = [cell + " " * (room - width(cell)) for cell, room in zip(row, widths, strict=True)]
            self.say("  ".join(cells).rstrip(), hang=hang)
