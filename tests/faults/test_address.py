"""Rows N10 and N14, closer: every hop through the resolver, every certificate through its check."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.address import why_refused

if TYPE_CHECKING:
    from faults.chaos import Chaos

# A crawl with our settings, our middlewares and our handler; the ports of all addresses are allowed,
# so that nothing but the resolver stands before them. Names are answered by a table in place of a server.
CRAWL = """
import json, socket, sys
import scrapy
from crawler.batch import Batch
from crawler.settings import settings_for
from crawler.outcome import of_error

urls, names, trusted = json.loads(sys.argv[1])
true = socket.getaddrinfo
answers = {name: list(lists) for name, lists in names.items()}

def getaddrinfo(host, port, *rest, **more):
    if host not in answers:
        return true(host, port, *rest, **more)
    addresses = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
    return [found for address in addresses for found in true(address, port, *rest, **more)]

socket.getaddrinfo = getaddrinfo
import twisted.internet._resolver
twisted.internet._resolver.getaddrinfo = getaddrinfo
twisted.internet._resolver.GAIResolver.__init__.__defaults__ = (None, getaddrinfo)

class Look(scrapy.Spider):
    name = "look"
    async def start(self):
        for url in urls:
            yield scrapy.Request(url, self.got, errback=self.lost, dont_filter=True, meta={"asked": url})
    def got(self, response):
        print(json.dumps([response.meta["asked"], response.url, response.status, ""]))
    def lost(self, failure):
        why = f"{type(failure.value).__name__}: {of_error(failure.value).reason}"
        print(json.dumps([failure.request.meta["asked"], "", 0, why]))

class AnyPort:
    def process_request(self, request):
        request.meta["addresses"] = (request.url,)

