"""The store: every release we ever saw, and all that is known of sources. Importing this is cheap; opening is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feeds.identity import DEFAULT_AUTHORITY
from feeds.store.state import (
    Found,
    FragmentKey,
    Head,
    HostState,
    KeptPage,
    Outcome,
    PageKind,
    Run,
    SourceState,
    State,
    StateEvent,
    Validators,
)

if TYPE_CHECKING:  # SQLAlchemy costs 200 ms: it loads with the first name that needs it
    from feeds.store.restoring import restore
    from feeds.store.store import Store, open_store
    from feeds.store.writing import Writing

__all__ = [
    "DEFAULT_AUTHORITY",
    "Found",
    "FragmentKey",
    "Head",
    "HostState",
    "KeptPage",
    "Outcome",
    "PageKind",
    "Run",
    "SourceState",
    "State",
    "StateEvent",
    "Store",
    "Validators",
    "Writing",
    "open_store",
    "restore",
]

_LATE = {
    "Store": "feeds.store.store",
    "Writing": "feeds.store.writing",
    "open_store": "feeds.store.store",
    "restore": "feeds.store.restoring",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 -- PEP 562
    """Return *name* of the modules that load SQLAlchemy."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 -- as late as what it loads

    return getattr(import_module(_LATE[name]), name)
