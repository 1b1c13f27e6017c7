"""Rows P and N as readers and operators see them: the feeds stay byte for byte, one alarm goes out, nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from faults.office import HELD

if TYPE_CHECKING:
    from faults.chaos import Chaos, Wire
    from faults.office import Office

Page = Callable[..., str]


def deep(levels: int) -> str:
    return f"<html><body>{'<div>' * levels}<a href='/x'>x</a>{'</div>' * levels}</body></html>"


def cut(wire: Wire) -> None:
    wire.head(200, length=100_000)
    wire.write(b"<html><body><ul><li><a class='release' href='/r/10.htm'>Release number 10 of the department</a>")


HTML = "text/html; charset=utf-8"
FAULTS: dict[str, tuple[bytes | str, str]] = {
    "p1-captcha": ("<title>Just a moment...</title><p>Verify you are human</p>", HTML),
    "p1-consent": ("<h1>Your privacy</h1><p>This site uses cookies.</p><button>Accept all</button>", HTML),
    "p1-maintenance": ("<title>Maintenance</title><p>The site is under maintenance.</p>", HTML),
    "p1-error": ("<title>502 Bad Gateway</title><h1>502 Bad Gateway</h1>nginx", HTML),
    "p2-redesign": ("<html><body><div id='app'></div><p>Welcome to our new site</p></body></html>", HTML),
    "p3-shrunk": ("<a class='release' href='/r/3.htm'>Release number 3 of the department</a>", HTML),
    "p4-empty": ("", HTML),
    "p4-pdf": (b"%PDF-1.7 \x00\xff", "application/pdf"),
    "p4-json": ('{"error": "x"}', "application/json"),
    "p4-image": (b"\x89PNG\r\n\x1a\n", "image/png"),
    "p4-pdf-said-to-be-html": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj", HTML),
    "p4-image-said-to-be-html": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", HTML),
    "p4-half-utf-16": ("<html><body>".encode("utf-16"), "text/html"),
    "p4-zeros": (b"\x00" * 10_000, HTML),
    "p6-300-levels": (deep(300), HTML),
    "p6-5000-levels": (deep(5000), HTML),
    "p6-20-mb-of-text": (b"<html><body><p>" + b"x" * 20_000_000, HTML),
}


@pytest.mark.parametrize("fault", [*FAULTS, "n4-cut", "n1-404", "n3-503"])
def test_p1_p2_p3_p4_p6_feeds_stay_one_alarm_goes_out_and_nothing_is_lost_or_doubled(
    office: Office, chaos: Chaos, listing: Page, fault: str
) -> None:
    before, entries = office.feeds(), office.entries()
    if fault == "n4-cut":
        chaos.routes["/list"] = cut
    elif fault in {"n1-404", "n3-503"}:
        chaos.page("/list", "no", int(fault[-3:]))
    else:
        body, kind = FAULTS[fault]
        chaos.page("/list", body, kind=kind)
    outcomes = {office.crawl() for _ in range(3)}
    assert outcomes <= {"suspicious", "failed", "blocked"}
    assert office.feeds() == before
    assert len(office.told()) == 1, office.told()
    chaos.page("/list", listing(11, *HELD))
    assert office.crawl() == "new"
    assert office.told()[1:] == ["recovered"]
    after = office.entries()
    assert entries.items() < after.items()
    assert set(after.values()) - set(entries.values()) == {chaos.url("/r/11.htm")}


BODY = f'<div class="body"><p>{"The department said on Monday that it had been released to the public. " * 3}</p></div>'
VARIANTS = ("/r/4.htm?utm_source=x", "/r/4.htm#top", "/r/4.htm?fontSize=2", "/r/4.htm?PHPSESSID=0123456789abcdef0123")


def test_p7_one_release_under_many_addresses_at_once_is_one_entry(
    office: Office, chaos: Chaos, listing: Page, release: Page
) -> None:
    entries = office.entries()
    for url in VARIANTS:
        chaos.page(url.partition("#")[0], release(4))
    more = "".join(f'<a class="release" href="{url}">Release number 4 of the department</a>' for url in VARIANTS)
    for body in (listing(*HELD, more=more), more + listing(*HELD)):
        chaos.page("/list", body)
        assert office.crawl() == "unchanged"
    assert office.entries() == entries


@pytest.mark.parametrize(
    ("stated", "seen", "read"),
    [
        ("31 December 2025 23:59:60", datetime(2026, 1, 1, 1, tzinfo=UTC), "2025-12-31T23:59:59+08:00"),
        ("December 30", datetime(2026, 1, 2, 1, tzinfo=UTC), "2026-01-02T02:00:00"),
        ("June 12", datetime(2026, 1, 2, 1, tzinfo=UTC), "2026-01-02T02:00:00"),
        ("2025-12-31T15:59:60Z", datetime(2026, 1, 1, 1, tzinfo=UTC), "2025-12-31T15:59:59"),
    ],
)
def test_p8_a_sixtieth_second_is_read_and_a_day_without_a_year_guesses_none(
    empty: Office, chaos: Chaos, stated: str, seen: datetime, read: str
) -> None:
    empty.now = seen
    chaos.page("/list", '<a class="release" href="/r/1.htm">Release number 1 of the department</a>')
    chaos.page("/r/1.htm", f'<h1>Release number 1 of the department</h1><p class="date">{stated}</p>{BODY}')
    assert [empty.crawl(), empty.crawl()] == ["new", "unchanged"]
    document = json.loads((empty.folder / "public/feeds/source/bad.json").read_text("utf-8"))
    (entry,) = document["items"]
    assert entry["date_published"].startswith(read)
    before, empty.now = empty.feeds(), seen + timedelta(days=200)
    assert empty.crawl() == "unchanged"
    assert empty.feeds() == before
