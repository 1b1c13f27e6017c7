"""The newsroom of the drill: what it has said, how its site shows that today, over http or https on one port."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faults.chaos import Chaos, Wire

__all__ = ["Newsroom"]

START = datetime(2026, 4, 14, 1, 0, tzinfo=UTC)
LISTED = 20
FIRST = 19  # releases there are when we first look
SUBJECTS = ("Water supply", "Road works", "Vaccination", "School places", "Air quality", "Ferry service", "Job fair")


class Newsroom:
    """What the newsroom has said, and how its site shows that today."""

    def __init__(self, server: Chaos, folder: Path) -> None:
        self.server = server
        self.count = FIRST
        self.titles: dict[int, str] = {}
        self.modern = False
        self.scheme = "http"
        self.header = "text/html; charset=utf-8"
        self.shown: Callable[[], str] | None = None
        self.first: dict[int, datetime] = {}
        server.page("/robots.txt", "User-agent: *\nAllow: /\n", kind="text/plain")
        server.routes["/list"] = self._list
        _speak_both(self, _certificate_in(folder))

    def says(self, now: datetime, number: int = 1) -> None:
        """Put out *number* releases."""
        for n in range(self.count + 1, self.count + number + 1):
            self.first[n] = now
        self.count += number
        for n in range(1, self.count + 1):
            self.server.routes[f"/r/{n}.htm"] = lambda wire, n=n: self._answer(wire, self._release(n))

    def title(self, n: int) -> str:
        return self.titles.get(n, f"{SUBJECTS[n % 7]}: “report” no. {n} of the department – 政府公布")

    def list_page(self, numbers: Sequence[int]) -> str:
        base = f"{self.scheme}://127.0.0.1:{self.server.port}"
        if not self.modern:
            links = (f'<li><a class="release" href="{base}/r/{n}.htm">{self.title(n)}</a></li>' for n in numbers)
            return f"<html><head><title>Releases</title></head><body><ul>{''.join(links)}</ul></body></html>"
        cards = (
            f'<article class="card"><h3><a href="{base}/r/{n}.htm">{self.title(n)}</a></h3><p>Read on</p></article>'
            for n in numbers
        )
        nav = '<nav><a href="/">Home</a><a href="/about">About us</a><a href="/jobs">Vacancies</a></nav>'
        return f"<html><head><title>News</title></head><body>{nav}<main>{''.join(cards)}</main></body></html>"

    def newest(self, most: int = LISTED) -> list[int]:
        return list(range(self.count, max(0, self.count - most), -1))

    def _list(self, wire: Wire) -> None:
        self._answer(wire, self.shown() if self.shown is not None else self.list_page(self.newest()))

    def _answer(self, wire: Wire, page: str) -> None:
        wire.page(page.encode(), 200, kind=self.header)

    def _release(self, n: int) -> str:
        said = (
            f"The department announced on Monday that report no. {n} had been released to the public – 公布.",
            f"Members of the public can read the “{SUBJECTS[n % 7]}” report at any office until the end of the month.",
            "A spokesman said that the department would keep a close watch, and would tell what it found.",
        )
        body = "".join(f"<p>{part}</p>" for part in said)
        date = (self.first.get(n, START) + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M")
        if self.modern:
            return (
                f"<html><body><nav><a href='/'>Home</a></nav><main><h2>{self.title(n)}</h2><time>{date}</time>"
                f"<section class='prose'>{body}</section></main></body></html>"
            )
        return (
            f"<html><head><title>{n}</title></head><body><h1>{self.title(n)}</h1><p class='date'>{date}</p>"
            f"<div class='body'>{body}</div></body></html>"
        )


def _certificate_in(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1 and its key into *folder*."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=400))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "site.pem", folder / "site.key"
    files[0].write_bytes(built.public_bytes(serialization.Encoding.PEM))
    pem, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, pem, plain))
    return files


def _speak_both(room: Newsroom, certificate: tuple[Path, Path]) -> None:
    """Let the server speak TLS with those who begin with it; others are sent there once the site has moved."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = room.server._server
    plain = server.get_request

    def get_request() -> tuple[socket.socket, Any]:
        connection, address = plain()
        if connection.recv(1, socket.MSG_PEEK) == b"\x16":
            return context.wrap_socket(connection, server_side=True), address
        if room.scheme == "http":
            return connection, address
        path = connection.recv(65536).split()[1].decode()
        to = f"https://127.0.0.1:{room.server.port}{path}"
        connection.sendall(f"HTTP/1.1 301 Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode())
        connection.close()
        raise ConnectionAbortedError("answered")

    server.get_request = get_request  # type: ignore[method-assign]  # what it accepts is what we drill
