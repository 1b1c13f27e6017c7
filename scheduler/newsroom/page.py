"""The pages of the bundled newsroom as bytes, with every fault that real ones have: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from scheduler.newsroom.story import FOLDER, MONTHS, Item, Site, told

if TYPE_CHECKING:  # jinja2 takes 20 ms, and only a demo needs it
    from jinja2 import Environment

__all__ = ["CAPTIONS", "Page", "pages", "spoil"]

CAPTIONS = {
    "bridge": "The bridge to Nansha at dusk",
    "harbour": "A ferry leaves Kestrel Bay",
    "tide": "Tides at Kestrel Bay: measured (line) and forecast (dashes)",
}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is answered at one path."""

    body: bytes
    content_type: str


def pages(base: str, start: datetime, now: datetime) -> Mapping[str, Page]:
    """Return what stands at each path of the newsroom at *base* at *now*, when it started at *start*.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 6, 12, 4, tzinfo=UTC)
    >>> found = pages("http://127.0.0.1:8400", noon, noon)
    >>> found["/zh/"].body.decode("big5hkscs").count("<tr>")
    5
    >>> "/en/R0109.html" in found
    False
    """
    issued = told(start, now)
    found = {"/": _page("index.html", "utf-8", "text/html; charset=utf-8", sites=tuple(issued))}
    found["/robots.txt"] = Page(body=b"User-agent: *\nAllow: /\n", content_type="text/plain")
    for site, items in issued.items():
        seen = [_seen(item, base) for item in items]
        listing = f"{site.key}.{'rss.xml' if site.kind == 'rss' else 'listing.html'}"
        found[site.listing] = _site_page(listing, site, items=seen, home=base + site.path)
        for item, values in zip(items, seen, strict=True):
            found[item.story.path] = _site_page(f"{site.key}.release.html", site, item=values)
    for name in CAPTIONS:
        body = (FOLDER / "photos" / f"{name}.svg").read_bytes()
        found[f"/photos/{name}.svg"] = Page(body=body, content_type="image/svg+xml")
    return found


def spoil(text: str) -> str:
    r"""Return *text* encoded as UTF-8 and read as Windows-1252, with dollars escaped: what a careless tool makes of it.

    >>> spoil("the Office’s $3 billion")
    'the Officeâ€™s \\$3 billion'
    """
    # The five bytes that windows-1252 leaves out become the C1 controls, as the WHATWG decoder has them.
    return "".join(
        bytes([byte]).decode("cp1252") if byte not in b"\x81\x8d\x8f\x90\x9d" else chr(byte)
        for byte in text.replace("$", r"\$").encode()
    )


def _seen(item: Item, base: str) -> dict[str, object]:
    """Return what a template may say of *item*."""
    story, instant = item.story, item.published
    change = spoil if story.damage == "double-encoded" else str
    return {
        "number": story.number,
        "author": story.author,
        "path": story.path,
        "url": base + story.path,
        "title": change(item.title),
        "published": instant,
        "weekday": _WEEKDAYS[instant.weekday()],
        "month": MONTHS[instant.month - 1],
        "blocks": [_block(change(part)) for text in item.paragraphs for part in _cut(text, story.cut_after)],
        "photos": [{"url": f"/photos/{name}.svg", "caption": CAPTIONS[name]} for name in story.photos],
        "versions": [
            {"language": version.language, "path": version.path, "url": base + version.path}
            for version in item.versions
        ],
    }


def _cut(text: str, words: str) -> tuple[str, ...]:
    """Return *text* in two where it is cut behind *words*."""
    head, found, tail = text.partition(words) if words else (text, "", "")
    return (head + found, tail.lstrip()) if found else (text,)


def _block(text: str) -> dict[str, object]:
    """Return a paragraph, or the rows of a table written with bars."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    return {"text": text, "rows": rows if text.startswith("|") else []}


def _site_page(template: str, site: Site, **values: object) -> Page:
    return _page(template, site.codec, site.content_type, site=site, **values)


def _page(template: str, codec: str, content_type: str, **values: object) -> Page:
    text = _templates().get_template(template).render(**values)
    return Page(body=text.encode(codec), content_type=content_type)


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - see above

    return Environment(loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined)
