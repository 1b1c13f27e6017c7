"""Say why a certificate was not taken: OpenSSL tells the reason to a callback, and Twisted tells nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer  # type: ignore[import-untyped]  # ships no types

if TYPE_CHECKING:
    from OpenSSL.crypto import X509

__all__ = ["Certificates", "why_not_taken"]

# https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
_NOT_YET: Final = 9
_EXPIRED: Final = 10
_BY_ITSELF: Final = 18
_UNKNOWN_ROOT: Final = 19
_NO_ISSUER: Final = frozenset([2, 20, 21])


@implementer(IPolicyForHTTPS)
class Certificates:
    """Makes the connections that *policy* makes; `refused` tells of each host why its certificate was not taken."""

    def __init__(self, policy: Any) -> None:  # noqa: ANN401 - an IPolicyForHTTPS, which mypy reads as a class
        """Leave to *policy* what is taken and what is not."""
        self._policy = policy
        self.refused: dict[str, str] = {}

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:  # noqa: ANN401, N802 - Twisted's name and type
        """Return what makes connections to *hostname*, listening to their verification."""
        host = hostname.decode("ascii", "replace").lower()
        self.refused.pop(host, None)
        creator = self._policy.creatorForNetloc(hostname, port)
        make = creator._createConnection  # noqa: SLF001 - nothing public stands between OpenSSL and Twisted's callback

        def made(protocol: object) -> Any:  # noqa: ANN401 - an OpenSSL.SSL.Connection
            connection = make(protocol)
            set_verify = connection.set_verify

            def listen(mode: int, verify: Any) -> None:  # noqa: ANN401 - its callback
                def heard(conn: object, shown: X509, error: int, depth: int, ok: int) -> object:
                    if not ok:
                        self.refused.setdefault(host, why_not_taken(shown, error))
                    elif not (taken := verify(conn, shown, error, depth, ok)):
                        self.refused.setdefault(host, "it is for another host")
                    else:
                        return taken
                    return False

                set_verify(mode, heard)

            connection.set_verify = listen
            return connection

        creator._createConnection = made  # noqa: SLF001
        return creator


def why_not_taken(shown: X509, error: int) -> str:
    """Return what the *error* of OpenSSL says of the certificate *shown*, in words."""
    issuer = shown.get_issuer().CN or shown.get_issuer().O or "somebody"
    if error == _EXPIRED:
        return f"it expired on {_day(shown.get_notAfter())}"
    if error == _NOT_YET:
        return f"it is not valid before {_day(shown.get_notBefore())}: is our clock right?"
    if error == _BY_ITSELF:
        return "it is signed by itself"
    if error == _UNKNOWN_ROOT:
        return f"it is signed by {issuer}, whom this machine does not trust"
    if error in _NO_ISSUER:
        return f"it is signed by {issuer}, whose certificate the server does not send and this machine does not hold"
    return f"OpenSSL finds error {error} in it"


def _day(stamp: bytes | None) -> str:
    if stamp is None:
        return "a day it does not say"
    day = stamp.decode("ascii")
    return f"{day[:4]}-{day[4:6]}-{day[6:8]}"
