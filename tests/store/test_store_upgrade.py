"""The migrations make the tables that the code speaks of, on both engines, and can be taken back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from feeds.release import Draft
from feeds.store import Store, open_store
from feeds.store.engine import Database
from feeds.store.state import NEVER
from feeds.store.tables import metadata
from feeds.store.upgrade import VERSIONS, upgrade


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    opened = Database(store_url)
    yield opened
    opened.close()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "feeds.store:migrations")
    return config


def test_the_code_knows_every_version() -> None:
    script = ScriptDirectory.from_config(_config())
    assert tuple(reversed([revision.revision for revision in script.walk_revisions()])) == VERSIONS


def test_the_tables_are_those_the_code_speaks_of(database: Database) -> None:
    with database.reading() as connection:
        ours = {"include_name": lambda name, kind, _: kind != "table" or not str(name).startswith("search")}
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, metadata) == []


def test_a_store_made_at_once_is_what_the_migrations_make(fresh: Callable[[], str]) -> None:
    at_once, migrated = Database(fresh()), Database(fresh())
    config = _config()
    with migrated.writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        command.upgrade(config, "head")
    assert _schema(migrated) == _schema(at_once)
    at_once.close()
    migrated.close()


def _schema(database: Database) -> set[str]:
    if database.is_sqlite:
        asked = "SELECT sql FROM sqlite_master WHERE sql <> ''"
    else:
        asked = """
            SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default)
            FROM information_schema.columns WHERE table_schema = 'public'
            UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace"""
    with database.reading() as connection:
        told = connection.execute(text(asked)).scalars()
        return {" ".join(sorted(re.sub(r"[,\t\"()]", " ", sql).split())) for sql in told}


def test_a_migration_can_be_taken_back_and_done_again(database: Database) -> None:
    config = _config()
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    assert upgrade(database)
    assert not upgrade(database)


def test_what_was_told_before_the_number_was_kept_stays_told(
    store_url: str,
    put: Callable[..., None],
    numbered: Callable[[int], Draft],
    publish: Callable[[Store], None],
) -> None:
    with open_store(store_url) as store:
        put(store, numbered(1))
        publish(store)
        put(store, numbered(2))
    database, config = Database(store_url), _config()
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
        asked = text("SELECT native_id, once_tagged FROM releases ORDER BY native_id")
        assert [tuple(row) for row in connection.execute(asked)] == [("N1", True), ("N2", False)]
    database.close()
    with open_store(store_url) as store:
        heads = {head.title: head.told for head in store.heads(store.newest(limit=9)).values()}
        assert heads == {"Title 1": 0, "Title 2": NEVER}
