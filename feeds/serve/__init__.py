"""Serving: the published files over HTTP as a raw ASGI application; search and health beside them."""

from __future__ import annotations

from feeds.serve.answer import Front, Health, Serving, application
from feeds.serve.search import Search

__all__ = ["Front", "Health", "Search", "Serving", "application"]
