"""Connections that are kept for the next request to the same origin."""

from __future__ import annotations

import re
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.protocol import Factory

from crawler.middlewares.line import Answer, Line, UnansweredError

if TYPE_CHECKING:
    from scrapy import Request

    from crawler.middlewares.certificate import Certificates

__all__ = ["Lines", "said_of"]

_LONGEST_REST_S: Final = 60.0  # servers close what rests for long
_MOST: Final = 100  # that rest: each holds a descriptor, of which a process has a thousand
_PORTS: Final = {"http": 80, "https": 443}
_BREAK: Final = re.compile(rb"[\r\n\0]+[ \t]*")
_ILLEGAL: Final = re.compile(r"[^!-~]")


class Lines:
    """The connections of a crawl: one is made where none rests, to what the resolver of the reactor lets through."""

    def __init__(self, certificates: Certificates, *, limit: int) -> None:
        """Make connections by TLS as *certificates* has it; bodies are of *limit* bytes at most."""
        self._certificates = certificates
        self._limit = limit
        self._resting: dict[str, list[Line]] = {}

    async def ask(self, request: Request, *, connect_s: float) -> Answer:
        """Return the answer to *request*; a connection is waited for *connect_s* at most.

        A connection that rested may have been closed while the request was on its way: who
        only looks asks once more, by a new one.
        """
        origin, said = said_of(request)
        head_only = request.method == "HEAD"
        line = self._rested(origin)
        if line is not None:
            try:
                return await self._ask(origin, line, said, head_only=head_only)
            except UnansweredError:
                if request.method not in {"GET", "HEAD"}:
                    raise
        return await self._ask(origin, await self._connect(origin, connect_s), said, head_only=head_only)

    async def _ask(self, origin: str, line: Line, said: bytes, *, head_only: bool) -> Answer:
        answer = await line.ask(said, head_only=head_only)
        self.keep(origin, line)
        return answer

    def keep(self, origin: str, line: Line) -> None:
        """Let *line* rest until *origin* is asked again; of too many the one that rested longest ends."""
        if not line.usable:
            return
        self._resting.setdefault(origin, []).append(line)
        while sum(map(len, self._resting.values())) > _MOST:
            longest = min(self._resting, key=lambda origin: self._resting[origin][0].rested)
            self._resting[longest].pop(0).end()
            if not self._resting[longest]:
                del self._resting[longest]

    def _rested(self, origin: str) -> Line | None:
        resting = self._resting.get(origin)
        while resting:
            line = resting.pop()
            if line.usable and monotonic() - line.rested < _LONGEST_REST_S:
                return line
            if line.usable:
                line.end()
        self._resting.pop(origin, None)
        return None

    async def _connect(self, origin: str, connect_s: float) -> Line:
        from twisted.internet import reactor  # noqa: PLC0415 - importing it installs one

        parts = urlsplit(origin)
        host, port = (parts.hostname or "").encode("ascii"), parts.port or _PORTS[parts.scheme]
        endpoint: Any = HostnameEndpoint(reactor, host, port, timeout=connect_s)
        if parts.scheme == "https":
            endpoint = wrapClientTLS(self._certificates.creatorForNetloc(host, port), endpoint)
        with wrap_twisted_exceptions():
            return await maybe_deferred_to_future(endpoint.connect(_Maker(self._limit, bare=parts.scheme == "http")))

    def close(self) -> None:
        """Close every connection that rests."""
        for resting in self._resting.values():
            for line in resting:
                if line.usable:
                    line.end()
        self._resting = {}


class _Maker(Factory):
    noisy = False

    def __init__(self, limit: int, *, bare: bool) -> None:
        self._limit = limit
        self._bare = bare

    def buildProtocol(self, addr: object) -> Line:  # noqa: ARG002, N802 - Twisted's name and signature
        return Line(self._limit, bare=self._bare)


def said_of(request: Request) -> tuple[str, bytes]:
    r"""Return the origin that *request* is for, and the request as it is sent; ValueError where that cannot be written.

    >>> from scrapy import Request
    >>> said_of(Request("https://a.hk:443/b?c#d", headers={"Accept": "*/*"}))
    ('https://a.hk:443', b'GET /b?c HTTP/1.1\r\nAccept: */*\r\nHost: a.hk\r\n\r\n')
    """
    url = request.url.partition("#")[0]
    if _ILLEGAL.search(url):
        raise ValueError(f"{url[:200]!r}: expected an address of ASCII letters and signs")
    scheme, _, rest = url.partition("://")
    netloc = re.split(r"[/?]", rest, maxsplit=1)[0]
    path = rest[len(netloc) :]
    host = netloc.rpartition("@")[2].removesuffix(f":{_PORTS.get(scheme, '')}")
    lines = [f"{request.method} {path if path.startswith('/') else f'/{path}'} HTTP/1.1".encode("ascii")]
    for name, values in dict.items(request.headers):  # past what it does for those who ask by any name
        if name not in {b"Host", b"Content-Length"}:
            lines += [b"%b: %b" % (name, _BREAK.sub(b" ", value)) for value in values]
    lines.append(b"Host: " + host.encode("ascii"))
    if request.body or request.method in {"POST", "PUT"}:
        lines.append(b"Content-Length: %d" % len(request.body))
    return f"{scheme}://{netloc}", b"\r\n".join([*lines, b"", request.body])
