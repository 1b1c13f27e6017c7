"""The circuits of hosts during a crawl: who asked us to wait, and who may try first afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING

from crawler.refusal import HostClosed
from crawler.retry import backoff, read_retry_after
from feeds.store import HostState

if TYPE_CHECKING:
    from scrapy.http import Response

    from crawler.spiders.progress import Progress
    from feeds.store import Store

__all__ = ["Hosts"]


class Hosts:
    """What we know of hosts, kept in the store as soon as it changes.

    After a circuit has been open one request goes first (half open): the sources that
    share the host wait for its answer. An *explicit* crawl does not heed a circuit, but
    heeds what the host itself said.
    """

    def __init__(
        self, store: Store, *, explicit: bool, clock: Callable[[], datetime], random: Random | None = None
    ) -> None:
        """Read from *store* what is known."""
        self._store = store
        self._explicit = explicit
        self._clock = clock
        self._random = random or Random()  # noqa: S311 - spreads load, guards nothing
        self._known: dict[str, HostState] = {}
        self._probing: dict[str, list[Progress]] = {}

    def closed_until(self, host: str) -> datetime | None:
        """Return until when *host* is not to be asked, None when it may be."""
        state, now = self._state(host), self._clock()
        waits = [state.retry_after, None if self._explicit else state.open_until]
        return max((until for until in waits if until is not None and until > now), default=None)

    def gate(self, host: str) -> None:
        """Raise HostClosed when *host* is not to be asked now."""
        if host in self._known and (until := self.closed_until(host)) is not None:
            raise HostClosed(host, until)

    def must_wait(self, crawl: Progress) -> bool:
        """Return whether *crawl* waits for another source to try its host, which had failed before."""
        if not self._state(crawl.host).failures:
            return False
        if crawl.host in self._probing:
            self._probing[crawl.host].append(crawl)
            return True
        self._probing[crawl.host] = []
        return False

    def waiting(self, host: str) -> tuple[Progress, ...]:
        """Return those who waited for *host*: it has answered, or not."""
        waiting = tuple(self._probing.get(host, ()))
        if waiting:
            self._probing[host] = []
            if self.closed_until(host) is None:
                del self._probing[host]
                self._known[host] = HostState(host=host)
        return waiting

    def heard(self, host: str, response: Response) -> None:
        """Take what *response* says of its host.

        429, 503 and any other refusal with a `Retry-After` open its circuit; what is no
        error of the server closes it.
        """
        before, now = self._state(host), self._clock()
        header = response.headers.get("Retry-After") if response.status >= 400 else None
        said = None if header is None else read_retry_after(header.decode("latin-1"), now=now)
        if said is not None or response.status in (429, 503):
            failures = before.failures + 1
            until = said or now + backoff(failures, random=self._random)
            self._keep(HostState(host=host, open_until=until, failures=failures, retry_after=said))
        elif before.failures and response.status < 500:
            self._keep(HostState(host=host))

    def _state(self, host: str) -> HostState:
        if host not in self._known:
            self._known[host] = self._store.host(host) or HostState(host=host)
        return self._known[host]

    def _keep(self, state: HostState) -> None:
        self._known[state.host] = state
        self._store.write(lambda writing: writing.set_host(state))
