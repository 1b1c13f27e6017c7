"""What a monitor asks for: Prometheus text, of values the store and the daemon have anyway."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from scheduler.desk import Desk
from scheduler.health import is_late, is_wrong
from scheduler.server import Application, Message, Receive, Send

__all__ = ["counts_text", "metric", "metrics_application", "metrics_text"]

_MOST = 5_000  # of one name: a monitor that is sent a million keeps none of them long
_Sample = tuple[dict[str, str], float]


def metrics_text(desk: Desk) -> str:
    """Return the state of *desk* in the text format of Prometheus 0.0.4; labels are sources, hosts and outcomes.

    Labels are what is configured now, and at most 5,000 samples have one name.
    """
    return "".join(_lines(desk))


def _lines(desk: Desk) -> Iterator[str]:
    states = [state for state in desk.store.source_states() if state.key in desk.sources]
    now = desk.clock()
    yield metric(
        "source_last_success_timestamp_seconds",
        "gauge",
        "when the listing of a source was last proven",
        [({"source": one.key}, one.last_good.timestamp()) for one in states if one.last_good],
    )
    yield metric(
        "source_healthy",
        "gauge",
        "whether a source delivers: 0 when suspicious, failing, blocked, gone or late",
        [
            (
                {"source": one.key},
                float(not (is_wrong(one) or is_late(one, rhythm=desk.rhythm(one.key), now=now))),
            )
            for one in states
            if one.enabled
        ],
    )
    yield metric(
        "source_failures",
        "gauge",
        "failures in a row",
        [({"source": one.key}, float(one.failures)) for one in states],
    )
    yield counts_text(desk)
    circuits = {desk.host(one.key): desk.store.host(desk.host(one.key)) for one in states}
    yield metric(
        "circuit_state",
        "gauge",
        "1 while a host is left alone",
        [
            ({"host": host}, float(any(until and until > now for until in (state.open_until, state.retry_after))))
            for host, state in circuits.items()
            if state is not None
        ],
    )
    yield metric("feed_items", "gauge", "releases held", [({}, float(desk.store.count()))])
    yield metric("published", "gauge", "0 while something could not be published", [({}, float(not desk.trouble))])
    yield metric("clock_jumps_total", "counter", "times the clock was set back", [({}, float(desk.clock_jumps))])
    url = desk.config.store.url
    if url.startswith("sqlite:///"):
        size = sum(_size(url.removeprefix("sqlite:///") + more) for more in ("", "-wal"))
        yield metric("db_bytes", "gauge", "size of the embedded store and of its log", [({}, float(size))])


def _size(name: str) -> int:
    try:
        return Path(name).stat().st_size
    except OSError:  # taken away, which the daemon mends: a monitor is told all the rest
        return 0


def counts_text(desk: Desk) -> str:
    """Return what *desk* did since it began: what is told of each machine that crawls or publishes."""
    return (
        metric("runs_total", "counter", "crawls of a source by outcome", _counted(desk, "runs", "outcome"))
        + metric("items_total", "counter", "releases that came in", _counted(desk, "items", "change"))
        + metric("fetch_bytes_total", "counter", "bytes of pages, unpacked", _counted(desk, "bytes"))
        + metric("feed_publish_seconds", "gauge", "how long the last publication took", [({}, desk.publish_s)])
    )


def _counted(desk: Desk, what: str, label: str = "") -> list[_Sample]:
    return [
        ({"source": source} | ({label: value} if label else {}), float(count))
        for (kind, source, value), count in sorted(desk.counts.items())
        if kind == what and source in desk.sources
    ]


def metric(name: str, kind: str, about: str, samples: list[_Sample]) -> str:
    r"""Return *samples* of the metric *name*, "" where there are none.

    >>> metric("jobs", "gauge", "jobs", [({"task": "crawl"}, 2.0)])
    '# HELP baywire_jobs jobs\n# TYPE baywire_jobs gauge\nbaywire_jobs{task="crawl"} 2\n'
    """
    if not samples:
        return ""
    lines = [f"# HELP baywire_{name} {about}", f"# TYPE baywire_{name} {kind}"]
    if len(samples) > _MOST:
        lines.append(f"# baywire: {len(samples) - _MOST} more are left out")
    for labels, value in samples[:_MOST]:
        inner = ",".join(f'{label}="{_escape(text)}"' for label, text in labels.items())
        lines.append(f"baywire_{name}{'{' + inner + '}' if inner else ''} {value:.17g}")
    return "".join(f"{line}\n" for line in lines)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def metrics_application(tell: Callable[[], Awaitable[str]]) -> Application:
    """Return the ASGI application that answers /metrics by *tell*, and nothing else."""

    async def answer(scope: Message, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        found = scope["path"] == "/metrics" and scope["method"] in ("GET", "HEAD")
        body = (await tell()).encode() if found else b"only /metrics is here\n"
        headers = [
            (b"content-type", b"text/plain; version=0.0.4; charset=utf-8"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": 200 if found else 404, "headers": headers})
        await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})

    return answer
