"""What the store does when the disk, another process, a fork or a foreign hand gets in its way."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from feeds.error import StoreError
from feeds.release import Draft, Newsroom
from feeds.store import KeptPage, Outcome, Run, SourceState, Store, open_store
from feeds.store.upgrade import HEAD

SEEN = datetime(2026, 5, 6, 7, tzinfo=UTC)
Put = Callable[..., None]
Numbered = Callable[[int], Draft]
Publish = Callable[[Store], None]


def test_writes_are_durable_and_readers_never_wait(file: Path) -> None:
    with open_store(f"sqlite:///{file}") as store, store._database.reading() as connection:
        told = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("journal_mode", "synchronous")]
    assert told == ["wal", 2]


@contextmanager
def locked(file: Path) -> Iterator[sqlite3.Connection]:
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield other
    finally:
        other.close()


def test_while_another_process_writes_reads_go_on_and_writes_say_who_is_in_the_way(
    file: Path, put: Put, numbered: Numbered
) -> None:
    with locked(file), open_store(f"sqlite:///{file}", busy_s=0.1) as store:
        assert store.count() == 50
        with pytest.raises(StoreError, match=r"store\.sqlite3: another process holds it"):
            put(store, numbered(1))
        with pytest.raises(StoreError, match="another process"):
            store.set_meta("a", "b")
        assert len(store.search("words").ids) == 50


def test_a_write_waits_for_the_other_to_end(file: Path, put: Put, numbered: Numbered) -> None:
    with open_store(f"sqlite:///{file}", busy_s=20) as store, locked(file) as other:
        timer = threading.Timer(0.3, other.rollback)
        timer.start()
        put(store, numbered(99))
        timer.join()
        assert store.count() == 51


def test_many_threads_read_while_one_writes(store: Store, put: Put, numbered: Numbered, publish: Publish) -> None:
    put(store, *(numbered(number) for number in range(20)))
    publish(store)
    wrong: list[object] = []

    def read() -> None:
        for _ in range(20):
            ids = store.newest(limit=None)
            if len(store.releases(ids)) < 20 or store.search("words").total < 20:
                wrong.append(ids)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for number in range(20, 40):
        put(store, numbered(number))
    for thread in threads:
        thread.join()
    assert wrong == []
    assert store.count() == 40


def test_many_processes_write_one_release_once(store_url: str) -> None:
    program = """
import sys
from datetime import UTC, datetime
from feeds.release import Draft
from feeds.store import open_store
seen = datetime(2026, 5, 6, tzinfo=UTC)
with open_store(sys.argv[1]) as store:
    for number in range(20):
        with store.writing() as writing:
            url = f"https://s.example/{number}"
            writing.put(Draft(source="s", url=url, title=f"T{number}", text=f"W {number}", seen=seen), now=seen)
