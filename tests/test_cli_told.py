from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from feeds.release import Draft
from feeds.store import open_store
from feeds.tag import Tag
from scheduler.fold import fold, width
from scheduler.report import Report
from scheduler.session import Session

if TYPE_CHECKING:
    from conftest import Typed


def outside(command: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BAYWIRE_")}
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=kept | environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_no_verb_prints_the_help_as_it_is(typed: Typed) -> None:
    done = typed()
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: baywire")
    assert "baywire: " not in done.stderr


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_command_without_a_stream_does_its_work(tmp_path: Path, closed: str) -> None:
    done = outside(f"{sys.executable} -m scheduler init made {closed}", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "made" / "baywire.toml").is_file()


def test_what_to_type_next_is_found_by_the_shell(tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [".venv/bin/baywire", "init"])
    assert "next: .venv/bin/baywire -C " in typed("init", "there").stderr
    (tmp_path / "baywire").write_text("#!/bin/sh\n")
    (tmp_path / "baywire").chmod(0o755)
    assert "next: baywire -C " in typed("init", "there").stderr


def test_a_long_line_goes_on_below_its_text_on_a_terminal(tmp_path: Path) -> None:
    master, slave = os.openpty()
    command = [sys.executable, "-m", "scheduler", "sources"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=slave, env=os.environ | {"COLUMNS": "80"}) as process:
        os.close(slave)
        told = read_all(master)
        assert process.wait(120) == 0
    lines = told.splitlines()
    assert max(map(width, lines)) <= 80
    at = lines[0].index("title")
    number = next(number for number, line in enumerate(lines) if line.startswith("hk-gba-office "))
    assert lines[number + 1].startswith(" " * at)
    assert lines[number + 1].strip() in "Guangdong-Hong Kong-Macao Greater Bay Area Development Office"


def test_a_person_is_told_what_is_waited_for_and_a_program_is_not(tmp_path: Path) -> None:
    (tmp_path / "index.tsv").write_text("file\toriginal_url\n")
    command = [sys.executable, "-m", "scheduler", "add", "https://no.example/", "--replay", "."]
    master, slave = os.openpty()
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=slave) as process:
        os.close(slave)
        assert read_all(master).startswith("asking https://no.example/ …")
        assert process.wait(120) == 1
    assert "asking" not in outside(" ".join(command), tmp_path).stderr


def read_all(descriptor: int) -> str:
    """Return what comes from a terminal until the other side is closed."""
    body = b""
    try:
        while some := os.read(descriptor, 65_536):
            body += some
    except OSError:  # how Linux says that nobody holds the other side
        pass
    os.close(descriptor)
    return body.decode()


