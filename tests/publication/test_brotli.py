"""The copies in brotli: published where the operator says so, sent to who takes them, never of other bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import brotli  # type: ignore[import-untyped]  # it ships no types
import pytest

from feeds.release import Draft
from feeds.serve import application
from feeds.serve.reply import Reply

if TYPE_CHECKING:
    from conftest import Press

FEED = "feeds/ai.en.atom"


@pytest.fixture
def ask(press: Press, draft: Callable[..., Draft]) -> Callable[..., Reply]:
    """Return what asks the server for a path of a press that published in brotli too."""
    press.site = replace(press.site, brotli=True)
    press.put(*(draft(number) for number in range(1, 30)))
    press.publish()
    server = application(press.directory, site=press.site)

    def get(path: str, **headers: str) -> Reply:
        told = {name.lower().replace("_", "-").encode(): value.encode() for name, value in headers.items()}
        reply = server.reply("GET", f"/{path}", b"", told)
        assert reply is not None
        return reply

    return get


def told(reply: Reply) -> Mapping[bytes, bytes]:
    return dict(reply.headers)


def test_every_feed_lies_there_in_brotli_and_is_smaller_than_in_gzip(press: Press, ask: Callable[..., Reply]) -> None:
    del ask
    feeds = [*press.directory.glob("feeds/*.atom"), *press.directory.glob("feeds/*.json")]
    assert len(feeds) > 20
    for path in (path for path in feeds if path.name != "index.json"):
        assert brotli.decompress(path.with_name(f"{path.name}.br").read_bytes()) == path.read_bytes()
    assert len(press.read(f"{FEED}.br")) < len(press.read(f"{FEED}.gz"))
    codings = json.loads(press.read("manifest.json"))["files"][FEED]["codings"]
    assert {name: tag.rpartition("-")[2] for name, tag in codings.items()} == {"gzip": 'gz"', "br": 'br"'}


def test_who_takes_brotli_gets_it_under_a_tag_of_its_own(press: Press, ask: Callable[..., Reply]) -> None:
    plain, packed, both = ask(FEED), ask(FEED, accept_encoding="gzip"), ask(FEED, accept_encoding="gzip, deflate, br")
    assert told(both)[b"content-encoding"] == b"br"
    assert brotli.decompress(both.body) == plain.body == press.read(FEED)
    tags = {told(reply)[b"etag"] for reply in (plain, packed, both)}
    assert len(tags) == 3
    assert not any(tag.startswith(b"W/") for tag in tags)
    for tag in tags:
        again = ask(FEED, accept_encoding="br", if_none_match=tag.decode())
        assert (again.status, told(again)[b"etag"]) == (304, tag)
    assert told(both)[b"vary"].startswith(b"Accept-Encoding")
    assert told(ask(FEED, accept_encoding="br;q=0, gzip"))[b"content-encoding"] == b"gzip"
    assert told(ask(FEED, accept_encoding="br;q=0.5, gzip;q=0.9"))[b"content-encoding"] == b"gzip"
    assert ask(FEED, accept_encoding="br", range="bytes=0-4").body == plain.body[:5]


@pytest.mark.parametrize("other", [b"", b"nothing of this", brotli.compress(b"other bytes")])
def test_a_copy_of_other_bytes_is_not_sent(press: Press, ask: Callable[..., Reply], other: bytes) -> None:
    (press.directory / f"{FEED}.br").write_bytes(other)
    assert told(ask(FEED, accept_encoding="br, gzip"))[b"content-encoding"] == b"gzip"
    assert ask(FEED, accept_encoding="br").body == press.read(FEED)


def test_a_page_without_a_copy_is_sent_in_gzip(ask: Callable[..., Reply]) -> None:
    assert told(ask("index.html", accept_encoding="br, gzip"))[b"content-encoding"] == b"gzip"


def test_two_publications_leave_the_same_copies_and_none_where_they_are_not_wanted(
    press: Press, ask: Callable[..., Reply]
) -> None:
    del ask
    before = press.files()
    assert press.publish().written == ()
    assert press.files() == before
    (press.directory / f"{FEED}.br").unlink()
    assert press.publish().written == (f"{FEED}.br",)
    press.site = replace(press.site, brotli=False)
    press.publish()
    assert not list(press.directory.rglob("*.br"))
    assert press.read(f"{FEED}.gz")
