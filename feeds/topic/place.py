"""Find the line on which a key of a TOML file stands: tomllib tells values, not places."""

from __future__ import annotations

import re
import tomllib

__all__ = ["Path", "lines"]

Path = tuple[str | int, ...]

_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]}#\n]+")


def lines(text: str) -> dict[Path, int]:
    r"""Return the line, from 1, of each key and each element in *text*, which is valid TOML.

    >>> found = lines('[[topic]]\nid = "ai"\nterms = [\n  "AI",\n  { t = "x", w = 2 },\n]\n')
    >>> found["topic", 0, "id"], found["topic", 0, "terms", 1, "w"]
    (2, 5)
    """
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}

    def read(self) -> dict[Path, int]:
        table: Path = ()
        self._blank()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._blank()
        return self.found

    def _header(self) -> Path:
        double = self.text.startswith("[[", self.at)
        self.at += 1 + double
        path: Path = ()
        names = self._dotted()
        for name in names[:-1]:
            path = (*path, name)
            self._mark(path)
            if path in self.counts:  # the table is an array: the header speaks of its last element
                path = (*path, self.counts[path] - 1)
        path = (*path, names[-1])
        self._mark(path)
        if double:
            number = self.counts.get(path, 0)
            self.counts[path] = number + 1
            path = (*path, number)
            self._mark(path)
        self.at += 1 + double
        return path

    def _pair(self, table: Path) -> None:
        start = self.at
        path = (*table, *self._dotted())
        self._mark(path, start)
        self.at += 1  # the "="
        self._value(path)

    def _dotted(self) -> list[str]:
        names = []
        while True:
            self._blank()
            if quoted := _STRING.match(self.text, self.at):
                names.append(str(tomllib.loads(f"x = {quoted[0]}")["x"]))
                self.at = quoted.end()
            elif bare := _BARE.match(self.text, self.at):
                names.append(bare[0])
                self.at = bare.end()
            self._blank()
            if self.text[self.at : self.at + 1] != ".":
                return names
            self.at += 1

    def _value(self, path: Path) -> None:
        self._blank()
        opening = self.text[self.at]
        if opening in "[{":
            self.at += 1
            number = 0
            while True:
                self._blank()
                if self.text[self.at] in "]}":
                    self.at += 1
                    return
                if opening == "[":
                    self._mark((*path, number))
                    self._value((*path, number))
                    number += 1
                else:
                    self._pair(path)
                self._blank()
                self.at += self.text[self.at] == ","
        elif (string := _STRING.match(self.text, self.at)) or (string := _SCALAR.match(self.text, self.at)):
            self.at = string.end()

    def _blank(self) -> None:
        blank = _BLANK.match(self.text, self.at)
        self.at = blank.end() if blank else self.at

    def _mark(self, path: Path, at: int | None = None) -> None:
        self.found.setdefault(path, self.text.count("\n", 0, self.at if at is None else at) + 1)
