"""What an answer or its absence means for a source: how the crawl ended, and when to come again."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Final

from crawler.retry import backoff
from feeds.store import Outcome, Run, SourceState, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Trouble", "next_state", "of_error", "of_status"]

_PROBE: Final = timedelta(hours=24)  # how often to look at an address that keeps saying 404
_ABSENT: Final = 3  # so many 404 in a row are no accident
_KEY: Final = "absent"  # under which what a source has learnt counts them
_BLOCKED: Final = frozenset([401, 402, 403, 407, 429, 451])
_STATES: Final = {
    Outcome.NEW: State.HEALTHY,
    Outcome.UNCHANGED: State.HEALTHY,
    Outcome.SUSPICIOUS: State.SUSPICIOUS,
    Outcome.FAILED: State.FAILING,
    Outcome.BLOCKED: State.BLOCKED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a page could not be had: *gone* for good (410), *absent* (404), *busy* where the host wants a rest.

    *refused* where we decided against it and would again.
    """

    outcome: Outcome
    reason: str
    gone: bool = False
    absent: bool = False
    busy: bool = False
    refused: bool = False
    deferred: bool = False  # nobody's fault: we had no time left
    unrecorded: bool = False  # a folder of recorded pages has no such page


def of_status(status: int) -> Trouble | None:
    """Return what is wrong with an answer of *status*, None for a page (200) and for "not modified" (304).

    >>> of_status(410).reason, of_status(410).gone
    ('HTTP 410: gone for good', True)
    >>> of_status(451).outcome, of_status(503).busy, of_status(200)
    (<Outcome.BLOCKED: 'blocked'>, True, None)
    """
    if status in (200, 203, 304):
        return None
    if status == 410:
        return Trouble(outcome=Outcome.FAILED, reason="HTTP 410: gone for good", gone=True)
    if status == 404:
        return Trouble(outcome=Outcome.FAILED, reason="HTTP 404: no such page", absent=True)
    outcome = Outcome.BLOCKED if status in _BLOCKED else Outcome.FAILED
    return Trouble(
        outcome=outcome, reason=f"HTTP {status}: {_PHRASES.get(status, 'no page')}", busy=status in (429, 503)
    )


_PHRASES: Final = {
    204: "an answer without a page",
    206: "half a page",
    401: "asks who we are",
    403: "does not let us in",
    407: "a proxy asks who we are",
    408: "took too long",
    429: "too many requests",
    451: "withheld for legal reasons",
    500: "broken at its end",
    502: "broken at its end",
    503: "overloaded or in maintenance",
    504: "broken at its end",
}


def of_error(error: BaseException | None) -> Trouble:
    """Return what *error*, in place of an answer, means.

    Ours (`crawler.refusal`) say so themselves; those of the network are told in a few
    words, without the traces that Twisted puts into them.
    """
    name = type(error).__name__
    said = " ".join(str(error).split())[:300]
    if name in _OURS:
        return replace(_OURS[name], reason=said)
    words = _NETWORK.get(name, said or name)
    if name == "NotRecorded":
        return Trouble(outcome=Outcome.FAILED, reason=f"not recorded: {said}", unrecorded=True)
    if (tls := _TLS.search(said)) is not None:
        words = _of_tls(tls[1])
    return Trouble(outcome=Outcome.FAILED, reason=f"{words}: {said}" if said and name in _TELLING else words)


def _of_tls(said: str) -> str:
    """Return what an error of OpenSSL, in place of a connection, means."""
    if "wrong version number" in said or "http request" in said or "packet length" in said:
        return f"does not speak TLS at this port: {said}"
    return f"no TLS that both sides speak: {said}: expected TLS 1.2 or later"