settings = settings_for(Batch(run="r"), private_hosts=trusted)
settings |= {"ITEM_PIPELINES": {}, "ROBOTSTXT_OBEY": False, "DOWNLOAD_DELAY": 0}
settings["DOWNLOADER_MIDDLEWARES_BASE"] = {"__main__.AnyPort": 1} | settings["DOWNLOADER_MIDDLEWARES_BASE"]
from scrapy.crawler import AsyncCrawlerProcess
process = AsyncCrawlerProcess(settings)
process.crawl(Look)
process.start()
"""

Found = dict[str, tuple[str, int, str]]


def crawl(urls: list[str], *, names: dict[str, list[list[str]]] | None = None, trusted: tuple[str, ...] = ()) -> Found:
    """Return for each address where it led, the status, and why not."""
    asked = [sys.executable, "-c", CRAWL, json.dumps([urls, names or {}, trusted])]
    done = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=300)
    assert done.stderr == ""
    return {url: (to, status, why) for url, to, status, why in map(json.loads, done.stdout.splitlines())}


HOSTS = (
    "127.0.0.2",
    "127.2",
    "2130706434",
    "0x7f000002",
    "0177.0.0.2",
    "[::ffff:127.0.0.2]",
    "[::ffff:7f00:2]",
    "localhost",
    "0",
    "0.0.0.0",  # noqa: S104 - asked for, not bound
    "[::]",
    "[::1]",
    "127.0.0.2.",
)


def test_n10_no_way_of_writing_an_address_reaches_a_canary(chaos_at: Callable[..., Chaos]) -> None:
    good = chaos_at("127.0.0.1")
    canaries = [chaos_at("127.0.0.2", good.port)]
    urls = []
    for n, host in enumerate(HOSTS):
        good.redirect(f"/to/{n}", f"http://{host}:{good.port}/secret")
        urls += [good.url(f"/to/{n}"), f"http://{host}:{good.port}/secret"]
    names = {"home.example": [["127.0.0.1"]]}
    urls = [url.replace("127.0.0.1", "home.example") for url in urls]
    found = crawl(urls, names=names, trusted=("home.example",))
    assert set(found) == set(urls)
    refused = {url: why for url, (_, _, why) in found.items() if not why.startswith("AddressRefused")}
    assert not refused
    assert [canary.connections for canary in canaries] == [0]
    assert {asked.path for asked in good.asked} == {f"/to/{n}" for n in range(len(HOSTS))}


def test_n10_names_with_private_addresses_are_refused_and_a_good_one_beside_them_is_used(
    chaos_at: Callable[..., Chaos],
) -> None:
    canary = chaos_at("127.0.0.2")
    names = {
        "private.example": [["127.0.0.2"]],
        "metadata.example": [["169.254.169.254"]],
        "carrier.example": [["100.64.0.1"]],
        "mapped.example": [["::ffff:127.0.0.2"]],
        "nat64.example": [["64:ff9b::7f00:2"]],
    }
    found = crawl([f"http://{name}:{canary.port}/" for name in names], names=names)
    assert all(why.startswith("AddressRefused") for _, _, why in found.values()), found
    assert canary.connections == 0


def test_n10_a_name_that_changes_its_mind_between_two_lookups_gains_nothing(chaos_at: Callable[..., Chaos]) -> None:
    canary = chaos_at("127.0.0.2")
    # Whoever asks twice (once to check, once to connect) is told a public address first and ours then.
    names = {"rebind.example": [["192.0.2.1", "127.0.0.2"], ["127.0.0.2"]]}
    found = crawl([f"http://rebind.example:{canary.port}/{n}" for n in range(3)], names=names)
    assert all(status == 0 for _, status, _ in found.values()), found
    assert canary.connections == 0


def test_n10_a_host_that_a_private_source_names_opens_no_other(chaos_at: Callable[..., Chaos]) -> None:
    good, canary = chaos_at("127.0.0.1"), chaos_at("127.0.0.2")
    good.page("/", "yes")
    urls = [good.url("/"), canary.url("/")]
    found = crawl(urls, trusted=("127.0.0.1",))
    assert [found[url][1] for url in urls] == [200, 0]
    assert canary.connections == 0


SPECIAL = [
    "fec0::1",
    "::127.0.0.1",
    "192.88.99.1",
    "192.0.0.9",
    "224.0.0.1",
    "ff0e::1",
    "3fff::1",
    "5f00::1",
    "2001:db8::1",
    "64:ff9b:1::808:808",
    "2001:0:7f00:1::",
    "2002:a00:1::",
    "0.0.0.0",  # noqa: S104 - asked about, not bound
    "255.255.255.255",
    "198.18.0.1",
    "100.64.0.1",
    "fe80::1%eth0",
    "fd00::1",
    "nonsense",
]


@pytest.mark.parametrize("address", SPECIAL)
def test_n10_ranges_that_python_takes_for_global_are_refused_too(address: str) -> None:
    assert why_refused(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "203.198.69.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_n10_public_addresses_are_not_refused(address: str) -> None:
    assert why_refused(address) == ""


def _certificate(folder: Path, *, name: str, days: int) -> tuple[Path, Path]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / f"{name}{days}.pem", folder / f"{name}{days}.key"
    files[0].write_bytes(built.public_bytes(serialization.Encoding.PEM))
    pem, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, pem, plain))
    return files


@pytest.mark.parametrize(("name", "days"), [("home.example", 30), ("wrong.example", 30), ("home.example", -1)])
def test_n14_a_certificate_that_proves_nothing_is_refused(
    chaos_at: Callable[..., Chaos], tmp_path: Path, name: str, days: int
) -> None:
    server = chaos_at("127.0.0.1")
    server.page("/", "never")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*_certificate(tmp_path, name=name, days=days))
    server.secure(context)
    url = f"https://home.example:{server.port}/"
    found = crawl([url], names={"home.example": [["127.0.0.1"]]}, trusted=("home.example",))
    assert found[url][1] == 0
    assert "certificate" in found[url][2]
    assert server.asked == []
