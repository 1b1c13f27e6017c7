"""The engine of a store: how it connects, begins, and says what went wrong."""

from __future__ import annotations

import json
import os
import random
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from shutil import disk_usage
from time import monotonic, sleep
from typing import Any, Final, TypeVar, cast

from sqlalchemy import URL, Connection, Engine, Executable, Row, RowMapping, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool, StaticPool

from feeds.error import StoreError
from feeds.store.server import conninfo, secured
from feeds.store.tables import legal

__all__ = ["Database", "conninfo_of", "explain", "named", "upsert_of"]

_DRIVERS: Final = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "sqlite": "sqlite"}
_ONE_MOMENT: Final[dict[str, Any]] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_ONE_STATEMENT: Final[dict[str, Any]] = {"isolation_level": "AUTOCOMMIT"}
_RESTED_S: Final = 0.25  # after which a server may have been started anew beneath a connection
_RESTART_S: Final = 15.0
_AGAIN_S: Final = 0.25
_TRIES: Final = 5
_IDLE: Final = 2  # connections of SQLite that wait for the next question outside of the pool
_COLLISIONS: Final = frozenset(
    ["40001", "40P01", "23505"]
)  # serialization_failure, deadlock_detected, unique_violation
T = TypeVar("T")
_ROOM: Final = 64 * 1024  # bytes: SQLite needs half of them to open a store
# What the engines say, and what a person can do about it; the first that fits is told.
_TROUBLE: Final = (
    ("disk is full", "disk full: free some space, nothing was changed"),
    ("No space left", "disk full: free some space, nothing was changed"),
    ("readonly database", "cannot be written: give this user the right to write it and its folder"),
    ("unable to open database", "cannot be opened: expected a folder that exists and that this user may write"),
    ("database is locked", "another process holds it: expected it free within {busy_s:g} s; try again"),
    ("malformed", "is damaged: put back a backup with `baywire restore`"),
    ("not a database", "is damaged or no store: put back a backup with `baywire restore`"),
    ("disk I/O error", "the disk answers with errors: look at the disk, then put back a backup with `baywire restore`"),
    ("no such table", "is no store of baywire or is damaged: put back a backup with `baywire restore`"),
    ("certificate", "its TLS certificate proves nothing: let store.url name its authority by ?sslrootcert=FILE"),
    (
        "not support SSL",
        "has no TLS, which we ask of other machines: give it TLS, or put ?sslmode=disable into store.url",
    ),
    (
        "permission denied",
        "this role may not: let its owner type `baywire run --fleet --migrate`, or grant it more",
    ),
    (
        "no password supplied",
        "the database asks for a password: let store.password-file or BAYWIRE_STORE_PASSWORD_FILE name its file",
    ),
    ("password authentication", "the database refuses the password: correct store.url or the file it comes from"),
    ("does not exist", "the database lacks what we need: create it, or correct store.url"),
    ("onnection", "the database cannot be reached: start it, or correct store.url"),
)


