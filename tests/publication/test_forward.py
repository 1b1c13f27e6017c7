"""The snippets for nginx and Caddy: the published files as we serve them, topics that moved, topics that are gone."""

from __future__ import annotations

import gzip
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from feeds.release import Draft
from scheduler.start import starter_files, write_starter

if TYPE_CHECKING:
    from conftest import Press

MOVED, RETIRED = {"old": "ai", "ol": "data"}, ("fintech", "smart-city")


@dataclass(frozen=True)
class Said:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Front:
    """A web server before what was published."""

    press: Press
    port: int

    def ask(self, path: str, **headers: str) -> Said:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("GET", path, headers={name.replace("_", "-"): told for name, told in headers.items()})
            reply = connection.getresponse()
            told = {name.lower(): value for name, value in reply.getheaders()}
            return Said(reply.status, told, reply.read())


def nginx(snippet: str, port: int, folder: Path) -> list[str]:
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr crit;{' user root;' if os.getuid() == 0 else ''}\n"
        f"events {{}} http {{ access_log off; {temporary} scgi_temp_path {folder}/scgi;\n"
        "types { text/html html; text/css css; application/json json; }\n"
        f"server {{ listen 127.0.0.1:{port};\n{snippet}\n}} }}\n"
    )
    return ["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)]


def caddy(snippet: str, port: int, folder: Path) -> list[str]:
    site = snippet.replace("feeds.example.org {", f"http://127.0.0.1:{port} {{")
    (folder / "Caddyfile").write_text("{\n\tadmin off\n}\n" + site)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


@pytest.fixture(params=["nginx", "caddy"])
def front(request: pytest.FixtureRequest, press: Press, draft: Callable[..., Draft], tmp_path: Path) -> Iterator[Front]:
    """Yield each server before a published press, as its snippet has it."""
    if shutil.which(request.param) is None:
        pytest.skip(f"needs {request.param}: install it to see what stands before us")
    press.put(*(draft(number) for number in range(1, 9)))
    press.site = replace(press.site, moved=MOVED, retired=RETIRED)
    press.publish()
    for path in press.directory.rglob("*/fintech*"):
        path.unlink()  # what tells that it has ended is gone, too, at last
    name, command = {"nginx": ("nginx.conf", nginx), "caddy": ("Caddyfile", caddy)}[request.param]
    snippet = starter_files(tmp_path, moved=MOVED, retired=RETIRED)[name]
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    (tmp_path / "front").mkdir()
    process = subprocess.Popen(
        command(snippet, port, tmp_path / "front"), stderr=subprocess.DEVNULL, env=os.environ | {"HOME": str(tmp_path)}
    )
    try:
        until = time.monotonic() + 120
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        yield Front(press, port)
    finally:
        process.terminate()
        process.wait(60)


def test_a_server_in_front_answers_as_we_do(front: Front) -> None:
    feed = front.ask("/feeds/ai.en.atom")
    whole = front.press.read("feeds/ai.en.atom")
    assert (feed.status, feed.body) == (200, whole)
    assert feed.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert feed.headers["cache-control"].startswith("public, max-age=300")
    assert "sandbox" in feed.headers["content-security-policy"]
    assert feed.headers["access-control-allow-origin"] == "*"
    packed = front.ask("/feeds/ai.en.atom", Accept_Encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == whole
    assert packed.body == front.press.read("feeds/ai.en.atom.gz")
    assert front.ask("/feeds/ai.en.atom", If_None_Match=feed.headers["etag"]).status == 304
    assert front.ask("/feeds/ai.en.json").headers["content-type"] == "application/feed+json"
    assert front.ask("/feeds/ai.en.rss").headers["content-type"] == "application/rss+xml; charset=utf-8"
    page = front.ask("/topics/ai/en/")
    assert "style-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert (feed.headers["vary"], page.headers["vary"]) == ("Accept-Encoding", "Accept-Encoding")
    assert gzip.decompress(front.ask("/topics/ai/en/", Accept_Encoding="gzip").body) == page.body
    sheet = front.ask("/style.css").headers
    assert sheet["cache-control"].startswith("public, max-age=3600")
    past = front.press.directory / "feeds" / "archive" / "kept.atom"
    past.parent.mkdir(exist_ok=True)
    past.write_bytes(whole)
    assert "immutable" not in front.ask("/feeds/archive/kept.atom").headers["cache-control"]  # its month may be open
    for path in ("/feeds/ai.en.atom.gz", "/.hidden", "/feeds/none.atom", "/feeds/.x", "/feeds/", "/none"):
        said = front.ask(path)
        assert (said.status, said.body) == (404, front.press.read("404.html")), path
        assert said.headers["content-type"] == "text/html; charset=utf-8"
        assert said.headers["cache-control"] == "public, max-age=60"


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        ("/feeds/old.atom", "/feeds/ai.atom"),
        ("/feeds/old.zh-hant.rss", "/feeds/ai.zh-hant.rss"),
        ("/feeds/archive/old.en/2026-01.atom", "/feeds/archive/ai.en/2026-01.atom"),
        ("/topics/old/en/", "/topics/ai/en/"),
        ("/feeds/ol.json", "/feeds/data.json"),
    ],
)
def test_a_topic_that_moved_is_found_for_good(front: Front, asked: str, location: str) -> None:
    said = front.ask(asked)
    assert (said.status, said.headers["location"].removeprefix(f"http://127.0.0.1:{front.port}")) == (301, location)
    assert front.ask("/feeds/older.atom").status == 404


def test_a_topic_that_is_retired_is_gone(front: Front) -> None:
    for path in ("/feeds/fintech.atom", "/feeds/fintech.pt.json", "/feeds/archive/fintech/2026-01.atom"):
        said = front.ask(path)
        assert (said.status, said.headers["content-type"]) == (410, "text/plain; charset=utf-8"), path
    assert front.ask("/topics/smart-city/en/").status == 410
    assert front.ask("/feeds/fintechs.atom").status == 404


def test_init_takes_the_topics_from_the_configuration_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "baywire.toml").write_text('[publish]\nretired = ["fintech"]\nmoved = ["old=ai"]\n')
    written, kept = write_starter(tmp_path)
    assert "nginx.conf" in written
    assert "baywire.toml" in kept
    assert "fintech" in (tmp_path / "nginx.conf").read_text()
    assert "/{re.moved1.1}ai{re.moved1.2} 301" in (tmp_path / "Caddyfile").read_text()
