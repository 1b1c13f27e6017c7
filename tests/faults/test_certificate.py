"""Row N14: what a server must prove before it is read, and what is said of one that cannot."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from faults.test_address import crawl

if TYPE_CHECKING:
    from faults.chaos import Chaos

NOW = datetime.now(UTC)
NAME = "home.example"
Serve = Callable[..., str]


@dataclass(frozen=True)
class Signed:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def signed(
    name: str,
    by: Signed | None = None,
    *,
    begins: timedelta = timedelta(days=-400),
    ends: timedelta = timedelta(days=30),
    is_authority: bool = False,
) -> Signed:
    """Return a certificate of *name*, signed *by* somebody or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + begins)
        .not_valid_after(NOW + ends)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return Signed(built.sign(by.key if by else key, hashes.SHA256()), key)


@pytest.fixture(scope="module")
def root() -> Signed:
    return signed("Example Root", is_authority=True)


@pytest.fixture(scope="module")
def between(root: Signed) -> Signed:
    return signed("Example Intermediate", root, is_authority=True)


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, root: Signed) -> Path:
    """Return the file of those whom the machine trusts."""
    file = tmp_path / "trusted.pem"
    file.write_bytes(root.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    return file


@pytest.fixture
def serve(chaos_at: Callable[..., Chaos], tmp_path: Path) -> Serve:
    """Return a function that serves a page under certificates, the first of which is the server's own."""

    def start(chain: Sequence[Signed], context: ssl.SSLContext | None = None) -> str:
        server = chaos_at("127.0.0.1")
        server.page("/", "<p>read</p>")
        made = context or ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        file = tmp_path / "chain.pem"
        key = chain[0].key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(key + b"".join(one.pem for one in chain))
        made.load_cert_chain(file)
        server.secure(made)
        return f"https://{NAME}:{server.port}/"

    return start


def asked(url: str) -> tuple[int, str]:
    """Return the status of *url*, and why there is none."""
    _, status, why = crawl([url], names={NAME: [["127.0.0.1"]]}, trusted=(NAME,))[url]
    return status, why


@pytest.mark.usefixtures("trusted")
def test_n14_a_chain_that_leads_to_whom_the_machine_trusts_is_taken(
    serve: Serve, root: Signed, between: Signed
) -> None:
    assert asked(serve([signed(NAME, root)])) == (200, "")
    assert asked(serve([signed(NAME, between), between])) == (200, "")


@pytest.mark.usefixtures("trusted")
def test_n14_a_certificate_that_proves_nothing_is_refused_and_says_why(serve: Serve, root: Signed) -> None:
    days = timedelta(days=1)
    stranger = signed("Example Stranger", is_authority=True)
    for chain, said in (
        ([signed(NAME)], "it is signed by itself"),
        ([signed("other.example", root)], "it is for another host"),
        ([signed(NAME, root, ends=-days)], f"it expired on {NOW - days:%Y-%m-%d}"),
        ([signed(NAME, root, begins=days)], f"it is not valid before {NOW + days:%Y-%m-%d}"),
        ([signed(NAME, stranger), stranger], "it is signed by Example Stranger, whom this machine does not trust"),
    ):
        url = serve(chain)
        status, why = asked(url)
        assert status == 0
        assert why.startswith(f"CertificateRefused: its TLS certificate proves nothing: {said}"), why
        assert why.endswith(f": type openssl s_client -connect {url[8:-1]} -servername {NAME}"), why


def test_n14_a_chain_without_its_middle_is_refused_by_name_until_the_machine_holds_it(
    serve: Serve, trusted: Path, between: Signed
) -> None:
    url = serve([signed(NAME, between)])
    status, why = asked(url)
    assert status == 0
    assert "it is signed by Example Intermediate, whose certificate the server does not send" in why
    trusted.write_bytes(trusted.read_bytes() + between.pem)
    assert asked(url) == (200, "")


@pytest.mark.soak
@pytest.mark.usefixtures("trusted")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the versions that we ask for
def test_n14_a_server_that_speaks_only_tls_of_long_ago_is_told_from_a_broken_network(
    serve: Serve, root: Signed, chaos_at: Callable[..., Chaos]
) -> None:
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = version
        status, why = asked(serve([signed(NAME, root)], old))
        assert status == 0
        assert "no TLS that both sides speak" in why
        assert "expected TLS 1.2 or later" in why

    plain = chaos_at("127.0.0.1")
    plain.greeting = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    assert "does not speak TLS at this port" in asked(f"https://{NAME}:{plain.port}/")[1]
