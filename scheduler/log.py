"""Lines of log, as text or JSON: one line each whatever is in them, and repeats condensed."""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO

__all__ = ["Condense", "JsonLine", "TextLine", "escape", "set_up"]

# Every attribute that a record has of itself; what is left over was given as `extra`.
_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "color_message"}
_KEPT = 10_000  # kinds of message we count before counting anew


def escape(text: str) -> str:
    r"""Return *text* on one line, with control and line-breaking characters written as escapes.

    >>> escape("a\nb\x1b[31m")
    'a\\nb\\x1b[31m'
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char == "\u3000" else char.encode("unicode_escape").decode() for char in text
    )


def _extra(record: logging.LogRecord) -> Mapping[str, object]:
    return {key: value for key, value in record.__dict__.items() if key not in _OWN and value is not None}


def _instant(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class TextLine(logging.Formatter):
    """``2026-06-12T04:00:00.000Z warning crawler.run: source failed source=hk-gia-en``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return *record* as one line."""
        facts = "".join(f" {key}={value}" for key, value in _extra(record).items())
        line = f"{_instant(record)} {record.levelname.lower()} {record.name}: {record.getMessage()}{facts}"
        if record.exc_info:
            line += " | " + self.formatException(record.exc_info)
        return escape(line)


class JsonLine(logging.Formatter):
    """One JSON object a line: ts, level, logger, event, and what was given as extra."""

    def format(self, record: logging.LogRecord) -> str:
        """Return *record* as one JSON object."""
        line: dict[str, object] = {
            "ts": _instant(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class Condense(logging.Filter):
    """Lets the 1st, 10th, 100th … of equal warnings and errors through, and says the count."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        super().__init__()
        self._seen: Counter[tuple[str, str, str]] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether *record* is to be written."""
        if record.levelno < logging.WARNING or record.levelno >= logging.CRITICAL:
            return True
        key = (record.name, record.getMessage()[:200], str(getattr(record, "source", "")))
        if len(self._seen) >= _KEPT:
            self._seen.clear()
        self._seen[key] += 1
        count = self._seen[key]
        if count > 1:
            record.times = count
        return str(count).strip("0") == "1"


def set_up(*, level: str, form: str = "text", stream: TextIO | None = None, condense: bool = False) -> None:
    """Send what baywire logs at *level* and above to *stream* (stderr), and of others what is worse than a warning."""
    target = logging.StreamHandler(stream or sys.stderr)
    target.setFormatter(JsonLine() if form == "json" else TextLine())
    if condense:
        target.addFilter(Condense())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(target)
    root.setLevel(logging.ERROR)
    for name in ("crawler", "feeds", "scheduler"):
        logging.getLogger(name).setLevel(level.upper())
