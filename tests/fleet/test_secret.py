"""The way to the database: encrypted where it leaves the machine; its password is never told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from feeds.error import ConfigError, StoreError
from feeds.store import open_store
from feeds.store.engine import Database, conninfo_of
from feeds.store.server import secured
from scheduler.config import load

WORD = "s3cr3t@/:word"


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgresql://b@db.example/b", "verify-full"),
        ("postgresql://b@10.1.2.3/b", "verify-full"),
        ("postgresql:///b?host=/run/postgresql,db.example", "verify-full"),
        ("postgresql:///b?hostaddr=192.0.2.1", "verify-full"),
        ("postgresql://b@localhost.example/b", "verify-full"),
        ("postgresql://b@db.example/b?sslmode=require", "require"),
        ("postgresql://b@db.example/b?sslmode=disable", "disable"),
        ("postgresql://b@localhost/b", None),
        ("postgresql://b@127.8.9.10/b", None),
        ("postgresql://b@[::1]:5433/b", None),
        ("postgresql:///b?host=/run/postgresql", None),
        ("postgresql:///b", None),
    ],
)
def test_tls_is_the_default_to_another_machine(url: str, mode: str | None) -> None:
    assert secured(make_url(url)).query.get("sslmode") == mode
    assert (f"sslmode={mode}" in conninfo_of(url)) is (mode is not None)


def test_the_password_comes_from_a_file_or_the_environment_never_from_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "word").write_text(f"{WORD}\n", encoding="utf-8")
    (tmp_path / "baywire.toml").write_text(
        '[store]\nurl = "postgresql://baywire@db.example/b"\npassword-file = "word"\n', encoding="utf-8"
    )
    for environ in ({}, {"BAYWIRE_STORE_PASSWORD": WORD}, {"BAYWIRE_STORE_PASSWORD_FILE": str(tmp_path / "word")}):
        config = load(tmp_path, environ=environ)
        assert make_url(config.store.url).password == WORD
        assert WORD not in repr(config)
        assert WORD not in config.store.shown
    (tmp_path / "baywire.toml").write_text(f'[store]\npassword = "{WORD}"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="is a secret: use password-file or BAYWIRE_STORE_PASSWORD") as raised:
        load(tmp_path, environ={})
    assert WORD not in str(raised.value)


def test_a_password_without_a_role_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="postgresql://ROLE@HOST/NAME"):
        load(tmp_path, environ={"BAYWIRE_STORE_PASSWORD": WORD})


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://baywire:s3cr3t@127.0.0.1:9/b",
        "postgresql://baywire:s3cr3t@127.0.0.1:port/b",
        "mysql://baywire:s3cr3t@127.0.0.1/b",
        "postgresql:/baywire:s3cr3t@127.0.0.1",
    ],
)
def test_no_message_holds_the_password(url: str) -> None:
    with pytest.raises(StoreError) as raised:
        open_store(url)
    assert "s3cr3t" not in str(raised.value)


def test_the_name_of_a_store_holds_no_password() -> None:
    assert "s3cr3t" not in Database("postgresql://baywire:s3cr3t@db.example/b").name


def test_a_worker_that_cannot_reach_its_database_says_so_in_one_line(typed: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://baywire:s3cr3t@127.0.0.1:9/b", encoding="utf-8")
    (tmp_path / "baywire.toml").write_text('[store]\nurl-file = "url"\n', encoding="utf-8")
    for words in (("worker",), ("run", "--fleet", "--no-serve"), ("run", "--fleet", "--migrate"), ("status",)):
        done = typed(*words)
        assert done.returncode == 2
        assert "the database cannot be reached" in done.stderr
        assert "s3cr3t" not in done.stderr
        assert "Traceback" not in done.stderr
