"""One small crawl without a network or a store, so that a zygote has loaded what real ones load late."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path

from crawler.contract import History, judge_listing
from crawler.extract import Item, ItemFields, read_declared_listing, read_declared_release
from crawler.normalise import decode, repair
from crawler.settings import user_agent
from crawler.source import Found, ListingRules, ReleaseRules, Source, load_sources, shipped

__all__ = ["rehearse"]

_LISTING = '<html><ul><li><a class="r" href="/1.htm">One â€˜releaseâ€™</a></ul></html>'
_RELEASE = """<html><h1>Â£5 for everyone (with photo)</h1>
<p class="d">Ends/Monday, April 13, 2026<br>Issued at HKT 9:05</p>
<div class="b"><p>The â€œdepartmentâ€\x9d said so.<br>
&nbsp;&nbsp;政府今日公布粵港澳大灣區發展綱要。</p>
<table><tr><td>1</td><td><a href="/2.htm">2</a></td></tr></table></div></html>"""
_FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><item>
<title>一</title><link>https://a.example/1</link>
<description>&lt;p&gt;文&lt;/p&gt;</description>
<pubDate>Mon, 13 Apr 2026 09:05:00 +0800</pubDate></item></channel></rss>"""


def rehearse() -> None:
    """Read a listing, a feed and a release of damaged text in several encodings, and every kind of rule."""
    seen = datetime(2026, 4, 13, tzinfo=UTC)
    url = "https://a.example/list"
    source = Source(
        key="rehearsal",
        title="Rehearsal",
        zone="Asia/Hong_Kong",
        listing=ListingRules(url=url, links="a.r"),
        release=ReleaseRules(title="h1", body="div.b", published=Found(css="p.d")),
    )
    listing = read_declared_listing(source, _LISTING, url)
    judge_listing(source, listing, _LISTING, History())
    read_declared_release(source, _RELEASE, f"{url}/1", item=None, seen=seen)
    fields = ItemFields(html="<p>文</p>", published=seen)
    whole = Source(key="rehearsal", title="Rehearsal", release=ReleaseRules(fetch=False))
    read_declared_listing(whole, _FEED, url)
    read_declared_release(whole, "", url, item=Item(url=url, title="一", draft_fields=fields), seen=seen)
    for encoding in ("utf-8", "gb18030", "big5hkscs", "utf-16", "cp1252", "charmap", "utf-8-sig", "idna"):
        decode("政府今日公布".encode(encoding, "replace") if encoding != "idna" else b"x", "text/html", url)
    repair("é¦™æ¸¯ Cafâ€™s ç²¤æ¸¯æ¾³")
    _ = "a.example".encode("idna")
    load_sources(use=[path.stem for path in sorted(Path(shipped()).glob("*.toml"))[:1]])
    user_agent("")
    socket.getaddrinfo("127.0.0.1", 80)
