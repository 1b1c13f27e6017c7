"""The errors of baywire: one class for each thing a person can do about it."""

from __future__ import annotations

__all__ = ["BaywireError", "ConfigError", "PublishError", "SearchError", "SourceError", "StoreError"]


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
