"""Rows N12 and N13: names that nobody knows, or tells late; addresses of two kinds, one of which leads nowhere."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from faults.test_address import crawl

if TYPE_CHECKING:
    from faults.chaos import Chaos
    from faults.rig import Rig

OUTSIDE, INSIDE, NOWHERE6 = "10.217.0.1", "10.217.0.2", "2001:db8:217::2"


@pytest.mark.soak
def test_n12_names_that_no_server_knows_or_tells_in_time_keep_nobody_waiting(chaos_at: Callable[..., Chaos]) -> None:
    good = chaos_at("127.0.0.1")
    good.page("/", "<p>read</p>")
    names = {
        **{f"late{n}.example": [["never"]] for n in range(15)},  # more than any pool of threads has
        "broken.example": [["EAI_AGAIN"]],
        "unknown.example": [["EAI_NONAME"]],
        "good.example": [["127.0.0.1"]],
    }
    long = f"{'x' * 64}.example"  # no label may be so long: Python's own resolver trips over it
    began = time.monotonic()
    found = crawl([f"http://{name}:{good.port}/" for name in (*names, long)], names=names, trusted=(*names, long))
    assert time.monotonic() - began < 180, "10 s on a machine that has time for it; a name takes 240"
    said = {
        url.partition("/")[2].strip("/").partition(":")[0]: (status, why) for url, (_, status, why) in found.items()
    }
    assert said.pop("good.example") == (200, "")
    told = {
        "late": "nobody said anything about its name within 10 s: type getent ahosts late",
        "broken": "no name server gave an answer: theirs are out of order, or ours cannot be reached: type getent",
        "unknown": "there is no such name, or it has no address: type getent ahosts unknown.example",
        "x": "it is no name that there could be: type getent",
    }
    for name, (status, why) in said.items():
        expected = next(words for begin, words in told.items() if name.startswith(begin))
        assert status == 0
        assert why.startswith(f"NameUnknown: no address found for the host: {expected}"), (name, why)


class NameServer:
    """Answers on port 53 as *answers* says of a name: an address, SERVFAIL, NXDOMAIN, loop or late."""

    def __init__(self, host: str, answers: Mapping[str, str]) -> None:
        self._answers = answers
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                asked, peer = self._socket.recvfrom(512)
                threading.Thread(target=self._answer, args=(asked, peer), daemon=True).start()

    def _answer(self, asked: bytes, peer: object) -> None:
        end = asked.index(b"\0", 12)
        name, at = "", 12
        while asked[at]:
            name += asked[at + 1 : at + 1 + asked[at]].decode() + "."
            at += asked[at] + 1
        question, kind = asked[12 : end + 5], int.from_bytes(asked[end + 1 : end + 3], "big")
        what = self._answers.get(name.rstrip("."), "NXDOMAIN")
        if what == "late":
            time.sleep(30)
        code = {"SERVFAIL": 2, "NXDOMAIN": 3}.get(what, 0)
        record = b""
        if what == "loop":
            record = b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x02\xc0\x0c"  # it is called as it is called
        elif what[0].isdigit() and kind == (28 if ":" in what else 1):
            address = socket.inet_pton(socket.AF_INET6 if ":" in what else socket.AF_INET, what)
            head = b"\xc0\x0c" + kind.to_bytes(2, "big") + b"\x00\x01\x00\x00\x00\x3c"
            record = head + len(address).to_bytes(2, "big") + address
        counts = b"\x00\x01" + (b"\x00\x01" if record else b"\x00\x00") + b"\x00\x00\x00\x00"
        with contextlib.suppress(OSError):
            self._socket.sendto(asked[:2] + bytes([0x81, 0x80 | code]) + counts + question + record, peer)  # type: ignore[arg-type]


@contextlib.contextmanager
def network(name: str, files: Mapping[str, str]) -> Iterator[list[str]]:
    """Hold a network with one way to us, and *files* instead of those in /etc; yields what to type before a command."""
    if shutil.which("ip") is None or subprocess.run(["ip", "netns", "add", name], check=False).returncode:
        pytest.skip("needs network namespaces: install iproute2, and be root")
    folder = Path("/etc/netns") / name
    inside = ["ip", "netns", "exec", name]
    try:
        folder.mkdir(parents=True)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="ascii")
        for words in (
            ["ip", "link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b", "netns", name],
            ["ip", "addr", "add", f"{OUTSIDE}/24", "dev", f"{name}a"],
            ["ip", "link", "set", f"{name}a", "up"],
            [*inside, "ip", "addr", "add", f"{INSIDE}/24", "dev", f"{name}b"],
            [*inside, "ip", "link", "set", "lo", "up"],
            [*inside, "ip", "link", "set", f"{name}b", "up"],
        ):
            subprocess.run(words, check=True)
        yield inside
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _newsroom(rig: Rig, server: Chaos, **names: str) -> None:
    """Let *rig* have a source of each key in *names*, at that name."""
    from faults.rig import Newsroom

    rig.newsroom = Newsroom(server)
    for key, name in names.items():
        rig.source(key)
        file = rig.folder / "sources.d" / f"{key}.toml"
        file.write_text(file.read_text(encoding="utf-8").replace(OUTSIDE, name), encoding="utf-8")
    rig.configure(use=list(names))


def _standing(rig: Rig) -> dict[str, dict[str, Any]]:
    return {line["source"]: line for line in map(json.loads, rig.typed("status", "--json").stdout.splitlines())}


@pytest.mark.soak
def test_n12_real_name_servers_that_fail_loop_or_dawdle(rig: Rig, chaos_at: Callable[..., Chaos]) -> None:
    names = {
        "bad": "good.example",
        "servfail": "servfail.example",
        "unknown": "unknown.example",
        "loop": "loop.example",
        "late": "late.example",
    }
    answers = {"good.example": OUTSIDE, "servfail.example": "SERVFAIL", "loop.example": "loop", "late.example": "late"}
    with network("bw12", {"resolv.conf": f"nameserver {OUTSIDE}\n"}) as inside:
        server = NameServer(OUTSIDE, answers)
        _newsroom(rig, chaos_at(OUTSIDE), **names)
        began = time.monotonic()
        done = rig.typed("crawl", before=inside, timeout_s=240)
        server.close()
    assert time.monotonic() - began < 180
    assert done.returncode == 1, done.stderr
    found = _standing(rig)
    assert {key: line["state"] for key, line in found.items()} == {
        "bad": "healthy",
        **dict.fromkeys(["servfail", "unknown", "loop", "late"], "failing"),
    }
    assert len(rig.feed()) == 3
    for key in ("servfail", "unknown", "loop", "late"):
        assert "no address found for the host" in found[key]["reason"], found[key]
    assert "no name server gave an answer" in found["servfail"]["reason"]
    assert "there is no such name" in found["unknown"]["reason"]


@pytest.mark.parametrize("way", ["is lost", "is refused"])
@pytest.mark.soak
def test_n13_ipv6_that_leads_nowhere_beside_ipv4_costs_a_moment(
    rig: Rig, chaos_at: Callable[..., Chaos], way: str
) -> None:
    with network("bw13", {"hosts": f"{NOWHERE6} both.example\n{OUTSIDE} both.example\n"}) as inside:
        for words in (
            ["ip", "link", "add", "hole", "type", "veth", "peer", "name", "bottom"],
            ["ip", "link", "set", "hole", "up"],
            ["ip", "link", "set", "bottom", "up"],
            ["ip", "-6", "addr", "add", f"{NOWHERE6[:-1]}1/64", "dev", "hole", "nodad"],
            ["ip", "-6", "neigh", "add", NOWHERE6, "lladdr", "02:00:00:00:00:01", "dev", "hole"],
            *([["ip", "-6", "route", "add", "unreachable", f"{NOWHERE6}/128"]] if way == "is refused" else []),
        ):
            subprocess.run([*inside, *words], check=True)
        ask = [*inside, "curl", "-sS", "-m", "3", "-o", "/dev/null", f"http://[{NOWHERE6}]/"]
        assert subprocess.run(ask, check=False, capture_output=True).returncode in {7, 28}, "it leads somewhere"
        _newsroom(rig, chaos_at(OUTSIDE), bad="both.example")
        began = time.monotonic()
        done = rig.typed("crawl", "--json", before=inside, timeout_s=240)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 120, "each of five requests may take a moment, none half a minute"
    assert len(rig.feed()) == 3
    (told,) = [line for line in map(json.loads, done.stdout.splitlines()) if line["kind"] == "crawl"]
    assert told["seconds"] < 25, "five requests with 0.3 s each on a machine that has time for it"
