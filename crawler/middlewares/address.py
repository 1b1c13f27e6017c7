"""Connect only to public addresses: checked where every connection gets its address, so at each hop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from scrapy.core.downloader._idna_patch import _install_twisted_idna_fallbacks
from scrapy.core.downloader.contextfactory import _load_context_factory_from_settings
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.exceptions import CannotResolveHostError, DownloadFailedError, DownloadTimeoutError
from scrapy.http import Headers, Response
from scrapy.resolver import CachingHostnameResolver
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.interfaces import IAddress, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]  # ships no types

from crawler.address import allowed_port, host_of, port_of, why_refused
from crawler.middlewares.certificate import Certificates
from crawler.middlewares.lines import Lines
from crawler.middlewares.name import Names
from crawler.refusal import AddressRefused, CertificateRefused, Deferred, NameUnknown

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from twisted.internet.base import ReactorBase
    from twisted.internet.interfaces import IHostnameResolver

    from crawler.turns import Turns

__all__ = ["ClosedAddresses", "ClosedHandler", "PublicAddresses"]


@implementer(IResolutionReceiver)
class _Sieve:
    """Hands on the addresses of *host* that may be connected to."""

    def __init__(  # mypy reads zope interfaces as classes whose methods take no self
        self,
        receiver: Any,  # noqa: ANN401 - an IResolutionReceiver
        host: str,
        refused: dict[str, str],
    ) -> None:
        self._receiver = receiver
        self._host = host
        self._refused = refused
        self._reason = ""
        self._passed = False

    def resolutionBegan(self, resolution: IHostResolution) -> None:  # noqa: N802 - Twisted's name
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: IAddress) -> None:  # noqa: N802 - Twisted's name
        reason = why_refused(str(getattr(address, "host", address)))
        if reason:
            self._reason = self._reason or reason
        else:
            self._passed = True
            self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:  # noqa: N802 - Twisted's name
        if self._reason and not self._passed:
            self._refused[self._host] = self._reason
        self._receiver.resolutionComplete()


class PublicAddresses(CachingHostnameResolver):
    """A resolver whose answers hold public addresses only; every connection of the reactor goes through it.

    Hosts named by the setting BAYWIRE_PRIVATE_HOSTS are taken as they are: those of
    sources that say `allow-private`. `refused` tells why a host had no answer left,
    `names.unknown` why it had none to begin with.
    """

    def __init__(self, reactor: ReactorBase, cache_size: int, private_hosts: Collection[str] = ()) -> None:
        """Wrap the resolver of *reactor*."""
        super().__init__(reactor, cache_size)
        self.names = Names(reactor)
        self.original_resolver = cast("IHostnameResolver", self.names)  # mypy knows no zope interfaces
        self._private_hosts = frozenset(private_hosts)
        self.refused: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> Self:
        """Build from the settings; *crawler* is the process, which has them too."""
        settings = crawler.settings
        return cls(reactor, settings.getint("DNSCACHE_SIZE"), settings.getlist("BAYWIRE_PRIVATE_HOSTS"))

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        resolutionReceiver: IResolutionReceiver,  # noqa: N803 - Twisted's name
        hostName: str,  # noqa: N803 - Twisted's name
        portNumber: int = 0,  # noqa: N803 - Twisted's name
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803 - Twisted's name
        transportSemantics: str = "TCP",  # noqa: N803 - Twisted's name
    ) -> IHostResolution:
        """Resolve *hostName*, literal addresses included, and hand on what is public."""
        receiver: Any = resolutionReceiver  # mypy reads zope interfaces as classes whose methods take no self
        host = hostName.lower().rstrip(".")
        if host not in self._private_hosts:
            receiver = _Sieve(resolutionReceiver, host, self.refused)
        return super().resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


class ClosedHandler(BaseDownloadHandler):
    """Answers requests for http and https, asked at the last moment before a request leaves.

    `crawler.spider.gate(host)` may raise there, when the slot of a host has let the
    request through: a host that answered 429 to one request gets none of those that
    were already waiting. `crawler.spider.turns`, where it is set, knows of others, maybe
    on other machines, who have the turn at that host.
    """

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        """Remember the gate of the spider, if it has one, and the deadline."""
        super().__init__(crawler)
        _install_twisted_idna_fallbacks()  # names with an underscore
        _remember_names()
        settings = crawler.settings
        self._certificates = Certificates(_load_context_factory_from_settings(crawler))
        self._lines = Lines(self._certificates, limit=settings.getint("DOWNLOAD_MAXSIZE"))
        self._timeout_s = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._gate: Callable[[str], None] | None = getattr(crawler.spider, "gate", None)
        self._turns: Turns | None = getattr(crawler.spider, "turns", None)
        self._deadline: float | None = settings.getfloat("BAYWIRE_DEADLINE_S") or None
        self._began = monotonic()

    async def close(self) -> None:
        """Close the connections that rest."""
        self._lines.close()

    async def download_request(self, request: Request) -> Response:
        """Return the answer.

        AddressRefused where no address of the host may be connected to, NameUnknown where
        it has none, CertificateRefused where it cannot prove who it is.
        """
        host = host_of(request.url)
        self._check(host)
        while self._turns is not None and (wait_s := self._turns.take(host)):
            await asyncio.sleep(wait_s)
            self._check(host)
        try:
            return await self._asked(request)
        except CannotResolveHostError:
            from twisted.internet import reactor  # noqa: PLC0415 - importing it installs one

            resolver: Any = reactor.nameResolver  # ours, as long as the process runs
            if (reason := resolver.refused.get(host)) is not None:
                raise AddressRefused(reason if reason.startswith(host) else f"{host}: {reason}") from None
            said = resolver.names.unknown.get(host, "")
            raise NameUnknown(f"no address found for the host: {said}: type getent ahosts {host}") from None
        except DownloadFailedError:
            if (reason := self._certificates.refused.get(host)) is None:
                raise
            look = f"openssl s_client -connect {host}:{port_of(request.url)} -servername {host}"
            raise CertificateRefused(f"its TLS certificate proves nothing: {reason}: type {look}") from None
        finally:
            if (slot := self.crawler.engine.downloader.slots.get(request.meta.get("download_slot", ""))) is not None:
                slot.lastseen = monotonic()  # as Scrapy has it, the delay counts from when the last request set out
            if self._turns is not None:
                self._turns.give(host)

    async def _asked(self, request: Request) -> Response:
        """Return the answer, which is here as a whole within the time that *request* has."""
        longest_s = float(request.meta.get("download_timeout") or self._timeout_s)
        try:
            async with asyncio.timeout(longest_s):
                answer = await self._lines.ask(request, connect_s=longest_s)
        except TimeoutError:
            raise DownloadTimeoutError(f"no whole answer within {longest_s:.0f} s") from None
        headers = Headers()
        dict.update(headers, answer.headers)  # their names are as Scrapy has them
        return Response(
            request.url.partition("#")[0],
            status=answer.status,
            headers=headers,
            body=answer.body,
            flags=None if answer.whole else ["partial"],
            protocol=answer.protocol,
        )

    def _check(self, host: str) -> None:
        if self._gate is not None:
            self._gate(host)
        if self._deadline is not None and monotonic() - self._began > self._deadline:
            raise Deferred(f"no time left after {self._deadline:.0f} s")


def _remember_names() -> None:
    """Let Twisted read the name of a host once: it takes each request 40 microseconds to find the same again."""
    read = HostnameEndpoint._hostAsBytesAndText  # noqa: SLF001 - a pure function, public in none of its forms
    if not hasattr(read, "cache_info"):
        remembered = staticmethod(lru_cache(maxsize=1024)(read))
        HostnameEndpoint._hostAsBytesAndText = remembered  # type: ignore[method-assign]  # noqa: SLF001


class ClosedAddresses:
    """Lets only http(s) requests pass, to the hosts and ports of their source.

    `meta["hosts"]` names the hosts a source may lead to, with what is below them (empty:
    any); `meta["addresses"]` the source's own addresses, whose ports are allowed besides
    80 and 443.
    """

    def process_request(self, request: Request) -> None:
        """Raise AddressRefused for what does not pass; redirect hops come by here too."""
        url = request.url
        if not url.startswith(("http://", "https://")):
            raise AddressRefused(f"{url[:80]}: expected an address that begins with http:// or https://")
        if not allowed_port(url, request.meta.get("addresses", ())):
            raise AddressRefused(f"{url[:200]}: expected port 80, 443 or that of the source's own address")
        hosts = request.meta.get("hosts", ())
        host = host_of(url)
        if hosts and not any(host == name or host.endswith(f".{name}") for name in hosts):
            raise AddressRefused(f"{url[:200]}: {host} is not among the hosts of the source")