_TLS: Final = re.compile(r"\('SSL routines', '[^']*', '([^']{1,100})'\)")
_OURS: Final = {
    "AddressRefused": Trouble(outcome=Outcome.FAILED, reason="", refused=True),
    "BadContent": Trouble(outcome=Outcome.FAILED, reason=""),
    "CertificateRefused": Trouble(outcome=Outcome.FAILED, reason=""),
    "Deferred": Trouble(outcome=Outcome.FAILED, reason="", deferred=True),
    "HostClosed": Trouble(outcome=Outcome.BLOCKED, reason="", busy=True),
    "NameUnknown": Trouble(outcome=Outcome.FAILED, reason=""),
    "RedirectRefused": Trouble(outcome=Outcome.FAILED, reason="", refused=True),
    "RobotsLater": Trouble(outcome=Outcome.FAILED, reason=""),
    "RobotsRefused": Trouble(outcome=Outcome.BLOCKED, reason="", refused=True),
}
_NETWORK: Final = {
    "CannotResolveHostError": "no address found for the host",
    "DownloadConnectionRefusedError": "connection refused",
    "DownloadTimeoutError": "no whole answer in time",
    "DownloadFailedError": "the connection broke",
    "DownloadCancelledError": "larger than we take",
    "ResponseDataLossError": "cut off: less arrived than was promised",
    "ConnectionLost": "the connection broke",
    "ConnectionDone": "the connection broke",
    "ConnectError": "cannot be connected to",
    "NoRouteError": "cannot be connected to",
    "TCPTimedOutError": "no connection in time",
}
_TELLING: Final = frozenset(["ConnectError", "NoRouteError"])


def next_state(  # noqa: PLR0913 - all that decides, by name
    before: SourceState,
    run: Run,
    *,
    every: timedelta,
    random: Random,
    trouble: Trouble | None = None,
    wait_until: datetime | None = None,
    learnt: Mapping[str, object] | None = None,
    counts: Sequence[int] = (),
    repaired: str = "",
    doubt: str = "",
) -> SourceState:
    """Return where *run* leaves a source that stood as *before*: its state, and when it is next due.

    A good run is followed by the next one after *every*; failures by growing waits
    (`backoff`); a third 404 in a row by one look a day; 410 by none. *wait_until* is
    what the host asked for. *repaired* says what was mended for a good run: the source
    stands as repaired until a person has written that down, or the site went back. *doubt*
    says why what it gives is not to be trusted: the source is suspicious then, though its releases go out.
    """
    good = run.outcome in (Outcome.NEW, Outcome.UNCHANGED)
    failures = 0 if good else before.failures + 1
    absent = _times(before) + 1 if trouble is not None and trouble.absent else 0
    state = State.GONE if trouble is not None and trouble.gone else _STATES[run.outcome]
    if good and repaired:
        state = State.REPAIRED
    if good and doubt:
        state = State.SUSPICIOUS
    wait = every
    if run.outcome in (Outcome.FAILED, Outcome.BLOCKED):
        wait = backoff(failures, random=random)
        if run.outcome is Outcome.BLOCKED:
            wait = max(wait, every)
        if absent >= _ABSENT:
            wait = max(wait, _PROBE)
    due: datetime | None = run.ended + wait
    if wait_until is not None and due is not None:
        due = max(due, wait_until)
    return replace(
        before,
        state=state,
        reason="; ".join(filter(None, (doubt, repaired))) if good else run.reason,
        since=before.since if before.state is state and before.since is not None else run.ended,
        outcome=run.outcome,
        last_run=run.ended,
        last_good=run.ended if good else before.last_good,
        next_due=None if state is State.GONE else due,
        failures=failures,
        listed_median=float(median(counts)) if counts else before.listed_median,
        learnt=_remember(before.learnt if learnt is None else learnt, absent),
    )


def _times(before: SourceState) -> int:
    times = before.learnt.get(_KEY, 0)
    return times if isinstance(times, int) else 0


def _remember(learnt: Mapping[str, object], absent: int) -> Mapping[str, object]:
    kept = {name: value for name, value in learnt.items() if name != _KEY}
    return kept | {_KEY: absent} if absent else kept
