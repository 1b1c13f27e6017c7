"""From one machine's file to a server: the same ids, the same bytes; by a role that cannot drop, if so wished."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import psycopg
import pytest

from feeds.error import StoreError
from feeds.release import Newsroom
from feeds.store import open_store
from feeds.store.copying import copy_into

if TYPE_CHECKING:
    from fleet import farm


@pytest.fixture
def one(tools: ModuleType, newsrooms: Callable[..., farm.Newsrooms], tmp_path: Path) -> farm.Fleet:
    """Return one machine that has crawled and published, with a backup of its store."""
    folder = tmp_path / "one"
    tools.write_project(folder, newsrooms(releases=12), hosts=2, each=2, delay_s=0, every="1h")
    made: farm.Fleet = tools.Fleet(folder, "sqlite:///var/baywire.sqlite3", {"BAYWIRE_CRAWL_DELAY": "0"})
    assert made.type("crawl").returncode == 0
    assert made.type("backup", "kept.sqlite3").returncode == 0
    return made


@pytest.mark.soak
def test_a_backup_of_a_file_is_restored_into_a_server_with_ids_and_bytes(
    tools: ModuleType, one: farm.Fleet, database: str
) -> None:
    before = tools.files_of(one.folder / "public", "feeds", "releases", "topics", "sources")
    told = one.type("export", "json").stdout
    one.url = database
    done = one.type("restore", "kept.sqlite3")
    assert done.returncode == 0, done.stderr
    assert one.type("export", "json").stdout == told
    assert len(told.splitlines()) == 48
    (one.folder / "public").rename(one.folder / "before")
    assert one.type("publish").returncode == 0
    assert tools.files_of(one.folder / "public", "feeds", "releases", "topics", "sources") == before
    found = [one.type("search", "人工智能", "--json").stdout, one.type("search", "laboratory", "--json").stdout]
    assert all(json.loads(answer.splitlines()[0])["id"] for answer in found)
    assert one.type("crawl").returncode == 0  # counters go on where the rows end
    with open_store(database) as store:
        assert store.count() == 48


def test_a_server_that_holds_something_is_not_written_over(tmp_path: Path, database: str) -> None:
    with open_store(f"sqlite:///{tmp_path}/kept.sqlite3") as store:
        store.sync_sources([Newsroom(key="harbour-en", title="Harbour")], now=datetime(2026, 3, 4, tzinfo=UTC))
    copy_into(tmp_path / "kept.sqlite3", database)
    with pytest.raises(StoreError, match="holds sources already: expected an empty database"):
        copy_into(tmp_path / "kept.sqlite3", database)
    with open_store(database) as store:
        assert [state.key for state in store.source_states()] == ["harbour-en"]


def test_what_is_no_store_moves_nothing(tmp_path: Path, database: str) -> None:
    (tmp_path / "kept.sqlite3").write_bytes(b"no store at all, not by a long way" * 100)
    with pytest.raises(StoreError, match="damaged or no store"):
        copy_into(tmp_path / "kept.sqlite3", database)


@pytest.mark.soak
def test_a_role_that_cannot_drop_crawls_and_publishes(
    tools: ModuleType, server: farm.Server, database: str, newsrooms: Callable[..., farm.Newsrooms], fleet: farm.Fleet
) -> None:
    tools.write_project(fleet.folder, newsrooms(releases=1), hosts=2, each=1, delay_s=0, every="1h")
    assert fleet.type("init", "--fleet", ".").returncode == 0
    name = re.findall(r"postgresql://.*?@/(\w+)", database)[0]
    roles = (fleet.folder / "roles.sql").read_text(encoding="utf-8")
    server.run_sql(name, roles)
    fleet.url = server.url(name, "baywire_owner")
    assert fleet.type("run", "--fleet", "--migrate").returncode == 0
    fleet.url = server.url(name, "baywire")
    assert fleet.type("run", "--fleet", "--migrate").stdout == "all tables are as they should be\n"
    with psycopg.connect(fleet.url, autocommit=True) as worker:
        for statement in (
            "DROP TABLE releases",
            "TRUNCATE releases CASCADE",
            "ALTER TABLE releases ADD COLUMN x int",
            "CREATE TABLE x (y int)",
            "DROP TABLE procrastinate_jobs",
            "DROP SCHEMA public CASCADE",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                worker.execute(statement.encode())
    fleet.scheduler()
    fleet.worker("one")
    with psycopg.connect(database, autocommit=True) as watch:
        tools.wait_for(
            lambda: (
                watch.execute("SELECT count(*) FROM releases").fetchone() == (2,)
                and (fleet.folder / "public/feeds/all.atom").exists()
            ),
            "two releases and a feed",
            tell=fleet.logs,
        )
