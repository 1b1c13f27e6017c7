"""One small module a verb: what it takes, what it prints; what it does lives elsewhere."""

from __future__ import annotations