class Database:
    """One database of one process: engines are made after a fork, never carried over it."""

    def __init__(self, url: str, *, busy_s: float = 30.0) -> None:
        """Prepare to talk to *url*; nothing is opened yet. *busy_s* is how long to wait for a writer.

        Raises StoreError for an address that says nothing we know.
        """
        self.url: Final = _read_url(url)
        self.busy_s: Final = busy_s
        self.name: Final = self.url.database or "store" if self.is_sqlite else self.url.render_as_string()
        self._process: Final = os.getpid()
        self._known = False
        self.engine: Final = self._make()
        self._idle: list[PoolProxiedConnection] = []
        # A reader of SQLite sees one moment by itself.
        self._reader: Final = self.engine if self.is_sqlite else self.engine.execution_options(**_ONE_MOMENT)
        self._asker: Final = self.engine if self.is_sqlite else self.engine.execution_options(**_ONE_STATEMENT)

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is a file of ours."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def path(self) -> Path | None:
        """The file of the store, None for a server or memory."""
        name = self.url.database
        return Path(name) if self.is_sqlite and name and name != ":memory:" else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one moment of the store."""
        with self.guard(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """Yield a connection for one statement that reads: it sees one moment by itself, no BEGIN and no COMMIT."""
        with self.guard(), self._asker.begin() as connection:
            yield connection

    @contextmanager
    def driven(self) -> Iterator[sqlite3.Connection]:
        """Yield SQLite's own connection, for one statement that reads: it sees one moment by itself.

        Some stay with us: to borrow one and give it back takes as long as a small question.
        """
        with self.guard():
            try:
                pooled = self._idle.pop()
            except IndexError:
                pooled = self.engine.raw_connection()
            try:
                yield cast("sqlite3.Connection", pooled.dbapi_connection)
            except BaseException:
                pooled.close()
                raise
            if len(self._idle) < _IDLE:
                self._idle.append(pooled)
            else:
                pooled.close()

    def ask(self, statement: Executable, values: Mapping[str, object] | None = None) -> Sequence[Row[Any]]:
        """Return the rows of *statement*, which only reads."""

        def once() -> Sequence[Row[Any]]:
            with self.asking() as connection:
                return connection.execute(statement, values).all()

        return self.again(once)

    def again(self, read: Callable[[], T]) -> T:
        """Return what *read* returns; it is done once more where the server was started anew beneath it."""
        try:
            return read()
        except StoreError as error:
            if not _collided(error.__cause__):
                raise
        return read()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection in one transaction that writes; it commits at the end, or undoes it all."""
        with self.guard(), self.engine.connect() as connection:
            marked = connection.execution_options(baywire_writes=True)
            with marked.begin():
                yield marked

    def write(self, work: Callable[[Connection], T]) -> T:
        """Return what *work* does in a transaction; what a server or its other writers brought down is done anew."""
        for attempt in range(_TRIES):
            try:
                with self.writing() as connection:
                    return work(connection)
            except StoreError as error:
                if not _collided(error.__cause__):
                    raise
                sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 -- parts two who would meet again
        with self.writing() as connection:
            return work(connection)

    @contextmanager
    def lock(self, name: str) -> Iterator[bool]:
        """Yield whether the server's lock *name* is ours for the length of the block; it dies with the connection."""
        key = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
        with self.guard(), self.engine.connect() as connection:
            alone = connection.execution_options(isolation_level="AUTOCOMMIT")
            held = alone.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar_one()
            try:
                yield held
            finally:
                alone.invalidate()  # closed, not handed back: with it goes the lock

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Turn what the engine raises into StoreError; refuse a store carried over a fork."""
        if os.getpid() != self._process:
            raise StoreError(f"{self.name}: opened before a fork: expected each process to open its own")
        try:
            yield
        except DBAPIError as error:
            raise StoreError(f"{self.name}: {self._explain(error)}") from error
        except sqlite3.Error as error:
            raise StoreError(f"{self.name}: {self._explain(error)}") from error

    def close(self) -> None:
        """Close every connection."""
        while self._idle:
            self._idle.pop().close()
        self.engine.dispose()

    def _explain(self, error: Exception) -> str:
        said = str(error.orig if isinstance(error, DBAPIError) else error)
        if "disk I/O error" in said and self._is_full():  # so SQLite calls a log of its own that finds no room
            said = "disk is full"
        return explain(said, busy_s=self.busy_s)

    def _is_full(self) -> bool:
        try:
            return self.path is not None and disk_usage(self.path.parent).free < _ROOM
        except OSError:
            return False

    def _make(self) -> Engine:
        if not self.is_sqlite:
            engine = create_engine(
                self.url,
                pool_size=5,
                max_overflow=10,
                json_serializer=_json,
                use_native_hstore=False,  # which each new connection would look up
            )
            event.listen(engine, "do_connect", self._connect)
            event.listen(engine, "checkin", _rest)
            event.listen(engine, "checkout", _Wake(engine))
            return engine
        if self.path is None:  # one memory, one connection
            engine = create_engine(
                self.url, poolclass=StaticPool, json_serializer=_json, connect_args={"check_same_thread": False}
            )
        else:
            engine = create_engine(
                self.url,
                poolclass=QueuePool,
                pool_size=5,
                max_overflow=20,
                json_serializer=_json,
                connect_args={"timeout": self.busy_s},
            )
        event.listen(engine, "connect", _connected)
        event.listen(engine, "begin", _begin)
        return engine

    def _connect(self, dialect: Any, _record: object, arguments: Any, keywords: Any) -> Any:  # noqa: ANN401 -- DBAPI's
        """Connect; a server that was there before may be starting anew, which takes it some seconds."""
        until = monotonic() + min(self.busy_s, _RESTART_S) if self._known else 0.0
        while True:
            try:
                connection = dialect.connect(*arguments, **keywords)
            except dialect.dbapi.OperationalError:
                if monotonic() > until:
                    raise
                sleep(_AGAIN_S)
            else:
                self._known = True
                return connection


def explain(said: str, *, busy_s: float = 0) -> str:
    """Return what a person can do about what a database *said*, else that itself, on one line.

    >>> explain('connection failed: FATAL: password authentication failed for user "baywire"')
    'the database refuses the password: correct store.url or the file it comes from'
    """
    for mark, told in _TROUBLE:
        if mark in said:
            return told.format(busy_s=busy_s)
    return " ".join(said.split())


def _rest(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["since"] = monotonic()


class _Wake:
    """Asks a connection that rested whether it still lives: SQLAlchemy would ask each time, a sixth of all we say."""

    def __init__(self, engine: Engine) -> None:
        self._dialect = engine.dialect

    def __call__(self, connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        if monotonic() - record.info.get("since", monotonic()) > _RESTED_S:
            try:
                self._dialect.do_ping(connection)
            except self._dialect.loaded_dbapi.Error as error:
                raise DisconnectionError("the server was started anew") from error


def _collided(error: BaseException | None) -> bool:
    """Say whether *error* of PostgreSQL is nobody's mistake and passes.

    That is a ring of waits, a name that two writers made, or a server that was started anew beneath us.
    """
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or getattr(error.orig, "sqlstate", "") in _COLLISIONS


def upsert_of(connection: Connection) -> Any:  # noqa: ANN401 -- the two dialects' inserts share no type
    """Return the `insert` of the dialect of *connection*, the one with `on_conflict_do_update`."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert
    return postgresql.insert


