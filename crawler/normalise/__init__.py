"""Encoding, mojibake, characters, paragraphs, dates, HTML: one repair each, pure."""

from __future__ import annotations

from crawler.normalise.character import clean_text
from crawler.normalise.date import date_in_address, read_date
from crawler.normalise.decode import Decoded, decode
from crawler.normalise.footer import SignOff, issued_on_behalf, sign_off, sign_off_html
from crawler.normalise.language import language
from crawler.normalise.markup import CleanHtml, clean_html
from crawler.normalise.plain import PlainRelease, plain_release
from crawler.normalise.repair import Repaired, repair
from crawler.normalise.title import Title, clean_title

__all__ = [
    "CleanHtml",
    "Decoded",
    "PlainRelease",
    "Repaired",
    "SignOff",
    "Title",
    "clean_html",
    "clean_text",
    "clean_title",
    "date_in_address",
    "decode",
    "issued_on_behalf",
    "language",
    "plain_release",
    "read_date",
    "repair",
    "sign_off",
    "sign_off_html",
]
