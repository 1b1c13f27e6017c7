"""What is installed only where it is asked for: a message in place of an ImportError."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from feeds.error import ConfigError

__all__ = ["need"]

_PACKAGES: Final = {"fleet": ("psycopg", "procrastinate", "obstore"), "browser": ("playwright",)}


def need(extra: str) -> None:
    """Raise ConfigError that says what to type, where a package of *extra* ("fleet") is not installed."""
    missing = [name for name in _PACKAGES[extra] if find_spec(name) is None]
    if missing:
        raise ConfigError(f"{', '.join(missing)}: not installed: type pip install 'baywire[{extra}]'")
