"""Turns at a host: when several machines crawl, the store knows when each host was asked last."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from feeds.store.engine import Database

__all__ = ["PACES", "Pace", "has_paces"]

PACES: Final = "CREATE TABLE IF NOT EXISTS paces (host text PRIMARY KEY, next bigint NOT NULL) WITH (fillfactor = 50)"

_HOLD_S: Final = 5.0  # by then the host has long seen the request of whoever died, or still waits for its answer
_LOOK_S: Final = 0.2
_SOONEST_S: Final = 0.005

# By the clock of the database: those of the machines differ. After a crash of the server a turn may be lost that was
# given in its last moments; waiting for its disk at every request would cost more than all the rest of it.
_ASYNC: Final = text("SET LOCAL synchronous_commit = off")
_NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_TAKE: Final = text(f"""
    INSERT INTO paces (host, next) VALUES (:host, {_NOW} + :step)
    ON CONFLICT (host) DO UPDATE SET next = {_NOW} + :step WHERE paces.next <= {_NOW}
    RETURNING next
""")  # noqa: S608 -- constants of ours
_GIVE: Final = text(f"UPDATE paces SET next = {_NOW} + :step WHERE host = :host")  # noqa: S608 -- as above
_LEFT: Final = text(f"SELECT next - {_NOW} FROM paces WHERE host = :host")  # noqa: S608 -- as above
_FORGET: Final = text(f"DELETE FROM paces WHERE next < {_NOW} - 86400000000")  # noqa: S608 -- as above


class Pace:
    """Gives turns at hosts to all who crawl with one database."""

    def __init__(self, database: Database) -> None:
        """Give turns out of *database*, which has the table `paces`."""
        self._database = database

    def take(self, host: str, delay_s: float) -> float:
        """Take the turn at *host* if it is free, and return 0; else how many seconds to wait before asking again.

        It is ours until `give`, or until it is plain that we died. A host without a delay is always free.
        """
        if delay_s <= 0:
            return 0.0
        with self._database.writing() as connection:
            connection.execute(_ASYNC)
            step = int(max(delay_s, _HOLD_S) * 1_000_000)
            if connection.execute(_TAKE, {"host": host, "step": step}).scalar_one_or_none() is not None:
                return 0.0
            left = connection.execute(_LEFT, {"host": host}).scalar_one_or_none()
        return min(max(_SOONEST_S, (left or 0) / 1_000_000), max(_LOOK_S, delay_s))

    def give(self, host: str, delay_s: float) -> None:
        """Let others have the turn at *host* in *delay_s*: counted from its answer, by when it has seen the request."""
        if delay_s <= 0:
            return
        with self._database.writing() as connection:
            connection.execute(_ASYNC)
            connection.execute(_GIVE, {"host": host, "step": int(delay_s * 1_000_000)})

    def forget(self) -> int:
        """Forget the hosts that nobody asked for a day; return how many."""
        with self._database.writing() as connection:
            return connection.execute(_FORGET).rowcount


def has_paces(database: Database) -> bool:
    """Return whether several machines may crawl into *database*."""
    if database.is_sqlite:
        return False
    with database.reading() as connection:
        return bool(connection.execute(text("SELECT to_regclass('paces') IS NOT NULL")).scalar_one())
