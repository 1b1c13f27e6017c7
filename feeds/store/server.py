"""The address of a database server: encrypted unless it is this machine, and as libpq reads it."""

from __future__ import annotations

import ssl
from ipaddress import ip_address
from typing import Any, Final

from sqlalchemy import URL

__all__ = ["conninfo", "is_local", "secured"]

_MODE: Final = "verify-full"


def secured(url: URL) -> URL:
    """Return *url* with TLS, the server's certificate and name proven, where it leads to another machine.

    `?sslmode=…` in the address decides otherwise (`require` encrypts and proves nothing,
    `disable` does neither), `?sslrootcert=FILE` names the authority of a private network;
    else those that this machine trusts count.

    >>> from sqlalchemy import make_url
    >>> secured(make_url("postgresql://baywire@db.example/baywire")).query["sslmode"]
    'verify-full'
    >>> secured(make_url("postgresql://baywire@127.0.0.1/baywire")).query
    immutabledict({})
    >>> secured(make_url("postgresql://db.example/baywire?sslmode=require")).query["sslmode"]
    'require'
    """
    if is_local(url) or "sslmode" in url.query or "service" in url.query:  # a service of libpq says it all
        return url
    told = {"sslmode": _MODE}
    if "sslrootcert" not in url.query:
        told["sslrootcert"] = ssl.get_default_verify_paths().cafile or "system"
    return url.update_query_dict(told)


def is_local(url: URL) -> bool:
    """Return whether all that *url* says leads to this machine: a socket, localhost, a loopback address.

    >>> from sqlalchemy import make_url
    >>> [is_local(make_url(f"postgresql://{where}")) for where in ("/a", "localhost/a", "[::1]/a", "10.0.0.1/a")]
    [True, True, True, False]
    >>> is_local(make_url("postgresql:///a?host=/run/postgresql")), is_local(make_url("postgresql:///a?host=db"))
    (True, False)
    """
    named = [url.host] if url.host else []
    for key in ("host", "hostaddr"):
        given = url.query.get(key, ())
        named += [one for part in ([given] if isinstance(given, str) else given) for one in part.split(",")]
    return all(_is_here(name) for name in named)


def _is_here(name: str) -> bool:
    if not name or name.startswith(("/", "@")) or name.lower().rstrip(".") == "localhost":
        return True
    try:
        return ip_address(name.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return False


def conninfo(url: URL) -> str:
    """Return *url*, which has been `secured`, as the connection string of libpq; it may hold a password."""
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 -- part of the extra that only a server needs

    _, told = url.get_dialect()().create_connect_args(url)
    keywords: dict[str, Any] = dict(told)
    return make_conninfo("", **{key: value for key, value in keywords.items() if key != "context"})
