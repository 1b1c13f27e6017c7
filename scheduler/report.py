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

_CRAWLED, _PUBLISHED = ("release", "crawl"), ("published", "refused")
_NAMED = 20  # files that would differ; a person looks at the first few
_RESTORED = (
    "note: the store was restored: what came after its backup is not in the feeds until it is crawled again, "
    "by the ids it had: baywire crawl, then baywire backfill SOURCE --since DATE for what a list no longer shows"
)
_ASKING = "asking "  # no key of a source has a space
_HANG = len("2026-06-12  ")


class Report:
    """Prints lines: results on stdout, in JSON or words; progress on stderr, as a bar where there is a terminal."""

    def __init__(self, session: Session, bar: Progress | None, *, publishes: bool = False) -> None:
        """Print for *session*; *bar* is None where progress is told in plain lines.

        Where it *publishes* and does nothing else, what was published is the result.
        """
        self._session = session
        self._bar = bar
        self._json = (_PUBLISHED if publishes else _CRAWLED) if session.json else ()
        self._tasks: dict[str, TaskID] = {}

    def tell(self, line: Line) -> None:
        """Print *line*."""
        kind = line.get("kind")
        if self._bar is not None:
            self._advance(line)
        if kind in self._json:
            self._session.emit(line)
        elif kind in _CRAWLED and not self._session.json:
            self._say(_words(line))
        match kind:
            case "crawl" if line["reason"]:
                self._reason(line)
            case "listed" if self._bar is None:
                self._session.note(f"{line['source']}: {line['count']} releases listed")
            case "walked":
                self._session.note(f"{line['source']}: walked back to {line['day']}")
            case "published":
                self._published(line)
            case "refused":
                self._session.complain(f"{line['path']}: not published: {line['reason']}")

    def _published(self, line: Line) -> None:
        self._differ(line)
        self._session.note(_words(line))
        if line.get("restored"):
            self._session.note(_RESTORED)
        if line["refused"]:
            self._session.note("next: where that loss is meant, delete these files and type baywire publish")

    def _reason(self, line: Line) -> None:
        """Print why a crawl ended as it did; a source that repaired itself went well, and wants a look all the same."""
        source, outcome, reason = line["source"], line["outcome"], line["reason"]
        if outcome in ("new", "unchanged"):
            self._session.note(f"{source}: {reason}: see baywire doctor {source}")
        else:
            self._session.complain(f"{source}: {outcome}: {reason}")

    def _differ(self, line: Line) -> None:
        """Name the first files that a comparison found to differ."""
        differing = line.get("differing")
        if isinstance(differing, list | tuple) and not self._session.json:
            for path in differing[:_NAMED]:
                self._say(str(path))
            if len(differing) > _NAMED:
                self._say(f"and {len(differing) - _NAMED} more: see --json")

    def _say(self, text: str) -> None:
        if self._bar is not None:
            self._bar.console.file.flush()
        self._session.say(text, hang=_HANG)

    def _advance(self, line: Line) -> None:
        bar = self._bar
        if bar is None:
            return
        match line.get("kind"):
            case "asking":
                self._begin(bar, line["sources"])
            case "listed":
                source = str(line["source"])
                self._end(bar, f"{_ASKING}{source}")
                self._tasks[source] = bar.add_task(source, total=float(str(line["count"])) or None)
            case "release" if str(line["source"]) in self._tasks:
                bar.advance(self._tasks[str(line["source"])])
            case "crawl":
                self._end(bar, str(line["source"]))
                self._end(bar, f"{_ASKING}{line['source']}")
                if _ASKING in self._tasks:
                    bar.advance(self._tasks[_ASKING])
            case "publishing":
                self._end(bar, _ASKING)
                task = self._tasks.get("publishing")
                if task is None:
                    task = self._tasks["publishing"] = bar.add_task("publishing", total=None)
                bar.update(task, completed=float(str(line["done"])), total=float(str(line["total"])))
            case "published":
                self._end(bar, "publishing")

    def _begin(self, bar: Progress, keys: object) -> None:
        """Say what is waited for until a list has come; of several sources, how many have ended."""
        names = list(keys) if isinstance(keys, list | tuple) else []
        if len(names) == 1:
            self._tasks[f"{_ASKING}{names[0]}"] = bar.add_task(f"asking {names[0]}", total=None)
        elif names:
            self._tasks[_ASKING] = bar.add_task(f"asking {len(names)} sources", total=len(names))

    def _end(self, bar: Progress, name: str) -> None:
        if name in self._tasks:
            bar.remove_task(self._tasks.pop(name))


@contextmanager
def report(session: Session, *, publishes: bool = False) -> Iterator[Report]:
    """Yield what prints for *session*: with a progress bar if stderr is a terminal and nobody asked for silence.

    Where it *publishes* and does nothing else, what was published is the result.
    """
    if session.quiet or not sys.stderr.isatty():
        yield Report(session, None, publishes=publishes)
        return
    from rich.console import Console  # noqa: PLC0415  # 60 ms that only a terminal costs
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # rich itself honours NO_COLOR; transient: a finished bar leaves nothing behind
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Report(session, bar, publishes=publishes)


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
            parts = [f"{line[what]} {what}" for what in ("written", "removed", "unchanged", "refused")]
            if "differing" in line:
                return f"compared: {line['written']} to write, {line['removed']} to remove, {', '.join(parts[2:])}"
            return f"published: {', '.join(parts)}"
    return str(line)
