"""`baywire demo` does the whole job, as a newcomer types it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from feeds.error import ConfigError
from scheduler.newsroom.place import Place
from scheduler.newsroom.story import sites

BAYWIRE = [sys.executable, "-m", "scheduler"]
STORIES = [story for stories in sites().values() for story in stories]
FIRST = sum(story.offset <= timedelta() for story in STORIES)
PATIENCE_S = 240.0


def once(*words: str | Path, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*BAYWIRE, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **(environ or {})},
    )


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def begun(folder: Path, ago: timedelta) -> None:
    """Let the story of *folder* have begun some time *ago*."""
    folder.mkdir()
    start = (datetime.now(UTC) - ago).isoformat()
    (folder / "newsroom.json").write_text(json.dumps({"start": start, "port": free_port()}))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def running(*words: str | Path) -> Iterator[tuple[dict[str, object], subprocess.Popen[str]]]:
    """Yield what `demo` announced once it serves, and the process."""
    with subprocess.Popen(
        [*BAYWIRE, "--json", *map(str, words)], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                told = json.loads(line)
                if told["kind"] == "demo":
                    # Read on, or it would wait for us when the pipe is full.
                    Thread(target=process.stdout.read, daemon=True).start()
                    yield told, process
                    break
            else:
                pytest.fail(f"demo ended with {process.wait()} before it served")
        finally:
            if process.poll() is None:
                process.kill()


def fetched(url: str) -> str:
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310 - an address of our own
        return str(answer.read().decode())


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it did not come to hold in a minute"
        time.sleep(0.3)


def test_once_publishes_what_the_newsroom_has_and_says_where(tmp_path: Path) -> None:
    done = once("-C", tmp_path / "demo", "demo", "--once")
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "demo" / "public") in done.stdout
    feed = json.loads((tmp_path / "demo" / "public" / "feeds" / "all.json").read_text(encoding="utf-8"))
    assert len(feed["items"]) == FIRST
    assert any("深水埗" in item.get("content_html", "") for item in feed["items"])
    assert not any("â€" in json.dumps(item, ensure_ascii=False) for item in feed["items"])
    for name in ("ai", "greater-bay-area", "ai-and-greater-bay-area"):
        assert (tmp_path / "demo" / "public" / "feeds" / f"{name}.atom").is_file()


def test_once_prints_json_lines_when_asked(tmp_path: Path) -> None:
    done = once("-C", tmp_path / "demo", "demo", "--once", "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert sum(line["kind"] == "release" and line["source"] in {s.key for s in sites()} for line in lines) == FIRST
    outcomes = {line["source"]: line["outcome"] for line in lines if line["kind"] == "crawl"}
    assert outcomes == {site.key: "new" for site in sites()}
    assert lines[-1]["kind"] == "demo"


def test_works_in_a_temporary_folder_that_it_names(tmp_path: Path) -> None:
    done = once("demo", "--once", "--json", environ={"TMPDIR": str(tmp_path)})
    (folder,) = tmp_path.glob("baywire-demo-*")
    assert json.loads(done.stdout.splitlines()[-1])["directory"] == str(folder)


def test_every_other_verb_works_in_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    once("-C", folder, "demo", "--once")
    before = files(folder / "public")
    assert once("-C", folder, "publish").returncode == 0
    assert files(folder / "public") == before
    assert once("-C", folder, "check").returncode == 0
    found = once("-C", folder, "search", "深水埗", "--json")
    assert [json.loads(line)["source"] for line in found.stdout.splitlines()] != []


def test_the_environment_leads_it_nowhere_else(tmp_path: Path) -> None:
    environ = {
        "BAYWIRE_STORE_URL": f"sqlite:///{tmp_path}/other.sqlite3",
        "BAYWIRE_PUBLISH_DIRECTORY": str(tmp_path / "other"),
        "BAYWIRE_SITE_BASE_URL": "https://feeds.example/",
        "BAYWIRE_SOURCES_USE": "hk-gia-en",
        "HTTP_PROXY": "http://127.0.0.1:9/",
    }
    done = once("-C", tmp_path / "demo", "demo", "--once", environ=environ)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]
    assert "feeds.example" not in (tmp_path / "demo" / "public" / "feeds" / "all.atom").read_text(encoding="utf-8")


@pytest.mark.soak  # the newsroom takes its time
def test_a_feed_grows_and_a_correction_stays_one_entry_while_it_runs(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    begun(folder, timedelta(seconds=66))  # the correction comes at 92 s, releases at 68 s and later
    with running("-C", folder, "demo") as (told, process):

        def items() -> dict[str, dict[str, str]]:
            return {item["id"]: item for item in json.loads(fetched(f"{told['url']}feeds/all.json"))["items"]}

        def saying(words: str) -> list[str]:
            return [id_ for id_, item in items().items() if words in item["content_html"]]

        wait_for(lambda: bool(saying("two sites")))
        first = items()
        (old,) = saying("two sites")
        wait_for(lambda: saying("three sites") == [old] and len(items()) == len(STORIES))
        last = items()
        assert first.keys() < last.keys()
        assert last[old]["date_published"] == first[old]["date_published"]
        assert last[old]["date_modified"] > first[old]["date_modified"]
        assert fetched(str(told["newsroom"])).startswith("<!doctype html>")
        for url in told["feeds"]:  # type: ignore[attr-defined]  # a list of addresses
            assert fetched(url)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE_S) == 0
    with pytest.raises(OSError, match="refused"):
        fetched(str(told["url"]))


def test_takes_another_port_when_the_usual_one_is_busy(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            busy.bind(("127.0.0.1", 8000))
            busy.listen()
        except OSError:
            pass  # somebody else has it: busy all the same
        with running("-C", tmp_path / "demo", "demo") as (told, process):
            base = str(told["url"])
            assert ":8000/" not in base
            assert f'href="{base}' in fetched(f"{base}feeds/all.atom")
            process.terminate()
            assert process.wait(timeout=PATIENCE_S) == 0


def test_a_busy_port_that_was_asked_for_is_an_error_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        done = once("-C", tmp_path / "demo", "demo", "--once", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert str(port) in done.stderr
    assert not (tmp_path / "demo").exists()


def test_goes_on_where_it_was_and_finds_nothing_new(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    begun(folder, timedelta(minutes=10))
    free = free_port()
    assert once("-C", folder, "demo", "--once", "--port", str(free)).returncode == 0
    before = files(folder / "public")
    again = once("-C", folder, "demo", "--once", "--json", "--port", str(free))
    assert again.returncode == 0
    assert not [line for line in again.stdout.splitlines() if json.loads(line)["kind"] == "release"]
    assert files(folder / "public") == before


@pytest.mark.parametrize("name", ["baywire.toml", "var"])
def test_keeps_out_of_a_folder_that_is_no_demos(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(ConfigError, match="choose another folder"):
        Place.open(tmp_path, now=datetime.now(UTC))
    done = once("-C", tmp_path, "demo", "--once")
    assert done.returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_takes_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").touch()
    done = once("-c", tmp_path / "mine.toml", "demo", "--once")
    assert done.returncode == 2
    assert "takes no configuration" in done.stderr
