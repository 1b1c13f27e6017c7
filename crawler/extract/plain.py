"""A release that reached us as plain text: told from a page, and read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import escape

from crawler.extract.address import zone_of
from crawler.extract.found import Extracted
from crawler.normalise import date_in_address, issued_on_behalf, language, plain_release, read_date, sign_off

__all__ = ["is_plain", "read_plain"]

_TAG = re.compile(r"<(?:!doctype|!--|\?xml|/?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>)", re.IGNORECASE)
_LONG_AGO = datetime(1971, 1, 1, tzinfo=UTC)


def is_plain(text: str) -> bool:
    r"""Say whether *text* is no page but plain text with something in it.

    >>> is_plain("CE visits Macao\n\nHe said so: 1 < 2."), is_plain("<p>x"), is_plain("")
    (True, False, False)
    """
    return _TAG.search(text) is None and bool(text.strip())


def read_plain(text: str, url: str, *, zone: str = "") -> Extracted:
    """Return the release in plain *text* that stood at *url*: first line the title, empty lines part the paragraphs.

    The instant is that of the closing lines, else the first date of the text with the
    year of the address ("today (June 12)"), else the day in the address.
    """
    zone = zone or zone_of(url)
    found = plain_release(text)
    body = "\n\n".join(found.paragraphs)
    signed = sign_off(body, zone=zone)
    day = date_in_address(url, zone=zone)
    published, origin = signed.published, "closing lines"
    if published is None and day is not None:
        told = read_date(signed.body[:2000], zone=zone, seen=day + timedelta(days=1))
        published, origin = (
            (told, "text") if told is not None and abs(told - day) < timedelta(days=3) else (day, "address")
        )
    elif published is None:
        told = read_date(signed.body[:2000], zone=zone, seen=_LONG_AGO)
        published, origin = (told, "text") if told is not None and told.year > _LONG_AGO.year else (None, "")
    paragraphs = [part for part in signed.body.split("\n\n") if part]
    return Extracted(
        url=url,
        title=found.title.text,
        published=published,
        html="\n".join(f"<p>{escape(part, quote=False).replace(chr(10), '<br>')}</p>" for part in paragraphs),
        text="\n\n".join(paragraphs),
        language=language(f"{found.title.text}\n{signed.body}"),
        author=issued_on_behalf(signed.body),
        agreement=1.0,
        origins={"title": "first line", "body": "plain text", "published": origin},
        repairs=found.repairs,
        facts=found.title.facts,
    )
