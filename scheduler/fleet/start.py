"""Start the parts of a fleet: its scheduler, a worker, or nothing but the tables they share."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from feeds.error import ConfigError
from scheduler.config import Config
from scheduler.daemon import Daemon
from scheduler.desk import Desk, check_places, load_rules, open_desk
from scheduler.fleet.daemon import FleetDaemon
from scheduler.fleet.schema import check_schema, make_schema
from scheduler.fleet.worker import Worker
from scheduler.server import bind
from scheduler.session import Session

__all__ = ["check_fleet", "make_daemon", "migrate", "run_worker"]


def run_worker(session: Session, *, jobs: int, publish: bool, replay: Path | None = None) -> int:
    """Work for the fleet of the session's configuration until SIGTERM or SIGINT; return the exit status.

    Any number may run, here and elsewhere: what they share is the database. Raises
    ConfigError or StoreError where one cannot begin; later ones are waited out.
    """
    config = session.config
    session.log_as_daemon()
    _quieten()
    check_fleet(config)
    rules = load_rules(config)
    if publish:
        check_places(config)
    check_schema(config.store.url)
    with ExitStack() as stack:
        monitor = None
        if config.serve.metrics_port:
            monitor = stack.enter_context(bind("127.0.0.1", config.serve.metrics_port, key="serve.metrics-port"))
        desk = stack.enter_context(open_desk(config, rules=rules, replay=replay, enrols=False))
        desk.stale = False
        worker = Worker(
            desk,
            load=session.load,
            jobs=jobs,
            publish=publish,
            heartbeat_s=config.fleet.heartbeat.total_seconds(),
            monitor=monitor,
        )
        name = f"{socket.gethostname()}:{os.getpid()}"
        asyncio.run(worker.run(ready=lambda: session.note(f"worker {name}: {jobs} jobs at once")))
    return 0


def check_fleet(config: Config) -> None:
    """Raise ConfigError where *config* says nothing that several machines could share."""
    if config.store.url.startswith("sqlite"):
        raise ConfigError(
            f"store.url: {config.store.shown}: a fleet shares a server: expected postgresql://ROLE@HOST/NAME"
        )


def migrate(session: Session) -> int:
    """Make or upgrade the tables that a fleet shares, as the role that owns them; return the exit status."""
    config = session.config
    check_fleet(config)
    done = make_schema(config.store.url)
    for part in done:
        session.say(f"made   {part}")
    if not done:
        session.say("all tables are as they should be")
    return 0


def make_daemon(config: Config) -> Callable[..., Daemon]:
    """Return what makes the scheduler of a fleet out of a desk, its tables made where they are missing and may be."""
    _quieten()
    make_schema(config.store.url)

    def make(desk: Desk, **told: object) -> Daemon:
        daemon = FleetDaemon(desk, **told)  # type: ignore[arg-type]  # the arguments of Daemon
        daemon.heartbeat_s = config.fleet.heartbeat.total_seconds()
        return daemon

    return make


def _quieten() -> None:
    """Let the libraries be silent: each crawl, each failed job and each loss of the database has a line of ours."""
    for name in ("procrastinate", "psycopg", "psycopg.pool"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
