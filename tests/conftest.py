"""What every test may ask for, and which skips a complete machine allows."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

collect_ignore = ["benchmarks"]  # scripts, each run by hand; they have no tests

# What the modules beside tests are called, though tests are no package: `importlib.import_module("fleet.farm")`.
for _folder in ("benchmarks", "faults", "fleet", "newsrooms", "source"):
    _package = ModuleType(_folder)
    _package.__path__ = [str(Path(__file__).with_name(_folder))]
    sys.modules[_folder] = _package

# Where CI is set, .ci/run has installed all that can be installed, so a skip means that a step is missing.
# Allowed is a skip whose reason holds one of these words, each for something that no registry has.
ALLOWED_SKIPS = (
    "FEEDVALIDATOR_DIR",  # a checkout of the W3C feed validator, which is not packaged
    "BAYWIRE_SHARED",  # the folder of recorded pages, which is not ours to copy
    "other data than the floors",
    "needs the right to mount",  # what a kernel, or whoever runs the tests, may refuse
    "needs root",
    "be root",
    "the right to give up rights",
    "IPv6 on loopback",
)


@pytest.fixture(autouse=True)
def _same_levels_of_logging() -> Iterator[None]:
    """Let a command that says less, run in this process, not silence what the next test listens to."""
    loggers = [logging.getLogger(name) for name in ("", "crawler", "feeds", "scheduler")]
    levels = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of recorded pages and measured texts, or skip naming it."""
    folder = Path(os.environ.get("BAYWIRE_SHARED") or Path(__file__).parents[2] / "shared")
    if not (folder / "pages" / "index.tsv").is_file():
        pytest.skip(f"needs the folder of recorded pages: {folder} is absent; BAYWIRE_SHARED names another place")
    return folder


@dataclass(frozen=True)
class Done:
    """How a typed command ended."""

    returncode: int
    stdout: str
    stderr: str


Typed = Callable[..., Done]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Typed:
    """What a person types in *tmp_path*, without the second that a process of its own takes to start."""
    from scheduler.cli import run

    for name in [name for name in os.environ if name.startswith("BAYWIRE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def type_(*words: str) -> Done:
        capfd.readouterr()
        status = run(words)
        out, err = capfd.readouterr()
        return Done(status, out, err)

    return type_


class _Skips:
    """Collects the skips that a complete machine does not allow."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._look(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._look(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.refused and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.refused:
            terminalreporter.section("skips that are not allowed where CI is set", red=True)
            for line in self.refused:
                terminalreporter.write_line(line)

    def _look(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        if not any(word in reason for word in ALLOWED_SKIPS):
            self.refused.append(f"{report.nodeid}: {reason}")


def pytest_configure(config: pytest.Config) -> None:
    """Watch the skips where CI is set; let Ctrl-C reach what tests start, wherever they run.

    Who starts pytest in the background ignores SIGINT, and all its children would.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if os.environ.get("CI"):
        config.pluginmanager.register(_Skips(), "refused-skips")
