"""Rows S7 and S8: what a cache in front of us keeps apart, and who may not come near."""

from __future__ import annotations

import gzip
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scheduler.start import starter_files

if TYPE_CHECKING:
    from faults.wire import Wire

FEED = "/feeds/all.atom"
NAVIGATES = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def until_it_listens(port: int, host: str = "127.0.0.1") -> None:
    for _ in range(4800):
        with socket.socket() as probe:
            if probe.connect_ex((host, port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens at {port}")


@contextmanager
def nginx(wire: Wire, inside: str, more: str = "") -> Iterator[Wire]:
    """Yield nginx in front of *wire*, with *inside* as what stands in its server block."""
    if shutil.which("nginx") is None:
        pytest.skip("needs nginx: install it to see what stands before us")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="baywire-nginx-") as folder:
        config = Path(folder) / "nginx.conf"
        config.write_text(
            f"daemon off; pid {folder}/pid; error_log stderr crit;{' user root;' if os.getuid() == 0 else ''}\n"
            "events { worker_connections 256; }\n"
            f"http {{ access_log off; {more}\nserver {{ listen 127.0.0.1:{port}; client_body_temp_path {folder}/b;\n"
            f"proxy_temp_path {folder}/p;\n{inside}\n}} }}\n".replace("CACHE", folder)
        )
        process = subprocess.Popen(["nginx", "-c", str(config), "-p", folder])
        try:
            until_it_listens(port)
            yield replace(wire, port=port)
        finally:
            process.terminate()
            process.wait(120)


@pytest.fixture(params=["snippet", "cache"])
def before(request: pytest.FixtureRequest, wire: Wire) -> Iterator[Wire]:
    """Yield nginx as the snippet of `init` has it, and as a cache of everything we answer."""
    if request.param == "snippet":
        inside = starter_files(wire.folder)["nginx.conf"].replace("127.0.0.1:8000", f"127.0.0.1:{wire.port}")
        more = "types { text/html html; text/css css; image/svg+xml svg; image/png png; }"
    else:
        inside = f"location / {{ proxy_pass http://127.0.0.1:{wire.port}; proxy_cache all; }}"
        more = "proxy_cache_path CACHE/kept keys_zone=all:1m;"
    with nginx(wire, inside, more) as front:
        yield front


def test_s7_no_variant_is_given_to_whom_it_is_not_for(before: Wire) -> None:
    whole = (before.folder / f"public{FEED}").read_bytes()
    part = before.ask(FEED, {"Range": "bytes=0-9"})  # first of all, so that it could be kept
    assert (part.status, part.body) in {(206, whole[:10]), (200, whole)}
    packed = before.ask(FEED, {"Accept-Encoding": "gzip"})
    plain = before.ask(FEED)
    assert (gzip.decompress(packed.body), plain.body) == (whole, whole)
    assert "content-encoding" not in plain.headers
    assert packed.headers["etag"] != plain.headers["etag"]
    for reply in (packed, plain):
        tag, coding = reply.headers["etag"], reply.headers.get("content-encoding", "identity")
        again = before.ask(FEED, {"If-None-Match": tag, "Accept-Encoding": coding})
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == tag
    assert before.ask(FEED, method="HEAD").body == b""
    assert before.ask(FEED).body == whole
    assert before.ask(FEED, {"Range": "bytes=5-"}).body in {whole[5:], whole}
    assert before.ask(FEED, {"Accept-Encoding": "gzip;q=0"}).body == whole


def test_s7_what_a_stranger_asks_for_changes_nothing_for_the_next(before: Wire) -> None:
    whole = (before.folder / f"public{FEED}").read_bytes()
    for query in ("", "?x=<script>", "?utm_source=a", "?callback=evil"):
        assert before.ask(FEED + query).body == whole
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"}
    for path in ("/", FEED, "/search?q=laboratory", "/topics/ai"):
        before.ask(path, evil)
        after = before.ask(path)
        assert b"evil" not in after.body
        assert "evil" not in after.headers.get("location", "")
    first = before.ask(FEED, NAVIGATES)
    assert first.status in {200, 303}
    assert before.ask(FEED).body == whole
    english, chinese = (before.ask("/search?q=laboratory", {"Accept-Language": one}) for one in ("en", "zh-HK"))
    assert b'lang="en"' in english.body[:300]
    assert b'lang="zh-Hant"' in chinese.body[:300]
    assert before.ask("/search.atom?q=laboratory").headers["content-type"].startswith("application/atom+xml")
    assert before.ask("/search.json?q=laboratory").headers["content-type"] == "application/feed+json"
    assert before.ask("/nowhere", NAVIGATES).status == before.ask("/nowhere").status == 404


def test_s7_the_snippet_shows_what_is_published_and_nothing_beside_it(wire: Wire) -> None:
    inside = starter_files(wire.folder)["nginx.conf"].replace("127.0.0.1:8000", f"127.0.0.1:{wire.port}")
    with nginx(wire, inside, "types { text/html html; text/css css; }") as front:
        feed = front.ask(FEED, {"Accept-Encoding": "gzip"})
        ours = wire.ask(FEED)
        for name in ("content-type", "cache-control", "content-security-policy", "access-control-allow-origin"):
            assert feed.headers[name] == ours.headers[name], name
        assert front.ask("/").headers["content-type"] == "text/html; charset=utf-8"
        assert front.ask("/search.rss?q=laboratory").status == 200
        for path in (f"{FEED}.gz", "/.hidden", "/feeds/.hidden", "/../store.sqlite3", "/feeds/../../store.sqlite3"):
            assert front.ask(path).status in {400, 404}, path


CONNECT = """
import socket, sys
with socket.socket(socket.AF_UNIX) as one:
    try:
        one.connect(sys.argv[1])
        print("connected")
    except OSError as error:
        print(type(error).__name__)
"""


@pytest.fixture(scope="module")
def daemon() -> Iterator[tuple[Path, int]]:
    """Yield the folder of a daemon that anybody may enter, and the port of its metrics."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="baywire-s8-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "baywire.toml").write_text(
            f"[sources]\nuse = []\n[serve]\nport = {free_port()}\nmetrics-port = {port}\n"
        )
        command = [sys.executable, "-m", "scheduler", "-C", str(folder), "run"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, umask=0o022)
        try:
            until_it_listens(port)
            for _ in range(4800):
                if (folder / "var/control").is_socket():
                    break
                time.sleep(0.05)
            yield folder, port
        finally:
            process.terminate()
            process.communicate(timeout=240)


def test_s8_the_control_socket_is_for_its_user_alone(daemon: tuple[Path, int]) -> None:
    path = daemon[0] / "var/control"
    assert path.stat().st_mode & 0o777 == 0o600
    if os.getuid() != 0:
        pytest.skip("needs root: to be another user")
    path.parent.chmod(0o755)  # even if the folder lets everybody in
    for user, said in ((65_534, "PermissionError"), (0, "connected")):
        command = ["/usr/bin/env", "python3", "-c", CONNECT, str(path)]
        done = subprocess.run(
            command, capture_output=True, text=True, user=user, env={"PATH": "/usr/bin:/bin"}, check=False
        )
        assert done.stdout.strip() == said, done.stderr


def test_s8_metrics_answer_on_loopback_alone(daemon: tuple[Path, int]) -> None:
    def at(host: str) -> int:
        with socket.socket() as one:
            one.settimeout(3)
            return one.connect_ex((host, daemon[1]))

    assert at("127.0.0.1") == 0
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing: asks which address of ours would
        own = probe.getsockname()[0]
    assert own.startswith("127.") or at(own) != 0
    assert at("127.0.0.2") != 0
