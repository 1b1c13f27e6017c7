"""Row N10, closer: every hop goes through the resolver."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from crawler.address import why_refused

if TYPE_CHECKING:
    from faults.chaos import Chaos

# A crawl with our settings, our middlewares and our handler; the ports of all addresses are allowed,
# so that nothing but the resolver stands before them. Names are answered by a table in place of a server.
CRAWL = """
import json, socket, sys, time
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
    if addresses == ["never"]:
        time.sleep(240)
    if addresses and addresses[0].startswith("EAI_"):
        raise socket.gaierror(getattr(socket, addresses[0]), "told so")
    return [found for address in addresses for found in true(address, port, *rest, **more)]

socket.getaddrinfo = getaddrinfo

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