"""
    with open_store(store_url) as store:
        running = [subprocess.Popen([sys.executable, "-W", "error", "-c", program, store_url]) for _ in range(3)]
        assert [process.wait(60) for process in running] == [0, 0, 0]
        assert store.count() == 20
        assert {release.revision for release in store.releases(store.newest(limit=None)).values()} == {1}


def test_a_store_carried_over_a_fork_is_refused(store: Store) -> None:
    child = os.fork()
    if child == 0:  # pragma: no cover -- in the child
        try:
            store.count()
        except StoreError as error:
            os._exit(0 if "fork" in str(error) else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_full_disk_undoes_the_page_and_heals(file: Path, put: Put, numbered: Numbered) -> None:
    with open_store(f"sqlite:///{file}") as store:

        def small(raw: sqlite3.Connection, *_: object) -> None:
            raw.execute("PRAGMA max_page_count = 1").close()  # SQLite itself then says that the disk is full

        store._database.engine.dispose()
        event.listen(store._database.engine, "connect", small)
        with pytest.raises(StoreError, match="disk full: free some space"):
            put(store, *(numbered(number) for number in range(100, 300)))
        assert store.count() == 50
        event.remove(store._database.engine, "connect", small)
        store._database.engine.dispose()
        put(store, numbered(100))
        assert store.quick_check() is None


@pytest.fixture
def closed_file(file: Path) -> Iterator[Path]:
    for path in file.parents:
        if path.stat().st_uid == os.getuid() and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)
        if path.name.startswith("pytest-of-"):
            break
    for path in file.parent.iterdir():
        path.chmod(0o444)
    file.parent.chmod(0o555)
    yield file
    file.parent.chmod(0o755)


@pytest.fixture
def as_nobody(closed_file: Path) -> Iterator[None]:
    assert closed_file.exists()
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield
    if root:
        os.seteuid(0)


@pytest.mark.usefixtures("as_nobody")
def test_a_store_that_may_not_be_written_says_so(closed_file: Path, put: Put, numbered: Numbered) -> None:
    with (
        pytest.raises(StoreError, match=r"cannot be (written|opened)"),
        open_store(f"sqlite:///{closed_file}") as store,
    ):
        put(store, numbered(70))


@pytest.mark.usefixtures("as_nobody")
def test_a_folder_that_may_not_be_made_says_so(closed_file: Path) -> None:
    with pytest.raises(StoreError, match=r"new/store\.sqlite3: Permission denied: expected"):
        open_store(f"sqlite:///{closed_file.parent}/new/store.sqlite3")


@pytest.mark.parametrize("offset", [0, 100, 4096, 40960])
def test_a_damaged_file_is_told_with_what_to_do(file: Path, offset: int) -> None:
    content = bytearray(file.read_bytes())
    content[offset : offset + 8192] = os.urandom(8192)
    file.write_bytes(content)
    with pytest.raises(StoreError, match="baywire restore"):
        check(file)


def check(file: Path) -> None:
    with open_store(f"sqlite:///{file}") as store:
        if problem := store.quick_check():
            raise StoreError(problem)


def test_a_file_cut_short_is_told(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)
    with pytest.raises(StoreError, match="is damaged: put back a backup"):
        open_store(f"sqlite:///{file}")


def test_a_store_says_whether_it_was_made_just_now(file: Path) -> None:
    with open_store(f"sqlite:///{file}") as store:
        assert not store.is_new
    os.truncate(file, 0)
    with open_store(f"sqlite:///{file}") as store:
        assert store.is_new


def test_a_store_of_a_newer_baywire_is_left_alone(store_url: str) -> None:
    with open_store(store_url) as store, store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="version 9999 is newer than this baywire knows"):
        open_store(store_url)


def test_tables_of_somebody_else_are_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x")) as other:
        other.execute("CREATE TABLE releases (a)")
    with pytest.raises(StoreError, match="not ours"):
        open_store(f"sqlite:///{tmp_path}/x")


@pytest.mark.parametrize("address", ["", "nonsense", "mysql://a/b", "oracle://x", "sqlite+nothing:///x"])
def test_an_address_that_is_none_is_told(address: str) -> None:
    with pytest.raises(StoreError, match=r"store\.url: "):
        open_store(address)


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(StoreError, match="cannot be reached"):
        open_store("postgresql://nobody@127.0.0.1:1/none")


def test_a_password_is_never_in_a_message() -> None:
    with pytest.raises(StoreError) as caught:
        open_store("postgresql://nobody:secret@127.0.0.1:1/none")
    assert "secret" not in str(caught.value)


class StruckError(Exception):
    """Thrown in at the nth statement."""


def interrupted_at(store_or_none: Store, number: int) -> Callable[[], None]:
    left = [number]

    def strike(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise StruckError

    engine = store_or_none._database.engine
    event.listen(engine, "before_cursor_execute", strike)
    return lambda: event.remove(engine, "before_cursor_execute", strike)


def test_a_put_interrupted_at_any_statement_leaves_nothing_behind(
    store: Store, put: Put, numbered: Numbered, publish: Publish
) -> None:
    put(store, numbered(1))
    before = [store.release(id_) for id_ in store.newest(limit=None)]
    again = replace(numbered(1), title="New title", text="Quite other words", seen=SEEN + timedelta(days=1))
    for number in range(1, 200):
        heal = interrupted_at(store, number)
        try:
            put(store, again, numbered(2))
        except StruckError:
            pass
        else:
            break
        finally:
            heal()
        assert [store.release(id_) for id_ in store.newest(limit=None)] == before
        assert store.search("quite").total == 0
    assert number > 12
    assert store.count() == 2
    publish(store)
    assert store.search("quite").total == 1


def test_a_migration_interrupted_at_any_statement_leaves_nothing_behind(tmp_path: Path) -> None:
    from sqlalchemy import Engine

    url = f"sqlite:///{tmp_path}/new.sqlite3"
    for number in range(4, 200, 7):
        left = [number]

        def strike(*_: object, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise StruckError

        event.listen(Engine, "before_cursor_execute", strike)
        try:
            open_store(url).close()
        except StruckError:
            with closing(sqlite3.connect(tmp_path / "new.sqlite3")) as raw, raw:
                made = raw.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,)
                assert not made or raw.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)
            raw.close()
        else:
            break
        finally:
            event.remove(Engine, "before_cursor_execute", strike)
    assert number > 20
    with open_store(url) as store:
        assert store.count() == 0


def test_a_killed_writer_loses_nothing_it_had_announced(store_url: str, publish: Publish) -> None:
    program = """
