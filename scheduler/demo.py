"""`baywire demo`: the whole job on the bundled newsroom, with no network and no configuration."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from feeds.error import ConfigError
from scheduler.session import Session
from scheduler.verbs.value import Number

if TYPE_CHECKING:
    from scheduler.line import Line
    from scheduler.newsroom.place import Setting

__all__ = ["FEEDS", "demo", "run_demo"]

_LOOPBACK = "127.0.0.1"
_PORT = 8000
_WIDE = 100  # columns in which an address and what it is stand side by side

# Some of the feeds, each with what is in it.
FEEDS = (
    ("feeds/ai.atom", "AI, in all languages"),
    ("feeds/greater-bay-area.rss", "the Greater Bay Area"),
    ("feeds/greater-bay-area.zh-hant.atom", "in Traditional Chinese only"),
    ("feeds/ai-and-greater-bay-area.atom", "both topics at once"),
    ("feeds/all.json", "everything, as JSON Feed"),
    ("feeds/index.opml", "all feeds, to import"),
)


@click.command()
@click.option("--once", is_flag=True, help="Stop after one cycle.")
@click.option("--port", type=Number(1, 65_535), help="Serve here [default: 8000, or a free one].")
@click.pass_context
def demo(context: click.Context, *, once: bool, port: int | None) -> int:
    """Do the whole job on the bundled newsroom: crawl, publish, serve, with new releases arriving.

    Everything is made up and served from this machine. Works in a temporary folder, or in that of -C.
    """
    session = context.ensure_object(Session)
    chain = [context, *filter(None, [context.parent])]
    named = any(one.get_parameter_source("common_directory") is ParameterSource.COMMANDLINE for one in chain)
    if session.file is not None:
        raise ConfigError("demo: takes no configuration: leave -c away")
    return run_demo(session, session.directory if named else None, once=once, port=port)


def run_demo(session: Session, directory: Path | None, *, once: bool, port: int | None) -> int:
    """Run the demo in *directory*, None for a temporary one, until it is interrupted; return the exit status.

    *once* stops after one cycle. *port* is where to serve, None for 8000 or a free one.
    """
    from scheduler.desk import now_utc  # noqa: PLC0415 - scrapy and sqlalchemy load here, not at --help
    from scheduler.newsroom.place import Place  # noqa: PLC0415 - as above
    from scheduler.order import Order  # noqa: PLC0415 - as above
    from scheduler.perform import carry_out  # noqa: PLC0415 - as above
    from scheduler.work import run_daemon  # noqa: PLC0415 - as above

    with _listen(port) as listener:
        place = Place.open(directory, now=now_utc())
        with place.newsroom(now_utc) as newsroom:
            settings = _settings(
                newsroom.base, listener.getsockname()[1], log="info" if session.verbosity > 0 else "warning"
            )
            place.furnish(newsroom, settings)
            # Said on the command line's behalf too, so that no variable of the environment leads a demo elsewhere.
            session.flags |= {**settings, "notify.hook": [], "notify.heartbeat-url": "", "notify.hub": ""}
            session.directory = place.directory
            status = carry_out(session, Order(verb="crawl"))  # so that whoever opens the page finds something
            if once:
                _say_where(session, newsroom.base)
                return status
            _announce(session, newsroom.base)
            return run_daemon(session, listener=listener, tell=partial(_tell, session), ready=_silence)


def _settings(newsroom: str, port: int, *, log: str) -> dict[str, Setting]:
    """Return the configuration of a demo that reads *newsroom* and serves on *port*."""
    from scheduler.newsroom.story import sites  # noqa: PLC0415 - as above

    return {
        "site.base-url": f"http://{_LOOPBACK}:{port}/",
        "site.title": "baywire demo",
        "store.url": "sqlite:///var/baywire.sqlite3",
        "publish.directory": "public",
        "serve.host": _LOOPBACK,
        "serve.port": port,
        "crawl.contact": f"{newsroom}/",
        "crawl.delay": 0,
        "sources.use": [site.key for site in sites()],
        "log.level": log,
    }


def _say_where(session: Session, newsroom: str) -> None:
    """Print what was published where."""
    config = session.config
    if session.json:
        session.emit(_demo_line(session, newsroom))
        return
    session.say()
    session.say(f"published in  {config.publish.directory}")
    for path, about in FEEDS:
        session.say(f"              {path:36} {about}")
    place = shlex.quote(str(session.directory))
    session.say(f"serve it      {session.program} -C {place} serve --port {config.serve.port}")


def _announce(session: Session, newsroom: str) -> None:
    """Print the addresses to open and to subscribe to."""
    base = session.config.site.base_url
    if session.json:
        session.emit(_demo_line(session, newsroom))
        return
    session.say()
    session.say(f"folder     {session.directory}")
    session.say(f"newsroom   {newsroom}/  (made up: four bodies, four languages)")
    session.say(f"open       {base}")
    wide = not session.columns or session.columns >= _WIDE
    for number, (path, about) in enumerate(FEEDS):
        session.say(f"{'' if number else 'subscribe':10} {base}{f'{path:36} {about}' if wide else path}")
    session.say("New releases arrive for two minutes, one is corrected. Ctrl-C ends it.")


def _tell(session: Session, line: Line) -> None:
    """Print a release that has arrived or been corrected."""
    if session.json:
        session.emit(line)
    elif line.get("kind") == "release":
        topics = line.get("topics")
        shown = f"  [{', '.join(map(str, topics))}]" if isinstance(topics, list) and topics else ""
        session.say(f"{line['source']:13}  {line['title']}{shown}", hang=15)


def _silence() -> None:
    """Say nothing: the addresses were announced before."""


def _demo_line(session: Session, newsroom: str) -> Line:
    base = session.config.site.base_url
    return {
        "kind": "demo",
        "directory": str(session.directory),
        "newsroom": f"{newsroom}/",
        "url": base,
        "feeds": [base + path for path, _ in FEEDS],
    }


@contextmanager
def _listen(port: int | None) -> Iterator[socket.socket]:
    """Yield a socket that listens on *port*; None: on 8000 or a free one. ConfigError if it is busy."""
    from scheduler.server import bind  # noqa: PLC0415 - uvicorn loads here, not at --help

    if port is not None:
        listener = bind(_LOOPBACK, port)
    else:
        try:
            listener = bind(_LOOPBACK, _PORT)
        except ConfigError:
            listener = bind(_LOOPBACK, 0)
    with listener:
        yield listener
