"""A limit to the time that reading may take, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic
from typing import Any, Final

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from feeds.error import SearchError

__all__ = ["limited"]

_LOOK: Final = 1000  # steps of SQLite between two looks at the clock; they take it some 50 ms where it walks an index
_CANCELLED: Final = "57014"


@contextmanager
def limited(connection: Connection, within: timedelta) -> Iterator[None]:
    """Let nothing that is asked on *connection* take much longer than *within*: SearchError says that it would.

    *connection* is in a transaction; its next one has no limit.
    """
    raw: Any = connection.connection.dbapi_connection
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        end = monotonic() + within.total_seconds()
        raw.set_progress_handler(lambda: monotonic() > end, _LOOK)
    else:
        timeout = f"{max(1, round(within.total_seconds() * 1000))}ms"  # 0 would be none
        connection.execute(select(func.set_config("statement_timeout", timeout, True)))  # noqa: FBT003 -- SQL has no names
    try:
        yield
    except DBAPIError as error:
        if (is_sqlite and "interrupted" in str(error.orig)) or getattr(error.orig, "sqlstate", "") == _CANCELLED:
            limit = f"{within.total_seconds():g} s"
            raise SearchError(f"search: takes longer than {limit}: expected fewer or rarer words") from error
        raise
    finally:
        if is_sqlite:
            raw.set_progress_handler(None, 0)
