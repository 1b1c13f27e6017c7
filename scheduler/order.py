"""What a person asked for: the same whether done here or handed to the daemon that holds the directory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Literal

__all__ = ["Order"]

_VERBS = ("crawl", "publish", "reload", "backfill")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A crawl, a publication, a walk back, or another look at configuration and sources, that somebody asked for.

    *sources* are keys, none for all that are enabled. *replay* is a folder of recorded
    pages. *since* (ISO 8601) and *limit* bound what is fetched of a listing. *publish*
    false leaves the files as they are; *check* only compares them. *named*: sources
    were asked for by name, so backoff and open circuits do not count.
    """

    verb: Literal["crawl", "publish", "reload", "backfill"]
    sources: tuple[str, ...] = ()
    replay: str | None = None
    limit: int | None = None
    since: str | None = None
    publish: bool = True
    check: bool = False

    @property
    def named(self) -> bool:
        """Whether sources were asked for by name."""
        return bool(self.sources)

    def to_json(self) -> dict[str, object]:
        """Return the order as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> Order:
        """Return the order that *values* of `to_json` describe; ValueError for anything else.

        >>> order = Order(verb="crawl", sources=("hk-gia-en",))
        >>> Order.from_json(order.to_json()) == order
        True
        """
        names = {field.name for field in fields(cls)}
        sources = values.get("sources", ())
        known = not set(values) - names and values.get("verb") in _VERBS
        if not known or not isinstance(sources, list | tuple):
            raise ValueError(f"expected an order; got {str(values)[:200]}")
        return cls(**{**values, "sources": tuple(str(key) for key in sources)})  # type: ignore[arg-type]  # written by to_json