@pytest.mark.parametrize("columns", range(1, 60))
def test_a_folded_line_loses_nothing_but_spaces(columns: int) -> None:
    text = "2026-06-12  粵港澳大灣區 three cities 三地共建數據碼頭 to share one pier"
    folded = fold(text, columns, hang=12)
    assert "".join(folded.split()) == "".join(text.split())
    assert columns < 6 or max(map(width, folded.splitlines())) <= columns


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--topic", "aii"], 'aii: unknown topic (did you mean "ai"?): see baywire topics'),
        (["--source", "hk-gia-eb"], 'hk-gia-eb: unknown source (did you mean "hk-gia-en"?): see baywire sources'),
        (["--language", "zh-hat"], "--language"),
        (["topic:aii"], 'topic:aii: there is no such topic (did you mean "ai"?)'),
        (["pier", "source:hk-gia-eb"], '(did you mean "hk-gia-en"?)'),
        (["since:tomorrow"], "since:tomorrow: expected a day such as 2025-06-12"),
        (["--where", "adn"], "there is no topic"),
    ],
)
def test_search_knows_a_slip_from_nothing_found(tmp_path: Path, typed: Typed, words: list[str], told: str) -> None:
    open_store(f"sqlite:///{tmp_path}/var/baywire.sqlite3").close()
    done = typed("search", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    done = typed("search", "nothing")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "nothing found\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["crawl", "--since", "tomorrow"], 'expected a day such as 2026-06-01; got "tomorrow"'),
        (["crawl", "--limit", "0"], 'expected a whole number of 1 or more; got "0"'),
        (["serve", "--port", "http"], 'expected a whole number from 0 to 65535; got "http"'),
        (["check", "--pages", "nowhere"], "--pages: nowhere: no such folder"),
    ],
)
def test_what_was_expected_is_told(typed: Typed, words: list[str], told: str) -> None:
    done = typed(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_a_labelled_text_without_labels_is_a_mistake_of_the_file(tmp_path: Path, typed: Typed) -> None:
    (tmp_path / "rows").write_text(json.dumps({"title": "AI", "text": "", "topics": ["ai"]}), encoding="utf-8")
    done = typed("topics", "test", "rows")
    assert done.returncode == 2
    assert "rows:1: " in done.stderr
    assert "labels is not a list" in done.stderr


def test_what_was_not_published_is_told_once_and_what_to_do(capfd: pytest.CaptureFixture[str]) -> None:
    report = Report(Session(), None)
    report.tell({"kind": "refused", "path": "feeds/ai.atom", "reason": "lost 30 of 50 entries"})
    report.tell({"kind": "published", "written": 0, "removed": 0, "unchanged": 5, "refused": 1})
    told = capfd.readouterr().err.splitlines()
    assert told[0] == "baywire: feeds/ai.atom: not published: lost 30 of 50 entries"
    assert told[-1] == "next: where that loss is meant, delete these files and type baywire publish"


def test_a_publication_is_the_result_of_publish_and_progress_of_a_crawl(capfd: pytest.CaptureFixture[str]) -> None:
    session = Session()
    session.json = True
    counts = {"written": 2, "removed": 0, "unchanged": 5, "refused": 0}
    Report(session, None, publishes=True).tell({"kind": "published", **counts})
    out, err = capfd.readouterr()
    assert (json.loads(out), err) == (
        {"kind": "published", **counts},
        "published: 2 written, 0 removed, 5 unchanged, 0 refused\n",
    )
    Report(session, None).tell({"kind": "published", **counts})
    assert capfd.readouterr().out == ""


def test_a_comparison_names_what_would_differ(typed: Typed) -> None:
    done = typed("publish", "--check")
    assert done.returncode == 1
    named = done.stdout.splitlines()
    assert "index.html" in named or named[-1].startswith("and ")
    assert done.stderr.startswith("compared: ")
    told = json.loads(typed("publish", "--check", "--json").stdout)
    assert {"feeds/all.atom", "index.html"} <= set(told["differing"])
    assert typed("publish", "--json").returncode == 0
    assert json.loads(typed("publish", "--check", "--json").stdout)["differing"] == []


def test_what_is_waited_for_is_said_until_it_comes() -> None:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=io.StringIO()), auto_refresh=False) as bar:
        report = Report(Session(), bar)
        report.tell({"kind": "asking", "sources": ("a-en",)})
        assert [task.description for task in bar.tasks] == ["asking a-en"]
        report.tell({"kind": "listed", "source": "a-en", "count": 3})
        assert [task.description for task in bar.tasks] == ["a-en"]
        report.tell({"kind": "asking", "sources": ("b-en", "c-en")})
        assert [(task.description, task.total) for task in bar.tasks[1:]] == [("asking 2 sources", 2)]


def test_words_typed_in_a_locale_of_ascii_are_utf_8(tmp_path: Path) -> None:
    command = shlex.quote(str(Path(sys.executable).with_name("baywire")))
    done = outside(f"{command} search 澳門 --topic 大灣區", tmp_path, LC_ALL="C", PYTHONUTF8="0")
    assert "大灣區: unknown topic" in done.stderr
    (tmp_path / "澳門").mkdir()
    done = outside(f"{command} -C 澳門 check", tmp_path, LC_ALL="C", PYTHONUTF8="0")
    assert (done.returncode, done.stdout.count("澳門")) == (0, 1), done.stderr


def test_the_feeds_can_be_had_as_json_too(typed: Typed) -> None:
    told = [json.loads(line) for line in typed("export", "opml", "--json").stdout.splitlines()]
    assert {"kind", "feed", "title", "language", "topic", "source", "page", "urls"} == set(told[0])
    assert "http://127.0.0.1:8000/feeds/ai.pt.rss" in [line["urls"]["rss"] for line in told]


def test_a_source_that_repaired_itself_is_told_of(capfd: pytest.CaptureFixture[str]) -> None:
    counts = {"listed": 10, "new": 0, "changed": 0, "seconds": 0.1}
    line = {"kind": "crawl", "source": "a-en", "outcome": "unchanged", "reason": "repaired: ul a finds 10"}
    Report(Session(), None).tell({**line, **counts})
    out, err = capfd.readouterr()
    assert out == "a-en: unchanged (10 listed, 0 new, 0 changed, 0.1 s)\n"
    assert err == "a-en: repaired: ul a finds 10: see baywire doctor a-en\n"


def test_half_a_file_is_not_left_where_there_is_no_room(tmp_path: Path, shared: Path) -> None:
    command = shlex.quote(str(Path(sys.executable).with_name("baywire")))
    done = outside(f"ulimit -f 0; {command} init", tmp_path)
    assert (done.returncode, [*tmp_path.rglob("*.toml")]) == (2, [])
    assert f"{tmp_path}/baywire.toml: cannot be written: File too large" in done.stderr
    words = f"--name macao --replay {shlex.quote(str(shared / 'pages'))}"
    done = outside(f"ulimit -f 0; {command} add https://govinfohub.gcs.gov.mo/api/rss/n/zh-hant {words}", tmp_path)
    assert (done.returncode, [*tmp_path.rglob("*.toml")]) == (2, [])
    assert "macao.toml: cannot be written: File too large" in done.stderr


