"""What one reader may take of the server, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LIMITS", "Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long, how large, how many; what goes beyond is answered once, then cut."""

    connections: int = 4096  # more at once are answered 503
    refused: int = 64  # so many above them are told so
    idle_s: float = 20.0  # a connection that asks for nothing
    head_s: float = 10.0  # from the first byte of a request to its last
    answer_s: float = 60.0  # for an answer to be made and taken, besides what its size allows
    bytes_per_s: int = 8192  # slower readers of a large answer are cut
    head_bytes: int = 16_384
    headers: int = 100
    waiting: int = 64  # requests sent ahead of their answers


LIMITS = Limits()
