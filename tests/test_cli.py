from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from scheduler import VERSION
from scheduler.cli import VERBS, baywire

if TYPE_CHECKING:
    from conftest import Typed

HEAVY = ("scrapy", "twisted", "sqlalchemy", "apscheduler", "rich", "uvicorn", "lxml", "asyncio")


def baywire_in(folder: Path, *words: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BAYWIRE_")}
    command = [sys.executable, "-W", "error", "-m", "scheduler", *words]
    return subprocess.run(
        command, cwd=folder, env=kept | (environ or {}), capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.parametrize("words", [["--help"], ["-h"], [], ["--version"], ["nonsense"]])
def test_what_needs_no_work_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys; from scheduler.cli import run\n"
        "try:\n    run(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, timeout=300)
    assert done.stderr.splitlines()[-1] == "[]"


def test_version_is_silent_but_for_the_version(tmp_path: Path) -> None:
    done = baywire_in(tmp_path, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"baywire {VERSION}\n", "")


def test_the_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert version("baywire") == VERSION


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_verb_explains_itself_and_takes_the_common_options(verb: str) -> None:
    context = click.Context(baywire)
    command = baywire.get_command(context, verb)
    assert command is not None
    assert command.help
    flags = {flag for param in command.params for flag in param.opts}
    assert {"-c", "-C", "-q", "-v", "--json", "--version"} <= flags
    assert "Options:" in command.get_help(click.Context(command, parent=context, info_name=verb))


def test_nothing_but_verbs_is_in_the_table() -> None:
    for verb, (about, _) in VERBS.items():
        assert verb.isalpha()
        assert about[0].islower()
        assert not about.endswith(".")


@pytest.mark.parametrize(
    "words",
    [
        ["-C", "{}", "sources", "--json"],
        ["sources", "-C", "{}", "--json"],
        ["--json", "-C", "{}", "sources"],
        ["--json", "sources", "--directory", "{}"],
    ],
)
def test_common_options_stand_before_and_after_the_verb(tmp_path: Path, typed: Typed, words: list[str]) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "baywire.toml").write_text('[sources]\nuse = ["hk-gia-en"]\n', encoding="utf-8")
    done = typed(*(word.format("there") for word in words))
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["source"] for line in done.stdout.splitlines()] == ["hk-gia-en"]


def test_the_last_directory_and_every_v_count(typed: Typed) -> None:
    done = typed("-C", "nowhere", "sources", "-C", ".", "-vv", "-q")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["crawll"], 2, 'baywire: "crawll" is not a verb (did you mean "crawl"?): see baywire --help\n'),
        (["crawl", "--nonsense"], 2, "baywire: No such option '--nonsense': see baywire crawl --help\n"),
        (
            ["crawl", "hk-gia-e"],
            2,
            'baywire: hk-gia-e: unknown source (did you mean "hk-gia-en"?): see baywire sources\n',
        ),
        (["crawl", "--replay", "no"], 2, "baywire: no: no index.tsv here: expected a folder of recorded pages\n"),
        (["status", "nobody"], 2, "baywire: nobody: unknown source: see baywire sources\n"),
        (
            ["show", "x"],
            2,
            "baywire: x: no release of that id, number or address is in the store: see baywire search\n",
        ),
        (["why", "x", "aii"], 2, 'baywire: aii: unknown topic (did you mean "ai"?): see baywire topics\n'),
        (["-C", "no", "status"], 2, "no such folder: name another with -C, or make it with baywire init\n"),
        (["-c", "no.toml", "status"], 2, "no such file: write it with baywire init, or leave -c away\n"),
        (["serve"], 2, "public: nothing is published here: type baywire crawl first\n"),
        (["remove", "hk-gia-en"], 2, "comes with baywire and cannot be removed: type baywire disable hk-gia-en\n"),
    ],
)
def test_an_error_of_the_user_is_one_line_and_a_status(
    tmp_path: Path, typed: Typed, words: list[str], status: int, told: str
) -> None:
    done = typed(*words)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith("baywire: ")
    assert done.stderr.endswith(told)
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "public").exists()


def test_every_mistake_of_a_configuration_is_a_line(tmp_path: Path, typed: Typed) -> None:
    (tmp_path / "baywire.toml").write_text('[serve]\nport = "x"\n[feeds.both]\nwhere = "ai and"\n', encoding="utf-8")
    done = typed("check")
    assert done.returncode == 2
    assert done.stderr == 'baywire: baywire.toml:2: serve.port: expected a port from 0 to 65535; got "x"\n'
    (tmp_path / "baywire.toml").write_text('[feeds.both]\nwhere = "ai and"\n', encoding="utf-8")
    done = typed("check")
    assert done.returncode == 2
    assert done.stderr.startswith("baywire: ")
    assert "feeds.both.where: " in done.stderr


def test_reading_verbs_make_no_store(tmp_path: Path, typed: Typed) -> None:
    for words in (["status"], ["sources"], ["topics"], ["search", "x"], ["check"], ["topics", "diff"]):
        assert typed(*words).returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_working_directory_is_never_imported(tmp_path: Path) -> None:
    for name in ("lxml", "click", "scheduler", "sqlalchemy"):
        (tmp_path / f"{name}.py").write_text(
            "raise SystemExit('imported from the working directory')", encoding="utf-8"
        )
    script = Path(sys.executable).with_name("baywire")
    done = subprocess.run([script, "status"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    (tmp_path / "scheduler.py").unlink()  # this name `-m` itself looks up before we can help it
    done = baywire_in(tmp_path, "status")
    assert done.returncode == 0, done.stderr


def test_what_reads_our_output_may_stop(tmp_path: Path) -> None:
    command = f"{sys.executable} -m scheduler topics | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=tmp_path, capture_output=True, check=False)
    assert done.stderr == b""


def test_output_is_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    done = baywire_in(tmp_path, "sources", environ={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "新聞" in done.stdout


def other_end(fifo: Path, process: subprocess.Popen[str]) -> int:
    """Return the writing end of *fifo*, once *process* has opened the reading one."""
    until = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < until:
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads yet
            time.sleep(0.02)
    pytest.fail(f"the command never read: {process.communicate()}")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_command_says_so_by_its_status(tmp_path: Path, number: int, status: int) -> None:
    (tmp_path / "fifo").unlink(missing_ok=True)
    os.mkfifo(tmp_path / "fifo")  # reading it waits for as long as we hold its other end and write nothing
    command = [sys.executable, "-m", "scheduler", "topics", "test", "fifo"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        end = other_end(tmp_path / "fifo", process)
        process.send_signal(number)
        _, told = process.communicate(timeout=300)
        os.close(end)
    assert process.returncode == status
    assert "Traceback" not in told


def test_a_text_can_be_given_to_the_topics(tmp_path: Path, typed: Typed) -> None:
    (tmp_path / "text").write_text("Government launches AI strategy\n\nArtificial intelligence.", encoding="utf-8")
    done = typed("topics", "test", "text", "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert next(line for line in lines if line["topic"] == "ai")["passed"] is True
    assert set(lines[0]) >= {"kind", "topic", "score", "threshold", "evidence"}


def test_labelled_texts_tell_how_well_topics_do(tmp_path: Path, typed: Typed) -> None:
    row = {"id": "1", "title": "Government launches AI strategy", "text": "", "labels": ["ai"]}
    (tmp_path / "rows").write_text(json.dumps(row) + "\n", encoding="utf-8")
    done = typed("topics", "test", "rows")
    assert done.returncode == 0, done.stderr
    assert "1 texts, 100.0% without a mistake" in done.stdout