def test_a_crawl_needs_nobody_who_listens(tmp_path: Path, shared: Path) -> None:
    command = shlex.quote(str(Path(sys.executable).with_name("baywire")))
    words = f"crawl mo-gcs-zh --limit 1 --no-publish --replay {shlex.quote(str(shared / 'pages'))}"
    done = outside(f"{command} {words} <&- 2>&-", tmp_path)
    assert (done.returncode, "mo-gcs-zh: new (" in done.stdout) == (0, True)


def test_what_this_user_may_not_read_is_not_passed_over(tmp_path: Path) -> None:
    """Root may read anything, so root is one here that lost that right."""
    rights = "-dac_override,-dac_read_search"
    before = f"setpriv --bounding-set={rights} --inh-caps={rights} " if os.geteuid() == 0 else ""
    if before and subprocess.run([*before.split(), "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs the right to give up rights")
    closed = tmp_path / "sources.d"
    closed.mkdir(mode=0)
    command = shlex.quote(str(Path(sys.executable).with_name("baywire")))
    try:
        done = outside(f"{before}{command} check", tmp_path)
    finally:
        closed.chmod(0o700)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert f"{closed}: cannot be read: give this user the right to" in done.stderr


def test_search_speaks_the_language_of_the_search_page(tmp_path: Path, typed: Typed) -> None:
    seen = datetime(2026, 6, 10, 9, tzinfo=UTC)
    with open_store(f"sqlite:///{tmp_path}/var/baywire.sqlite3") as store:
        with store.writing() as writing:
            for day in (1, 2, 3):
                url, published = f"https://a.example/{day}", datetime(2026, 6, day, 23, 30, tzinfo=UTC)
                draft = Draft(source="hk-gia-en", native_id=f"N{day}", url=url, title=f"Pier {day}", seen=seen)
                writing.put(replace(draft, language="en", published=published, text="Open."), now=seen)
        tag = Tag(topic="ai", score=9, threshold=1, digest="d", passed=True, why="", evidence=())
        said = {1: (tag,), 2: (), 3: (tag,)}
        store.put_tags([(one, said[int(one.title[-1])]) for one in store.untagged("d", limit=9)], digest="d")

    def found(*words: str) -> list[str]:
        done = typed("search", *words)
        assert (done.returncode, done.stderr) in {(0, ""), (0, "nothing found\n")}
        return re.findall(r"Pier \d", done.stdout)

    assert found("topic:ai") == found("--topic", "ai") == ["Pier 3", "Pier 1"]
    assert found("--", "pier", "-topic:ai") == found("--where", "not ai") == ["Pier 2"]
    assert found("until:2026-06-02") == found("--until", "2026-06-02") == ["Pier 2", "Pier 1"]
    assert found("pier since:2026-06-02", "--until", "2026-06-02") == ["Pier 2"]
    assert found("where:(ai or source:hk-gia-en)", "--where", "ai") == ["Pier 3", "Pier 1"]
    assert found("--", "source:hk-gia-en", "-3") == ["Pier 2", "Pier 1"]


def test_search_tells_one_text_once_and_who_else_published_it(tmp_path: Path, typed: Typed) -> None:
    seen = datetime(2026, 6, 10, 9, tzinfo=UTC)
    with open_store(f"sqlite:///{tmp_path}/var/baywire.sqlite3") as store:
        with store.writing() as writing:
            ids = []
            for hour, source in enumerate(("hk-gia-en", "hk-itib-en", "hk-dpo-en")):
                draft = Draft(
                    source=source, native_id="N1", url=f"https://{source}.example/1", title="Pier 1", seen=seen
                )
                published = datetime(2026, 6, 1, hour, tzinfo=UTC)
                ids.append(writing.put(replace(draft, language="en", published=published, text="Open."), now=seen)[1])
        store.put_tags([(one, ()) for one in store.untagged("d", limit=9)], digest="d")
    done = typed("search", "pier")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "2026-06-01  hk-gia-en  Pier 1",
        f"            {ids[0]}",
        "            also published by hk-itib-en, hk-dpo-en",
    ]
    (line,) = [json.loads(one) for one in typed("--json", "search", "pier").stdout.splitlines()]
    assert (line["id"], {one["id"] for one in line["also"]}) == (ids[0], set(ids[1:]))
    assert "also published" not in typed("search", "pier", "--source", "hk-itib-en").stdout
    shown = typed("show", ids[0]).stdout
    assert "published:  2026-06-01\n" in shown
