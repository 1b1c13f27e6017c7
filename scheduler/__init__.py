"""When things happen, and the command line."""

from __future__ import annotations

__all__ = ["VERSION"]

VERSION = "0.1.0"
