"""Who is told what: hubs and webhooks of changed feeds, the operator of sources that fail and recover, a heartbeat."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http.client import HTTPException
from time import monotonic
from typing import TypeVar, cast
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from feeds.error import StoreError
from feeds.notify import Hook, Notifier, plain_address, post_json
from feeds.publish import Published
from feeds.store import State
from feeds.store.state import SourceState
from scheduler.desk import Desk
from scheduler.health import is_late, is_wrong
from scheduler.line import Line, source_line

__all__ = ["Told", "alarms", "beat", "notify", "sound_alarms", "tell_feeds"]

_KEY = "alarms"  # where the store keeps what the operator was told of
_REMIND = timedelta(days=1)
_BEAT = timedelta(minutes=1)
_HOOK_S = 30.0
_ROUND_S = 60.0
_GET_S = 10.0

log = logging.getLogger(__name__)
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the operator was last told of a source: its *state*, and when."""

    state: str
    at: datetime


async def notify(desk: Desk, published: Published | None, *, healthy: bool) -> None:
    """Tell whoever asked for it what a cycle changed; *healthy*: nothing in it failed. Never raises.

    Where somebody can wait in our place, we do not: whoever is told may take long, and
    no source is to be late for that.
    """
    desk.news.append((published, healthy))
    if desk.aside is None:
        await _tell(desk)
    elif len(desk.news) == 1:  # otherwise somebody is about to take it all
        desk.aside(_tell(desk))


async def _tell(desk: Desk) -> None:
    async with desk.telling:
        news = desk.news[:]
        desk.news.clear()
        try:
            await _sound_own(desk)
            for published, _ in news:
                if published is not None:
                    await _apart(partial(tell_feeds, desk, published))
            await sound_alarms(desk)
        except StoreError as error:
            log.error("not told: %s", error)  # noqa: TRY400  # says all there is to say
            return
        if any(healthy for _, healthy in news) and not desk.trouble:
            await beat(desk)


def tell_feeds(desk: Desk, published: Published | None = None) -> None:
    """Queue the feeds that *published* changed, and deliver to hub and webhooks what is due."""
    config = desk.config.notify
    if not config.hub and not config.webhooks:
        return
    hooks = [Hook(url=url, secret=config.webhook_secret) for url in config.webhooks]
    notifier = Notifier(desk.store, hub=config.hub, hooks=hooks)
    if published is not None:
        notifier.queue(published.feeds, now=desk.clock())
    for delivery in notifier.deliver(now=desk.clock()):
        if not delivery.problem:
            log.info("notified", extra={"feeds": len(delivery.feeds)})


async def sound_alarms(desk: Desk) -> None:
    """Tell the operator, by each way that is configured, what changed for the worse or recovered, and remind daily."""
    ways = _ways(desk)
    if not ways:
        return
    now = desk.clock()
    # A source read through another stands as that one does: one outage is one alert.
    states = [state for state in desk.store.source_states() if desk.is_crawled(state.key)]
    late = {
        state.key
        for state in states
        if desk.had_its_turn(state.key, now) and is_late(state, rhythm=desk.rhythm(state.key), now=now)
    }
    for key, tell in ways.items():
        told = _read(desk.store.meta(key))
        found = alarms(states, late=late, told=told, now=now)
        last = desk.told_last.get(key, "")
        # Who could not be told last time must not keep the others from it.
        found.sort(key=lambda alarm: (alarm[0].key <= last, alarm[0].key))
        await _sound(desk, key, tell, found, told=told, late=late)


async def _sound(  # noqa: PLR0913  # what is told, of whom, and by whom
    desk: Desk,
    key: str,
    tell: Callable[[Line], Awaitable[bool]],
    found: list[tuple[SourceState, str]],
    *,
    told: dict[str, Told],
    late: set[str],
) -> None:
    """Tell each of the alarms *found* by one way, for a minute at most: the rest is told the next time."""
    now, began, unwritten = desk.clock(), monotonic(), 0
    try:
        for state, what in found:
            if monotonic() > began + _ROUND_S:
                log.warning("alarms wait: who is told of them takes long", extra={"alarms": len(found)})
                return
            desk.told_last[key] = state.key
            if not await tell({**source_line(state, late=state.key in late), "alarm": what}):
                continue
            if what == "recovered":
                told.pop(state.key, None)
            else:
                told[state.key] = Told(state=_standing(state, late), at=now)
            unwritten += 1
            if unwritten > len(told) // 50:  # of ten thousand not every one by itself
                desk.store.set_meta(key, _written(told))
                unwritten = 0
        desk.told_last.pop(key, None)
    finally:
        if unwritten:
            desk.store.set_meta(key, _written(told))


async def _sound_own(desk: Desk) -> None:
    """Tell the operator what keeps baywire itself from its work, and when that is over."""
    now, ways = desk.clock(), _ways(desk)
    alarm = desk.trouble.alarm(now)
    if not alarm or not ways:
        return
    state = "healthy" if alarm == "recovered" else "failing"
    line = {"kind": "trouble", "source": None, "state": state, "reason": str(desk.trouble) or None, "alarm": alarm}
    if any([await tell(line) for tell in ways.values()]):
        desk.trouble.told(alarm, now)


def _ways(desk: Desk) -> dict[str, Callable[[Line], Awaitable[bool]]]:
    """Return how the operator is told, by where the store keeps what each way has been told."""
    config = desk.config.notify
    ways: dict[str, Callable[[Line], Awaitable[bool]]] = {}
    if config.hook:
        ways[_KEY] = partial(_run, desk, config.hook)
    for url in config.alert_webhooks:
        name = hashlib.blake2b(url.encode(), digest_size=8).hexdigest()  # the address itself may be a secret
        ways[f"{_KEY}:{name}"] = partial(_post, Hook(url=url, secret=config.webhook_secret))
    return ways


