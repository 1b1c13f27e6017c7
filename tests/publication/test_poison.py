"""Releases that no body should publish, shown to real readers: they lose none, and all show the same of each."""

from __future__ import annotations

import importlib.util
import json
import re
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from lxml import etree

from feeds.release import Attachment, Newsroom, Photo, Translation
from feeds.serve import application
from feeds.site import Site

if TYPE_CHECKING:
    from conftest import Live, Press


def beside(name: str) -> Any:  # noqa: ANN401 -- a module
    """Return the module *name* of this folder, which is no package."""
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"poison_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


press_of = beside("conftest")
READERS = beside("test_readers").READERS

HOST = "https://harbour.example/"
# What a page calls itself, and what every reader shows.
TITLES = {
    "Plan ]]> of the <![CDATA[ pier": "Plan ]]> of the <![CDATA[ pier",
    "A &amp; B &amp;amp; C &#65;": "A & B & C A",
    "&lt;b&gt;Bold&lt;/b&gt; <i>plan</i>": "Bold plan",
    "5 < 6 > 4 & 3 of a<b": "5 < 6 > 4 & 3 of a<b",
    "One\nline\r\nof\ttitle\u2028here\x85now": "One line of title here now",
    " \u00a0edges\u00a0 ": "edges",
    "Pay \u202egnp.exe\u202c now\u200b": "Pay gnp.exe now",
    "\x7f\x80controls\x9f": "controls",
    "𠮷𩸽🚢 👩‍👩‍👧‍👦 astral": "𠮷𩸽🚢 👩‍👩‍👧‍👦 astral",
    "AT&T's <Q&A> & \"more\" = 'x' %3C ${7*7} {{7}}": "AT&T's <Q&A> & \"more\" = 'x' %3C ${7*7} {{7}}",
    "": "The office says number 11.",
    "漢" * 3_000: "漢" * 999 + "…",
}
# Where it stands, and the address that every reader leads to.
ADDRESSES = {
    f"{HOST}a b/“c” \"d\" 'e'.htm": f"{HOST}a%20b/%E2%80%9Cc%E2%80%9D%20%22d%22%20%27e%27.htm",
    f"{HOST}新聞/七?q=中&x=1": f"{HOST}%E6%96%B0%E8%81%9E/%E4%B8%83?q=%E4%B8%AD&x=1",
    "https://例子.香港/新": "https://xn--fsqu00a.xn--j6w193g/%E6%96%B0",
    f"{HOST}a<b>&c=1&amp;d": f"{HOST}a%3Cb%3E&c=1&d",
    "HTTPS://Harbour.Example:443/Up": f"{HOST}Up",
    "https://user:word@harbour.example/in": f"{HOST}in",
    f"{HOST}%zz%e4[1]{{y}}|^`\\w": f"{HOST}%25zz%e4%5B1%5D%7By%7D%7C%5E%60/w",
    f"{HOST}\u202ex\ufffd": f"{HOST}%E2%80%AEx%EF%BF%BD",
    "https://harbour.example:8443": "https://harbour.example:8443/",
}
NOWHERE = ("javascript:alert(1)", "//harbour.example/x", "https:///nohost", "ftp://harbour.example/x")
MOMENTS = (
    datetime(2026, 3, 3, 6, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    datetime(2026, 3, 3, 6, tzinfo=timezone(timedelta(hours=8, seconds=36))),
    datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=14))),
    datetime(1969, 12, 31, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
)
ODDITIES: tuple[dict[str, object], ...] = (
    {"language": "EN_us"},
    {"language": "中文"},
    {"author": "Desk <desk@harbour.example>"},
    {"author": "<b>Desk</b>\x00"},
    {"html": "", "text": ""},
    {"html": '<p><a href="/rel">x</a><img src="x"><img src="https://a.example/é?a=1&amp;b=“2”"></p>'},
    {"attachments": (Attachment(url="https://a.example/é.pdf", type="a document", length=5, title="<&>"),)},
    {"attachments": (Attachment(url="https://a.example/a.pdf", type="text/html; charset=x", length=-5),)},
    {"photos": (Photo(url="https://例子.香港/ü x.jpg", caption="<b> & “x”"),)},
    {"translations": (Translation(language="<x>", url="https://a.example/ü"),)},
)


class Told(NamedTuple):
    title: str
    link: str


