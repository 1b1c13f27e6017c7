"""The verbs: a table of what there is; each is imported when it is typed."""

from __future__ import annotations

import errno
import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import click

from feeds.error import BaywireError, did_you_mean
from scheduler import VERSION
from scheduler.session import Session

__all__ = ["VERBS", "baywire", "main", "run"]

# verb → (what it does, where it is)
VERBS: dict[str, tuple[str, str]] = {
    "demo": ("the whole job on a bundled newsroom: no network, no configuration", "scheduler.demo:demo"),
    "init": ("a starter project: configuration, systemd unit, compose file", "scheduler.verbs.init:init"),
    "add": ("find out how to read a newsroom, and write it down", "scheduler.verbs.add:add"),
    "crawl": ("crawl sources now, then publish", "scheduler.verbs.crawl:crawl"),
    "publish": ("write the files from the store, no network", "scheduler.verbs.publish:publish"),
    "run": ("the daemon: schedule, crawl, publish, serve", "scheduler.verbs.run:run"),
    "worker": ("crawl and publish for a fleet", "scheduler.verbs.worker:worker"),
    "serve": ("serve the files and the search page", "scheduler.verbs.serve:serve"),
    "preview": ("what a crawl would make of a source or a page; stores nothing", "scheduler.verbs.preview:preview"),
    "status": ("how every source stands, and why", "scheduler.verbs.status:status"),
    "sources": ("which newsrooms are watched", "scheduler.verbs.sources:sources"),
    "topics": ("which topics there are; test a text, see what a change would change", "scheduler.verbs.topics:topics"),
    "search": ("find releases by words", "scheduler.verbs.search:search"),
    "show": ("one release, whole", "scheduler.verbs.show:show"),
    "why": ("from which words a release belongs to a topic", "scheduler.verbs.why:why"),
    "check": ("validate configuration, sources and topics", "scheduler.verbs.check:check"),
    "record": ("save pages of a source and what is read of them as test cases", "scheduler.verbs.record:record"),
    "doctor": ("what is wrong with the set-up or a source, and what mends it", "scheduler.verbs.doctor:doctor"),
    "backfill": ("walk the archive of a source, resumably", "scheduler.verbs.backfill:backfill"),
    "export": ("the feeds as OPML, or every release as JSON lines", "scheduler.verbs.exchange:export"),
    "import": ("add every feed of an OPML file as a source", "scheduler.verbs.exchange:import_"),
    "backup": ("write a whole copy of the store", "scheduler.verbs.backup:backup"),
    "restore": ("put a backup in the place of the store", "scheduler.verbs.backup:restore"),
    "enable": ("crawl a source again", "scheduler.verbs.operate:enable"),
    "disable": ("crawl a source no more", "scheduler.verbs.operate:disable"),
    "remove": ("delete the file of a source; its releases stay", "scheduler.verbs.operate:remove"),
}

_INSTEAD = {
    errno.EACCES: ": give this user the right to",
    errno.EPERM: ": give this user the right to",
    errno.EROFS: ": choose another folder with -C",
    errno.ENOSPC: ": make room, then type it again: what was stored stays",
    errno.EDQUOT: ": make room, then type it again: what was stored stays",
    errno.EMFILE: ": raise the limit of open files (ulimit -n)",
}
USAGE = 2
HELD = 75