def named(row: Row[Any]) -> RowMapping:
    """Return the columns of *row* by name."""
    return row._mapping  # noqa: SLF001 -- public, with an underscore so that no column can hide it


def _read_url(url: str) -> URL:
    try:
        read = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreError(
            f"store.url: cannot be read: expected sqlite:///FILE or postgresql://HOST/NAME; got {_hidden(url)!r}"
        ) from error
    backend = read.drivername.split("+")[0]
    if backend not in _DRIVERS:
        raise StoreError(f"store.url: unknown kind {backend!r}: expected sqlite:///FILE or postgresql://HOST/NAME")
    if "+" not in read.drivername:
        read = read.set(drivername=_DRIVERS[backend])
    try:
        read.get_dialect().import_dbapi()
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(
            f"store.url: no driver for {read.drivername}: install it with `pip install 'baywire[fleet]'`"
        ) from error
    return read if read.get_backend_name() == "sqlite" else secured(read)


def conninfo_of(url: str) -> str:
    """Return the store's address *url*, of a server, as libpq reads it: for what talks to it without SQLAlchemy."""
    return conninfo(_read_url(url))


def _hidden(url: str) -> str:
    return re.sub(r":[^/:@]*@", ":***@", url)


def _json(value: object) -> str:
    """Return *value* as JSON that both engines take: no NUL, no lone surrogate, keys in order."""
    told = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if "\\u0000" in told or legal(told) != told:  # the first may also be a writer who means backslash, u, 0000
        told = json.dumps(_legal(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return told


def _legal(value: object) -> object:
    match value:
        case str():
            return legal(value)
        case dict():
            return {legal(key): _legal(item) for key, item in value.items()}
        case list() | tuple():
            return [_legal(item) for item in value]
        case _:
            return value


def _connected(raw: sqlite3.Connection, _record: object) -> None:
    # pysqlite would commit before DDL and begin late: we say BEGIN ourselves.
    raw.isolation_level = None
    # FULL: a release that we announced is on the disk, also after a power cut.
    # The log is cut back to 64 MiB after a large write. What feeds hold stays at hand from one
    # publication to the next: the default of 2 MB is that of one edition.
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "trusted_schema = OFF",
        "journal_size_limit = 67108864",
        "cache_size = -8192",
    ):
        raw.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    # IMMEDIATE takes the right to write first, so that read-then-write cannot end in SQLITE_BUSY.
    writes = connection.get_execution_options().get("baywire_writes")
    raw = connection.connection.dbapi_connection
    if raw is not None:  # it never is, while it begins; past SQLAlchemy, which would take ten times as long
        raw.execute("BEGIN IMMEDIATE" if writes else "BEGIN").close()