async def _post(hook: Hook, line: Line) -> bool:
    """Send *line* to *hook*; return whether it was taken."""
    problem = await _apart(partial(post_json, hook, line))
    if problem:
        log.error("notify.alert-webhooks: not told: %s", problem, extra={"source": line["source"]})
    return not problem


def alarms(
    states: list[SourceState], *, late: set[str], told: Mapping[str, Told], now: datetime
) -> list[tuple[SourceState, str]]:
    """Return of which sources the operator is to be told, and what: the state, "reminder" or "recovered".

    A source that repaired itself delivers, but waits for somebody to accept the repair:
    that is told once, without reminders.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 4, 14, 12, tzinfo=UTC)
    >>> ill, well = SourceState(key="a", state=State.FAILING), SourceState(key="a", state=State.HEALTHY)
    >>> [what for _, what in alarms([ill], late=set(), told={}, now=noon)]
    ['failing']
    >>> told = {"a": Told(state="failing", at=noon)}
    >>> [what for _, what in alarms([ill], late=set(), told=told, now=noon + timedelta(hours=1))]
    []
    >>> [what for _, what in alarms([ill], late=set(), told=told, now=noon + timedelta(hours=25))]
    ['reminder']
    >>> [what for _, what in alarms([well], late=set(), told=told, now=noon)]
    ['recovered']
    >>> [what for _, what in alarms([SourceState(key="a", state=State.REPAIRED)], late=set(), told=told, now=noon)]
    ['repaired']
    """
    found = []
    for state in states:
        before = told.get(state.key)
        standing = _standing(state, late)
        if standing and (before is None or before.state != standing):
            found.append((state, standing))
        elif standing and before is not None:
            if standing != State.REPAIRED and now - before.at >= _REMIND:
                found.append((state, "reminder"))
        elif before is not None and state.state in (State.HEALTHY, State.DISABLED):
            found.append((state, "recovered"))
    return found


def _standing(state: SourceState, late: set[str]) -> str:
    """Return what somebody has to know of a source in one word, "" where nothing is wrong."""
    if is_wrong(state):
        return state.state.value
    if state.key in late:
        return "late"
    return state.state.value if state.state is State.REPAIRED else ""


async def _run(desk: Desk, hook: tuple[str, ...], line: Line) -> bool:
    """Run *hook* with *line* as JSON on its standard input; return whether it did well."""
    # Secrets are given to us by the environment: they are not the hook's.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BAYWIRE_")}
    try:
        process = await asyncio.create_subprocess_exec(
            *hook,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            cwd=desk.config.directory,
            env=environ,
            start_new_session=True,
        )
    except OSError as error:
        log.error("notify.hook: %s: %s", hook[0], error.strerror)  # noqa: TRY400  # says all there is to say
        return False
    try:
        await asyncio.wait_for(process.communicate(json.dumps(line, ensure_ascii=False).encode() + b"\n"), _HOOK_S)
    except TimeoutError:
        log.error("notify.hook: %s: took more than %.0f seconds", hook[0], _HOOK_S)  # noqa: TRY400  # as above
    finally:
        await _end(process)
    if process.returncode:
        log.error("notify.hook failed", extra={"status": process.returncode, "source": line["source"]})
    return process.returncode == 0


async def _end(process: asyncio.subprocess.Process) -> None:
    """End *process* and what it started, where it has not ended by itself."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def beat(desk: Desk) -> None:
    """Call the heartbeat address, at most once a minute: nothing else outside can tell that a daemon died."""
    url, now = desk.config.notify.heartbeat_url, desk.clock()
    if not url or (desk.beat_at is not None and timedelta() <= now - desk.beat_at < _BEAT):
        return
    desk.beat_at = now
    problem = await _apart(partial(_get, url))
    if problem:
        log.warning("heartbeat not heard: %s", problem)


async def _apart(work: Callable[[], _Result]) -> _Result:
    """Return what *work* returns, in a thread that keeps nobody from ending the process: others may never answer."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_Result] = loop.create_future()

    def settle(result: _Result | None, error: Exception | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(cast("_Result", result))

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001  # whoever awaits it is told
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, name="apart", daemon=True).start()
    return await done


class _NoRedirects(HTTPRedirectHandler):
    """The address may hold a secret: it is told to nobody else."""

    def redirect_request(self, *_args: object, **_more: object) -> None:
        """Follow nothing."""


def _get(url: str) -> str:
    """Return what went wrong in asking *url*, "" where nothing did."""
    try:
        url, known = plain_address(url)
        request = Request(url, headers={"User-Agent": "baywire", **known})  # noqa: S310  # http or https, as configured
        with build_opener(ProxyHandler({}), _NoRedirects()).open(request, timeout=_GET_S) as answer:
            answer.read(1024)
            return ""
    except URLError as error:
        return str(error.reason)
    except (OSError, HTTPException, ValueError) as error:
        return str(error) or type(error).__name__


def _read(text: str | None) -> dict[str, Told]:
    kept = json.loads(text or "{}")
    return {key: Told(state=one["state"], at=datetime.fromisoformat(one["at"])) for key, one in kept.items()}


def _written(told: Mapping[str, Told]) -> str:
    return json.dumps({key: {"state": one.state, "at": one.at.isoformat()} for key, one in told.items()})
