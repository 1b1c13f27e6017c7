"""Run crawls in children of a zygote: from a daemon's event loop, or once and for all from a command."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, TypeVar, cast

from crawler.batch import Batch, Ended, Event, Fetched, Report, SourceOutcome
from crawler.link import Link

__all__ = ["Batch", "Event", "Fetched", "Report", "SourceOutcome", "Zygote", "crawl", "fetch"]

_TERM_S: Final = 5.0  # what a child that ran out of time gets to finish what is in flight
_Result = TypeVar("_Result")


@dataclass(slots=True)
class _Progress:
    """What came out of one child so far."""

    outcomes: dict[str, SourceOutcome] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    done: Event | None = None

    def forget_end(self) -> None:
        """Expect another child."""
        self.done = None

    def take(self, event: Event) -> None:
        """Take in what *event* tells."""
        if event.get("event") == "source":
            known = {name: event[name] for name in SourceOutcome.__dataclass_fields__ if name in event}
            outcome = SourceOutcome(**known)  # type: ignore[arg-type]  # JSON written by our own child
            self.outcomes[outcome.source] = outcome
        elif event.get("event") == "done":
            self.done = event
        elif event.get("event") == "error":
            self.errors.append(str(event.get("message", "")))


class Zygote:
    """The warm parent of crawl children, as an event loop sees it.

    Started by the first crawl, started again when it died, closed by `close` or after
    *idle_s* without a crawl (it holds some 80 MB that nobody needs then). Any number of
    crawls may run at once. All methods belong to one event loop.
    """

    def __init__(self, *, idle_s: float | None = None, on_server: bool = False) -> None:
        """Remember how long to stay warm, and whether the store is *on_server*; nothing starts yet."""
        self._idle_s = idle_s
        self._on_server = on_server
        self._link: Link | None = None
        self._starting = asyncio.Lock()
        self._running: dict[int, Link] = {}  # batches under way
        self._stopped: set[int] = set()
        self._batch = 0
        self._idle: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int | None:
        """The zygote's process, None while there is none."""
        return self._link.pid if self._link is not None and self._link.alive else None

    @property
    def children(self) -> tuple[int, ...]:
        """The processes of the crawls under way."""
        return () if self._link is None else self._link.children

    async def start(self) -> None:
        """Start the zygote unless it is there; SourceError if it cannot warm up."""
        async with self._starting:
            if self._link is None or not self._link.alive:
                if self._link is not None:
                    self._link.close()
                self._link = await Link.open(on_server=self._on_server)

    async def crawl(self, batch: Batch, on_event: Callable[[Event], None]) -> Report:
        """Crawl *batch* in a child of its own; *on_event* hears what happens as it happens.

        A child that dies takes nobody with it: the sources it had not finished are
        crawled again, each alone, and what dies again, or ends without a record, is
        recorded in the store as failed. Cancelling kills the child.
        """
        progress = _Progress()
        report = await self._once(batch, progress, on_event)
        rest = tuple(key for key in batch.sources if key not in progress.outcomes)
        if report.ended == "died" and len(batch.sources) > 1:
            for key in rest:
                alone = await self._once(replace(batch, sources=(key,)), progress, on_event)
                report = replace(report, seconds=report.seconds + alone.seconds, cpu_s=report.cpu_s + alone.cpu_s)
            rest = tuple(key for key in rest if key not in progress.outcomes)
        if rest and report.ended != "stopped":
            said = progress.errors[-1] if progress.errors else ""
            for outcome in await asyncio.to_thread(_record_lost, batch, rest, report, said):
                progress.outcomes[outcome.source] = outcome
                on_event({"event": "source"} | {name: getattr(outcome, name) for name in outcome.__dataclass_fields__})
        return replace(report, outcomes=tuple(progress.outcomes.values()), errors=tuple(progress.errors))

    async def _once(self, batch: Batch, progress: _Progress, on_event: Callable[[Event], None]) -> Report:
        def hear(event: Event) -> None:
            progress.take(event)
            if event.get("event") not in ("done", "error"):
                on_event(event)

        if self._idle is not None:
            self._idle.cancel()
        await self.start()
        link = cast("Link", self._link)
        self._batch += 1
        number, began = self._batch, time.monotonic()
        self._running[number] = link
        progress.forget_end()
        ended: Ended = "ok"
        try:
            child = link.launch(number, batch, hear)
            try:
                code = await asyncio.wait_for(asyncio.shield(child), batch.wall_s)
            except TimeoutError:
                ended = "timeout"
                code = await self._finish(link, number, child, _TERM_S)
        except asyncio.CancelledError:
            link.signal(number, signal.SIGKILL)
            raise
        finally:
            self._running.pop(number, None)
            self._rest()
        if number in self._stopped:
            self._stopped.discard(number)
            ended = "stopped"
        elif ended == "ok" and (code or progress.done is None):
            ended = "died"
        usage: Event = progress.done if progress.done is not None else {}
        return Report(
            seconds=time.monotonic() - began,
            ended=ended,
            signal=-code if code < 0 else 0,
            code=max(code, 0),
            cpu_s=float(cast("float", usage.get("cpu_s", 0.0))),
            rss_bytes=int(cast("int", usage.get("rss_bytes", 0))),
            cold=tuple(cast("list[str]", usage.get("cold", []))),
        )

    async def _finish(self, link: Link, number: int, child: asyncio.Future[int], grace_s: float) -> int:
        link.signal(number, signal.SIGTERM)
        try:
            return await asyncio.wait_for(asyncio.shield(child), grace_s)
        except TimeoutError:
            link.signal(number, signal.SIGKILL)
            return await child

    async def drain(self, grace_s: float = 20.0) -> None:
        """Let the crawls under way finish what is in flight, at most *grace_s*, then kill them.

        What they have stored stays; their reports say "stopped", and sources without an
        outcome are simply still due.
        """
        under_way = dict(self._running)
        self._stopped.update(under_way)
        waiting = [
            asyncio.ensure_future(self._finish(link, number, link.child(number), grace_s))
            for number, link in under_way.items()
        ]
        await asyncio.gather(*waiting, return_exceptions=True)

    def close(self) -> None:
        """Close the zygote; crawls under way die with it."""
        if self._idle is not None:
            self._idle.cancel()
        if self._link is not None:
            self._link.close()
            self._link = None

    def _rest(self) -> None:
        if self._idle_s is not None and not self._running:
            self._idle = asyncio.get_running_loop().call_later(self._idle_s, self._close_if_idle)

    def _close_if_idle(self) -> None:
        if not self._running:
            self.close()