import sys
from datetime import UTC, datetime
from feeds.release import Draft
from feeds.store import open_store
seen = datetime(2026, 5, 6, tzinfo=UTC)
with open_store(sys.argv[1]) as store:
    for number in range(int(sys.argv[2]), 10**6):
        with store.writing() as writing:
            url = f"https://s.example/{number}"
            _, id_ = writing.put(Draft(source="s", url=url, title=f"T{number}", text=f"W{number}", seen=seen), now=seen)
        print(id_, flush=True)
"""
    announced: list[str] = []
    for start in range(4):
        command = [sys.executable, "-c", program, store_url, str(start * 10_000)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            announced.append(process.stdout.readline().strip())
            time.sleep(0.05 * start)
            process.send_signal(signal.SIGKILL)
            announced += [line for line in process.stdout.read().split("\n")[:-1] if line]
    with open_store(store_url) as store:
        assert store.quick_check() is None
        assert set(store.releases(announced)) == set(announced)
        assert store.count() - len(announced) <= 4  # committed, and killed before the word was out
        publish(store)
        assert store.search("W0").total == 1


def test_search_is_built_anew_when_its_rules_moved(
    store_url: str, put: Put, numbered: Numbered, publish: Publish
) -> None:
    with open_store(store_url) as store:
        put(store, *(numbered(number) for number in range(450)))
        publish(store)
        store.set_meta("search", "0")
        with store._database.writing() as connection:
            kind = "INSERT INTO search (search) VALUES ('delete-all')"
            connection.exec_driver_sql(kind if store._database.is_sqlite else "TRUNCATE search")
        assert store.search("words").total == 0
    with open_store(store_url) as store:
        assert store.search("words").total == 450
        put(store, replace(numbered(7), text="Other"))
        assert store.search("words").total == 449


def test_reading_the_values_alone_loads_no_database() -> None:
    program = (
        "import sys; from feeds.store import Outcome, SourceState, KeptPage, DEFAULT_AUTHORITY;"
        "assert not {'sqlalchemy', 'alembic', 'sqlite3'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


def test_a_store_that_is_up_to_date_opens_without_alembic(file: Path) -> None:
    program = (
        "import sys; from feeds.store import open_store; open_store(sys.argv[1]).close();"
        "assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program, f"sqlite:///{file}"], check=True)


def test_every_table_is_written_in_a_run_and_read_back(store: Store, numbered: Numbered) -> None:
    store.sync_sources([Newsroom(key="s", title="S")], now=SEEN)
    with store.writing() as writing:
        writing.put(numbered(1), now=SEEN)
        writing.keep_page(KeptPage(source="s", url=numbered(1).url, fetched_at=SEEN, status=200, body=b"x"))
        run = Run(id="r", source="s", started=SEEN, ended=SEEN, outcome=Outcome.NEW, new=1)
        writing.finish_run(run, SourceState(key="s"))
    assert store.count(source="s") == 1
    assert store.runs("s") == (run,)
