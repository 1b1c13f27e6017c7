"""Does one job again and again, each time in a fork whose n-th call to the disk goes wrong; looks at what is left.

Run by test_call.py with fault.so preloaded: forker.py PLAN, a JSON object; prints a JSON object.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import mmap
import os
import random
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

KINDS = {"read": 1, "write": 2, "sync": 4, "name": 8}
KILL, HALF, FAIL, RECORD = 1, 2, 3, 4
NOON = datetime(2026, 4, 29, 12, tzinfo=UTC)


class Forker:
    """The job, the folder it works in, and what that folder is to be like afterwards."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        self.folder = Path(plan["folder"])
        self.job = {"publish": self._publish, "put": self._put, "make": self._make}[plan["job"]]
        self.base = Path(tempfile.mkdtemp(dir=self.folder.parent))
        self.arm = ctypes.CDLL(os.environ["LD_PRELOAD"]).baywire_arm
        self.arm.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
        self.arm.argtypes += [ctypes.c_void_p]
        self.counted = mmap.mmap(-1, 8)
        self.problems: list[str] = []
        self.met = 0
        self.base.rmdir()
        shutil.copytree(self.folder, self.base, symlinks=True)
        self._warm()
        self.after, self.held = self.pictures(), self.releases()
        self.renew()
        self.before = self.pictures()

    def pictures(self) -> dict[str, bytes]:
        """Return what is published and must be whole at any time."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted((self.folder / "public").glob("**/*"))
            if path.is_file() and path.suffix in {".atom", ".json", ".opml", ".html"} and path.name[0] != "."
        }

    def releases(self) -> list[tuple[str, ...]]:
        """Return the releases of the store."""
        with contextlib.closing(sqlite3.connect(self.folder / "var" / "baywire.sqlite3")) as store:
            return store.execute("SELECT id, url, title FROM releases ORDER BY id").fetchall()

    def renew(self) -> None:
        """Let the folder be as it was before the job."""
        shutil.rmtree(self.folder)
        shutil.copytree(self.base, self.folder, symlinks=True)

    def fork(self, how: int, kinds: int, nth: int, error: int = 0, log: int = -1) -> int:
        """Do the job in a fork; return its exit status: 0 done, 3 refused, negative for a signal."""
        self.counted[:8] = bytes(8)
        pid = os.fork()
        if pid:
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        code = 1
        try:
            counted = ctypes.addressof(ctypes.c_long.from_buffer(self.counted))
            self.arm(how, kinds, nth, error, str(self.folder).encode(), log, counted)
            code = self._do()
        finally:
            os._exit(code)

    def _do(self) -> int:
        from feeds.error import BaywireError

        try:
            self.job()
        except BaywireError:
            return 3
        return 0

    def every(self, how: int, kinds: int, *, step: int, error: int = 0) -> None:
        """Let every *step*-th call meet *how*; say what is wrong after any of them."""
        from feeds.error import BaywireError

        nth = 1 + random.SystemRandom().randrange(step)
        with tempfile.TemporaryFile() as log:
            while True:
                self.renew()
                log.truncate(0)
                log.seek(0)
                code = self.fork(how, kinds, nth, error, log.fileno())
                log.seek(0)
                where = f"call {nth}, {log.read().decode().strip()}"
                if int.from_bytes(self.counted[:8], sys.byteorder) < nth:
                    return
                self.met += 1
                if code not in ({-9} if how in {KILL, HALF} else {0, 3}):
                    self.problems.append(f"{where}: ended {code}")
                self.look(where)
                if how == FAIL and kinds == KINDS["sync"]:
                    self._look_at_unsynced(where)
                try:
                    self.job()
                except BaywireError as refusal:
                    self.problems.append(f"{where}: not healed: {refusal}")
                self.look(where, healed=True)
                nth += step

    def look(self, where: str, *, healed: bool = False, lasting: bool = False) -> None:
        """Say what is wrong: a published file that is neither the old nor the new one, a store that is not whole.

        With *lasting* of feeds alone: a page that the power took is made anew by the next publication.
        """
        now = self.pictures()
        if lasting:
            now = {**self.before, **{name: now.get(name, b"") for name in now if _is_feed(name)}}
        if healed and now != self.after:
            differs = sorted(name for name in {*now, *self.after} if now.get(name) != self.after.get(name))
            self.problems.append(f"{where}: after another run {differs[:3]} of {len(differs)} differ")
        for name, body in now.items():
            if body not in (self.before.get(name), self.after.get(name)):
                self.problems.append(f"{where}: {name} is neither old nor new: {len(body)} bytes")
        if missing := self.before.keys() - now.keys() - (self.before.keys() - self.after.keys()):
            self.problems.append(f"{where}: gone: {sorted(missing)[:3]}")
        self._look_at_store(where, healed=healed)

    def _look_at_store(self, where: str, *, healed: bool) -> None:
        file = self.folder / "var" / "baywire.sqlite3"
        if not file.exists() and not healed:
            return
        try:
            with contextlib.closing(sqlite3.connect(file)) as store:
                said = store.execute("PRAGMA integrity_check").fetchall()
                tables = {name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
                if tables and "alembic_version" not in tables:
                    self.problems.append(f"{where}: half a migration: {sorted(tables)}")
                halves = (
                    tables
                    and store.execute(
                        "SELECT id FROM releases WHERE key NOT IN (SELECT release FROM revisions)"
                    ).fetchall()
                )
        except sqlite3.Error as error:
            self.problems.append(f"{where}: store: {error}")
            return
        if said != [("ok",)] or halves or (healed and self.releases() != self.held):
            self.problems.append(f"{where}: store: {said} {halves}")

    def _look_at_unsynced(self, where: str) -> None:
        name = where.partition(", ")[2].removeprefix(f"{self.folder}/")
        path = Path(name)
        target = str(path.with_name(path.name[1:].removesuffix(".part"))) if path.name.endswith(".part") else ""
        if target and self.before.get(target) != self.pictures().get(target):
            self.problems.append(f"{where}: published though its bytes may not be on the disk")

    def power(self, *, step: int) -> None:
        """Lose the power after every *step*-th call, and with it what was not synced; look at what is left."""
        from faults.power import Disk

        self.renew()
        with tempfile.TemporaryFile() as log:
            if self.fork(RECORD, 0, 0, 0, log.fileno()):
                self.problems.append("the job was not done")
            log.seek(0)
            calls = log.read()
        chance = random.SystemRandom()
        disk = Disk(self.base, self.folder, calls)
        nth = chance.randrange(min(step, disk.length))
        for number in range(disk.length):
            disk.advance()
            if number % step != nth:
                continue
            for names in ("synced", "all"):
                for data in ("synced", "all", "torn"):
                    self.renew()
                    disk.leave(names=names, data=data, chance=chance)
                    self.met += 1
                    self.look(f"call {number}, names {names}, data {data}", lasting=True)
                    self.job()
                    self.look(f"call {number}, names {names}, data {data}", healed=True)

    # -- the jobs, by the same code as the daemon

    def _warm(self) -> None:
        from feeds.store import open_store
        from scheduler.config import load
        from scheduler.desk import load_rules

        self.config = load(self.folder, environ={})
        self.rules = load_rules(self.config)
        with open_store("sqlite://"):  # all that it loads, loaded before the first fork
            pass
        self.job()

    def _publish(self) -> None:
        from feeds.publish import publish
        from feeds.store import open_store
        from scheduler.outlet import site_of

        with open_store(self.config.store.url) as store:
            publish(store, self.rules[1], site_of(self.config), self.config.publish.directory, now=NOON)

    def _put(self) -> None:
        from feeds.release import Draft
        from feeds.store import open_store

        with open_store(self.config.store.url) as store:
            for n in range(100, 103):
                draft = Draft(
                    source="bad",
                    url=f"https://a.example/r/{n}",
                    title=f"Release {n} of the department of many words",
                    html="<p>It was said on Monday that it has been said.</p>" * 40,
                    text="It was said on Monday that it has been said.\n\n" * 40,
                    language="en",
                    published=NOON,
                    seen=NOON,
                )
                with store.writing() as writing:
                    writing.put(draft, now=NOON)

    def _make(self) -> None:
        from feeds.store import open_store

        with open_store(self.config.store.url):
            pass


def _is_feed(name: str) -> bool:
    return name.startswith("feeds/") and not name.startswith("feeds/archive/") and name.endswith(".atom")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep standard output for the one object that is printed."""
    out = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(out, 1)
        os.close(out)


def main() -> None:
    plan = json.loads(sys.argv[1])
    with quiet():
        forker = Forker(plan)
        if plan["how"] == "power":
            forker.power(step=plan["step"])
        else:
            how = {"kill": KILL, "half": HALF, "fail": FAIL}[plan["how"]]
            kinds = sum(KINDS[kind] for kind in plan["kinds"])
            forker.every(how, kinds, step=plan["step"], error=plan.get("error", 0))
        forker.renew()
    print(json.dumps({"met": forker.met, "problems": forker.problems}))  # noqa: T201  # for whoever runs it


if __name__ == "__main__":
    _package = ModuleType("faults")
    _package.__path__ = [str(Path(__file__).parent)]
    sys.modules[_package.__name__] = _package
    main()
