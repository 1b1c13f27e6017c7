"""Turns at a host: when several machines crawl, the store knows when each host was asked last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from feeds.error import StoreError
from feeds.store.engine import Database
from feeds.store.server import conninfo

if TYPE_CHECKING:
    import psycopg

__all__ = ["PACES", "Pace", "has_paces"]

PACES: Final = "CREATE TABLE IF NOT EXISTS paces (host text PRIMARY KEY, next bigint NOT NULL) WITH (fillfactor = 50)"

_HOLD_S: Final = 5.0  # by then the host has long seen the request of whoever died, or still waits for its answer
_LOOK_S: Final = 0.2
_SOONEST_S: Final = 0.005

# By the clock of the database: those of the machines differ. After a crash of the server a turn may be lost that was
# given in its last moments; waiting for its disk at every request would cost more than all the rest of it.
_ASYNC: Final = "SET synchronous_commit = off"
_NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_TAKE: Final = f"""
    INSERT INTO paces (host, next) VALUES ($1, {_NOW} + $2::bigint)
    ON CONFLICT (host) DO UPDATE SET next = excluded.next WHERE paces.next <= {_NOW}
    RETURNING next
"""  # noqa: S608 -- constants of ours
_GIVE: Final = f"UPDATE paces SET next = {_NOW} + $2::bigint WHERE host = $1"  # noqa: S608 -- as above
_LEFT: Final = f"SELECT next - {_NOW} FROM paces WHERE host = $1"  # noqa: S608 -- as above
_FORGET: Final = f"DELETE FROM paces WHERE next < {_NOW} - 86400000000"  # noqa: S608 -- as above
_STATEMENTS: Final = {"take": _TAKE, "give": _GIVE, "left": _LEFT, "forget": _FORGET}


class Pace:
    """Gives turns at hosts to all who crawl with one database, over a connection of its own: one word, one answer."""

    def __init__(self, database: Database) -> None:
        """Give turns out of *database*, which has the table `paces`."""
        self._database = database
        self._connection: psycopg.Connection[tuple[int]] | None = None

    def take(self, host: str, delay_s: float) -> float:
        """Take the turn at *host* if it is free, and return 0; else how many seconds to wait before asking again.

        It is ours until `give`, or until it is plain that we died. A host without a delay
        is always free. Raises StoreError while the database is away.
        """
        if delay_s <= 0:
            return 0.0
        if self._ask("take", host, int(max(delay_s, _HOLD_S) * 1_000_000)) is not None:
            return 0.0
        left = self._ask("left", host)
        return min(max(_SOONEST_S, (left or 0) / 1_000_000), max(_LOOK_S, delay_s))

    def give(self, host: str, delay_s: float) -> None:
        """Let others have the turn at *host* in *delay_s*: counted from its answer, by when it has seen the request."""
        if delay_s > 0:
            self._ask("give", host, int(delay_s * 1_000_000))

    def forget(self) -> None:
        """Forget the hosts that nobody asked for a day."""
        self._ask("forget")

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, name: str, *values: object) -> int | None:
        """Return what the statement *name* answers: by libpq itself, at a quarter of what a cursor costs."""
        import psycopg  # noqa: PLC0415 -- part of the extra that only a server needs

        lost = f"{self._database.name}: the database cannot be reached for a turn"
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._connect()
            told = self._connection.pgconn.exec_prepared(name.encode(), [str(value).encode() for value in values])
        except psycopg.Error as error:
            raise StoreError(lost) from error
        if told.status not in (psycopg.pq.ExecStatus.TUPLES_OK, psycopg.pq.ExecStatus.COMMAND_OK):
            self.close()
            raise StoreError(f"{lost}: {told.error_message.decode('utf-8', 'replace').strip()}")
        answer = told.get_value(0, 0) if told.ntuples else None
        return None if answer is None else int(answer)

    def _connect(self) -> psycopg.Connection[tuple[int]]:
        import psycopg  # noqa: PLC0415 -- as above

        connection = psycopg.connect(conninfo(self._database.url), autocommit=True)
        connection.execute(_ASYNC)
        for name, statement in _STATEMENTS.items():
            connection.pgconn.prepare(name.encode(), statement.encode())
        return connection


def has_paces(database: Database) -> bool:
    """Return whether several machines may crawl into *database*."""
    if database.is_sqlite:
        return False
    with database.reading() as connection:
        return bool(connection.execute(text("SELECT to_regclass('paces') IS NOT NULL")).scalar_one())
