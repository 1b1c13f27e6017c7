"""Why a request of ours was not made, or its answer not taken: one exception for each reason."""

from __future__ import annotations

from datetime import datetime

from scrapy.exceptions import IgnoreRequest

__all__ = [
    "AddressRefused",
    "BadContent",
    "CertificateRefused",
    "Deferred",
    "HostClosed",
    "NameUnknown",
    "RedirectRefused",
    "Refused",
    "RobotsLater",
    "RobotsRefused",
]


class Refused(IgnoreRequest):
    """We decided against a request; `str()` is the reason for a person."""


class AddressRefused(Refused):
    """The address is one we do not connect to: private, another scheme, port or host than the source's."""


class RedirectRefused(Refused):
    """A redirect leads where we do not follow: another scheme, from https to http, or too far."""


class RobotsRefused(Refused):
    """robots.txt does not want this page read."""


class RobotsLater(Refused):
    """robots.txt could not be had, so nothing may be read for now (RFC 9309 §2.3.1.4)."""


class BadContent(Refused):
    """The body did not arrive whole, cannot be unpacked, or is larger than we take."""


class NameUnknown(Refused):
    """The name of the host leads to no address, or nobody said so in time."""


class CertificateRefused(Refused):
    """The host could not prove who it is."""


class HostClosed(Refused):
    """The host asked us to wait, or its circuit is open, until *until*."""

    def __init__(self, host: str, until: datetime) -> None:
        """Say which *host*, and until when."""
        super().__init__(f"{host} is not to be asked before {until:%Y-%m-%d %H:%M:%S} UTC")
        self.host = host
        self.until = until


class Deferred(Refused):
    """This crawl has no time left: the request is for the next one."""
