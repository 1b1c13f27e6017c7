"""Resolve names with the resolver of the machine, nobody waiting for the name of another, and say why one has none."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution
from zope.interface import implementer  # type: ignore[import-untyped]  # ships no types

if TYPE_CHECKING:
    from twisted.internet.base import ReactorBase

__all__ = ["LONGEST_S", "Names", "why_unknown"]

LONGEST_S: Final = 10.0
"""How long an answer about a name is waited for; a resolver asks two servers twice in that time."""

_UNKNOWN: Final = frozenset([socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_ADDRFAMILY])


@implementer(IHostResolution)
class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Do nothing: what a thread waits for cannot be called off."""


@implementer(IHostnameResolver)
class Names:
    """Answers with all addresses of a name; `unknown` tells why a name had none.

    Each name has a thread of its own. Twisted's resolver hands names to ten threads, whom
    ten slow name servers take from everybody else; it waits for them before the process
    ends, and does not say why there is no address.
    """

    def __init__(self, reactor: ReactorBase, *, longest_s: float = LONGEST_S) -> None:
        """Answer in the thread of *reactor*, within *longest_s*."""
        self._reactor: Any = reactor  # mypy reads zope interfaces as classes whose methods take no self
        self._longest_s = longest_s
        self.unknown: dict[str, str] = {}

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        resolutionReceiver: Any,  # noqa: ANN401, N803 - an IResolutionReceiver; Twisted's name
        hostName: str,  # noqa: N803 - Twisted's name
        portNumber: int = 0,  # noqa: N803 - Twisted's name
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: ARG002, N803 - all are asked for; Twisted's name
        transportSemantics: str = "TCP",  # noqa: ARG002, N803 - we speak no other; Twisted's name
    ) -> IHostResolution:
        """Tell *resolutionReceiver* the addresses of *hostName*, none where they cannot be had in time."""
        resolution: Any = _Resolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        late = self._reactor.callLater(self._longest_s, lambda: told([], self._late()))

        def told(found: Sequence[IAddress], why: str) -> None:
            if resolution.name:  # once, whoever comes first
                resolution.name = ""
                if late.active():
                    late.cancel()
                self.unknown[hostName.lower().rstrip(".")] = why
                _hand_on(resolutionReceiver, found)

        def look() -> None:
            found, why = _look_up(hostName, portNumber)
            self._reactor.callFromThread(told, found, why)

        Thread(target=look, daemon=True, name=f"name of {hostName[:60]}").start()
        return resolution  # type: ignore[no-any-return]

    def _late(self) -> str:
        return f"nobody said anything about its name within {self._longest_s:.0f} s"


def _hand_on(receiver: Any, found: Sequence[IAddress]) -> None:  # noqa: ANN401 - an IResolutionReceiver
    for address in found:
        receiver.addressResolved(address)
    receiver.resolutionComplete()


def _look_up(host: str, port: int) -> tuple[Sequence[IAddress], str]:
    make: dict[int, Callable[..., Any]] = {socket.AF_INET: IPv4Address, socket.AF_INET6: IPv6Address}
    try:
        found = socket.getaddrinfo(host, port, socket.AF_UNSPEC, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # the second of a name no DNS can hold
        return [], why_unknown(error)
    return [make[family]("TCP", *address) for family, *_, address in found if family in make], ""


def why_unknown(error: Exception) -> str:
    """Return what *error* of a look-up says of a name, in words.

    >>> why_unknown(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    'there is no such name, or it has no address'
    >>> why_unknown(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"))
    'no name server gave an answer: theirs are out of order, or ours cannot be reached'
    >>> why_unknown(UnicodeError("label too long"))
    'it is no name that there could be'
    """
    if isinstance(error, UnicodeError):
        return "it is no name that there could be"
    if isinstance(error, socket.gaierror) and error.errno in _UNKNOWN:
        return "there is no such name, or it has no address"
    if isinstance(error, socket.gaierror):
        return "no name server gave an answer: theirs are out of order, or ours cannot be reached"
    return str(error)
