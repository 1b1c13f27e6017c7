"""The errors of baywire: one class for each thing a person can do about it."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["BaywireError", "ConfigError", "PublishError", "SearchError", "SourceError", "StoreError", "did_you_mean"]


class BaywireError(Exception):
    """Something a person can mend; the message is `subject: what is wrong: what was expected`."""


class ConfigError(BaywireError):
    """The configuration, a source file or a topic file says something we cannot follow: mend the file named."""


class SourceError(BaywireError):
    """A source cannot be read: look at its page, then at its file."""


class StoreError(BaywireError):
    """The store cannot be opened, read or written: look at the disk or the database."""


class SearchError(BaywireError):
    """A search asks more than it may cost: ask for rarer words, or narrow it."""


class PublishError(BaywireError):
    """The published files cannot be written: look at the folder named."""


def did_you_mean(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return " (did you mean …?)" with the word of *known* nearest to *word*, or "" where none is as near as *cutoff*.

    >>> did_you_mean("portt", ["host", "port"]), did_you_mean("x", ["links"])
    (' (did you mean "port"?)', '')
    """
    from difflib import get_close_matches  # noqa: PLC0415  # 5 ms that only a mistake costs

    near = get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return f' (did you mean "{near[0]}"?)' if near else ""
