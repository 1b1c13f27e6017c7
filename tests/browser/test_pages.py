"""The pages as a person sees them, in headless Chromium driven over a pipe; screenshots are kept to be looked at."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import uvicorn

from feeds import topic
from feeds.publish import publish
from feeds.release import Draft, Newsroom, Translation
from feeds.serve import Search, application
from feeds.site import Site
from feeds.store import open_store

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
HONG_KONG = timezone(timedelta(hours=8))
# No connection to anybody: Chromium by itself looks up its maker's hosts at every start.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)
LOOKS = {
    "light": ({"width": 1280, "height": 900, "mobile": False}, "light"),
    "dark": ({"width": 1280, "height": 900, "mobile": False}, "dark"),
    "phone": ({"width": 390, "height": 844, "mobile": True}, "light"),
}
PAGES = {
    "index": "",
    "topic": "topics/ai/",
    "topic-zh-hant": "topics/ai/zh-hant/",
    "release": "releases/harbour-en/R1/",
    "corrections": "corrections/",
    "status": "status/",
    "subscribe": "subscribe/zh-hans/",
    "search": "search?q=laboratory",
    "topics": "topics/",
    "sources": "sources/",
    "source": "sources/harbour-zh/",
    "index-pt": "pt/",
}


class Browser:
    """Chromium, spoken to as its developer tools do, over two pipes."""

    def __init__(self, program: str, profile: Path) -> None:
        """Start *program* with an empty *profile* and open a page."""
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        # Out of the way of 3 and 4, from which Chromium reads and to which it writes.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in (theirs_in, theirs_out)]
        actions = [(os.POSIX_SPAWN_DUP2, ends[0], 3), (os.POSIX_SPAWN_DUP2, ends[1], 4)]
        actions += [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]
        command = [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        self._process = os.posix_spawn(program, command, os.environ, file_actions=actions)
        for end in (theirs_in, theirs_out, *ends):
            os.close(end)
        self._reader = os.fdopen(ours_in, "rb", buffering=0)
        self._writer = os.fdopen(ours_out, "wb", buffering=0)
        self._held = b""
        self._number = 0
        self._session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Return what *method* answers."""
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._writer.write(json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            pass
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._held:
            read = self._reader.read(65536)
            assert read, "the browser ended"
            self._held += read
        first, _, self._held = self._held.partition(b"\0")
        message: dict[str, Any] = json.loads(first)
        return message

    def open(self, url: str, look: str = "light", *, script: bool = False) -> None:
        """Open *url* as *look* has it; pages need no script, so they get none."""
        size, scheme = LOOKS[look]
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.call("Emulation.setDeviceMetricsOverride", deviceScaleFactor=1, **size)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + 20
        while self.evaluate("document.readyState") != "complete" or self.evaluate("location.href") == "about:blank":
            assert time.monotonic() < deadline, url
            time.sleep(0.02)

    def evaluate(self, expression: str) -> Any:  # noqa: ANN401 -- whatever the page says
        """Return the value of *expression* in the page; the tools may run what the page may not."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def screenshot(self, path: Path) -> None:
        """Write what is seen to *path*."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(OSError):
            self._writer.close()
        self._reader.close()
        os.kill(self._process, signal.SIGTERM)
        os.waitpid(self._process, 0)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Yield Chromium."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("needs chromium: install it to see the pages")
    one = Browser(program, tmp_path_factory.mktemp("profile"))
    yield one
    one.close()


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a small site on loopback."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    folder = tmp_path_factory.mktemp("site")
    site = Site(base_url=address, title="Example wire", authority="news.example,2026")
    topics = topic.load()
    with open_store(f"sqlite:///{folder}/store.sqlite3", authority=site.authority) as store:
        fill(store)
        publish(store, topics, site, folder / "public", now=NOW)
        with store.writing() as writing:
            writing.put(
                draft("harbour-en", "R1", "Harbour opens AI laboratory", "An AI laboratory opens on 5 May."), now=NOW
            )
        publish(store, topics, site, folder / "public", now=NOW)
        app = application(folder / "public", site=site, search=Search(store, site, topics.topics))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", server_header=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield address
        server.should_exit = True
        thread.join(10)
        listener.close()


def draft(source: str, number: str, title: str, text: str, language: str = "en", **more: Any) -> Draft:  # noqa: ANN401
    return Draft(
        source=source,
        url=f"https://harbour.example/{source}/{number}",
        native_id=number,
        title=title,
        seen=NOW,
        language=language,
        author={"harbour-en": "Harbour Office"}.get(source, "海港辦公室"),
        published=datetime(2026, 3, 3, 18, 30, tzinfo=HONG_KONG),
        text=text,
        html=f"<p>{text}</p>",
        **more,
    )


def fill(store: Any) -> None:  # noqa: ANN401 -- a store
    newsrooms = [
        Newsroom(key="harbour-en", title="Harbour Office", site="https://harbour.example/", language="en"),
        Newsroom(key="harbour-zh", title="海港辦公室", site="https://harbour.example/zh", language="zh-hant"),
    ]
    store.sync_sources(newsrooms, now=NOW)
    chinese = "海港辦公室今日宣布設立人工智能實驗室，市民可於下月起預約參觀。"
    other = (Translation(language="zh-Hant", url="https://harbour.example/harbour-zh/C1"),)
    english = "An AI laboratory opens on 4 May."
    with store.writing() as writing:
        writing.put(draft("harbour-zh", "C1", "海港辦公室設立人工智能實驗室", chinese, "zh-Hant"), now=NOW)
        writing.put(draft("harbour-en", "R1", "Harbour opens AI laboratory", english, translations=other), now=NOW)
        for number in range(2, 9):
            writing.put(draft("harbour-en", f"R{number}", f"Notice {number}", "Ferries and an AI pilot."), now=NOW)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_page_fits_and_reads(browser: Browser, base: str, tmp_path: Path, name: str, look: str) -> None:
    browser.open(base + PAGES[name], look)
    assert browser.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "wider than the window"
    assert browser.evaluate("document.querySelectorAll('h1').length") == 1
    assert browser.evaluate("document.querySelector('main').innerText.trim().length") > 40
    assert low_contrast(browser) == []
    folder = Path(os.environ.get("BAYWIRE_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    browser.screenshot(folder / f"{name}-{look}.png")


def low_contrast(browser: Browser) -> list[str]:
    """Return the texts whose contrast is below 4.5:1 (WCAG 2.2, 1.4.3; 3:1 where they are large)."""
    return list(
        browser.evaluate(
            """(() => {
              const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
              const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
                .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                .reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
              const behind = e => { for (; e; e = e.parentElement) {
                const c = parse(getComputedStyle(e).backgroundColor);
                if (c.length === 3 || c[3] > 0.99) return c; } return [255, 255, 255]; };
              const bad = [];
              for (const e of document.querySelectorAll('body *')) {
                const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
                const box = e.getBoundingClientRect();
                if (!own || !box.width || e.classList.contains('skip') || e.closest('svg')) continue;
                const style = getComputedStyle(e), size = parseFloat(style.fontSize);
                const a = light(parse(style.color)), b = light(behind(e));
                const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 600);
                if (ratio < (large ? 3 : 4.5))
                  bad.push(`${e.tagName}.${e.className} ${ratio.toFixed(2)}: ${e.innerText}`);
              }
              return bad; })()"""
        )
    )


@pytest.mark.parametrize("name", PAGES)
def test_everything_to_press_has_a_name_and_room_for_a_finger(browser: Browser, base: str, name: str) -> None:
    browser.open(base + PAGES[name], "phone")
    nameless = browser.evaluate(
        "[...document.querySelectorAll('a, button, input, summary')]"
        ".filter(e => !(e.innerText || e.getAttribute('aria-label') || '').trim()).map(e => e.outerHTML)"
    )
    assert nameless == []
    # WCAG 2.2, 2.5.8: 24 by 24 CSS pixels, links within a sentence apart.
    small = browser.evaluate(
        "[...document.querySelectorAll('nav a, button, input, summary, .formats a, .topics a, .addresses a')]"
        ".filter(e => e.getBoundingClientRect().width && e.getBoundingClientRect().height < 24).map(e => e.outerHTML)"
    )
    assert small == []


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the source of axe-core."""
    path = Path(os.environ.get("BAYWIRE_NODE_MODULES", "")) / "axe-core/axe.min.js"
    if not path.is_file():
        pytest.skip("needs axe-core from npm: BAYWIRE_NODE_MODULES names the node_modules that holds it")
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_against_wcag_2_2_aa(browser: Browser, base: str, axe: str, name: str, look: str) -> None:
    browser.open(base + PAGES[name], look, script=True)
    browser.evaluate(axe)
    levels = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    asked = f"axe.run({{runOnly: {json.dumps(levels)}}}).then(found => JSON.stringify(["
    asked += "found.violations.flatMap(one => one.nodes.map(node => `${one.id}: ${node.html} ${node.failureSummary}`)),"
    asked += "found.passes.length]))"
    told = browser.call("Runtime.evaluate", expression=asked, returnByValue=True, awaitPromise=True)
    violations, passed = json.loads(told["result"]["value"])
    assert violations == []
    assert passed > 10  # it looked


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light(base: str, name: str) -> None:
    with urlopen(base + PAGES[name], timeout=120) as answer:  # noqa: S310 -- our own server, on loopback
        page = answer.read()
    size = len(page)
    for path in set(re.findall(rb'(?:href|src)="(/[^"]*\.(?:css|svg|png|js))"', page)):
        with urlopen(base + path.decode().removeprefix("/"), timeout=120) as answer:  # noqa: S310 -- as above
            size += len(answer.read())
    assert 1000 < size <= 100_000


def test_the_index_shows_releases_and_leads_readers_to_feeds(browser: Browser, base: str) -> None:
    browser.open(base)
    text = browser.evaluate("document.body.innerText")
    assert "Harbour opens AI laboratory" in text
    assert "海港辦公室設立人工智能實驗室" in text
    links = browser.evaluate("[...document.querySelectorAll('link[rel=alternate][type]')].map(e => [e.type, e.href])")
    kinds = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}
    assert links == [[kind, f"{base}feeds/all.{end}"] for end, kind in kinds.items()]


def test_a_topic_in_chinese_speaks_it_throughout(browser: Browser, base: str) -> None:
    browser.open(f"{base}topics/ai/zh-hant/")
    assert browser.evaluate("document.documentElement.lang") == "zh-Hant"
    assert browser.evaluate("document.querySelector('h1').innerText") == "人工智能"
    assert "海港辦公室設立人工智能實驗室" in browser.evaluate("document.body.innerText")
    assert "PingFang HK" in browser.evaluate("getComputedStyle(document.querySelector('.item')).fontFamily")
    href = browser.evaluate("document.querySelector('link[type=\"application/atom+xml\"]').href")
    assert href == f"{base}feeds/ai.zh-hant.atom"


def test_a_release_shows_why_it_is_here_and_what_changed(browser: Browser, base: str) -> None:
    browser.open(f"{base}releases/harbour-en/R1/")
    assert browser.evaluate("document.querySelector('.original a').href") == "https://harbour.example/harbour-en/R1"
    assert browser.evaluate("[...document.querySelectorAll('mark')].some(e => e.innerText === 'AI')")
    assert browser.evaluate("document.querySelector('#revision-2 del').innerText") == "4"
    assert browser.evaluate("document.querySelector('#revision-2 ins').innerText") == "5"
    assert browser.evaluate("document.querySelector('a[hreflang=zh-Hant]').pathname") == "/releases/harbour-zh/C1/"


def test_chinese_is_not_leant_and_its_titles_fill_their_lines(browser: Browser, base: str) -> None:
    browser.open(f"{base}sources/")
    wrap = "[...document.querySelectorAll('h3')].map(e => [e.innerText, getComputedStyle(e).textWrapStyle])"
    told = dict(browser.evaluate(wrap))
    assert (told["Harbour Office"], told["海港辦公室"]) == ("balance", "pretty")
    browser.open(f"{base}releases/harbour-zh/C1/")
    assert browser.evaluate("getComputedStyle(document.querySelector('h1')).textWrapStyle") == "pretty"
    leant = """(() => { const e = document.createElement('em'); document.querySelector('.prose').append(e);
      return getComputedStyle(e).fontStyle; })()"""
    assert browser.evaluate(leant) == "normal"


@pytest.mark.parametrize("name", ["index", "search", "source"])
def test_an_address_to_copy_is_parted_at_a_sign(browser: Browser, base: str, name: str) -> None:
    browser.open(base + PAGES[name])
    told = browser.evaluate(
        """[...document.querySelectorAll('.copy')].map(e => { const lines = new Map();
          for (const walk = document.createTreeWalker(e, 4); walk.nextNode();) {
            for (let at = 0; at < walk.currentNode.length; at++) { const range = document.createRange();
              range.setStart(walk.currentNode, at); range.setEnd(walk.currentNode, at + 1);
              const top = Math.round(range.getBoundingClientRect().top);
              lines.set(top, (lines.get(top) || '') + walk.currentNode.data[at]); } }
          return [e.innerText, ...lines.values()]; })"""
    )
    assert len(told) == 3
    for whole, *lines in told:
        assert whole == "".join(lines)
        assert whole.startswith(base)
        assert all(line.endswith(("/", "-")) for line in lines[:-1]), lines


def test_a_browser_sent_to_a_feed_arrives_at_its_page(browser: Browser, base: str) -> None:
    browser.open(f"{base}feeds/ai.zh-hant.atom")
    assert browser.evaluate("location.href") == f"{base}topics/ai/zh-hant/"


def test_the_keyboard_reaches_the_content_first(browser: Browser, base: str) -> None:
    browser.open(base, script=True)
    for kind in ("keyDown", "keyUp"):
        browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert browser.evaluate("document.activeElement.className") == "skip"
    assert browser.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
