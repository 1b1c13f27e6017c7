"""Carry out an order: here when we hold the directory, else by the daemon that does."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from crawler.batch import SourceOutcome
from feeds.error import PublishError, StoreError
from scheduler.alarm import notify
from scheduler.backfill import backfill
from scheduler.config import Config
from scheduler.control import hand_over
from scheduler.cycle import run_cycle
from scheduler.desk import Desk, check_places, choose, load_rules, now_utc, open_desk
from scheduler.line import Line
from scheduler.lock import HeldError, hold
from scheduler.order import Order
from scheduler.outlet import publish_all
from scheduler.report import report
from scheduler.session import Session

__all__ = ["carry_out", "perform", "status_of", "tell_daemon", "typed"]

DONE, SOME_FAILED, ALL_FAILED = 0, 1, 3


def carry_out(session: Session, order: Order) -> int:
    """Do what *order* says in the session's directory, print what comes of it, return the exit status.

    Raises HeldError where another command, not a daemon, holds the directory.
    """
    session.make_directory()
    config = session.config
    rules = load_rules(config)
    check_places(config)
    choose(rules[0], order.sources)  # a slip of the hand is told before anything is opened or made
    with ExitStack() as stack:
        try:
            stack.enter_context(hold(config.var, command=typed(), now=now_utc()))
        except HeldError:
            with report(session, publishes=order.verb == "publish") as printer:
                status = hand_over(config.var, order, printer.tell)
            if status is None:
                raise
            return status
        desk = stack.enter_context(open_desk(config, rules=rules))
        printer = stack.enter_context(report(session, publishes=order.verb == "publish"))
        try:
            return asyncio.run(perform(desk, order, printer.tell))
        except (StoreError, PublishError) as error:  # some of it may be done: what is, stays
            session.complain(str(error))
            return SOME_FAILED


def tell_daemon(config: Config, order: Order) -> int | None:
    """Give *order* to the daemon of the directory, if one runs; return what came of it, None where none does."""
    return hand_over(config.var, order, lambda _line: None)


async def perform(desk: Desk, order: Order, tell: Callable[[Line], None]) -> int:
    """Do what *order* says at *desk*; return the exit status."""
    if order.verb == "publish":
        published = await publish_all(desk, tell, check=order.check)
        if published is None:
            return DONE
        if not order.check:
            await notify(desk, published, healthy=False)
        differs = order.check and (published.written or published.removed)
        return SOME_FAILED if differs or published.refused else DONE
    if order.verb == "backfill":
        tell({"kind": "asking", "sources": order.sources})
        return status_of(await backfill(desk, order, tell))
    keys = desk.choose(order.sources)
    tell({"kind": "asking", "sources": keys})
    desk.stale = True  # who asks for a crawl gets all files right, not only those it changed
    cycle = await run_cycle(desk, keys, order, tell)
    status = status_of(cycle.outcomes)
    refused = cycle.published is not None and cycle.published.refused
    return max(status, SOME_FAILED) if refused else status


def status_of(outcomes: Sequence[SourceOutcome]) -> int:
    """Return the exit status of a crawl: 3 where every source failed, 1 where one did or is suspicious.

    >>> new, failed = SourceOutcome(source="a", outcome="new"), SourceOutcome(source="b", outcome="failed")
    >>> status_of([new]), status_of([new, failed]), status_of([failed])
    (0, 1, 3)
    """
    failed = sum(outcome.outcome in ("failed", "blocked") for outcome in outcomes)
    if outcomes and failed == len(outcomes):
        return ALL_FAILED
    return SOME_FAILED if any(one.outcome not in ("new", "unchanged") for one in outcomes) else DONE


def typed() -> str:
    """Return the command as it was typed."""
    return shlex.join([Path(sys.argv[0]).name.replace("__main__.py", "baywire"), *sys.argv[1:]])
