"""What runs until it is told to stop: the daemon, or the server alone."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from feeds.error import ConfigError, StoreError
from feeds.serve import Search, application
from scheduler.config import Config
from scheduler.daemon import Daemon
from scheduler.desk import check_places, load_rules, now_utc, open_desk
from scheduler.keep import heal
from scheduler.line import Line
from scheduler.lock import hold
from scheduler.outlet import site_of
from scheduler.perform import typed
from scheduler.reading import open_to_read
from scheduler.server import Server, bind
from scheduler.session import Session

log = logging.getLogger(__name__)

__all__ = ["run_daemon", "serve_files"]


def run_daemon(  # noqa: PLR0913  # two for `run`, three for `demo`
    session: Session,
    *,
    serve: bool = True,
    fleet: bool = False,
    replay: Path | None = None,
    listener: socket.socket | None = None,
    tell: Callable[[Line], None] | None = None,
    ready: Callable[[], None] | None = None,
) -> int:
    """Run the daemon in the session's directory until SIGTERM or SIGINT; return the exit status.

    With *fleet* it lets workers crawl and publish. *listener* is a socket that listens
    already; *tell* hears the lines of every cycle; *ready* is called once everything is published and served.
    """
    session.make_directory()
    config = session.config
    session.log_as_daemon()
    check_places(config)
    with ExitStack() as stack:
        stack.enter_context(hold(config.var, command=typed(), now=now_utc()))
        if serve and listener is None:
            listener = stack.enter_context(bind(config.serve.host, config.serve.port))
        monitor = None
        if config.serve.metrics_port:
            monitor = stack.enter_context(bind("127.0.0.1", config.serve.metrics_port, key="serve.metrics-port"))
        if healed := heal(config):
            log.error("the store was broken: %s", healed)
        make = _daemon_of_fleet(config) if fleet else Daemon
        desk = stack.enter_context(open_desk(config, replay=replay))
        daemon = make(desk, load=session.load, listener=listener, monitor=monitor, tell=tell)

        def say() -> None:
            if listener is not None:
                place = f"http://{_address(listener.getsockname())}/"
                target = config.publish.target
                session.note(
                    f"serving search at {place}; the feeds go to {target}"
                    if target
                    else f"serving {place} from {config.publish.directory}"
                )

        asyncio.run(daemon.run(ready=ready or say))
    return 0


def _daemon_of_fleet(config: Config) -> Callable[..., Daemon]:
    from scheduler.fleet.start import check_fleet, make_daemon  # noqa: PLC0415  # an extra, which few have

    check_fleet(config)
    return make_daemon(config)


def serve_files(session: Session) -> int:
    """Serve the files of the session's directory until SIGTERM or SIGINT; return the exit status."""
    config = session.config
    session.log_as_daemon()
    if not config.publish.target and not config.publish.directory.is_dir():
        raise ConfigError(f"{config.publish.directory}: nothing is published here: type baywire crawl first")
    _, topics = load_rules(config)
    with ExitStack() as stack:
        listener = stack.enter_context(bind(config.serve.host, config.serve.port))
        store = None
        try:
            store = stack.enter_context(open_to_read(config))
        except StoreError as error:  # what is published is served all the same
            log.error("search is closed: %s", error)  # noqa: TRY400  # says all there is to say
        session.note(f"serving http://{_address(listener.getsockname())}/ from {config.publish.directory}")

        async def main() -> None:
            site = site_of(config)
            search = Search(store, site, topics.topics) if store is not None else None
            server = Server(application(config.publish.directory, site=site, search=search))
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, server.stop)
            await server.serve(sockets=[listener])

        asyncio.run(main())
    return 0


def _address(name: tuple[str, int]) -> str:
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
