"""Bring the tables of a store to the newest version; Alembic is loaded only when there is something to do."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, inspect, text

from feeds.error import StoreError
from feeds.store.engine import Database
from feeds.store.tables import metadata

__all__ = ["HEAD", "VERSIONS", "upgrade"]

# Every version of the tables there has been, oldest first; a test holds that Alembic's are these.
VERSIONS: Final = ("0001", "0002", "0003")
HEAD: Final = VERSIONS[-1]


def upgrade(database: Database) -> bool:
    """Create or upgrade the tables of *database*; return whether it was empty.

    All in one transaction: the old version or the new, never half.

    Raises StoreError for a store that a newer baywire made, or a database with tables of somebody else.
    """
    if _is_newest(database):
        return False
    with database.reading() as connection:
        version = _version(connection, database.name)
    with database.writing() as connection:
        if not database.is_sqlite:  # two processes may come at once; SQLite let in one already
            connection.execute(text("SELECT pg_advisory_xact_lock(7231911)"))
        found = _version(connection, database.name)
        if found is None:
            _create(connection)
        elif found != HEAD:
            _migrate(connection)
    return version is None


def _is_newest(database: Database) -> bool:
    """Say whether there is nothing to do; to ask for the tables first took each crawl child 20 ms on a server."""
    try:
        return [tuple(row) for row in database.ask(text("SELECT version_num FROM alembic_version"))] == [(HEAD,)]
    except StoreError:  # empty, of somebody else, or away: what follows says which
        return False


def _version(connection: Connection, name: str) -> str | None:
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" not in tables:
        if "releases" in tables or "sources" in tables:
            raise StoreError(f"{name}: holds tables that are not ours: expected an empty database or a store")
        return None
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    if version is not None and version not in VERSIONS:
        raise StoreError(
            f"{name}: version {version} is newer than this baywire knows ({HEAD}): install the newer baywire, "
            "or put back an older backup with `baywire restore`"
        )
    return str(version) if version else None


_FTS5: Final = "words, marks, content='', prefix='1', tokenize='unicode61 remove_diacritics 0'"
_VECTORS: Final = "search_key BIGINT NOT NULL PRIMARY KEY, words TSVECTOR NOT NULL, marks TSVECTOR NOT NULL"
# What no metadata can say: words by our own rules; the prefix index is for one Chinese character.
_SEARCH: Final = {
    "sqlite": (f"CREATE VIRTUAL TABLE search USING fts5({_FTS5})",),
    "postgresql": (
        f"CREATE TABLE search ({_VECTORS})",
        "CREATE INDEX search_words ON search USING gin (words)",
        "CREATE INDEX search_marks ON search USING gin (marks)",
    ),
}
_VERSION_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS alembic_version"
    " (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def _create(connection: Connection) -> None:
    """Make the tables as they are today, and say so: as the migrations would, without Alembic's 9 MB."""
    metadata.create_all(connection, checkfirst=False)
    for statement in (*_SEARCH[connection.dialect.name], _VERSION_TABLE):
        connection.execute(text(statement))
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def _migrate(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 -- costs 135 ms, and most starts need none
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "feeds.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
