"""Pages made by scripts are read where a source says `render = true`, in a browser that reaches nothing by itself."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Site, Typed

pytest.importorskip("playwright", reason='needs the extra "browser"')
if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
    pytest.skip("needs Chromium: apt install chromium", allow_module_level=True)

SOURCE = """\
title = "Script"
language = "en"
time-zone = "Asia/Hong_Kong"
render = true
delay = 0
allow-private = true
[listing]
url = "{base}/app/"
links = "#list a"
date = "time::attr(datetime)"
[release]
title = "h1"
body = "div.body"
"""
APP = """<!DOCTYPE html><html><body><div id="app"></div><script src="/app.js"></script></body></html>"""
SCRIPT = """
fetch("/api/list.json").then(answer => answer.json()).then(rows => {
  const list = rows.map(row => `<li><a href="/r/${row.id}">${row.title}</a><time datetime="${row.date}"></time></li>`);
  document.getElementById("app").innerHTML = `<ul id="list">${list.join("")}</ul>`;
});
"""
RELEASE = """<html><body><div id="app"></div><script>
document.getElementById("app").innerHTML =
  "<h1>Pier {n} opens</h1><div class='body'><p>The pier opened today to the public, after a trial.</p></div>";
</script></body></html>"""


@pytest.fixture
def script(site: Site, tmp_path: Path) -> Site:
    """Yield a newsroom that is empty until its script has run."""
    rows = [{"id": n, "title": f"Pier {n} opens", "date": f"2026-06-0{n}T10:00:00+08:00"} for n in (9, 8, 7)]
    site.put("/app/", APP)
    site.put("/app.js", SCRIPT, "text/javascript")
    site.put("/api/list.json", json.dumps(rows), "application/json")
    for n in (9, 8, 7):
        site.put(f"/r/{n}", RELEASE.replace("{n}", str(n)))
    (tmp_path / "sources.d").mkdir()
    (tmp_path / "sources.d" / "script.toml").write_text(SOURCE.format(base=site.base), "utf-8")
    return site


def test_a_newsroom_made_by_a_script_is_crawled(script: Site, typed: Typed) -> None:
    done = typed("crawl", "script", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    *releases, ended = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(release["title"] for release in releases) == ["Pier 7 opens", "Pier 8 opens", "Pier 9 opens"]
    assert {release["text"] for release in releases} == {"The pier opened today to the public, after a trial."}
    assert (ended["outcome"], ended["new"]) == ("new", 3)
    assert [path for _, path, _ in script.asked].count("/app/") == 1
    again = json.loads(typed("crawl", "script", "--json").stdout.splitlines()[-1])
    assert again["outcome"] == "unchanged"


@pytest.fixture
def private() -> Iterator[tuple[int, list[object]]]:
    """Yield the port of a server that nobody may reach, and who connected to it."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    came: list[object] = []
    ended = threading.Event()

    def listen() -> None:
        while not ended.is_set():
            try:
                connection, peer = listener.accept()
            except TimeoutError:
                continue
            came.append(peer)
            connection.close()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    yield listener.getsockname()[1], came
    ended.set()
    thread.join()
    listener.close()


def test_a_page_reaches_no_private_address_whatever_its_script_tries(
    script: Site, typed: Typed, private: tuple[int, list[object]]
) -> None:
    port, came = private
    hosts = ("127.0.0.1", "localhost", "[::1]", "0", "127.1", "2130706433", "[::ffff:127.0.0.1]")
    tries = "\n".join(
        f"""
        try {{ fetch("http://{host}:{port}/f").catch(() => 0); }} catch {{}}
        try {{ new WebSocket("ws://{host}:{port}/w"); }} catch {{}}
        try {{ new EventSource("http://{host}:{port}/e"); }} catch {{}}
        try {{ navigator.sendBeacon("http://{host}:{port}/b", "x"); }} catch {{}}
        try {{ new Image().src = "http://{host}:{port}/i"; }} catch {{}}
        try {{ window.open("http://{host}:{port}/o"); }} catch {{}}
        for (const [tag, name] of [["iframe", "src"], ["script", "src"], ["link", "href"], ["object", "data"]]) {{
          const element = document.createElement(tag);
          element[name] = "http://{host}:{port}/" + tag;
          element.rel = "preconnect";
          document.body.append(element);
        }}
        try {{ new Worker(URL.createObjectURL(new Blob(["fetch('http://{host}:{port}/k')"]))); }} catch {{}}
        try {{
          const servers = [{{urls: "turn:{host}:{port}?transport=tcp", username: "a", credential: "b"}}];
          const peer = new RTCPeerConnection({{iceServers: servers}});
          peer.createDataChannel("x");
          peer.createOffer().then(offer => peer.setLocalDescription(offer));
        }} catch {{}}
        """
        for host in hosts
    )
    script.put("/app.js", SCRIPT + tries, "text/javascript")
    done = typed("crawl", "script", "--json")
    assert json.loads(done.stdout.splitlines()[-1])["new"] == 3, done.stdout
    assert came == []


def test_a_source_that_does_not_ask_for_it_gets_no_browser(script: Site, typed: Typed, tmp_path: Path) -> None:
    file = tmp_path / "sources.d" / "script.toml"
    file.write_text(file.read_text("utf-8").replace("render = true\n", ""), "utf-8")
    done = typed("crawl", "script", "--json")
    assert json.loads(done.stdout.splitlines()[-1])["outcome"] == "suspicious"
    assert "/app.js" not in {path for _, path, _ in script.asked}
