"""Rendering: an edition in, bytes out; pure, so that the same input gives the same bytes."""

from __future__ import annotations
