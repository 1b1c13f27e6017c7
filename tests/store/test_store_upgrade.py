"""The migrations make the tables that the code speaks of, on both engines, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from feeds.store.engine import Database
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


def test_the_very_words_of_the_tables_are_those_of_the_code(sqlite_file: Path, tmp_path: Path) -> None:
    by_migration, by_code = Database(f"sqlite:///{sqlite_file}"), Database(f"sqlite:///{tmp_path}/by_code")
    with by_code.writing() as connection:
        metadata.create_all(connection)

    def schema(of: Database) -> set[str]:
        with of.reading() as connection:
            told = connection.execute(
                text("SELECT sql FROM sqlite_master WHERE tbl_name NOT LIKE 'search%' AND sql <> ''")
            )
            return {" ".join(sorted(sql.replace("\t", " ").replace(",", " ").split())) for (sql,) in told}

    made = {sql for sql in schema(by_migration) if "alembic_version" not in sql}
    assert made == schema(by_code)
    by_migration.close()
    by_code.close()


def test_a_migration_can_be_taken_back_and_done_again(database: Database) -> None:
    config = _config()
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    assert upgrade(database)
    assert not upgrade(database)
