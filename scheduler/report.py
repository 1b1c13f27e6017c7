"""How the lines of a crawl or a publication reach a person, or a program."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from scheduler.line import Line
from scheduler.session import Session

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["Report", "report"]

_RESULTS = ("release", "crawl")
_HANG = len("2026-06-12  ")


class Report:
    """Prints lines: results on stdout, in JSON or words; progress on stderr, as a bar where there is a terminal."""

    def __init__(self, session: Session, bar: Progress | None) -> None:
        """Print for *session*; *bar* is None where progress is told in plain lines."""
        self._session = session
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}

    def tell(self, line: Line) -> None:
        """Print *line*."""
        kind = line.get("kind")
        if self._bar is not None:
            self._advance(line)
        if kind in _RESULTS and self._session.json:
            self._session.emit(line)
        elif kind in _RESULTS:
            self._say(_words(line))
        if kind == "crawl" and line["reason"]:
            self._reason(line)
        if kind == "listed" and self._bar is None:
            self._session.note(f"{line['source']}: {line['count']} releases listed")
        elif kind == "published":
            self._session.note(_words(line))
            if line["refused"]:
                self._session.note("next: where that loss is meant, delete these files and type baywire publish")
        elif kind == "refused":
            self._session.complain(f"{line['path']}: not published: {line['reason']}")

    def _reason(self, line: Line) -> None:
        """Print why a crawl ended as it did; a source that repaired itself went well, and wants a look all the same."""
        source, outcome, reason = line["source"], line["outcome"], line["reason"]
        if outcome in ("new", "unchanged"):
            self._session.note(f"{source}: {reason}: see baywire doctor {source}")
        else:
            self._session.complain(f"{source}: {outcome}: {reason}")

    def _say(self, text: str) -> None:
        if self._bar is not None:
            self._bar.console.file.flush()
        self._session.say(text, hang=_HANG)

    def _advance(self, line: Line) -> None:
        bar = self._bar
        if bar is None:
            return
        match line.get("kind"):
            case "listed":
                source = str(line["source"])
                self._tasks[source] = bar.add_task(source, total=float(str(line["count"])) or None)
            case "release" if str(line["source"]) in self._tasks:
                bar.advance(self._tasks[str(line["source"])])
            case "crawl" if str(line["source"]) in self._tasks:
                bar.remove_task(self._tasks.pop(str(line["source"])))
            case "publishing":
                task = self._tasks.get("publishing")
                if task is None:
                    task = self._tasks["publishing"] = bar.add_task("publishing", total=None)
                bar.update(task, completed=float(str(line["done"])), total=float(str(line["total"])))
            case "published" if "publishing" in self._tasks:
                bar.remove_task(self._tasks.pop("publishing"))


@contextmanager
def report(session: Session) -> Iterator[Report]:
    """Yield what prints for *session*: with a progress bar if stderr is a terminal and nobody asked for silence."""
    if session.quiet or not sys.stderr.isatty():
        yield Report(session, None)
        return
    from rich.console import Console  # noqa: PLC0415  # 60 ms that only a terminal costs
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # rich itself honours NO_COLOR; transient: a finished bar leaves nothing behind
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Report(session, bar)


def _words(line: Line) -> str:
    match line.get("kind"):
        case "release":
            topics = line.get("topics")
            shown = "  [" + ", ".join(map(str, topics)) + "]" if isinstance(topics, list) and topics else ""
            return f"{str(line['published'] or '')[:10]:10}  {line['title']}{shown}"
        case "crawl":
            counts = f"{line['listed']} listed, {line['new']} new, {line['changed']} changed, {line['seconds']} s"
            return f"{line['source']}: {line['outcome']} ({counts})"
        case "published":
            parts = (f"{line[what]} {what}" for what in ("written", "removed", "unchanged", "refused"))
            return f"published: {', '.join(parts)}"
    return str(line)
