"""What a monitor is told of a fleet: of its queue by the scheduler, of its own work by each worker."""

from __future__ import annotations

from collections.abc import Mapping

from scheduler.desk import Desk
from scheduler.fleet.queue import Depth
from scheduler.metrics import counts_text, metric

__all__ = ["queue_text", "worker_text"]


def queue_text(depth: Depth) -> str:
    """Return *depth* in the text format of Prometheus.

    >>> print(queue_text(Depth(jobs={("crawl", "todo"): 3}, oldest_s=0.5, workers=2)))
    # HELP baywire_queue_jobs jobs that wait or are done now
    # TYPE baywire_queue_jobs gauge
    baywire_queue_jobs{task="crawl",status="todo"} 3
    # HELP baywire_queue_oldest_seconds how long the oldest crawl that waits has waited
    # TYPE baywire_queue_oldest_seconds gauge
    baywire_queue_oldest_seconds 0.5
    # HELP baywire_queue_workers workers that show they live
    # TYPE baywire_queue_workers gauge
    baywire_queue_workers 2
    <BLANKLINE>
    """
    jobs = [({"task": task, "status": status}, float(count)) for (task, status), count in sorted(depth.jobs.items())]
    return (
        metric("queue_jobs", "gauge", "jobs that wait or are done now", jobs)
        + metric(
            "queue_oldest_seconds", "gauge", "how long the oldest crawl that waits has waited", [({}, depth.oldest_s)]
        )
        + metric("queue_workers", "gauge", "workers that show they live", [({}, float(depth.workers))])
    )


def worker_text(desk: Desk, ended: Mapping[tuple[str, str], int], *, doing: int, at_once: int) -> str:
    """Return what a worker at *desk* does: *doing* jobs now, *at_once* at most; *ended* counts (task, how)."""
    jobs = [({"task": task, "ended": how}, float(count)) for (task, how), count in sorted(ended.items())]
    return (
        metric("worker_jobs", "gauge", "jobs under way here", [({}, float(doing))])
        + metric("worker_jobs_limit", "gauge", "jobs at once here, at most", [({}, float(at_once))])
        + metric("worker_jobs_total", "counter", "jobs that ended here: done, put back or failed", jobs)
        + counts_text(desk)
    )