class _Group(click.Group):
    """A group whose verbs are a table; a verb's module is imported when it is asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        module, _, attribute = VERBS[name][1].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return _with_common(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in VERBS:
            raise click.UsageError(f'"{args[0]}" is not a verb{did_you_mean(args[0], VERBS)}', ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, about) for verb, (about, _) in VERBS.items()])


def _common() -> list[click.Option]:
    """Return the options that stand before and after every verb, under names that no verb uses."""
    return [
        click.Option(
            ["-c", "--config", "common_file"],
            type=click.Path(path_type=Path),
            expose_value=False,
            callback=_remember,
            help="Configuration file [default: baywire.toml].",
        ),
        click.Option(
            ["-C", "--directory", "common_directory"],
            type=click.Path(path_type=Path),
            expose_value=False,
            callback=_remember,
            help="Work as if started in this folder.",
        ),
        click.Option(
            ["-q", "--quiet", "common_quiet"], count=True, expose_value=False, callback=_remember, help="Say less."
        ),
        click.Option(
            ["-v", "--verbose", "common_verbose"], count=True, expose_value=False, callback=_remember, help="Say more."
        ),
        click.Option(
            ["--json", "common_json"],
            is_flag=True,
            expose_value=False,
            callback=_remember,
            help="One JSON object a line on stdout.",
        ),
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="Print the version.",
        ),
    ]


def _remember(ctx: click.Context, param: click.Parameter, value: object) -> None:
    session = ctx.ensure_object(Session)
    match param.name, value:
        case "common_file", Path():
            session.file = value
        case "common_directory", Path():
            session.directory = value.absolute()
        case "common_quiet", int():
            session.verbosity -= value
        case "common_verbose", int():
            session.verbosity += value
        case "common_json", bool():
            session.json = session.json or value


def _print_version(_ctx: click.Context, _param: click.Parameter, value: object) -> None:
    if value:
        click.echo(f"baywire {VERSION}")
        raise click.exceptions.Exit(0)


def _with_common(command: click.Command) -> click.Command:
    """Return *command* and all verbs below it with the common options; once is enough."""
    if not any(param.name == "common_json" for param in command.params):
        command.params.extend(_common())
        command.context_settings.setdefault("help_option_names", ["-h", "--help"])
    for below in getattr(command, "commands", {}).values():
        _with_common(below)
    return command


@click.group(cls=_Group, params=_common(), context_settings={"help_option_names": ["-h", "--help"]})
def baywire() -> None:
    """Watch the pages where official bodies publish releases; publish RSS, Atom and JSON feeds.

    Every verb explains itself: baywire VERB --help.
    """


def run(argv: Sequence[str] | None = None) -> int:
    """Do what *argv* says; return the exit status. What a user can mend is one line on stderr, never a traceback."""
    try:
        code = baywire.main(args=None if argv is None else list(argv), prog_name="baywire", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stderr.write(f"{error.format_message()}\n")
        code = USAGE
    except (click.ClickException, click.Abort, KeyboardInterrupt, BaywireError, OSError) as error:
        message, code = _explain(error)
        for line in message.splitlines():
            sys.stderr.write(f"baywire: {line}\n")
    return code if isinstance(code, int) else 0


def _explain(error: BaseException) -> tuple[str, int]:
    """Return what to tell of *error*, and the exit status it stands for."""
    from scheduler.lock import HeldError  # noqa: PLC0415  # json and fcntl: not for --help

    match error:
        case click.UsageError():
            path = error.ctx.command_path if error.ctx else "baywire"
            return f"{error.format_message().rstrip('.')}: see {path} --help", USAGE
        case click.ClickException():
            return error.format_message(), USAGE
        case BaywireError():
            return str(error), HELD if isinstance(error, HeldError) else USAGE
        case BrokenPipeError():  # whoever read our output has seen enough: `baywire status | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return "", 1
        case OSError():
            instead = _INSTEAD.get(error.errno or 0, "")
            return f"{error.filename or 'system'}: {error.strerror or error}{instead}", 1
    return "interrupted", 128 + signal.SIGINT


def _on_term(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signal.SIGTERM)


def _open_streams() -> None:
    """Put /dev/null in the place of a stream we were started without (``>&-``): no file of ours may get its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115  # open for life
            os.set_inheritable(stream.fileno(), True)  # noqa: FBT003  # a crawl's process needs all three, too
            setattr(sys, name, stream)


def _read_utf8() -> None:
    """Start again in Python's UTF-8 mode where the locale knows only ASCII: what is typed is UTF-8 all the same."""
    if sys.getfilesystemencoding() == "ascii" and not sys.flags.utf8_mode:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606 -- ourselves


def main() -> None:
    """Start of the console script."""
    _read_utf8()
    signal.signal(signal.SIGTERM, _on_term)
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(run())
