"""What a reader, a browser and an attacker get from the server."""

from __future__ import annotations

import gzip
import http.client
import os
import re
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from feeds.serve import application
from feeds.site import Site

if TYPE_CHECKING:
    from conftest import Live

FEED = "feeds/ai.atom"


class Reply:
    """What came back."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def text(self) -> str:
        return self.body.decode()


@contextmanager
def connection(live: Live) -> Iterator[http.client.HTTPConnection]:
    made = http.client.HTTPConnection(urllib.parse.urlsplit(live.base).netloc, timeout=120)
    try:
        yield made
    finally:
        made.close()


def ask(live: Live, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Reply:
    with connection(live) as made:
        made.putrequest(method, f"/{path}", skip_host="Host" in (headers or {}), skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            made.putheader(name, value)
        made.endheaders()
        return Reply(made.getresponse())


def test_a_feed_has_all_that_a_reader_and_a_cache_need(live: Live) -> None:
    reply = ask(live, FEED)
    assert reply.status == 200
    assert reply.body == live.press.read(FEED)
    assert reply.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert reply.headers["cache-control"] == "public, max-age=300, stale-while-revalidate=3600, stale-if-error=86400"
    assert reply.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "accept-encoding" in reply.headers["vary"].lower()
    assert f'<{live.base}{FEED}>; rel="self"' in reply.headers["link"]
    assert f'<{live.base}topics/ai/>; rel="alternate"; type="text/html"' in reply.headers["link"]
    assert re.fullmatch(r'"[0-9a-f]{24}"', reply.headers["etag"])
    modified = parsedate_to_datetime(reply.headers["last-modified"]).timestamp()
    assert modified == int((live.press.directory / FEED).stat().st_mtime)
    assert "set-cookie" not in reply.headers
    assert "server" not in reply.headers


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("feeds/ai.rss", "application/rss+xml; charset=utf-8"),
        ("feeds/ai.json", "application/feed+json"),
        ("status.json", "application/feed+json"),
        ("feeds/index.json", "application/feed+json"),
        ("feeds/index.opml", "text/x-opml; charset=utf-8"),
        ("", "text/html; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
        ("icon.png", "image/png"),
    ],
)
def test_everything_has_its_media_type(live: Live, path: str, kind: str) -> None:
    reply = ask(live, path)
    assert (reply.status, reply.headers["content-type"]) == (200, kind)


def test_gzip_has_an_etag_of_its_own(live: Live) -> None:
    plain, packed = ask(live, FEED), ask(live, FEED, {"Accept-Encoding": "gzip, deflate"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["etag"] == plain.headers["etag"][:-1] + '-gz"'
    assert "content-encoding" not in ask(live, FEED, {"Accept-Encoding": "gzip;q=0, br"}).headers


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '"other",W/{} , "more"', "*"])
def test_a_reader_that_has_it_gets_304(live: Live, coding: str, form: str) -> None:
    first = ask(live, FEED, {"Accept-Encoding": coding})
    condition = form.format(first.headers["etag"])
    again = ask(live, FEED, {"Accept-Encoding": "gzip", "If-None-Match": condition})
    assert (again.status, again.body) == (304, b"")
    for name in ("cache-control", "vary", "last-modified"):
        assert again.headers[name] == first.headers[name]
    if form != "*":
        assert again.headers["etag"] == first.headers["etag"]


def test_a_tag_decides_before_a_date(live: Live) -> None:
    since = {"If-Modified-Since": ask(live, FEED).headers["last-modified"]}
    assert ask(live, FEED, since).status == 304
    assert ask(live, FEED, {**since, "If-None-Match": '"other"'}).status == 200
    assert ask(live, FEED, {"If-Modified-Since": formatdate(0, usegmt=True)}).status == 200
    assert ask(live, FEED, {"If-Modified-Since": formatdate(time.time() + 86400, usegmt=True)}).status == 304
    assert ask(live, FEED, {"If-Modified-Since": "the day before yesterday"}).status == 200


def test_a_part_is_given_to_get_alone(live: Live) -> None:
    part = {"Range": "bytes=0-9"}
    assert (ask(live, FEED, part).status, ask(live, FEED, part, "HEAD").status) == (206, 200)


def test_head_tells_the_same_without_the_body(live: Live) -> None:
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        head, get = ask(live, FEED, headers, "HEAD"), ask(live, FEED, headers)
        drop = {"date"}
        assert (head.status, head.body) == (200, b"")
        assert {k: v for k, v in head.headers.items() if k not in drop} == {
            k: v for k, v in get.headers.items() if k not in drop
        }


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-7", 206, slice(-7, None)),
        ("bytes=99999999-", 416, None),
        ("bytes=5-2", 200, slice(None)),
        ("bytes=0-1,4-5", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
    ],
)
def test_ranges(live: Live, asked: str, status: int, part: slice | None) -> None:
    reply = ask(live, FEED, {"Range": asked, "Accept-Encoding": "gzip"} if status != 200 else {"Range": asked})
    assert reply.status == status
    if part is not None:
        assert reply.body == live.press.read(FEED)[part]
    if status == 416:
        assert reply.headers["content-range"] == f"bytes */{len(live.press.read(FEED))}"


def test_a_part_of_another_version_is_not_sent(live: Live) -> None:
    tag = ask(live, FEED).headers["etag"]
    assert ask(live, FEED, {"Range": "bytes=0-9", "If-Range": tag}).status == 206
    assert ask(live, FEED, {"Range": "bytes=0-9", "If-Range": '"other"'}).status == 200


def test_a_browser_that_goes_to_a_feed_sees_its_page(live: Live) -> None:
    navigation = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Accept": "text/html"}
    reply = ask(live, "feeds/ai.zh-hant.rss", navigation)
    assert (reply.status, reply.headers["location"]) == (303, "/topics/ai/zh-hant/")
    assert "Sec-Fetch-Dest" in reply.headers["vary"]
    assert ask(live, "feeds/ai.zh-hant.rss", {"Accept": "text/html"}).status == 200
    assert ask(live, "topics/ai/zh-hant/", navigation).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "../store.sqlite3",
        "feeds/../../store.sqlite3",
        "%2e%2e/store.sqlite3",
        "feeds/%2e%2e%2f..%2fstore.sqlite3",
        "..%5cstore.sqlite3",
        "/etc/passwd",
        "feeds//ai.atom",
        "feeds/./ai.atom",
        ".hidden",
        "feeds/%00",
        "feeds/ai.atom/",
        "feeds",
        "feeds/",
        "%ff%fe",
        "link/store.sqlite3",
    ],
)
def test_nothing_but_what_is_published_comes_out(live: Live, path: str) -> None:
    (live.press.directory / ".hidden").write_text("secret")
    link = live.press.directory / "link"
    if not link.exists():
        link.symlink_to(live.press.directory.parent)
    reply = ask(live, path)
    assert reply.status == 404, reply.body[:100]
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_folder_without_its_slash_is_led_to_its_page(live: Live) -> None:
    reply = ask(live, "topics/ai", {"Host": "evil.example"})
    assert (reply.status, reply.headers["location"]) == (301, "/topics/ai/")
    assert ask(live, "/evil.example/..").status == 404


def test_the_name_a_client_calls_us_is_never_repeated(live: Live) -> None:
    for path in ("", FEED, "search?q=ferry", "search.atom?q=ferry", "nothing", "topics/ai"):
        reply = ask(live, path, {"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert b"evil.example" not in reply.body
        assert "evil.example" not in str(reply.headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_only_reading_is_allowed(live: Live, method: str) -> None:
    reply = ask(live, FEED, {"Content-Length": "0"}, method)
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


def test_readers_in_browsers_may_ask_conditionally(live: Live) -> None:
    reply = ask(live, FEED, {"Origin": "https://reader.example"}, "OPTIONS")
    assert reply.status == 204
    assert "If-None-Match" in reply.headers["access-control-allow-headers"]


def test_a_person_who_went_astray_gets_a_page(live: Live) -> None:
    reply = ask(live, "nowhere", {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"})
    assert reply.status == 404
    assert "There is nothing at this address." in reply.text


def test_health_is_told(live: Live) -> None:
    assert (ask(live, "healthz").status, ask(live, "readyz").text) == (200, "ready\n")


def test_a_changed_file_is_served_at_once(live: Live) -> None:
    path = live.press.directory / "feeds/changing.atom"
    path.write_bytes(b"<feed/>" * 100)
    first = ask(live, "feeds/changing.atom")
    path.write_bytes(b"<FEED/>" * 100)
    os.utime(path, ns=(time.time_ns(), time.time_ns()))
    second = ask(live, "feeds/changing.atom", {"If-None-Match": first.headers["etag"]})
    assert (second.status, second.body[:7]) == (200, b"<FEED/>")
    path.unlink()
    assert ask(live, "feeds/changing.atom").status == 404


def test_etags_survive_a_restart_and_a_copy(live: Live, tmp_path: Path) -> None:
    import asyncio
    import shutil

    shutil.copy(live.press.directory / FEED, tmp_path / "ai.atom")
    (tmp_path / "feeds").mkdir()
    (tmp_path / "ai.atom").rename(tmp_path / FEED)
    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": f"/{FEED}", "headers": [], "query_string": b""}
    asyncio.run(application(tmp_path, site=live.press.site)(scope, None, send))  # type: ignore[arg-type]  # never called
    headers = dict(sent[0]["headers"])  # type: ignore[call-overload]  # what ASGI passes is a list of pairs
    assert headers[b"etag"].decode() == ask(live, FEED).headers["etag"]


def test_a_site_below_a_folder_answers_there(live: Live) -> None:
    import asyncio

    site = Site(base_url="https://news.example/wire/", moved={"old": "ai"}, retired=("gone",))

    def get(path: str) -> tuple[object, dict[bytes, bytes]]:
        sent: list[dict[str, object]] = []

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
        asyncio.run(application(live.press.directory, site=site)(scope, None, send))  # type: ignore[arg-type]  # as above
        return sent[0]["status"], dict(sent[0]["headers"])  # type: ignore[call-overload]  # as above

    assert get("/wire/feeds/ai.atom")[0] == get("/feeds/ai.atom")[0] == 200
    assert get("/wire/topics/ai")[1][b"location"] == b"/wire/topics/ai/"
    assert get("/wire/feeds/old.en.atom") == (301, get("/wire/feeds/old.en.atom")[1])
    assert get("/wire/feeds/old.en.atom")[1][b"location"] == b"/wire/feeds/ai.en.atom"
    assert get("/wire/feeds/gone.pt.rss")[0] == 410