def crawl(batch: Batch, on_event: Callable[[Event], None]) -> Report:
    """Crawl *batch* in a child of a zygote of its own; for a command that runs once.

    KeyboardInterrupt and SystemExit raised by a signal handler end the child too.
    """

    async def once() -> Report:
        zygote = Zygote()
        try:
            return await zygote.crawl(batch, on_event)
        finally:
            zygote.close()

    return _run(once())


def fetch(  # noqa: PLR0913 - what a crawl is told, by name
    urls: Sequence[str],
    *,
    form: tuple[tuple[str, str], ...] = (),
    render: bool = False,
    replay: str | None = None,
    contact: str = "",
    allow_private: bool = False,
    delay_s: float = 1.0,
    wall_s: float = 120.0,
) -> tuple[Fetched, ...]:
    """Return *urls* as they answer, fetched as politely and as closed as any crawl, in the order asked for.

    With a *form* that is posted to them; *render* lets their scripts run.
    """
    batch = Batch(
        run="fetch",
        urls=tuple(urls),
        form=form,
        render=render,
        replay=replay,
        contact=contact,
        allow_private=allow_private,
        delay_s=delay_s,
        wall_s=wall_s,
    )
    found: dict[str, Fetched] = {}

    def hear(event: Event) -> None:
        if event.get("event") == "fetched":
            values = {name: event[name] for name in Fetched.__dataclass_fields__ if name in event}
            page = Fetched(**(values | {"body": base64.b64decode(str(event["body"]))}))  # type: ignore[arg-type]
            found[page.asked] = page

    report = crawl(batch, hear)
    lost = f"the child that fetched it ended without an answer ({report.ended}{_by(report)})"
    return tuple(found.get(url) or Fetched(asked=url, url=url, reason=lost) for url in urls)


def _run(work: Awaitable[_Result]) -> _Result:
    async def main() -> _Result:
        return await work

    return asyncio.run(main())


def _by(report: Report) -> str:
    if report.signal:
        with contextlib.suppress(ValueError):
            return f", {signal.Signals(report.signal).name}"
    return f", status {report.code}" if report.code else ""


def _record_lost(batch: Batch, keys: Sequence[str], report: Report, said: str) -> tuple[SourceOutcome, ...]:
    """Record in the store that *keys* failed with their child, which *said* so last; return how."""
    from crawler.record import record_failure  # noqa: PLC0415 - the store is loaded only when there is something to say

    if report.ended == "timeout":
        reason = f"not finished within {batch.wall_s:.0f} s: the crawl was stopped"
    elif report.ended == "ok":  # out of memory, it may have had too little left for the record
        reason = f"the crawl ended without a record of it{': ' if said else ''}{said}"
    else:
        reason = f"the crawl child died{_by(report)}"
    if not batch.store_url:
        return tuple(SourceOutcome(source=key, outcome="failed", reason=reason) for key in keys)
    return record_failure(batch, keys, reason=reason, now=datetime.now(UTC))
