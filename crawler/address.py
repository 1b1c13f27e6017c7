"""Which addresses a crawl may connect to: global ones, whatever they are written as."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

__all__ = ["allowed_port", "host_of", "port_of", "why_refused"]

# Special ranges that `is_global` of Python 3.11 takes for global: protocol assignments and the
# anycast of 6to4 relays (RFC 6890, RFC 7526), documentation of 2024 (RFC 9637).
_SPECIAL4: Final = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
_SPECIAL6: Final = (IPv6Network("3fff::/20"),)
_UNICAST6: Final = IPv6Network("2000::/3")  # the only range IANA hands out as global unicast
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052; 64:ff9b:1::/48 is for local use
_PORTS: Final = {"http": 80, "https": 443}


def why_refused(address: str) -> str:
    """Return why a crawl may not connect to *address* (a literal IP), or "" when it may.

    IPv4 inside IPv6 (mapped, 6to4, Teredo, NAT64) is judged by what it carries.
    A text that is no IP address is refused. Source: the IANA special-purpose registries.

    >>> why_refused("203.0.114.9"), why_refused("2606:4700::1111")
    ('', '')
    >>> why_refused("100.64.0.1")
    '100.64.0.1 is not a public address'
    >>> why_refused("::ffff:10.0.0.1")
    '::ffff:10.0.0.1 carries 10.0.0.1, which is not a public address'
    """
    try:
        found = ip_address(address)
    except ValueError:
        return f"{address!r} is no IP address"
    if isinstance(found, IPv4Address):
        return "" if _is_public4(found) else f"{address} is not a public address"
    for carried in _carried(found):
        if not _is_public4(carried):
            return f"{address} carries {carried}, which is not a public address"
    return "" if _is_public6(found) else f"{address} is not a public address"


def _is_public4(address: IPv4Address) -> bool:
    return address.is_global and not address.is_multicast and not any(address in net for net in _SPECIAL4)


def _is_public6(address: IPv6Address) -> bool:
    if address.ipv4_mapped is not None or address in _NAT64:
        return True  # judged by what it carries
    return address in _UNICAST6 and address.is_global and not any(address in net for net in _SPECIAL6)


def _carried(address: IPv6Address) -> tuple[IPv4Address, ...]:
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo  # server and client
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    return ()


@lru_cache(maxsize=1024)  # asked of each address of a crawl at every step of its way
def host_of(url: str) -> str:
    """Return the host of *url* in lower case without brackets or port, "" where there is none.

    >>> host_of("https://WWW.Info.gov.hk:443/gia/"), host_of("http://[::1]:80/"), host_of("http://[")
    ('www.info.gov.hk', '::1', '')
    """
    try:
        return (urlsplit(url).hostname or "").lower().rstrip(".")
    except ValueError:
        return ""


@lru_cache(maxsize=1024)
def port_of(url: str) -> int | None:
    """Return the port *url* means, None where it means none that exists.

    >>> port_of("https://a.example/"), port_of("http://a.example:8080/"), port_of("http://a.example:99999/")
    (443, 8080, None)
    """
    try:
        parts = urlsplit(url)
        return parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None


def allowed_port(url: str, addresses: tuple[str, ...]) -> bool:
    """Return whether the port of *url* is 80, 443 or that of one of *addresses* on the same host.

    >>> allowed_port("http://a.example:8080/x", ("http://a.example:8080/",))
    True
    >>> allowed_port("http://b.example:8080/x", ("http://a.example:8080/",))
    False
    """
    port = port_of(url)
    if port in (80, 443):
        return True
    return port is not None and any((host_of(a), port_of(a)) == (host_of(url), port) for a in addresses)
