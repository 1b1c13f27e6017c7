"""What a request asks for (RFC 9110): codings, conditions, ranges; pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["codings", "matches", "modified_since", "span"]

_TAG = re.compile(r'(?:W/)?("[^"]*")')
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def codings(accept_encoding: str) -> tuple[str, ...]:
    """Return which of br and gzip a reader that sent *accept_encoding* may be given, the one it likes better first.

    Where it likes both the same that is br, which is smaller.

    >>> [codings(text) for text in ("gzip, br", "br;q=0.5, GZIP ; q=0.8", "gzip;q=0", "*", "identity;q=1, *;q=0")]
    [('br', 'gzip'), ('gzip', 'br'), (), ('br', 'gzip'), ()]
    """
    wished: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameter = part.partition(";")
        quality = parameter.replace(" ", "").removeprefix("q=")
        try:
            wished[name.strip()] = float(quality) if quality else 1.0
        except ValueError:
            wished[name.strip()] = 0.0
    anything = wished.get("*", 0.0)
    liked = {"br": wished.get("br", anything), "gzip": wished.get("gzip", wished.get("x-gzip", anything))}
    return tuple(sorted((name for name, quality in liked.items() if quality > 0), key=lambda name: -liked[name]))


def matches(if_none_match: str, tags: tuple[str, ...]) -> str | None:
    """Return which of *tags* the reader has, by weak comparison; the first for `*`, None for none of them.

    >>> matches('W/"a", "b"', ('"b"', '"b-gz"')), matches('"c"', ('"b"',)), matches("*", ('"b"',))
    ('"b"', None, '"b"')
    """
    if if_none_match.strip() == "*":
        return tags[0]
    held = set(_TAG.findall(if_none_match))
    return next((tag for tag in tags if tag in held), None)


def modified_since(if_modified_since: str, modified: datetime) -> bool:
    """Return whether *modified* is later than the date a reader sent; so it is when the date cannot be read.

    >>> now = datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC)
    >>> modified_since("Fri, 02 Jan 2026 03:04:05 GMT", now), modified_since("yesterday", now)
    (False, True)
    """
    try:
        asked = parsedate_to_datetime(if_modified_since)
        asked = asked if asked.tzinfo else asked.replace(tzinfo=UTC)
        return modified.replace(microsecond=0) > asked
    except (ValueError, OverflowError, TypeError, IndexError):
        return True


def span(text: str, size: int) -> tuple[int, int] | None:
    """Return the first byte and the one after the last that a Range header asks for of *size* bytes.

    None where it asks for nothing we answer in parts: several ranges, another unit. The
    first is *size* or more where nothing of it is there (416).

    >>> span("bytes=0-9", 100), span("bytes=90-", 100), span("bytes=-5", 100), span("bytes=0-1,5-6", 100)
    ((0, 10), (90, 100), (95, 100), None)
    >>> span("bytes=100-", 100)
    (100, 100)
    """
    found = _RANGE.fullmatch(text.strip())
    if found is None or not (found[1] or found[2]) or len(text) > 64:
        return None
    if not found[1]:
        length = int(found[2])
        return (max(0, size - length), size) if length else (size, size)
    start = int(found[1])
    end = min(size, int(found[2]) + 1) if found[2] else size
    if found[2] and int(found[2]) < start:
        return None
    return (start, max(start, end))