@pytest.fixture(scope="session")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Live, dict[str, Told]]]:
    """Yield the poison, published and served, and what every reader must show of it, by id."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    base = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with press_of.open_press(
        tmp_path_factory.mktemp("poisoned"), Site(base_url=base, authority=press_of.AUTHORITY)
    ) as press:
        drafts = [({"title": title}, Told(told, "")) for title, told in TITLES.items()]
        drafts += [({"url": url, "native_id": ""}, Told("", told)) for url, told in ADDRESSES.items()]
        drafts += [({"published": moment}, Told("", "")) for moment in MOMENTS]
        drafts += [(more, Told("", "")) for more in ODDITIES]
        expected = {}
        for number, (more, told) in enumerate(drafts, 1):
            text = f"The office says number {number}."
            plain = press_of.draft(number, text=text, html=f"<p>{text}</p>")
            (id_,) = press.put(replace(plain, **more))  # type: ignore[arg-type]  # what each case likes
            expected[id_] = Told(told.title or plain.title, told.link or plain.url)
        press.put(*(press_of.draft(90 + n, native_id="", url=url) for n, url in enumerate(NOWHERE)))
        done = press.publish()
        assert len(done.quarantined) == len(NOWHERE)
        assert not done.refused
        with press_of.running(application(press.directory, site=press.site), listener):
            yield press_of.Live(press, base), expected


@pytest.mark.parametrize("reader", READERS)
def test_no_reader_loses_or_misreads_poison(
    poisoned: tuple[Live, dict[str, Told]], tmp_path_factory: pytest.TempPathFactory, reader: str
) -> None:
    live, expected = poisoned
    moments = {one["id"]: datetime.fromisoformat(one["date_published"]).astimezone(UTC) for one in items(live.press)}
    for form in ("atom", "rss", "json") if reader in {"feedsmith", "reader"} else ("atom", "rss"):
        shown = READERS[reader](f"{live.base}feeds/all.{form}", tmp_path_factory.mktemp(form))
        assert len(shown) == len(expected)
        assert {one.id: Told(one.title, one.link) for one in shown} == expected
        if reader != "rss2email":  # a mail is dated by when its entry last changed
            assert {one.id: one.published for one in shown} == moments


def test_what_an_entry_carries_has_one_form(poisoned: tuple[Live, dict[str, Told]]) -> None:
    press = poisoned[0].press
    for form in ("atom", "rss"):
        tree = etree.fromstring(press.read(f"feeds/all.{form}"))
        links = [str(link) for link in tree.xpath("//@href | //@url | //link/text()")]  # type: ignore[union-attr]
        assert [link for link in links if not re.fullmatch(r"https?://[!-~]+", link)] == []
        for name in ("@xml:lang", "@hreflang"):
            codes = {str(code) for code in tree.xpath(f"//{name}")}  # type: ignore[union-attr]
            assert codes <= {"en", "und", "x-default"}
        lengths = [int(str(one)) for one in tree.xpath("//@length")]  # type: ignore[union-attr, call-overload]
        assert lengths == [5]
        kinds = {str(kind) for kind in tree.xpath("//@type")}  # type: ignore[union-attr]
        assert not [kind for kind in kinds if " " in kind or kind == "a document"]
        dates = [str(date) for date in tree.xpath("//pubDate/text()")]  # type: ignore[union-attr]
        assert [date for date in dates if not re.search(r" [+-]\d\d[03]0$", date)] == []
    for one in items(press):
        assert one["content_html"]
        assert "@" not in one["authors"][0]["name"]
        assert not re.search(r'(?:href|src)="(?!https?://[!-~]+")', one["content_html"])


def test_what_is_safe_is_not_changed_again(poisoned: tuple[Live, dict[str, Told]]) -> None:
    from feeds.render.plain import line, web_address
    from feeds.render.safe import safe

    for one in items(poisoned[0].press):
        assert safe(one["content_html"]) == one["content_html"]
        assert web_address(one["url"]) == one["url"]
        assert line(one["title"]) == one["title"]


def test_a_correction_of_what_leads_nowhere_leads_nowhere(press: Press) -> None:
    one = press_of.draft(1, url="javascript:alert(1)", language="EN_us", author="desk@harbour.example")
    press.put(one)
    press.publish()
    press.put(replace(one, title="Corrected"))
    press.publish()
    for form in ("atom", "rss", "json"):
        told = press.read(f"feeds/corrections.{form}")
        assert b"Corrected" in told
        assert b"javascript:" not in told
        assert b"desk@" not in told
        assert b"EN_us" not in told


def test_a_source_of_which_only_the_key_is_known_is_not_its_own_publisher(press: Press) -> None:
    draft = press_of.draft
    press.store.sync_sources([Newsroom(key="quay-en", title="", site="https://www.quay.example/")], now=press_of.NOW)
    press.put(draft(1, source="quay-en", author=""), draft(2, source="unheard-of", author=""))
    press.publish()
    authors = [one["authors"][0]["name"] for one in items(press)]
    assert sorted(authors) == ["quay.example", "unheard-of"]
    assert b"Publisher" not in press.read("releases/unheard-of/R0002/index.html")
    assert b"quay.example" in press.read("releases/quay-en/R0001/index.html")


def items(press: Press) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(press.read("feeds/all.json"))["items"]
    return found
